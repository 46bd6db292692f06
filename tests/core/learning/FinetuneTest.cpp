#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Experiment.h"
#include "tests/core/learning/QuickSpecs.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string_view>

using namespace chronnect;
using test::twoGroups;
namespace fs = std::filesystem;

namespace {

FinetuneSpec quickFinetune() {
    FinetuneSpec spec = test::shortFinetuning(16, 3, 12);
    spec.learningRate = 2e-3;
    spec.maxLearningRate = 4e-3;
    spec.seed = 1;
    return spec;
}

PretrainSpec quickPretrain() {
    PretrainSpec spec = test::shortPretraining(16);
    spec.gap = GapRule::Published;
    return spec;
}

std::vector<std::string> groupsOf(const ScanSource& scans) {
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < scans.count(); ++i) groups.push_back(i % 2 ? "woven" : "halves");
    return groups;
}

std::set<std::string> methodsIn(const FinetuneResult& result) {
    std::set<std::string> names;
    for (const auto& method : result.methods) names.insert(method.method);
    return names;
}

}  // namespace

TEST(FinetuneOn, EveryMethodIsJudgedOnTheSameScansOfTheGivenFolds) {
    const auto scans = twoGroups(16, 100, 12, 7);
    const auto engine = createLearningEngine();
    const auto pretrained = engine->pretrain(*scans, quickPretrain(), {}, {}, {});
    FixedFolds fixed;
    fixed.pretrained = {pretrained.model};
    fixed.folds = {{{0, 1, 2, 3, 4, 5, 6, 7}, {8, 9, 10, 11}, {12, 13, 14, 15}, "last"},
                   {{8, 9, 10, 11, 12, 13}, {14, 15}, {0, 1, 2, 3}, "first"}};
    FinetuneSpec spec = quickFinetune();
    spec.epochs = 2;
    spec.fromScratch = spec.linearProbe = spec.labelPermutation = true;
    spec.permutations = 2;
    spec.labelShares = "50, 100";
    spec.missingShares = "30,90";
    auto targets = groupsOf(*scans);
    targets[1].clear();  // has no phenotype: taken out of the folds
    const auto result = engine->finetuneOn(fixed, *scans, targets, spec, {}, {}, {});
    EXPECT_EQ(methodsIn(result), (std::set<std::string>{"st-mae fine-tuned", "trained from scratch",
                                                        "st-mae linear probe", "static FC + logistic", "tangent + SVM",
                                                        "majority", "shuffled labels 1", "shuffled labels 2"}));
    for (const auto& method : result.methods) {
        ASSERT_EQ(method.scans.size(), 7u) << method.method;
        for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(method.scans[i].scan, result.methods.front().scans[i].scan);
    }
    EXPECT_EQ(result.predictions.front().scan, "sub-12");
    // Every method has its own curve, on the same draws.
    std::map<std::string, std::set<double>> shares;
    for (const auto& point : result.curves) {
        shares[point.curve].insert(point.share);
        EXPECT_EQ(point.score.metric, "AUROC");
    }
    EXPECT_EQ(shares["training people"], (std::set<double>{50, 100}));
    EXPECT_EQ(shares["windows missing at random"], (std::set<double>{30, 90}));
    EXPECT_EQ(shares["windows missing in one stretch"], (std::set<double>{30, 90}));
    EXPECT_EQ(result.curves.size(), 2u * 4 + 4 * 5);
    const auto& main = result.scores.front();
    EXPECT_EQ(main.permutations, 2);
    EXPECT_GE(main.p, 1.0 / 3 - 1e-12);
    EXPECT_EQ(result.gains.size(), 3u * 4);
    EXPECT_EQ(result.gains.front().subjects, 7);
    ASSERT_EQ(result.sites.size(), 2u);
    EXPECT_NE(result.sites[1].method.find("pretrained codes (chance 0.5)"), std::string::npos);
    EXPECT_EQ(result.record["folds"].items()[0]["test"].dump(-1), R"(["12","13","14","15"])");
    EXPECT_EQ(result.record["data_hash"].text().size(), 64u);
    EXPECT_EQ(result.record["spec"]["label_shares"].text(), "50, 100");
    EXPECT_EQ(resultTable(result).columns.size(), resultTable(result).rows.front().size());
    fixed.folds[0].test.push_back(0);
    EXPECT_THROW(engine->finetuneOn(fixed, *scans, targets, spec, {}, {}, {}), Error);
    spec.labelShares = "10;20";
    fixed.folds[0].test.pop_back();
    EXPECT_THROW(engine->finetuneOn(fixed, *scans, targets, spec, {}, {}, {}), Error);
}

namespace {

ExperimentSpec quickExperiment() {
    ExperimentSpec spec;
    spec.seeds = 2;
    spec.pretrain = quickPretrain();
    spec.finetune = quickFinetune();
    spec.finetune.labelPermutation = true;
    spec.finetune.permutations = 2;
    return spec;
}

const SeedScore& scoreOf(const TargetResult& result, std::string_view method) {
    for (const auto& score : result.scores)
        if (score.method == method) return score;
    throw std::runtime_error("no score of " + std::string(method));
}

}  // namespace

TEST(Experiment, FindsAPlantedEffectAndNoneInANullStudy) {
    const auto engine = createLearningEngine();
    const test::TemporaryFolder folder;
    for (const bool planted : {true, false}) {
        const auto scans = twoGroups(24, 100, 16, 5, planted);
        const auto result = runExperiment(*engine, *scans, {{"group", groupsOf(*scans)}}, quickExperiment(),
                                          folder.path() / (planted ? "planted" : "null"), {});
        const TargetResult& target = result.targets.at(0);
        EXPECT_EQ(target.subjects, 24);
        EXPECT_EQ(target.permutations, 4);
        const auto& ours = scoreOf(target, "st-mae fine-tuned");
        const auto& shuffled = scoreOf(target, "shuffled labels");
        if (planted) {
            EXPECT_GT(ours.low, 0.6) << target.verdict;
            EXPECT_GT(scoreOf(target, "static FC + logistic").mean, 0.95);
            EXPECT_DOUBLE_EQ(target.p, 0.2);
            EXPECT_GT(ours.mean, shuffled.mean + 0.2);
        } else {
            EXPECT_LT(ours.low, 0.5) << target.verdict;
            EXPECT_LT(scoreOf(target, "static FC + logistic").low, 0.5);
            EXPECT_GT(target.p, 0.2);
            EXPECT_EQ(target.verdict.find("gains over"), std::string::npos) << target.verdict;
        }
        EXPECT_NE(experimentText(result).find(target.verdict), std::string::npos);
    }
}

TEST(Experiment, GoesOnWhereItWasStoppedAndRefusesOtherSettings) {
    const auto engine = createLearningEngine();
    const auto scans = twoGroups(12, 100, 10, 5);
    const std::vector<ExperimentTarget> targets{{"group", groupsOf(*scans)}};
    ExperimentSpec spec = quickExperiment();
    spec.finetune.epochs = 3;
    spec.finetune.baselines = false;
    spec.finetune.permutations = 1;
    const test::TemporaryFolder folder;
    const auto whole = runExperiment(*engine, *scans, targets, spec, folder.path() / "whole", {});
    // Stopped in the middle of the second seed.
    std::stop_source stop;
    const fs::path broken = folder.path() / "broken";
    const JobContext context(stop.get_token(), [&](double fraction, std::string_view) {
        if (fraction > 0.8) stop.request_stop();
    });
    EXPECT_THROW(runExperiment(*engine, *scans, targets, spec, broken, context), Cancelled);
    EXPECT_TRUE(fs::exists(broken / "seed-1" / "group.json"));
    EXPECT_FALSE(fs::exists(broken / "seed-2" / "group.json"));
    const std::string kept = readFile(broken / "seed-1" / "group.json");
    const auto resumed = runExperiment(*engine, *scans, targets, spec, broken, {});
    EXPECT_EQ(readFile(broken / "seed-1" / "group.json"), kept);
    EXPECT_EQ(toJson(resumed).dump(), toJson(whole).dump());
    // Nobody whom a fold tests was pretrained on in it.
    const Json folds = Json::parse(readFile(broken / "seed-2" / "folds.json"));
    EXPECT_EQ(folds.size(), 3u);
    const Model first = loadModel(broken / "seed-2" / "pretrained-1.chm");
    EXPECT_EQ(first.passport["training_scans"].number() + static_cast<double>(first.passport["held_out"].size()),
              12.0 - static_cast<double>(folds.items()[0]["test"].size()));
    spec.finetune.epochs = 4;
    EXPECT_THROW(runExperiment(*engine, *scans, targets, spec, broken, {}), Error);
}

TEST(Finetune, PartsOfABatchAddUpToIt) {
    const auto scans = twoGroups(12, 100, 12, 7);
    std::vector<double> firstLoss, lastNorm;
    for (const int parts : {1, 2, 64}) {
        FinetuneSpec spec = test::shortFinetuning(16, 2, 1);
        spec.network.dropout = spec.network.attentionDropout = 0;
        spec.baselines = false;
        spec.accumulate = parts;
        const auto watch = [&](const TrainingSnapshot& snapshot) {
            if (snapshot.fold != 1) return;
            firstLoss.push_back(snapshot.losses.at("total"));
            lastNorm.push_back(snapshot.gradientNorm);
        };
        createLearningEngine()->finetune(*scans, groupsOf(*scans), nullptr, spec, {}, watch, {});
    }
    // One step of the first fold: weights are the same, only batch normalisation sees fewer scans at a time.
    ASSERT_EQ(firstLoss.size(), 3u);
    for (const std::size_t i : {1u, 2u}) {
        EXPECT_NEAR(firstLoss[i], firstLoss[0], 0.05) << lastNorm[i] << " " << lastNorm[0];
        EXPECT_NEAR(lastNorm[i], lastNorm[0], 0.25 * lastNorm[0]);
    }
}
