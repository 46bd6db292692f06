#include "core/train/detail/Objective.h"

#include "core/base/Error.h"
#include "core/model/Windows.h"
#include "core/model/detail/Precision.h"
#include "core/train/detail/Masks.h"

#include <ATen/Parallel.h>

#include <array>
#include <cmath>
#include <optional>

namespace chronnect::train {

namespace {

using model::Compute;
using model::Graphs;

struct Registered {
    const char* name;
    std::shared_ptr<Objective> (*make)(const PretrainSpec&, std::int64_t);
};

/// A new objective: its file, its declaration and one line here.
constexpr std::array registry{Registered{"st-mae", makeStMae}, Registered{"st-jema", makeStJema},
                              Registered{"graphmae", makeGraphMae}};

torch::Tensor windowIndex(const std::vector<Triple>& triples, std::int64_t Triple::*member,
                          const torch::Device& device) {
    std::vector<std::int64_t> index;
    for (const Triple& triple : triples) index.push_back(triple.*member);
    return torch::tensor(index, torch::kLong).to(device);
}

torch::Tensor upperTriangle(std::int64_t regions, const torch::Device& device) {
    return torch::ones({regions, regions}, torch::dtype(torch::kBool).device(device)).triu(1);
}

}  // namespace

std::map<std::string, double> Losses::values() const {
    std::vector<torch::Tensor> numbers;
    for (const auto& [name, value] : parts) numbers.push_back(value.to(torch::kDouble));
    std::map<std::string, double> read;
    if (numbers.empty()) return read;
    const auto all = torch::stack(numbers).to(torch::kCPU);
    const double* next = all.data_ptr<double>();
    for (const auto& [name, value] : parts) read[name] = *next++;
    return read;
}

void Objective::afterStep(const model::Encoder&, double) {}

std::map<std::string, torch::Tensor> Objective::ownGuesses(const Batch&, const View&, std::int64_t,
                                                           const torch::Tensor&, const torch::Tensor&) const {
    return {};
}

Random numbersOf(const Random& shared, const Batch& batch, std::int64_t scan) {
    return shared.stream("scan " + std::to_string(batch.place + static_cast<std::size_t>(scan)));
}

std::vector<std::string> objectiveNames() {
    std::vector<std::string> names;
    for (const Registered& entry : registry) names.emplace_back(entry.name);
    return names;
}

PretrainSpec resolved(PretrainSpec spec) {
    const bool graphMae = spec.objective == "graphmae";
    if (spec.nodeLoss == NodeLoss::Usual)
        spec.nodeLoss = spec.objective == "st-jema" ? NodeLoss::MeanSquared : NodeLoss::ScaledCosine;
    if (spec.decoder == Decoder::Usual) spec.decoder = graphMae ? Decoder::Gin : Decoder::Mixer;
    if (spec.timeCode == TimeCode::Usual) spec.timeCode = graphMae ? TimeCode::MaskedSeries : TimeCode::WholeSeries;
    return spec;
}

std::shared_ptr<Objective> makeObjective(const PretrainSpec& spec, std::int64_t regions) {
    std::string known;
    for (const Registered& entry : registry) {
        if (spec.objective == entry.name) return entry.make(resolved(spec), regions);
        known += (known.empty() ? "" : ", ") + std::string(entry.name);
    }
    throw Error(ErrorKind::BadInput, "There is no objective '" + spec.objective + "'; known are: " + known);
}

torch::Tensor edgeLoss(const torch::Tensor& probability, const torch::Tensor& truth, const torch::Tensor& which) {
    const auto safe = probability.clamp(1e-6, 1 - 1e-6);
    const auto terms = -torch::where(truth, safe.log(), (1 - safe).log()) * which;
    const auto count = which.flatten(1).sum(1).clamp_min(1);
    return (terms.flatten(1).sum(1) / count).sum();
}

ReconstructionObjective::ReconstructionObjective(const PretrainSpec& spec, std::int64_t regions,
                                                 std::int64_t nodeTargetWidth, Decoder decoder)
    : m_spec(spec), m_regions(regions) {
    const std::int64_t width = spec.network.hidden;
    m_encoderToken = register_parameter("encoder_token", 0.02 * torch::randn({width}));
    m_decoderToken = register_parameter("decoder_token", 0.02 * torch::randn({width}));
    m_nodeDecoder = register_module("node_decoder", DecoderBlock(decoder, regions, width));
    m_edgeDecoder =
        register_module("edge_decoder", DecoderBlock(decoder == Decoder::Gin ? Decoder::Mlp : decoder, regions, width));
    m_nodeOutput = register_module("node_output", torch::nn::Linear(width, nodeTargetWidth));
    m_between = register_module("between", torch::nn::Linear(torch::nn::LinearOptions(2 * width, width).bias(false)));
}

torch::Tensor ReconstructionObjective::scanByScan(const Batch& batch, Random& random, const Draw& draw,
                                                  bool sameInAllWindows) {
    const Random shared(random.bits());
    std::vector<torch::Tensor> parts(static_cast<std::size_t>(batch.series.size(0)));
    at::parallel_for(0, batch.series.size(0), 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t scan = from; scan < to; ++scan) {
            Random own = numbersOf(shared, batch, scan);
            auto& part = parts[static_cast<std::size_t>(scan)];
            part = draw(sameInAllWindows ? 1 : batch.windows(), own);
            if (!sameInAllWindows) continue;
            auto shape = part.sizes().vec();
            shape[0] = batch.windows();
            part = part.expand(shape).contiguous();
        }
    });
    return torch::cat(parts);
}

Masks ReconstructionObjective::drawMasks(const Batch& batch, Random& random) const {
    const double regionShare = isSpatial() ? m_spec.nodeMaskRatio : 0.0,
                 pairShare = isSpatial() ? m_spec.edgeMaskRatio : 0.0;
    Masks masks;
    masks.regions = scanByScan(
        batch, random,
        [&](std::int64_t windows, Random& own) {
            return hiddenRegions(windows, m_regions, m_spec.nodeMask, regionShare, own);
        },
        sameRegionsInAllWindows());
    masks.pairs = scanByScan(batch, random, [&](std::int64_t windows, Random& own) {
        return chronnect::train::hiddenPairs(windows, m_regions, pairShare, own);
    });
    return masks;
}

torch::Tensor ReconstructionObjective::timeCodes(model::Encoder& encoder, const Batch& batch,
                                                 const torch::Tensor& hidden, const Compute& compute) const {
    if (m_spec.timeCode == TimeCode::None)
        return torch::zeros({batch.graphs.count(), m_spec.network.hidden}, batch.series.options());
    auto series = batch.series;
    if (m_spec.timeCode == TimeCode::MaskedSeries)
        series = series.masked_fill(hidden.view({batch.series.size(0), batch.windows(), m_regions}).any(1).unsqueeze(1),
                                    0.0);
    std::optional<model::InPrecision> exact;  // on the CPU only large products gain from bf16
    if (!compute.device.is_cuda()) exact.emplace(Precision::Float32, compute.device);
    return encoder->timeCode(series, batch.ends(), compute).flatten(0, 1);
}

View ReconstructionObjective::view(model::Encoder& encoder, const Batch& batch, const Masks& masks, Random& random,
                                   const Compute& compute) {
    View view;
    view.hidesRegions = masks.regions.any().item<bool>();
    view.hidden = masks.regions.to(compute.device);
    view.hiddenPairs = masks.pairs.to(compute.device);
    view.askedPairs = masks.asked.defined() ? masks.asked.to(compute.device) : view.hiddenPairs;
    view.visible = model::withoutPairs(batch.graphs, view.hiddenPairs);
    view.decoded = view.visible;
    encode(encoder, batch, timeCodes(encoder, batch, view.hidden, compute), view, random, compute);
    return view;
}

void ReconstructionObjective::encode(model::Encoder& encoder, const Batch&, const torch::Tensor& codes, View& view,
                                     Random&, const Compute& compute) {
    auto input = encoder->nodeInput(codes);
    if (m_spec.nodeTarget == NodeTarget::InputFeature) {
        const torch::NoGradGuard noGradient;
        view.targets = input.dense().detach();
    }
    input.hidden = view.hidden;
    input.token = m_encoderToken;
    view.latent = encoder->encode(view.visible, input, {.last = true}, compute).last;
}

std::vector<torch::Tensor> ReconstructionObjective::ownParameters() const {
    std::vector<torch::Tensor> trained;
    for (const auto& parameter : parameters())
        if (parameter.requires_grad()) trained.push_back(parameter);
    return trained;
}

torch::Tensor ReconstructionObjective::remasked(const torch::Tensor& z, const torch::Tensor& hidden) {
    return torch::where(hidden.unsqueeze(-1), m_decoderToken.view({1, 1, -1}), z);
}

torch::Tensor ReconstructionObjective::edgeCodes(const torch::Tensor& z) {
    return m_edgeDecoder(z, Graphs{}, Compute{}) / std::pow(static_cast<double>(z.size(2)), 0.25);
}

torch::Tensor ReconstructionObjective::edges(const torch::Tensor& z, const torch::Tensor&) {
    const auto h = edgeCodes(z);
    return torch::sigmoid(torch::bmm(h, h.transpose(1, 2)).to(torch::kFloat));
}

torch::Tensor ReconstructionObjective::edgesBetween(const torch::Tensor& before, const torch::Tensor& after) {
    const auto product = torch::bmm(edgeCodes(before), edgeCodes(after).transpose(1, 2)).to(torch::kFloat);
    return 0.5 * (torch::sigmoid(product) + torch::sigmoid(product.transpose(1, 2)));
}

torch::Tensor ReconstructionObjective::nodes(const torch::Tensor& z, const torch::Tensor& hidden, const Graphs& decoded,
                                             const Compute& compute) {
    return m_nodeOutput(m_nodeDecoder(remasked(z, hidden), decoded, compute)).to(torch::kFloat);
}

torch::Tensor ReconstructionObjective::nodesBetween(const torch::Tensor& before, const torch::Tensor& after,
                                                    const Graphs& visible, const Compute& compute) {
    return m_nodeOutput(m_nodeDecoder(m_between(torch::cat({before, after}, 2)), visible, compute)).to(torch::kFloat);
}

torch::Tensor ReconstructionObjective::nodeTargets(const Batch& batch, const View& view,
                                                   const std::vector<std::int64_t>& windows) const {
    if (!view.targets.defined()) return batch.profiles(windows);
    return view.targets.index_select(0, torch::tensor(windows, torch::kLong).to(view.targets.device()));
}

torch::Tensor ReconstructionObjective::nodeLoss(const torch::Tensor& predicted, const torch::Tensor& target,
                                                const torch::Tensor& which) const {
    torch::Tensor each;
    if (m_spec.nodeLoss == NodeLoss::ScaledCosine)
        each = (1 - torch::cosine_similarity(predicted, target, -1, 1e-8)).clamp_min(0).pow(m_spec.cosinePower);
    else
        each = (predicted - target).square().mean(-1);
    return ((each * which).sum(1) / which.sum(1).clamp_min(1)).sum();
}

std::pair<torch::Tensor, torch::Tensor> ReconstructionObjective::spatialLosses(const Batch& batch, const View& view,
                                                                               const Compute& compute) {
    const auto windows = batch.graphs.count();
    const auto upper = upperTriangle(m_regions, compute.device);
    const std::vector<torch::Tensor> cut{view.latent, view.hidden, view.askedPairs, batch.graphs.bits,
                                         view.decoded.bits};
    const auto edgeTerm = [&](const std::vector<torch::Tensor>& part, const auto&, std::int64_t, std::int64_t) {
        const auto which = model::unpackGraphs(part[2], m_regions, torch::kBool).logical_and(upper);
        return edgeLoss(edges(part[0], part[1]), model::unpackGraphs(part[3], m_regions, torch::kBool), which);
    };
    const auto nodeTerm = [&](const std::vector<torch::Tensor>& part, const auto&, std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> chosen;
        for (std::int64_t window = from; window < to; ++window) chosen.push_back(window);
        const auto predicted = nodes(part[0], part[1], Graphs{part[4], m_regions}, compute);
        return nodeLoss(predicted, nodeTargets(batch, view, chosen), part[1]);
    };
    const auto chunk = model::chunkFor(m_regions, 8, compute.device);
    const auto shared = ownParameters();
    const double share = 1.0 / static_cast<double>(windows);
    return {model::chunkedSum(cut, shared, chunk, compute, nodeTerm) * share,
            predictsEdges() ? model::chunkedSum(cut, shared, chunk, compute, edgeTerm) * share : torch::Tensor()};
}

std::pair<torch::Tensor, torch::Tensor> ReconstructionObjective::temporalLosses(const Batch& batch, const View& view,
                                                                                const std::vector<Triple>& triples,
                                                                                const Compute& compute) {
    const auto targets = windowIndex(triples, &Triple::target, compute.device);
    const auto before = windowIndex(triples, &Triple::before, compute.device);
    const auto upper = upperTriangle(m_regions, compute.device);
    // Regions hidden in the target window are the ones asked for; all of them when nothing is hidden.
    auto which = view.hidden.index_select(0, targets);
    if (!view.hidesRegions) which = torch::ones_like(which);
    const std::vector<torch::Tensor> cut{
        view.latent.index_select(0, before),
        view.latent.index_select(0, windowIndex(triples, &Triple::after, compute.device)),
        which,
        batch.graphs.bits.index_select(0, targets),
        view.visible.bits.index_select(0, before),
        view.askedPairs.index_select(0, targets)};
    const auto edgeTerm = [&](const std::vector<torch::Tensor>& part, const auto&, std::int64_t, std::int64_t) {
        const auto truth = model::unpackGraphs(part[3], m_regions, torch::kBool);
        auto asked = upper.expand_as(truth);
        if (!asksAllPairsBetween()) asked = asked.logical_and(model::unpackGraphs(part[5], m_regions, torch::kBool));
        return edgeLoss(edgesBetween(part[0], part[1]), truth, asked);
    };
    const auto nodeTerm = [&](const std::vector<torch::Tensor>& part, const auto&, std::int64_t from, std::int64_t to) {
        std::vector<std::int64_t> chosen;
        for (std::int64_t i = from; i < to; ++i) chosen.push_back(triples[static_cast<std::size_t>(i)].target);
        const auto predicted = nodesBetween(part[0], part[1], Graphs{part[4], m_regions}, compute);
        return nodeLoss(predicted, nodeTargets(batch, view, chosen), part[2]);
    };
    const auto chunk = model::chunkFor(m_regions, 8, compute.device);
    const auto shared = ownParameters();
    const double share = 1.0 / static_cast<double>(triples.size());
    return {model::chunkedSum(cut, shared, chunk, compute, nodeTerm) * share,
            predictsEdges() ? model::chunkedSum(cut, shared, chunk, compute, edgeTerm) * share : torch::Tensor()};
}

std::vector<Triple> ReconstructionObjective::drawTriples(const Batch& batch, Random& random) const {
    const auto windows = batch.windows();
    const std::int64_t gap = minimumGap(m_spec.graph, m_spec.gap);
    std::vector<Triple> triples;
    const std::int64_t valid = windows - 2 * gap;
    if (valid < 1) return triples;
    const Random shared(random.bits());
    for (std::int64_t scan = 0; scan < batch.series.size(0); ++scan) {
        Random own = numbersOf(shared, batch, scan);
        const auto order = own.permutation(static_cast<std::size_t>(valid));
        const std::size_t wanted =
            m_spec.targetsPerScan > 0
                ? std::min<std::size_t>(order.size(), static_cast<std::size_t>(m_spec.targetsPerScan))
                : order.size();
        for (std::size_t i = 0; i < wanted; ++i) {
            const auto target = gap + static_cast<std::int64_t>(order[i]);
            const auto before = static_cast<std::int64_t>(own.below(static_cast<std::size_t>(target - gap + 1)));
            const auto room = static_cast<std::size_t>(windows - target - gap);
            const auto after = target + gap + static_cast<std::int64_t>(own.below(room));
            triples.push_back({scan * windows + target, scan * windows + before, scan * windows + after});
        }
    }
    return triples;
}

Losses ReconstructionObjective::losses(model::Encoder& encoder, const Batch& batch, Random& random,
                                       const Compute& compute) {
    const Masks masks = drawMasks(batch, random);
    const View seen = view(encoder, batch, masks, random, compute);
    std::pair<torch::Tensor, torch::Tensor> spatial, temporal;
    if (isSpatial()) spatial = spatialLosses(batch, seen, compute);
    if (isTemporal()) {
        const auto triples = drawTriples(batch, random);
        if (!triples.empty())
            temporal = temporalLosses(batch, seen, triples, compute);
        else if (!isSpatial())
            throw Error(ErrorKind::BadInput,
                        "The " + std::to_string(batch.windows()) + " windows of a scan leave no target with sources " +
                            std::to_string(minimumGap(m_spec.graph, m_spec.gap)) +
                            " windows away; use a shorter window, a smaller step or the published gap");
    }
    return combine(spatial, temporal);
}

Losses ReconstructionObjective::combine(const std::pair<torch::Tensor, torch::Tensor>& spatial,
                                        const std::pair<torch::Tensor, torch::Tensor>& temporal) const {
    Losses losses;
    const auto add = [&](const char* name, const torch::Tensor& value, double weight) {
        if (!value.defined()) return;
        losses.parts[name] = value.detach();
        if (weight != 0) losses.total = losses.total.defined() ? losses.total + weight * value : weight * value;
    };
    const double gamma = m_spec.spatialWeight;
    add("spatial node", spatial.first, gamma * m_spec.nodeWeight);
    add("spatial edge", spatial.second, gamma * m_spec.edgeWeight);
    add("temporal node", temporal.first, (1 - gamma) * m_spec.nodeWeight);
    add("temporal edge", temporal.second, (1 - gamma) * m_spec.edgeWeight);
    if (!losses.total.defined())
        throw Error(ErrorKind::BadInput, "Every part of the objective has weight 0; nothing is left to learn");
    losses.parts["total"] = losses.total.detach();
    return losses;
}

}  // namespace chronnect::train
