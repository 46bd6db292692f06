#pragma once

#include "core/train/detail/Finetune.h"
#include "core/train/detail/MissingWindows.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace chronnect::train {

/// A method fitted on one fold, ready to predict scans in whatever way they are shown.
struct Predictor {
    std::string method;
    std::function<std::vector<double>(const ShownScan&)> predict;
};

/// One fine-tuning: what its folds share, and what they leave. Every method of a fold is fitted on the same scans and
/// shown the same test scans.
class Finetuning {
public:
    Finetuning(const ScanSource& scans, ParsedTargets parsed, const FinetuneCall& call);
    FinetuneResult run();

private:
    using Clock = std::chrono::steady_clock;
    enum class Kind { Tuned, Scratch, Probe };
    struct Training {
        std::string name, phase;  ///< of checkpoints and of the curves
        const Targets& targets;
        const Model* pretrained = nullptr;
        int number = 0;  ///< of the fold, from 1; 0 = none
    };
    /// A frozen encoder and its codes of the scans that a probe is fitted on.
    struct ProbeRows {
        std::vector<std::size_t> scans;
        std::shared_ptr<Probe> codes;
        torch::Tensor rows;
    };
    /// Predictions at one point of a curve.
    struct CurveTable {
        std::string curve;
        double share = 0;
        std::vector<MethodPredictions> methods;
    };

    void takePretrained(const ScanSource& scans, const FinetuneCall& call);
    void fixFolds(const FinetuneCall& call);
    void planRuns();
    void remarkOnNulls();
    void remarkOnPretraining();
    void useSettingsOfPretraining();
    bool stopping() const { return m_plan.finish.stop_requested(); }
    const Model* pretrainedOf(std::size_t number) const;
    std::string nameOfMethod(Kind kind) const;
    std::vector<std::size_t> fittedOn(const Fold& fold) const;
    LinearTask linearTask(LinearKind kind) const { return {m_parsed.targets, m_subjects, kind, seed()}; }
    std::uint64_t seed() const { return static_cast<std::uint64_t>(m_spec.seed); }
    bool classes() const { return m_parsed.targets.classes > 0; }

    TrainedFold train(const Fold& fold, const Training& training, std::vector<TrainingSnapshot>* history);
    Predictor network(const TrainedFold& trained, const std::string& method) const;
    Predictor learned(Kind kind, const Fold& fold, std::size_t number, const std::string& suffix,
                      FinetuneResult* result);
    ProbeRows probeRows(const Fold& fold, std::size_t number) const;
    Predictor probe(const ProbeRows& rows, const Targets& targets, const std::string& method) const;
    Predictor staticFc(const Fold& fold);
    Predictor tangent(const Fold& fold) const;
    Predictor motion(const Fold& fold) const;
    Predictor constant(const Fold& fold) const;
    torch::Tensor staticRows(const std::vector<std::size_t>& scans);

    void runFold(std::size_t number, FinetuneResult& result);
    void runPermutations(std::size_t number);
    void runFewLabels(std::size_t number);
    void runMissingWindows(std::size_t number, const std::vector<Predictor>& predictors);
    Targets shuffled(const Fold& fold, std::size_t number, int permutation) const;
    void predictInto(std::vector<MethodPredictions>& table, const std::vector<Predictor>& predictors,
                     std::size_t number, const std::function<ShownScan(std::size_t scan)>& show);
    CurveTable& curveTable(const std::string& curve, double share);

    void finish(FinetuneResult& result);
    void scorePermutations(FinetuneResult& result);
    void scoreCurves(FinetuneResult& result);
    void scoreSites(FinetuneResult& result);
    MethodPredictions sitesFrom(bool codes, const Targets& sites, const std::vector<Fold>& folds);
    void fitOnAll(FinetuneResult& result);
    Json record() const;
    Model modelOf(const TrainedFold& trained, const std::string& name, const Fold& fold, const Model* pretrained) const;
    void observe(TrainingSnapshot snapshot, const Training& training);

    std::shared_ptr<const ScanSource> m_scans;
    ParsedTargets m_parsed;
    std::vector<const Model*> m_pretrained;  ///< none, one, or one per fold
    FinetuneSpec m_spec;
    const CheckpointPlan& m_plan;
    const TrainingObserver& m_observer;
    Cohort m_cohort;
    model::Compute m_compute;
    std::string m_dataHash;  ///< empty without checkpoints
    GraphSpec m_graph;
    NetworkSpec m_network;
    std::vector<ScanInfo> m_infos;
    std::vector<std::string> m_subjects;
    std::vector<int> m_strata;
    std::vector<Fold> m_folds;
    std::vector<Kind> m_methods;                         ///< the one asked for first
    std::vector<double> m_labelShares, m_missingShares;  ///< percent
    std::vector<MethodPredictions> m_table, m_permuted;
    std::vector<CurveTable> m_curves;
    std::map<std::size_t, torch::Tensor> m_staticRows;
    Clock::time_point m_started = Clock::now();
    int m_runsDone = 0, m_runs = 1, m_stepsDone = 0;
};

/// "10,20,50" as numbers in (0, 100]. Throws Error(BadInput) naming the setting.
std::vector<double> parseShares(const std::string& text, const std::string& setting);

}  // namespace chronnect::train
