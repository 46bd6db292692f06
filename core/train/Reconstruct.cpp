#include "core/base/Error.h"
#include "core/data/Connectivity.h"
#include "core/learning/Scores.h"
#include "core/model/Windows.h"
#include "core/train/detail/Explain.h"
#include "core/train/detail/Masks.h"
#include "core/train/detail/Passport.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace chronnect::train {

namespace {

using model::Compute;

std::vector<float> pairsOf(const torch::Tensor& matrix) {
    const auto host = matrix.detach().to(torch::kCPU, torch::kFloat);
    const auto picked = host.masked_select(torch::ones_like(host, torch::kBool).triu(1)).contiguous();
    return {picked.data_ptr<float>(), picked.data_ptr<float>() + picked.numel()};
}

/// The person's mask for the asked window; all other windows are masked as in training.
void hideRegions(Masks& masks, const MaskRequest& request, const PretrainSpec& spec) {
    const auto regions = masks.regions.size(1);
    auto own = torch::zeros({regions}, torch::kBool);
    for (const int region : request.regions) {
        if (region < 0 || region >= regions)
            throw Error(ErrorKind::BadInput, "There is no region " + std::to_string(region) + " to hide");
        own[region] = true;
    }
    // A time code that must not have seen hidden regions needs them hidden in all windows.
    if (spec.timeCode == TimeCode::MaskedSeries)
        masks.regions.copy_(own.expand_as(masks.regions));
    else
        masks.regions[request.window].copy_(own);
}

void hidePairs(Masks& masks, const MaskRequest& request) {
    const auto regions = masks.regions.size(1);
    auto dense = torch::zeros({1, regions, regions}, torch::kBool);
    for (const auto& [a, b] : request.pairs) {
        if (a < 0 || b < 0 || a >= regions || b >= regions || a == b)
            throw Error(ErrorKind::BadInput,
                        "There is no pair of regions " + std::to_string(a) + " and " + std::to_string(b));
        dense[0][a][b] = dense[0][b][a] = true;
    }
    // Hiding a region without naming pairs hides what is connected to it as well.
    if (request.pairs.empty())
        for (const int region : request.regions) {
            dense[0][region].fill_(true);
            dense[0].select(1, region).fill_(true);
        }
    dense.diagonal(0, 1, 2).fill_(false);
    masks.pairs[request.window] = model::packGraphs(dense).bits[0];
    if (masks.asked.defined()) masks.asked[request.window] = masks.pairs[request.window];
}

Masks masksFor(const Objective& objective, const Batch& batch, const MaskRequest& request, const PretrainSpec& spec,
               Random& random) {
    Masks masks = objective.drawMasks(batch, random);
    if (request.regions.empty() && request.pairs.empty()) return masks;
    hideRegions(masks, request, spec);
    hidePairs(masks, request);
    return masks;
}

/// Probabilities of edges from predicted node targets, where the objective has no edges of its own: correlations, 0.5
/// being none. Signals are put beside those of the regions that were seen.
torch::Tensor edgesFromNodes(const Objective& objective, const torch::Tensor& predicted, const torch::Tensor& targets,
                             const torch::Tensor& hidden) {
    const auto filled = torch::where(hidden.unsqueeze(-1), predicted, targets);
    const auto matrix = objective.predictsProfiles() ? 0.5 * (filled + filled.t()) : model::correlation(filled.t());
    return 0.5 * (1 + matrix.clamp(-1, 1));
}

/// The stretch of windows that may inform nothing: the window asked for, and what is hidden around it.
struct Stretch {
    std::int64_t first = 0, last = 0;
};

Stretch hiddenStretch(const Batch& batch, const MaskRequest& request) {
    if (request.hiddenFrom < 0 && request.hiddenTo < 0) return {request.window, request.window};
    if (request.hiddenFrom < 0 || request.hiddenTo < request.hiddenFrom || request.hiddenTo >= batch.windows())
        throw Error(ErrorKind::BadInput, "There is no stretch from window " + std::to_string(request.hiddenFrom) +
                                             " to " + std::to_string(request.hiddenTo) +
                                             " to hide; the scan has windows 0 to " +
                                             std::to_string(batch.windows() - 1));
    return {std::min(request.window, request.hiddenFrom), std::max(request.window, request.hiddenTo)};
}

/// The series as the network is shown it: the scan's mean (0) in every volume of a hidden stretch, so that the time
/// code does not carry it.
Batch withoutStretch(const Batch& batch, const MaskRequest& request) {
    if (request.hiddenFrom < 0) return batch;
    Batch shown = batch;
    shown.series = batch.series.clone();
    const int from = batch.starts[static_cast<std::size_t>(request.hiddenFrom)];
    const int to = batch.starts[static_cast<std::size_t>(request.hiddenTo)] + batch.windowLength;
    shown.series.slice(1, from, to).zero_();
    return shown;
}

Triple sourcesOf(const Batch& batch, const MaskRequest& request, const PretrainSpec& spec) {
    // Under the published rule a source shares volumes with its target; with a hidden stretch it must not.
    const std::int64_t gap = request.hiddenFrom < 0 ? minimumGap(spec.graph, spec.gap) : nonOverlappingGap(spec.graph);
    const Stretch stretch = hiddenStretch(batch, request);
    const std::int64_t after = batch.windows() - 1 - stretch.last;
    // Counts and not numbers of windows: the command line numbers them from 0, the window from 1 and on another grid.
    if (stretch.first < gap || after < gap)
        throw Error(ErrorKind::BadInput,
                    "Too little is left to rebuild it from: the model needs a window that begins " +
                        std::to_string(gap) + " windows (" + std::to_string(gap * spec.graph.windowStep) +
                        " volumes) before what is hidden and one as far behind it; there are " +
                        std::to_string(stretch.first) + " of its windows before and " + std::to_string(after) +
                        " behind. Choose a window nearer the middle or hide less");
    return {request.window, stretch.first - gap, stretch.last + gap};
}

/// AUROC of the hidden pairs of this one window, beside the trivial answers.
ReconstructionScore scoreHere(const Reconstruction& result, const Batch& batch, const GraphSpec& graph,
                              const Stretch& stretch) {
    const std::int64_t gap = nonOverlappingGap(graph), windows = batch.windows(), window = result.window;
    const std::int64_t earlier = stretch.first - gap, later = stretch.last + gap;
    std::vector<int> truth;
    const auto hiddenValues = [&](const std::vector<float>& all) {
        std::vector<double> values;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (result.hidden[i]) values.push_back(all[i]);
        return values;
    };
    for (std::size_t i = 0; i < result.truth.size(); ++i)
        if (result.hidden[i]) truth.push_back(result.truth[i] > 0.5f);
    ReconstructionScore score;
    score.question = "hidden pairs of this window";
    score.metric = "AUROC";
    score.model = areaUnderRoc(hiddenValues(result.predicted), truth);
    score.low = score.high = score.model;
    const auto rate = [&](const torch::Tensor& matrix) { return areaUnderRoc(hiddenValues(pairsOf(matrix)), truth); };
    const bool before = earlier >= 0, after = later < windows;
    const bool nearerBefore = before && (!after || window - earlier <= later - window);
    if (before || after) score.baselines["copy nearest"] = rate(batch.profiles({nearerBefore ? earlier : later})[0]);
    if (before && after) score.baselines["mean of flanks"] = rate(batch.profiles({earlier, later}).mean(0));
    std::vector<std::int64_t> rest;
    for (std::int64_t other = 0; other < windows; ++other)
        if (other <= earlier || other >= later) rest.push_back(other);
    if (!rest.empty()) score.baselines["scan mean"] = rate(batch.profiles(rest).mean(0));
    for (const auto& [method, value] : score.baselines)
        if (score.against.empty() || value > score.baselines[score.against]) score.against = method;
    if (!score.against.empty())
        score.gain = score.gainLow = score.gainHigh = score.model - score.baselines[score.against];
    score.subjects = 1;
    return score;
}

void fillProfiles(const torch::Tensor& predicted, const Batch& batch, Reconstruction& result) {
    const auto copy = [](const torch::Tensor& tensor) {
        const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
        return std::vector<float>(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
    };
    result.profileTruth = copy(batch.profiles({result.window})[0]);
    result.profilePredicted = copy(predicted);
}

struct Rebuilt {
    torch::Tensor edges, nodes;  ///< regions x regions; regions x target width
};

Rebuilt rebuildBetween(Objective& objective, const View& view, const Triple& triple, const Compute& compute,
                       Reconstruction& result) {
    if (!objective.isTemporal())
        throw Error(ErrorKind::BadInput,
                    "This model was not trained to rebuild a window from two others; ask it about the window itself");
    const auto pick = [&](std::int64_t window) { return view.latent.slice(0, window, window + 1); };
    result.sourceWindows = {static_cast<int>(triple.before), static_cast<int>(triple.after)};
    result.hidden.assign(result.truth.size(), 1);
    result.hiddenRegions.assign(result.regions, 1);
    const model::Graphs visible{view.visible.bits.slice(0, triple.before, triple.before + 1), view.visible.regions};
    Rebuilt rebuilt;
    rebuilt.nodes = objective.nodesBetween(pick(triple.before), pick(triple.after), visible, compute)[0];
    rebuilt.edges = objective.predictsEdges()
                        ? objective.edgesBetween(pick(triple.before), pick(triple.after))[0]
                        : edgesFromNodes(objective, rebuilt.nodes, rebuilt.nodes,
                                         torch::ones({rebuilt.nodes.size(0)}, torch::kBool).to(rebuilt.nodes.device()));
    return rebuilt;
}

Rebuilt rebuildWithin(Objective& objective, const View& view, const Batch& batch, std::int64_t window,
                      const Compute& compute, Reconstruction& result) {
    const auto cut = [&](const torch::Tensor& all) { return all.slice(0, window, window + 1); };
    const auto z = cut(view.latent), hidden = cut(view.hidden);
    Rebuilt rebuilt;
    rebuilt.nodes = objective.nodes(z, hidden, model::Graphs{cut(view.decoded.bits), view.decoded.regions}, compute)[0];
    rebuilt.edges =
        objective.predictsEdges()
            ? objective.edges(z, hidden)[0]
            : edgesFromNodes(objective, rebuilt.nodes, objective.nodeTargets(batch, view, {window})[0], hidden[0]);
    // Without edges of its own an objective hides none; asked is then what hangs on the hidden regions.
    const auto asked = objective.predictsEdges() ? cut(view.askedPairs) : pairsOfRegions(hidden.to(torch::kCPU));
    for (const float value : pairsOf(model::unpackGraphs(asked, view.decoded.regions)[0]))
        result.hidden.push_back(value > 0.5f);
    const auto flags = hidden.to(torch::kCPU, torch::kByte).contiguous();
    result.hiddenRegions.assign(flags.data_ptr<std::uint8_t>(), flags.data_ptr<std::uint8_t>() + flags.numel());
    return rebuilt;
}

}  // namespace

Reconstruction reconstruct(const ScanSource& scans, std::size_t scan, const Model& model, const MaskRequest& request,
                           const std::string& device, const JobContext& context) {
    return guarded(context, [&] {
        const torch::NoGradGuard noGradient;
        useTrainingThreads();
        Compute compute;
        compute.device = deviceOf(device);
        compute.context = context;
        compare(model, scans);
        Pretrained revived = revivePretrained(model, compute.device);
        const Cohort cohort(scans);
        const Batch batch = makeBatch(cohort, {scan}, 0, 0, revived.spec.graph, compute);
        if (request.window < 0 || request.window >= batch.windows())
            throw Error(ErrorKind::BadInput, "The scan has " + std::to_string(batch.windows()) +
                                                 " windows, none numbered " + std::to_string(request.window));
        Random random(static_cast<std::uint64_t>(request.seed));
        Objective& objective = *revived.objective;
        const Masks masks = masksFor(objective, batch, request, resolved(revived.spec), random);
        const View view = objective.view(revived.encoder, withoutStretch(batch, request), masks, random, compute);
        Reconstruction result;
        result.scan = scans.info(scan).id;
        result.window = request.window;
        result.windowLength = batch.windowLength;
        result.windowStep = revived.spec.graph.windowStep;
        result.repetitionTime = scans.repetitionTime();
        result.regions = scans.regions().size();
        const auto truth =
            model::unpackGraphs(batch.graphs.bits.slice(0, request.window, request.window + 1), cohort.regions())[0];
        result.truth = pairsOf(truth);
        const Rebuilt rebuilt =
            request.temporal ? rebuildBetween(objective, view, sourcesOf(batch, request, revived.spec), compute, result)
                             : rebuildWithin(objective, view, batch, request.window, compute, result);
        result.predicted = pairsOf(rebuilt.edges);
        if (rebuilt.nodes.defined() && objective.predictsProfiles()) fillProfiles(rebuilt.nodes, batch, result);
        result.scores.push_back(scoreHere(result, batch, revived.spec.graph, hiddenStretch(batch, request)));
        return result;
    });
}

}  // namespace chronnect::train
