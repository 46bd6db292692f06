#pragma once

#include "core/learning/Folds.h"
#include "core/learning/Learning.h"
#include "core/train/detail/Baselines.h"
#include "core/train/detail/Passport.h"

#include <functional>

namespace chronnect::train {

/// What a call of fine-tuning hands over besides the data. `fixed` wins over `pretrained` and the spec's folds.
struct FinetuneCall {
    const FinetuneSpec& spec;
    const Model* pretrained = nullptr;
    const FixedFolds* fixed = nullptr;
    const CheckpointPlan& plan;
    const TrainingObserver& observer;
    const JobContext& context;
};
FinetuneResult finetune(const ScanSource& scans, const std::vector<std::string>& targets, const FinetuneCall& call);

/// One network trained on one fold.
struct TrainedFold {
    model::Network network{nullptr};
    double targetMean = 0, targetScale = 1;  ///< numbers only
    int bestEpoch = 0;
    double bestValidation = 0;
};

/// Everything the training of a fold reads.
struct FoldTask {
    const Cohort& cohort;
    const FinetuneSpec& spec;
    GraphSpec graph;
    NetworkSpec network;
    const Model* pretrained = nullptr;
    Targets targets;
    model::Compute compute;
    std::stop_token finish;
    int epochs = 0;    ///< planned
    std::string name;  ///< seeds and checkpoints
    const CheckpointPlan* plan = nullptr;
    std::string dataHash;        ///< of the scans, for checkpoints
    Notices* notices = nullptr;  ///< where to say that memory ran out
};
using EpochObserver = std::function<void(const TrainingSnapshot&)>;

/// OneCycle Adam on the fold's training scans; keeps the weights of the epoch with the best validation loss (the last
/// epoch when the fold has no validation scans).
TrainedFold trainFold(const FoldTask& task, const Fold& fold, const EpochObserver& observer);

/// Class probabilities or the number of the one scan of a batch.
std::vector<double> predictBatch(model::Network& network, const Batch& batch, int classes, double mean, double scale,
                                 const model::Compute& compute);
/// The same for whole scans, one at a time.
std::vector<std::vector<double>> predictScans(model::Network& network, const Cohort& cohort, const GraphSpec& graph,
                                              const std::vector<std::size_t>& scans, int classes, double mean,
                                              double scale, const model::Compute& compute);

/// Mean over regions and windows of a pretrained encoder's last codes, for linear probes. The running statistics are
/// first re-estimated on (at most 40, drawn at random, of) the training scans, since pretraining saw masked graphs.
class Probe {
public:
    Probe(const Model& pretrained, const Cohort& cohort, const std::vector<std::size_t>& training,
          const model::Compute& compute);
    /// Width numbers of the one scan of `batch`, double, on the CPU.
    torch::Tensor row(const Batch& batch);
    const GraphSpec& graph() const { return m_revived.spec.graph; }

private:
    torch::Tensor codes(const Batch& batch);

    Pretrained m_revived;
    model::Compute m_compute;
};

/// Reads phenotype texts: classes sorted by name, or numbers when all are numeric with more than ten different values.
struct ParsedTargets {
    Targets targets;  ///< one per kept scan
    std::vector<std::string> classNames;
    std::vector<std::size_t> scans;  ///< kept scans, in the source's numbering
    Notices notices;
};
ParsedTargets parseTargets(const ScanSource& scans, const std::vector<std::string>& texts, int windowLength);

}  // namespace chronnect::train
