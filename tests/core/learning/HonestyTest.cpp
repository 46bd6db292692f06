#include "core/base/Error.h"
#include "core/learning/Application.h"
#include "core/learning/Folds.h"
#include "core/learning/Learning.h"
#include "tests/core/learning/QuickSpecs.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

using namespace chronnect;
using test::twoGroups;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

PretrainSpec quickPretrain() {
    PretrainSpec spec = test::shortPretraining(8);
    spec.validationShare = 0.4;
    return spec;
}

FinetuneSpec quickFinetune() {
    FinetuneSpec spec = test::shortFinetuning(8, 2, 2);
    spec.baselines = false;
    spec.mode = FinetuneMode::FromScratch;
    return spec;
}

std::vector<std::string> alternating(std::size_t count, std::size_t from = 0) {
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < count; ++i) groups.push_back((i + from) % 2 ? "woven" : "halves");
    return groups;
}

std::string allOf(const Notices& notices) {
    std::string all;
    for (const Notice& notice : notices) all += notice.text + "\n";
    return all;
}

std::string refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "not refused";
}

std::set<std::string> marks(const Json& list) {
    std::set<std::string> all;
    for (const Json& mark : list.items()) all.insert(mark.text());
    return all;
}

}  // namespace

TEST(Pretrain, NobodyIsScoredWhoChoseTheWeights) {
    const auto scans = twoGroups(10, 90, 8, 3);
    const auto engine = createLearningEngine();
    PretrainSpec spec = quickPretrain();
    const auto result = engine->pretrain(*scans, spec, {}, {}, {});
    EXPECT_EQ(result.heldOut.size(), 2u);
    EXPECT_EQ(result.watched.size(), 2u);
    std::set<std::string> all(result.heldOut.begin(), result.heldOut.end());
    all.insert(result.watched.begin(), result.watched.end());
    EXPECT_EQ(all.size(), 4u);
    for (const auto& score : result.scores) EXPECT_LE(score.subjects, 2) << score.question;
    // Passports list people as marks, and nobody is on both lists.
    const auto trained = marks(result.model.passport["trained_on"]), held = marks(result.model.passport["held_out"]);
    EXPECT_EQ(trained.size(), 6u);
    EXPECT_EQ(held.size(), 4u);
    for (const auto& subject : all) {
        EXPECT_TRUE(held.contains(personMark(subject)));
        EXPECT_FALSE(trained.contains(personMark(subject)));
    }
    // Without a choice all of them are scored.
    spec.handOut = HandOut::Last;
    const auto last = engine->pretrain(*scans, spec, {}, {}, {});
    EXPECT_EQ(last.heldOut.size(), 4u);
    EXPECT_TRUE(last.watched.empty());
    // One person cannot do both, and it is said.
    spec.handOut = HandOut::Best;
    spec.validationShare = 0.1;
    EXPECT_THAT(allOf(engine->pretrain(*scans, spec, {}, {}, {}).notices), HasSubstr("a little too good"));
}

TEST(Pretrain, DoesNotGoOnWithOtherPeopleHeldOut) {
    const auto scans = twoGroups(10, 90, 8, 3);
    const auto engine = createLearningEngine();
    const test::TemporaryFolder folder;
    CheckpointPlan plan;
    plan.folder = folder.path() / "own";
    plan.resume = true;
    PretrainSpec spec = quickPretrain();
    engine->pretrain(*scans, spec, plan, {}, {});
    spec.steps = 6;
    PretrainSpec seed = spec, share = spec;
    seed.seed = 7;
    share.validationShare = 0.2;
    EXPECT_THAT(refusal([&] { engine->pretrain(*scans, seed, plan, {}, {}); }), HasSubstr("start afresh"));
    EXPECT_THAT(refusal([&] { engine->pretrain(*scans, share, plan, {}, {}); }), HasSubstr("start afresh"));
    const auto fewer = selectedScans(*scans, {0, 1, 2, 3, 4, 5, 6, 7, 8});
    EXPECT_THAT(refusal([&] { engine->pretrain(*fewer, spec, plan, {}, {}); }), HasSubstr("start afresh"));
    CheckpointPlan branch;
    branch.folder = folder.path() / "branch";
    branch.branchFrom = plan.folder;
    EXPECT_THAT(refusal([&] { engine->pretrain(*scans, seed, branch, {}, {}); }), HasSubstr("start afresh"));
    EXPECT_EQ(engine->pretrain(*scans, spec, plan, {}, {}).model.passport["steps_done"].number(), 6);
}

TEST(Finetune, DoesNotGoOnWithOtherLabelsPeopleOrStart) {
    const auto scans = twoGroups(12, 90, 8, 3);
    const auto engine = createLearningEngine();
    const test::TemporaryFolder folder;
    CheckpointPlan plan;
    plan.folder = folder.path();
    plan.resume = true;
    const FinetuneSpec spec = quickFinetune();
    const auto whole = engine->finetune(*scans, alternating(12), nullptr, spec, plan, {}, {});
    const auto again = engine->finetune(*scans, alternating(12), nullptr, spec, plan, {}, {});
    EXPECT_EQ(toJson(again).dump(), toJson(whole).dump());
    EXPECT_THAT(refusal([&] { engine->finetune(*scans, alternating(12, 1), nullptr, spec, plan, {}, {}); }),
                HasSubstr("other scans, labels, folds"));
    const auto fewer = selectedScans(*scans, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    EXPECT_THAT(refusal([&] { engine->finetune(*fewer, alternating(10), nullptr, spec, plan, {}, {}); }),
                HasSubstr("other scans, labels, folds"));
}

TEST(Finetune, SaysWhatAScoreLacks) {
    const auto scans = twoGroups(12, 90, 8, 3);
    const auto engine = createLearningEngine();
    const auto pretrained = engine->pretrain(*scans, quickPretrain(), {}, {}, {});
    FinetuneSpec spec = quickFinetune();
    spec.mode = FinetuneMode::LinearProbe;
    spec.graph.windowLength = 60;
    const auto bare = engine->finetune(*scans, alternating(12), &pretrained.model, spec, {}, {}, {});
    EXPECT_THAT(allOf(bare.notices), HasSubstr("Without baselines"));
    EXPECT_THAT(allOf(bare.notices), HasSubstr("Without shuffled labels"));
    EXPECT_THAT(allOf(bare.notices), HasSubstr("of the 12 people tested here were in the pretraining"));
    // The windows are those of pretraining, and what is written down says so.
    EXPECT_THAT(allOf(bare.notices), HasSubstr("Windows of 30 volumes every 10"));
    EXPECT_EQ(bare.record["spec"]["window_length"].number(), 30);
    spec.labelPermutation = spec.baselines = true;
    spec.permutations = 19;
    const auto full = engine->finetune(*scans, alternating(12), &pretrained.model, spec, {}, {}, {});
    EXPECT_THAT(allOf(full.notices), testing::Not(HasSubstr("Without")));
    EXPECT_THAT(allOf(full.notices), HasSubstr("prediction from motion alone"));
    const auto& score = full.scores.front();
    EXPECT_EQ(score.permutations, 19) << "a probe has its null too";
    EXPECT_GE(score.p, 1.0 / 20);
    EXPECT_LE(score.p, 1);
}

TEST(Finetune, SitesAreToldFromCodesOfTheFoldsOwnEncoder) {
    const auto scans = twoGroups(12, 90, 8, 3);
    const auto engine = createLearningEngine();
    FinetuneSpec spec = quickFinetune();
    spec.mode = FinetuneMode::LinearProbe;
    spec.baselines = true;
    std::vector<ScanInfo> infos;
    for (std::size_t i = 0; i < scans->count(); ++i) infos.push_back(scans->info(i));
    FixedFolds fixed;
    fixed.folds = makeFolds(infos, std::vector<int>(12, 0), FoldBy::Subject, 2, 0.2, 0);
    for (const Fold& fold : fixed.folds) {
        auto seen = fold.training;
        seen.insert(seen.end(), fold.validation.begin(), fold.validation.end());
        fixed.pretrained.push_back(engine->pretrain(*selectedScans(*scans, seen), quickPretrain(), {}, {}, {}).model);
    }
    const auto result = engine->finetuneOn(fixed, *scans, alternating(12), spec, {}, {}, {});
    ASSERT_EQ(result.sites.size(), 2u);
    for (const auto& score : result.sites) EXPECT_EQ(score.perFold.size(), 2u) << score.method;
    EXPECT_THAT(allOf(result.notices), testing::Not(HasSubstr("were in the pretraining")));
}

TEST(MethodScores, AConstantGuessIsWorthHalfWhateverTheFoldsHold) {
    // The constant of a fold leans towards the classes of the other folds.
    std::vector<ScanPrediction> rows;
    const std::vector<std::vector<int>> folds{{1, 1, 1, 0}, {0, 0, 0, 1}, {1, 0, 1, 0}};
    for (std::size_t fold = 0; fold < folds.size(); ++fold) {
        const double guess = fold == 0 ? 0.4 : fold == 1 ? 0.6 : 0.5;
        for (std::size_t i = 0; i < folds[fold].size(); ++i) {
            const std::string name = std::to_string(fold) + std::to_string(i);
            rows.push_back({name, name, static_cast<int>(fold) + 1, double(folds[fold][i]), {1 - guess, guess}});
        }
    }
    EXPECT_DOUBLE_EQ(metricOf("AUROC", rows, 2), 0.5);
    for (auto& row : rows) row.output = {row.truth + row.fold};
    EXPECT_NEAR(metricOf("r", rows, 0), 1, 1e-12) << "a shift between folds is not an error of order";
    for (auto& row : rows) row.output = {0.1 * row.fold};
    EXPECT_TRUE(std::isnan(metricOf("r", rows, 0)));
}

TEST(MethodScores, FewPermutationsGiveNoP) {
    EXPECT_EQ(permutationText(0.5, 0), "");
    EXPECT_THAT(permutationText(1, 1), HasSubstr("no p: 1 permutation,"));
    EXPECT_EQ(permutationText(0.05, 19), "p 0.05 from 19 permutations");
}
