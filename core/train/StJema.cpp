#include "core/base/Error.h"
#include "core/train/detail/Masks.h"
#include "core/train/detail/Objective.h"
#include "core/train/detail/StJema.h"

#include <cmath>
#include <numbers>

namespace chronnect::train {

double emaMomentum(const PretrainSpec& spec, double progress) {
    const double share =
        spec.emaSchedule == EmaSchedule::Cosine ? (1 - std::cos(std::numbers::pi * progress)) / 2 : progress;
    return spec.emaStart + (spec.emaEnd - spec.emaStart) * share;
}

namespace {

/// The ST-JEMA scheme (arXiv 2403.06432 at second hand): blocks of consecutive regions and the squares of pairs inside
/// them are hidden from the context encoder; predicted are the codes that a slowly following copy of it, the target
/// encoder, gives them in the whole graph, and the hidden edges. Stated choices: a hidden region keeps its time code
/// and its self-loop; all hidden slots are filled with the learned vector at once; from two other windows everything is
/// predicted, so nothing of the target window is seen; the target encoder normalises by its own batch and keeps its own
/// running statistics, since those of the context encoder are those of masked graphs.
class StJema final : public ReconstructionObjective {
public:
    StJema(const PretrainSpec& spec, std::int64_t regions)
        : ReconstructionObjective(spec, regions, spec.network.hidden, spec.decoder) {
        if (spec.blockSmallest > spec.blockLargest)
            throw Error(ErrorKind::BadInput, "The smallest block is larger than the largest one; swap the two shares");
        m_encoderToken.set_requires_grad(false).zero_();
        m_target = register_module("target_encoder", model::Encoder(regions, spec.network));
        for (auto& parameter : m_target->parameters()) parameter.set_requires_grad(false);
        m_follows = register_buffer("follows", torch::zeros({1}));
        // The Mixer's weights know a region by its place and mix all of them. The others would give all hidden regions
        // one answer that does not depend on the visible ones.
        if (spec.decoder != Decoder::Mixer)
            m_place = register_parameter("place", 0.02 * torch::randn({regions, spec.network.hidden}));
    }

    Masks drawMasks(const Batch& batch, Random& random) const override {
        const auto blocks = scanByScan(
            batch, random,
            [&](std::int64_t windows, Random& own) {
                return hiddenBlocks(m_spec.blocks, windows, m_regions, m_spec.blockSmallest, m_spec.blockLargest, own)
                    .transpose(0, 1);
            },
            sameRegionsInAllWindows());
        Masks masks;
        masks.regions = blocks.any(1);
        masks.pairs = pairsOfRegions(masks.regions);
        masks.asked = pairsWithin(blocks.select(1, 0));
        for (std::int64_t block = 1; block < m_spec.blocks; ++block)
            masks.asked = masks.asked.bitwise_or(pairsWithin(blocks.select(1, block)));
        return masks;
    }

    torch::Tensor edges(const torch::Tensor& z, const torch::Tensor& hidden) override {
        return ReconstructionObjective::edges(remasked(z, hidden), hidden);
    }
    bool predictsProfiles() const override { return false; }

    /// Codes of a moving target cannot be compared over steps, edges can.
    double comparable(const std::map<std::string, double>& parts) const override {
        double sum = std::nan("");
        for (const char* name : {"spatial edge", "temporal edge"})
            if (const auto found = parts.find(name); found != parts.end())
                sum = std::isnan(sum) ? found->second : sum + found->second;
        return m_spec.edgeWeight > 0 ? sum : std::nan("");
    }

    void afterStep(const model::Encoder& encoder, double progress) override {
        const torch::NoGradGuard noGradient;
        const double momentum = emaMomentum(m_spec, progress);
        const auto own = m_target->parameters(), theirs = encoder->parameters();
        for (std::size_t i = 0; i < own.size(); ++i) own[i].lerp_(theirs[i], 1 - momentum);
    }

protected:
    void encode(model::Encoder& encoder, const Batch& batch, const torch::Tensor& codes, View& view, Random& random,
                const model::Compute& compute) override {
        ReconstructionObjective::encode(encoder, batch, codes, view, random, compute);
        view.decoded = batch.graphs;
        const torch::NoGradGuard noGradient;
        startFollowing(encoder);
        const auto whole = m_target->timeCode(batch.series, batch.ends(), compute).flatten(0, 1);
        view.targets = m_target->layers(batch.graphs, m_target->nodeInput(whole), compute).back();
    }
    bool asksAllPairsBetween() const override { return false; }
    torch::Tensor remasked(const torch::Tensor& z, const torch::Tensor& hidden) override {
        if (!m_place.defined()) return ReconstructionObjective::remasked(z, hidden);
        const auto visible = hidden.logical_not().unsqueeze(-1);
        const auto mean = (z * visible).sum(1, true) / visible.sum(1, true).clamp_min(1);
        return torch::where(visible, z, (m_decoderToken + m_place).unsqueeze(0) + mean);
    }

private:
    /// At the very first step the target is a copy of the encoder.
    void startFollowing(const model::Encoder& encoder) {
        if (m_follows.item<float>() != 0) return;
        const auto own = m_target->parameters(), theirs = encoder->parameters();
        for (std::size_t i = 0; i < own.size(); ++i) own[i].copy_(theirs[i]);
        m_follows.fill_(1);
    }

    model::Encoder m_target{nullptr};
    torch::Tensor m_follows, m_place;
};

}  // namespace

std::shared_ptr<Objective> makeStJema(const PretrainSpec& spec, std::int64_t regions) {
    return std::make_shared<StJema>(spec, regions);
}

}  // namespace chronnect::train
