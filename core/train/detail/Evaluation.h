#pragma once

#include "core/learning/Learning.h"
#include "core/train/detail/Objective.h"

#include <vector>

namespace chronnect::train {

/// Which scans a pretrained model is asked about, and which may inform the group mean.
struct EvaluationPlan {
    std::vector<std::size_t> heldOut, training;
    int scansAtMost = 40;    ///< held-out scans looked at
    int targetsPerScan = 3;  ///< windows asked about per scan and gap
    std::uint64_t seed = 0;
};

struct EvaluationResult {
    std::vector<ReconstructionScore> scores;
    double effectiveRank = 0;
    Notices notices;
};

/// Masked-edge AUROC and average precision and the cosine of node profiles, from the window itself (spatial) and from
/// two others by gap (temporal), beside copying the nearest window that shares no volume, the mean of two flanking
/// ones, the scan's mean and the group's mean; the same on phase-randomised scans, which have no dynamics of their
/// own; effective rank of the codes. Intervals: bootstrap over subjects, paired with the strongest baseline.
EvaluationResult evaluate(model::Encoder& encoder, Objective& objective, const PretrainSpec& spec, const Cohort& cohort,
                          const EvaluationPlan& plan, const model::Compute& compute);

/// Random phases, the same for all regions at each frequency: keeps every auto- and cross-correlation of the scan
/// (volumes x regions) and destroys its changes over time (Prichard & Theiler 1994).
torch::Tensor phaseRandomised(const torch::Tensor& series, Random& random);

}  // namespace chronnect::train
