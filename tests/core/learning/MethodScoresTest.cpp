#include "core/base/Error.h"
#include "core/learning/Experiment.h"
#include "core/learning/SafeTensors.h"
#include "core/learning/Scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

using namespace chronnect;

namespace {

MethodPredictions predictions(const std::string& method, const std::vector<double>& positive,
                              const std::vector<int>& truth) {
    MethodPredictions result{method, {}};
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const std::string name = "s" + std::to_string(100 + i);
        result.scans.push_back(
            {name, name, static_cast<int>(i / 2 % 2) + 1, double(truth[i]), {1 - positive[i], positive[i]}});
    }
    return result;
}

FinetuneResult seedOf(const std::vector<MethodPredictions>& methods) {
    FinetuneResult result;
    result.model.classes = {"a", "b"};
    result.methods = methods;
    return result;
}

}  // namespace

TEST(MethodScores, MatchHandCases) {
    auto rows = predictions("x", {0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}).scans;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].fold = static_cast<int>(i % 2);
    EXPECT_DOUBLE_EQ(metricOf("AUROC", rows, 2), 1) << "the wrong pair is of two folds";
    for (auto& row : rows) row.fold = row.truth > 0;
    EXPECT_TRUE(std::isnan(metricOf("AUROC", rows, 2))) << "no fold has both classes";
    for (auto& row : rows) row.fold = 1;
    EXPECT_DOUBLE_EQ(metricOf("AUROC", rows, 2), 0.75);
    EXPECT_DOUBLE_EQ(metricOf("balanced accuracy", rows, 2), 0.75);
    EXPECT_NEAR(metricOf("Brier", rows, 2), (0.01 + 0.16 + 0.65 * 0.65 + 0.04) / 4, 1e-15);
    // Bins: 0.1 (observed 0), 0.35 (1), 0.4 (0), 0.8 (1), each one item.
    EXPECT_NEAR(metricOf("ECE", rows, 2), (0.1 + 0.65 + 0.4 + 0.2) / 4, 1e-15);
    const std::vector<ScanPrediction> three{
        {"a", "a", 1, 0, {0.5, 0.3, 0.2}}, {"b", "b", 1, 2, {0.2, 0.2, 0.6}}, {"c", "c", 1, 1, {0.6, 0.3, 0.1}}};
    EXPECT_NEAR(metricOf("Brier", three, 3), (0.25 + 0.09 + 0.04 + 0.04 + 0.04 + 0.16 + 0.36 + 0.49 + 0.01) / 3, 1e-15);
    EXPECT_NEAR(metricOf("balanced accuracy", three, 3), 2.0 / 3, 1e-15);
    const std::vector<ScanPrediction> numbers{{"a", "a", 1, 1, {2}}, {"b", "b", 1, 2, {2}}, {"c", "c", 1, 3, {2}}};
    EXPECT_NEAR(metricOf("MAE", numbers, 0), 2.0 / 3, 1e-15);
    EXPECT_DOUBLE_EQ(metricOf("R2", numbers, 0), 0);
    EXPECT_TRUE(std::isnan(metricOf("r", numbers, 0)));
    const auto bins = calibrationOf(rows, 2);
    ASSERT_EQ(bins.size(), 4u);
    EXPECT_DOUBLE_EQ(bins[3].predicted, 0.8);
    EXPECT_EQ(bins[3].count, 1);
}

TEST(MethodScores, ThePairedIntervalIsNarrowerThanThatOfEitherMethod) {
    // Two methods that err on the same hard people: the difference is certain although each score is not.
    std::vector<double> good, worse;
    std::vector<int> truth;
    for (int i = 0; i < 60; ++i) {
        const int label = i % 2;
        const double hard = i % 5 == 0 ? -0.4 : 0.3;
        good.push_back(0.5 + (label ? hard : -hard) + 0.002 * i);
        worse.push_back(0.5 + (label ? hard : -hard) * (i % 3 == 0 ? 0.1 : 1) + 0.002 * i);
        truth.push_back(label);
    }
    const auto a = predictions("net", good, truth), b = predictions("static FC + logistic", worse, truth);
    const auto gain = pairedGain(a, b, "AUROC", 2, 0);
    const auto scores = scoresOf(a, 2, 0);
    EXPECT_EQ(gain.subjects, 60);
    EXPECT_LE(gain.low, gain.gain);
    EXPECT_GE(gain.high, gain.gain);
    EXPECT_LT(gain.high - gain.low, scores.front().high - scores.front().low);
    EXPECT_EQ(strongestReference({a, b}, 2)->method, "static FC + logistic");
    const auto same = pairedGain(b, b, "AUROC", 2, 0);
    EXPECT_EQ(same.gain, 0);
    EXPECT_EQ(same.high, 0);
    EXPECT_NE(verdictOf(b, {a, b}, 2, 0).find("no gain"), std::string::npos);
    // Less error is better: a method with half the error gains.
    MethodPredictions close{"net", {}}, far{"tangent + ridge", {}};
    for (int i = 0; i < 30; ++i) {
        const std::string name = std::to_string(i);
        close.scans.push_back({name, name, 1, double(i), {i + 1.0}});
        far.scans.push_back({name, name, 1, double(i), {i + 2.0}});
    }
    EXPECT_DOUBLE_EQ(pairedGain(close, far, "MAE", 0, 0).gain, 1);
    EXPECT_NE(verdictOf(close, {close, far}, 0, 0).find("gains over"), std::string::npos);
}

TEST(Experiment, SummaryTakesMeansOverSeedsAndCountsPermutations) {
    const std::vector<int> truth{0, 1, 0, 1, 0, 1, 0, 1};
    const std::vector<double> perfect{0.1, 0.9, 0.2, 0.8, 0.1, 0.7, 0.3, 0.9},
        half{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    const auto seeds =
        std::vector{seedOf({predictions("net", perfect, truth), predictions("static FC + logistic", half, truth),
                            predictions("shuffled labels 1", half, truth)}),
                    seedOf({predictions("net", half, truth), predictions("static FC + logistic", half, truth),
                            predictions("shuffled labels 1", half, truth)})};
    const TargetResult result = summarise("group", seeds);
    EXPECT_EQ(result.scores.front().metric, "AUROC");
    EXPECT_EQ(result.scores.front().perSeed, (std::vector<double>{1, 0.5}));
    EXPECT_DOUBLE_EQ(result.scores.front().mean, 0.75);
    EXPECT_NEAR(result.scores.front().spread, std::sqrt(0.125), 1e-12);
    EXPECT_EQ(result.permutations, 2);
    EXPECT_DOUBLE_EQ(result.p, 1.0 / 3);
    ASSERT_FALSE(result.gains.empty());
    EXPECT_DOUBLE_EQ(result.gains.front().gain, 0.25);
    const std::string text = experimentText({{result}, Json::object(), {}});
    EXPECT_NE(text.find("| net "), std::string::npos);
    EXPECT_NE(text.find("0.750"), std::string::npos);
}

TEST(Folds, FewerLabelsAreNestedAndKeepTheTest) {
    std::vector<ScanInfo> scans;
    std::vector<int> strata;
    for (int s = 0; s < 60; ++s)
        for (int visit = 0; visit < 2; ++visit) {
            scans.push_back(
                {"s" + std::to_string(s) + "_" + std::to_string(visit), "s" + std::to_string(s), "", "", 100, -1});
            strata.push_back(s % 6 == 0);
        }
    for (const Fold& fold : makeFolds(scans, strata, FoldBy::Subject, 5, 0.2, 4)) {
        std::set<std::size_t> smaller;
        for (const double share : {0.1, 0.2, 0.5, 1.0}) {
            const Fold fewer = withFewerLabels(fold, scans, strata, FoldBy::Subject, share, 0.2, 4);
            EXPECT_EQ(fewer.test, fold.test);
            std::set<std::size_t> known(fewer.training.begin(), fewer.training.end());
            known.insert(fewer.validation.begin(), fewer.validation.end());
            EXPECT_NEAR(double(known.size()), share * double(fold.training.size() + fold.validation.size()), 4);
            for (const std::size_t scan : smaller) EXPECT_TRUE(known.contains(scan)) << share;
            EXPECT_TRUE(std::ranges::any_of(known, [&](std::size_t scan) { return strata[scan] == 1; }));
            EXPECT_NO_THROW(checkFolds({fewer}, scans));
            smaller = known;
        }
    }
}

TEST(Folds, WhoWasScannedAtTwoSitesIsNotTrainedOnWhereTested) {
    std::vector<ScanInfo> scans;
    for (int s = 0; s < 12; ++s)
        scans.push_back({std::to_string(s), "s" + std::to_string(s), s % 2 ? "Rome" : "Oslo", "", 100, -1});
    scans.push_back({"again", "s0", "Rome", "", 100, -1});
    scans.push_back({"sister", "s20", "Rome", "f1", 100, -1});
    scans.push_back({"brother", "s21", "Oslo", "f1", 100, -1});
    const auto folds = makeFolds(scans, std::vector<int>(scans.size(), 0), FoldBy::Site, 2, 0, 0);
    ASSERT_EQ(folds.size(), 2u);
    for (const Fold& fold : folds) {
        EXPECT_NO_THROW(checkFolds({fold}, scans)) << fold.name;
        const bool sister = std::ranges::count(fold.training, std::size_t{13}),
                   brother = std::ranges::count(fold.training, std::size_t{14});
        EXPECT_FALSE(sister || brother) << fold.name;
    }
    Fold bad = folds[0];
    bad.training.push_back(bad.test.front());
    EXPECT_THROW(checkFolds({bad}, scans), Error);
}

TEST(Folds, StrataOfTexts) {
    EXPECT_EQ(strataOf({"b", "a", "", "b"}), (std::vector<int>{1, 0, -1, 1}));
    std::vector<std::string> ages;
    for (int i = 0; i < 20; ++i) ages.push_back(std::to_string(5 + i) + ".5");
    const auto strata = strataOf(ages);
    EXPECT_EQ(strata.front(), 0);
    EXPECT_EQ(strata.back(), 4);
    EXPECT_EQ(std::ranges::count(strata, 2), 4);
}

TEST(ScanSource, TheHashFollowsTheDataAndSelectionsRenumber) {
    const auto source = memoryScanSource({{{"a", "", "", "", 0, -1}, {1, 2, 3, 4}}, {{"b", "", "", "", 0, -1}, {5, 6}}},
                                         {"x", "y"}, {}, 2.0);
    const auto other = memoryScanSource({{{"a", "", "", "", 0, -1}, {1, 2, 3, 5}}, {{"b", "", "", "", 0, -1}, {5, 6}}},
                                        {"x", "y"}, {}, 2.0);
    EXPECT_EQ(hashOfScans(*source), hashOfScans(*source));
    EXPECT_NE(hashOfScans(*source), hashOfScans(*other));
    const auto picked = selectedScans(*source, {1});
    EXPECT_EQ(picked->count(), 1u);
    EXPECT_EQ(picked->info(0).id, "b");
    EXPECT_NE(hashOfScans(*picked), hashOfScans(*source));
}

TEST(SafeTensors, HeaderSaysWhereEachTensorLies) {
    const std::string bytes = safeTensors({{"w", {2, 1}, {1, -2}}, {"step", {}, {7}}}, Json::object().set("name", "m"));
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    EXPECT_EQ(length % 8, 0u);
    const Json header = Json::parse(bytes.substr(8, length));
    EXPECT_EQ(header["w"]["dtype"].text(), "F32");
    EXPECT_EQ(header["w"]["shape"].dump(-1), "[2,1]");
    EXPECT_EQ(header["step"]["data_offsets"].dump(-1), "[8,12]");
    float value = 0;
    std::memcpy(&value, bytes.data() + 8 + length + 4, sizeof value);
    EXPECT_EQ(value, -2);
    EXPECT_EQ(Json::parse(header["__metadata__"]["chronnect"].text())["name"].text(), "m");
}
