#include "core/train/detail/Objective.h"

namespace chronnect::train {

namespace {

/// The ST-MAE scheme: hidden regions and pairs of every window are rebuilt from what is left of it (spatial), and
/// windows from two others before and after (temporal). An implementation with stated choices, not a reproduction.
/// All of it is what the reconstructing objectives have in common.
class StMae final : public ReconstructionObjective {
public:
    StMae(const PretrainSpec& spec, std::int64_t regions)
        : ReconstructionObjective(
              spec, regions, spec.nodeTarget == NodeTarget::FcProfile ? regions : spec.network.hidden, spec.decoder) {}
};

}  // namespace

std::shared_ptr<Objective> makeStMae(const PretrainSpec& spec, std::int64_t regions) {
    return std::make_shared<StMae>(spec, regions);
}

}  // namespace chronnect::train
