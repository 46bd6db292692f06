#include "core/base/Error.h"
#include "core/train/detail/Masks.h"
#include "core/train/detail/Objective.h"

namespace chronnect::train {

namespace {

/// GraphMAE (Hou et al. 2022) with every window as a graph: hidden regions are rebuilt from the codes of their
/// neighbours, their own being blanked before decoding. A region shows its signal in the window (the default), or its
/// row of correlations with the columns of hidden regions blanked as well, since the matrix is symmetric. The input is
/// the region's row in the encoder's table plus a linear map of what it shows, so that fine-tuning takes over a trained
/// encoder; the time code has by default not seen the hidden regions. Signals of other times cannot be told from
/// windows that share no volume, so only correlations have a temporal branch.
class GraphMae final : public ReconstructionObjective {
public:
    GraphMae(const PretrainSpec& spec, std::int64_t regions)
        : ReconstructionObjective(spec, regions, shownWidth(spec, regions), spec.decoder) {
        const std::int64_t width = spec.network.hidden;
        m_show = register_module(
            "show", torch::nn::Linear(torch::nn::LinearOptions(shownWidth(spec, regions), width).bias(false)));
        m_bridge = register_module("bridge", torch::nn::Linear(torch::nn::LinearOptions(width, width).bias(false)));
        if (!showsSignal()) return;
        if (spec.spatialWeight == 0)
            throw Error(ErrorKind::BadInput,
                        "The signal of one window cannot be foretold from windows that share no volume with it; "
                        "for a temporal task give graphmae the node feature fc_row");
        m_spec.spatialWeight = 1;
    }

    Masks drawMasks(const Batch& batch, Random& random) const override {
        Masks masks;
        masks.regions = scanByScan(
            batch, random,
            [&](std::int64_t windows, Random& own) {
                return hiddenRegions(windows, m_regions, m_spec.nodeMask, m_spec.nodeMaskRatio, own);
            },
            sameRegionsInAllWindows());
        masks.pairs = scanByScan(batch, random, [&](std::int64_t windows, Random& own) {
            return chronnect::train::hiddenPairs(windows, m_regions, m_spec.edgeDrop, own);
        });
        return masks;
    }

    bool predictsEdges() const override { return false; }
    bool predictsProfiles() const override { return !showsSignal(); }
    bool targetsHaveMean() const override { return !showsSignal(); }

    torch::Tensor nodes(const torch::Tensor& z, const torch::Tensor& hidden, const model::Graphs& decoded,
                        const model::Compute& compute) override {
        return ReconstructionObjective::nodes(m_bridge(z), hidden, decoded, compute);
    }

    std::map<std::string, torch::Tensor> ownGuesses(const Batch& batch, const View& view, std::int64_t window,
                                                    const torch::Tensor& scan,
                                                    const torch::Tensor& group) const override {
        const auto values = nodeTargets(batch, view, {window})[0];
        const auto seen = view.hidden[window].logical_not().to(values.scalar_type()).unsqueeze(0);
        // Weighted sums over the visible regions; a region never counts for itself.
        const auto weighted = [&](const torch::Tensor& weights) {
            auto own = weights.to(values.device(), values.scalar_type()) * seen;
            own.fill_diagonal_(0);
            return torch::matmul(own, values) / own.abs().sum(1, true).clamp_min(1e-8);
        };
        std::map<std::string, torch::Tensor> guesses;
        const auto graph = model::unpackGraphs(view.decoded.bits.slice(0, window, window + 1), m_regions)[0];
        guesses["mean of neighbours"] = weighted(graph);
        guesses["weighted by group"] = weighted(group);
        if (scan.defined()) guesses["weighted by scan"] = weighted(scan);
        return guesses;
    }

protected:
    void encode(model::Encoder& encoder, const Batch& batch, const torch::Tensor& codes, View& view, Random& random,
                const model::Compute& compute) override {
        view.decoded = batch.graphs;
        const auto signals = windowSignals(batch);
        if (showsSignal()) view.targets = signals.detach();
        const auto input = encoder->nodeInput(codes);
        auto features =
            input.table.unsqueeze(0) + (showsSignal() ? m_show(signals) : correlationsThroughMap(signals, view.hidden));
        features = replaced(features, batch, view.hidden, random);
        view.latent = encoder->layers(view.visible, features + input.code.unsqueeze(1), compute).back();
    }

    /// Zeros, as in the public code; an MLP decoder sees nothing but the region's own code, so there it is kept.
    torch::Tensor remasked(const torch::Tensor& z, const torch::Tensor& hidden) override {
        if (!m_spec.remask || m_spec.decoder == Decoder::Mlp) return z;
        return z.masked_fill(hidden.unsqueeze(-1), 0.0);
    }

private:
    static std::int64_t shownWidth(const PretrainSpec& spec, std::int64_t regions) {
        return spec.nodeFeature == NodeFeature::BoldPatch ? spec.graph.windowLength : regions;
    }
    bool showsSignal() const { return m_spec.nodeFeature == NodeFeature::BoldPatch; }

    /// z-scored signals, windows x regions x window length.
    static torch::Tensor windowSignals(const Batch& batch) {
        std::vector<torch::Tensor> parts;
        for (std::int64_t scan = 0; scan < batch.series.size(0); ++scan)
            for (const int start : batch.starts)
                parts.push_back(batch.series[scan].slice(0, start, start + batch.windowLength).t());
        return torch::stack(parts);
    }

    /// The map applied to the correlation rows with hidden columns blanked, without the matrices: R W = Z (Z^T W),
    /// where the rows of Z are centred signals of length 1.
    torch::Tensor correlationsThroughMap(const torch::Tensor& signals, const torch::Tensor& hidden) {
        const auto centred = signals - signals.mean(-1, true);
        const auto units = centred / centred.norm(2, -1, true).clamp_min(1e-6);
        const auto map = m_show->weight.t().unsqueeze(0).expand({signals.size(0), -1, -1});
        return torch::bmm(units, torch::bmm(units.masked_fill(hidden.unsqueeze(-1), 0.0).transpose(1, 2), map));
    }

    /// Hidden regions get the token; in training a share of them, counted over all windows of a scan, another region's
    /// features instead.
    torch::Tensor replaced(const torch::Tensor& features, const Batch& batch, const torch::Tensor& hidden,
                           Random& random) const {
        const auto masked = torch::where(hidden.unsqueeze(-1), m_encoderToken.view({1, 1, -1}), features);
        if (!is_training() || m_spec.replaceShare <= 0) return masked;
        const Random shared(random.bits());
        std::vector<std::int64_t> places, sources;
        for (std::int64_t scan = 0; scan < batch.series.size(0); ++scan) {
            Random own = numbersOf(shared, batch, scan);
            const std::int64_t from = scan * batch.windows() * m_regions;
            const auto flags =
                hidden.slice(0, scan * batch.windows(), (scan + 1) * batch.windows()).to(torch::kCPU).flatten();
            const auto where = flags.nonzero().flatten();
            const auto wanted = static_cast<std::int64_t>(m_spec.replaceShare * static_cast<double>(where.size(0)));
            if (wanted == 0) continue;
            const auto order = own.permutation(static_cast<std::size_t>(where.size(0)));
            for (std::int64_t i = 0; i < wanted; ++i) {
                const auto place =
                    where[static_cast<std::int64_t>(order[static_cast<std::size_t>(i)])].item<std::int64_t>();
                places.push_back(from + place);
                sources.push_back(from + place / m_regions * m_regions +
                                  static_cast<std::int64_t>(own.below(static_cast<std::size_t>(m_regions))));
            }
        }
        if (places.empty()) return masked;
        const auto index = [&](const std::vector<std::int64_t>& values) {
            return torch::tensor(values, torch::kLong).to(features.device());
        };
        const auto flat = features.flatten(0, 1);
        return masked.flatten(0, 1)
            .index_copy(0, index(places), flat.index_select(0, index(sources)))
            .view_as(features);
    }

    torch::nn::Linear m_show{nullptr}, m_bridge{nullptr};
};

}  // namespace

std::shared_ptr<Objective> makeGraphMae(const PretrainSpec& spec, std::int64_t regions) {
    return std::make_shared<GraphMae>(spec, regions);
}

}  // namespace chronnect::train
