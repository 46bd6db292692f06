#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Folds.h"
#include "core/learning/Learning.h"
#include "core/learning/Scores.h"
#include "core/learning/TensorArchive.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

using namespace chronnect;

namespace {

Model sampleModel() {
    Model model;
    model.kind = Model::Kind::Finetuned;
    model.name = "age";
    model.passport = Json::object().set("repetition_time", 2.0);
    model.regions = {"A", "B"};
    model.classes = {"adult", "child"};
    model.targetMean = 1.5;
    model.targetScale = 0.25;
    model.weights = packTensors({{"w", {2, 2}, {1, -2, 3.5f, 4}}, {"step", {}, {7}}});
    TrainingSnapshot snapshot;
    snapshot.step = 3;
    snapshot.losses["total"] = 0.5;
    model.history.push_back(snapshot);
    return model;
}

std::vector<ScanInfo> cohort(int subjects, int scansEach) {
    std::vector<ScanInfo> scans;
    for (int s = 0; s < subjects; ++s)
        for (int i = 0; i < scansEach; ++i)
            scans.push_back({"s" + std::to_string(s) + "_" + std::to_string(i), "s" + std::to_string(s),
                             s % 3 ? "Rome" : "Oslo", "", 100, -1});
    return scans;
}

}  // namespace

TEST(ModelFile, RoundTripsEveryMember) {
    const Model model = sampleModel();
    const Model back = deserializeModel(serializeModel(model));
    EXPECT_EQ(back.kind, model.kind);
    EXPECT_EQ(back.passport.dump(), model.passport.dump());
    EXPECT_EQ(back.classes, model.classes);
    EXPECT_EQ(back.regions, model.regions);
    EXPECT_EQ(back.weights, model.weights);
    EXPECT_DOUBLE_EQ(back.targetScale, 0.25);
    EXPECT_EQ(back.history.at(0).step, 3);
    EXPECT_DOUBLE_EQ(back.history.at(0).losses.at("total"), 0.5);
    EXPECT_EQ(unpackTensors(back.weights), unpackTensors(model.weights));
    const test::TemporaryFolder folder;
    saveModel(folder.path() / "m.chronnect-model", model);
    EXPECT_EQ(loadModel(folder.path() / "m.chronnect-model").weights, model.weights);
}

TEST(ModelFile, EveryTruncationAndEveryFlippedWeightIsAnError) {
    const auto bytes = serializeModel(sampleModel());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_THROW(deserializeModel({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}), Error)
            << size;
    auto damaged = bytes;
    damaged[bytes.size() - 12] ^= std::byte{1};
    EXPECT_THROW(deserializeModel(damaged), Error);
    const auto tensors = packTensors({{"w", {3}, {1, 2, 3}}});
    for (std::size_t size = 0; size < tensors.size(); ++size)
        EXPECT_THROW(unpackTensors({tensors.begin(), tensors.begin() + static_cast<std::ptrdiff_t>(size)}), Error);
    auto huge = tensors;
    const std::int64_t absurd = std::int64_t{1} << 60;
    std::memcpy(huge.data() + 8 + 4 + 4 + 1 + 4, &absurd, sizeof absurd);
    EXPECT_THROW(unpackTensors(huge), Error);
}

TEST(Folds, NobodyStandsOnTwoSidesAndEveryScanIsTestedOnce) {
    const auto scans = cohort(23, 2);
    std::vector<int> strata;
    for (std::size_t i = 0; i < scans.size(); ++i) strata.push_back(i / 2 % 4 == 0);
    const auto folds = makeFolds(scans, strata, FoldBy::Subject, 5, 0.2, 3);
    std::multiset<std::size_t> tested;
    for (const Fold& fold : folds) {
        std::set<std::string> training, others;
        for (const auto scan : fold.training) training.insert(scans[scan].subject);
        std::set<std::string> validation;
        for (const auto scan : fold.validation) validation.insert(scans[scan].subject);
        int positives = 0;
        for (const auto scan : fold.test) {
            EXPECT_FALSE(training.contains(scans[scan].subject) || validation.contains(scans[scan].subject));
            tested.insert(scan);
            positives += strata[scan];
        }
        for (const auto& subject : validation) EXPECT_FALSE(training.contains(subject));
        EXPECT_FALSE(fold.validation.empty());
        EXPECT_GE(positives, 2);  // 6 positive subjects of two scans over five folds
    }
    EXPECT_EQ(tested.size(), scans.size());
    EXPECT_EQ(std::set<std::size_t>(tested.begin(), tested.end()).size(), scans.size());
}

TEST(Folds, SitesAreLeftOutWholeAndSeedsRepeat) {
    const auto scans = cohort(12, 1);
    const std::vector<int> strata(scans.size(), 0);
    const auto bySite = makeFolds(scans, strata, FoldBy::Site, 5, 0, 0);
    ASSERT_EQ(bySite.size(), 2u);
    EXPECT_EQ(bySite[0].name, "Oslo");
    for (const auto scan : bySite[0].test) EXPECT_EQ(scans[scan].site, "Oslo");
    EXPECT_EQ(makeFolds(scans, strata, FoldBy::Subject, 4, 0.2, 9)[2].test,
              makeFolds(scans, strata, FoldBy::Subject, 4, 0.2, 9)[2].test);
    EXPECT_NE(makeFolds(scans, strata, FoldBy::Subject, 4, 0.2, 9)[2].test,
              makeFolds(scans, strata, FoldBy::Subject, 4, 0.2, 10)[2].test);
    EXPECT_THROW(makeFolds(scans, strata, FoldBy::Subject, 13, 0, 0), Error);
    EXPECT_EQ(heldOutSubjects(scans, 0.25, 1).size(), 3u);
}

TEST(Scores, MatchHandCases) {
    EXPECT_DOUBLE_EQ(areaUnderRoc({0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}), 0.75);  // scikit-learn's own example
    EXPECT_DOUBLE_EQ(averagePrecision({0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}), 0.5 * 1 + 0.5 * 2.0 / 3);
    EXPECT_DOUBLE_EQ(areaUnderRoc({1, 1, 1}, {0, 1, 1}), 0.5);
    EXPECT_TRUE(std::isnan(areaUnderRoc({1, 2}, {1, 1})));
    EXPECT_DOUBLE_EQ(balancedAccuracy({0, 0, 0, 1}, {0, 0, 0, 0}), 0.5);
    EXPECT_DOUBLE_EQ(determination({1, 2, 3}, {2, 2, 2}), 0.0);
    EXPECT_DOUBLE_EQ(meanAbsoluteError({1, 2}, {2, 4}), 1.5);
    EXPECT_NEAR(pearson({1, 2, 3}, {3, 2, 1}), -1, 1e-15);
    EXPECT_NEAR(effectiveRank({1, 1, 1, 1}), 4, 1e-12);
    EXPECT_NEAR(effectiveRank({5, 0, 0}), 1, 1e-12);
}

TEST(Scores, BootstrapOverSubjectsIsWiderThanOverItems) {
    std::vector<std::string> subjects, items;
    std::vector<double> values;
    for (int s = 0; s < 10; ++s)
        for (int i = 0; i < 20; ++i) {
            subjects.push_back("s" + std::to_string(s));
            items.push_back(std::to_string(s * 20 + i));
            values.push_back(s % 2);  // constant within a subject
        }
    const auto mean = [&](const std::vector<std::size_t>& chosen) {
        double sum = 0;
        for (const auto i : chosen) sum += values[i];
        return sum / static_cast<double>(chosen.size());
    };
    const Interval wide = bootstrapInterval(subjects, 500, 0, mean), narrow = bootstrapInterval(items, 500, 0, mean);
    EXPECT_GT(wide.high - wide.low, 3 * (narrow.high - narrow.low));
    EXPECT_LT(wide.low, 0.5);
    EXPECT_GT(wide.high, 0.5);
}

TEST(ScanSource, RefusesRaggedScansAndCountsVolumes) {
    const auto source = memoryScanSource({{{"a", "", "", "", 0, -1}, {1, 2, 3, 4, 5, 6}}}, {"x", "y"}, {}, 2.0);
    EXPECT_EQ(source->info(0).volumes, 3u);
    EXPECT_EQ(source->info(0).subject, "a");
    EXPECT_EQ(source->networks().size(), 2u);
    EXPECT_THROW(memoryScanSource({{{"a", "", "", "", 0, -1}, {1, 2, 3}}}, {"x", "y"}, {}, 2.0), Error);
}
