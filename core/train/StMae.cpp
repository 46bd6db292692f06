#include "core/base/Error.h"
#include "core/model/Windows.h"
#include "core/train/detail/Objective.h"

namespace chronnect::train {

namespace {

/// The ST-MAE scheme: hidden regions and pairs of every window are rebuilt from what is left of it (spatial), and
/// windows from two others before and after (temporal). An implementation with stated choices, not a reproduction.
class StMae final : public ReconstructionObjective {
public:
    StMae(const PretrainSpec& spec, std::int64_t regions)
        : ReconstructionObjective(spec, regions,
                                  spec.nodeTarget == NodeTarget::FcProfile ? regions : spec.network.hidden,
                                  spec.decoder) {}

    Losses losses(model::Encoder& encoder, const Batch& batch, Random& random, const model::Compute& compute) override {
        const View seen = view(encoder, batch, {}, {}, random, compute);
        std::pair<torch::Tensor, torch::Tensor> spatial, temporal;
        if (m_spec.spatialWeight > 0) spatial = spatialLosses(batch, seen, compute);
        if (m_spec.spatialWeight < 1) {
            const auto triples = drawTriples(batch, random);
            if (!triples.empty()) temporal = temporalLosses(batch, seen, triples, compute);
            else if (m_spec.spatialWeight == 0)
                throw Error(ErrorKind::BadInput,
                            "The " + std::to_string(batch.windows()) + " windows of a scan leave no target with sources " +
                                std::to_string(minimumGap(m_spec.graph, m_spec.gap)) +
                                " windows away; use a shorter window, a smaller step or the published gap");
        }
        return combine(spatial, temporal);
    }
};

}  // namespace

std::shared_ptr<Objective> makeStMae(const PretrainSpec& spec, std::int64_t regions) {
    return std::make_shared<StMae>(spec, regions);
}

}  // namespace chronnect::train
