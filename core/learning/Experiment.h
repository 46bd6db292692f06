#pragma once

#include "core/data/Table.h"
#include "core/learning/Learning.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chronnect {

/// Pretraining and fine-tuning over several seeds against all baselines. Each seed has folds of its own.
struct ExperimentSpec {
    int seeds = 5;
    int onlySeed = 0;             ///< 0 = all; otherwise this one alone, so that several processes can share a folder
    bool pretrainPerFold = true;  ///< a fold's test people are kept out of its pretraining too
    PretrainSpec pretrain;
    FinetuneSpec finetune;  ///< its target and seed are set by the experiment
};

template <SpecOf<ExperimentSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.seeds, {"seeds", "Seeds", "",
                       "How often everything is repeated, with other folds, masks and initial weights", 1, 1000});
    visit(spec.onlySeed, {"only_seed", "Only seed", "",
                          "Run this seed alone, so that several processes share the work; 0 = all", 0, 1000});
    visit(spec.pretrainPerFold,
          {"pretrain_per_fold", "Pretrain per fold", "", "Keep a fold's test people out of its pretraining too"});
}

struct ExperimentTarget {
    std::string name;
    std::vector<std::string> texts;  ///< one per scan; empty = missing
};

/// One method over the seeds: pooled out-of-fold metric of each, and their mean with a 95 % bootstrap interval over
/// subjects (a drawn subject counts in every seed).
struct SeedScore {
    std::string method, metric;
    std::vector<double> perSeed;
    double mean = 0, spread = 0, low = 0, high = 0;
};

struct TargetResult {
    std::string target;
    std::vector<std::string> classes;  ///< empty for a number
    int scans = 0, subjects = 0, seeds = 0;
    std::vector<SeedScore> scores;  ///< in the order of methods, then metrics; "shuffled labels" over its permutations
    std::vector<PairedGain> gains;  ///< learned methods minus the strongest reference, means over seeds, paired
    double p = std::numeric_limits<double>::quiet_NaN();  ///< of the main method over all permutations of all seeds
    int permutations = 0;
    std::string verdict;
};

struct ExperimentResult {
    std::vector<TargetResult> targets;
    Json record;  ///< settings, hash of the data, versions
    Notices notices;
};

/// What there is to say about one target from finished seeds (at least one).
TargetResult summarise(const std::string& target, const std::vector<FinetuneResult>& seeds);

/// Runs what is missing in `folder` and summarises all of it. Finished seeds are kept: a call with the same settings
/// and data goes on where an earlier one was stopped. Folds are fixed (by the first target's strata) and written down
/// before anything is fitted. With `onlySeed`, targets are summarised only once every seed is there. Throws
/// Error(BadInput) when the folder holds an experiment with other settings or data.
ExperimentResult runExperiment(const LearningEngine& engine, const ScanSource& scans,
                               const std::vector<ExperimentTarget>& targets, const ExperimentSpec& spec,
                               const std::filesystem::path& folder, const JobContext& context);

/// The tables people read, as text that is Markdown too.
std::string experimentText(const ExperimentResult& result);
Table experimentTable(const ExperimentResult& result);
Json toJson(const ExperimentResult& result);

/// Scores, gains, curves and sites of one fine-tuning, one row per number: kind, method, metric, share, mean, spread,
/// pooled, interval, p.
Table resultTable(const FinetuneResult& result);

}  // namespace chronnect
