#pragma once

#include "core/train/detail/Checkpoint.h"
#include "core/train/detail/Objective.h"
#include "core/train/detail/Together.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chronnect::train {

/// The weights with the best validation loss so far.
struct BestWeights {
    int step = 0;  ///< after which the model had them; 0 = none yet
    double loss = 0;
    std::vector<torch::Tensor> first, second;  ///< parameters and buffers of encoder and objective
};

/// One pretraining: what it holds and its steps. Pretrain.cpp runs the loop, PretrainStep.cpp takes a step,
/// PretrainState.cpp keeps and restores what a checkpoint holds, Forecast.cpp measures.
class Pretraining {
public:
    Pretraining(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                const TrainingObserver& observer, const JobContext& context);

    PretrainResult run();
    ResourceForecast forecast();

private:
    void chooseSubjects();
    void splitHeldOut(const std::vector<ScanInfo>& infos, const std::vector<std::size_t>& heldOut);
    std::string scansHash() const;
    void requireSamePeople(const Model& checkpoint, const std::string& folder) const;
    void start();
    void resume(const Model& checkpoint, bool branch);
    void save();
    void restoreBest();

    std::vector<std::size_t> scansOf(int step) const;
    int cropLength() const;
    Batch batchFor(const std::vector<std::size_t>& scans, std::size_t place, int first) const;
    /// Has the scans of a step read while the one before it is computed.
    void readAhead(int step) const;
    /// Leaves the gradients on the parameters; returns the parts of the loss.
    std::map<std::string, double> forwardBackward(int step);
    TrainingSnapshot takeStep(int step);
    /// Takes the step, with fewer scans at a time when memory runs out. Keeps the state when it is stopped or fails.
    TrainingSnapshot takeStepSafely(int step);
    [[noreturn]] void reportBadLoss(int step, const std::map<std::string, double>& losses,
                                    const std::vector<std::size_t>& scans) const;
    void checkGradients(int step, double norm) const;
    bool halveParts(int step);
    int scansAtATime() const;

    /// Loss on held-out subjects with the same masks every time, effective rank of their codes; remembers the best
    /// weights.
    void validate(TrainingSnapshot& snapshot);
    void judge(double loss);
    double rankOf(const Batch& batch);

    void waitWhilePaused();
    void evaluateInto(PretrainResult& result);
    Model modelNow() const;
    Json passport() const;
    TrainingState state() { return {m_encoder.get(), m_objective.get(), m_adam.get()}; }

    PretrainSpec m_spec;
    const CheckpointPlan& m_plan;
    const TrainingObserver& m_observer;
    Cohort m_cohort;
    model::Compute m_compute;
    std::unique_ptr<Together> m_together;
    /// Held-out scans are `m_watched` or `m_tested`: weights are chosen by the loss on the first and scored on the
    /// second, since a score on those that chose would be too good. Both are all of them when there is nothing to
    /// choose or only one person to do it by.
    std::vector<std::size_t> m_training, m_watched, m_tested;
    std::vector<std::string> m_heldOutSubjects, m_testedSubjects;
    model::Encoder m_encoder{nullptr};
    std::shared_ptr<Objective> m_objective;
    std::unique_ptr<Adam> m_adam;
    std::vector<TrainingSnapshot> m_history;
    Notices m_notices;
    BestWeights m_best;
    Json m_branch;  ///< where this training branched off and what was changed; null when it did not
    /// The order of the epoch at hand: drawing it anew for every step would take longer than a step on a fast GPU.
    mutable std::pair<std::uint64_t, std::vector<std::size_t>> m_order{~std::uint64_t{0}, {}};
    int m_batch = 1, m_parts = 1, m_first = 0, m_done = 0, m_validated = -1, m_handedOut = 0;
    bool m_alarmed = false;
    double m_pausedSeconds = 0;
};

/// Copies of all parameters and buffers, and back.
std::vector<torch::Tensor> copyAll(const torch::nn::Module& module);
void restoreAll(torch::nn::Module& module, const std::vector<torch::Tensor>& copies);

/// "learning_rate 0.0005 -> 0.001" for every setting that differs.
std::vector<std::string> changedSettings(const PretrainSpec& before, const PretrainSpec& after);

/// A sentence when codes with this effective rank have collapsed, else empty.
std::string collapseAlarm(double effectiveRank, std::int64_t width);
/// Effective rank of codes (windows x regions x width), from at most 2048 of them.
double effectiveRankOf(const torch::Tensor& codes);

}  // namespace chronnect::train
