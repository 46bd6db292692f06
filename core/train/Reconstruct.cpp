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

/// The person's mask for the asked window; all other windows are masked as in training, or not at all when they are
/// the sources of a temporal reconstruction.
torch::Tensor regionMask(const Batch& batch, const MaskRequest& request, const PretrainSpec& spec, Random& random) {
    const auto regions = batch.graphs.regions;
    auto mask = hiddenRegions(batch.graphs.count(), regions, spec.nodeMask, spec.nodeMaskRatio, random);
    if (request.regions.empty() && request.pairs.empty()) return mask;
    mask[request.window].fill_(false);
    for (const int region : request.regions) {
        if (region < 0 || region >= regions)
            throw Error(ErrorKind::BadInput, "There is no region " + std::to_string(region) + " to hide");
        mask[request.window][region] = true;
    }
    return mask;
}

torch::Tensor pairMask(const Batch& batch, const MaskRequest& request, const PretrainSpec& spec, Random& random) {
    const auto regions = batch.graphs.regions;
    auto mask = hiddenPairs(batch.graphs.count(), regions, spec.edgeMaskRatio, random);
    if (request.regions.empty() && request.pairs.empty()) return mask;
    auto dense = torch::zeros({1, regions, regions}, torch::kBool);
    for (const auto& [a, b] : request.pairs) {
        if (a < 0 || b < 0 || a >= regions || b >= regions || a == b)
            throw Error(ErrorKind::BadInput, "There is no pair of regions " + std::to_string(a) + " and " + std::to_string(b));
        dense[0][a][b] = dense[0][b][a] = true;
    }
    // Hiding a region without naming pairs hides what is connected to it as well.
    if (request.pairs.empty())
        for (const int region : request.regions) {
            dense[0][region].fill_(true);
            dense[0].select(1, region).fill_(true);
        }
    dense.diagonal(0, 1, 2).fill_(false);
    mask[request.window] = model::packGraphs(dense).bits[0];
    return mask;
}

Triple sourcesOf(const Batch& batch, const MaskRequest& request, const PretrainSpec& spec) {
    const std::int64_t gap = minimumGap(spec.graph, spec.gap);
    if (request.window - gap < 0 || request.window + gap >= batch.windows())
        throw Error(ErrorKind::BadInput, "Window " + std::to_string(request.window) + " has no two source windows " +
                                             std::to_string(gap) + " windows before and after it; choose one nearer the middle");
    return {request.window, request.window - gap, request.window + gap};
}

/// AUROC of the hidden pairs of this one window, beside the trivial answers.
ReconstructionScore scoreHere(const Reconstruction& result, const Batch& batch, const GraphSpec& graph) {
    const std::int64_t gap = nonOverlappingGap(graph), windows = batch.windows(), window = result.window;
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
    score.question = "hidden pairs of window " + std::to_string(window + 1);
    score.metric = "AUROC";
    score.model = areaUnderRoc(hiddenValues(result.predicted), truth);
    score.low = score.high = score.model;
    const auto rate = [&](const torch::Tensor& matrix) { return areaUnderRoc(hiddenValues(pairsOf(matrix)), truth); };
    const bool before = window - gap >= 0, after = window + gap < windows;
    if (before || after) score.baselines["copy nearest"] = rate(batch.profiles({before ? window - gap : window + gap})[0]);
    if (before && after) score.baselines["mean of flanks"] = rate(batch.profiles({window - gap, window + gap}).mean(0));
    std::vector<std::int64_t> rest;
    for (std::int64_t other = 0; other < windows; ++other)
        if (std::abs(other - window) >= gap) rest.push_back(other);
    if (!rest.empty()) score.baselines["scan mean"] = rate(batch.profiles(rest).mean(0));
    for (const auto& [method, value] : score.baselines)
        if (score.against.empty() || value > score.baselines[score.against]) score.against = method;
    if (!score.against.empty()) score.gain = score.gainLow = score.gainHigh = score.model - score.baselines[score.against];
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
            throw Error(ErrorKind::BadInput, "The scan has " + std::to_string(batch.windows()) + " windows, none numbered " +
                                                 std::to_string(request.window));
        Random random(static_cast<std::uint64_t>(request.seed));
        const auto regions = regionMask(batch, request, revived.spec, random);
        const auto pairs = pairMask(batch, request, revived.spec, random);
        const View view = revived.objective->view(revived.encoder, batch, regions, pairs, random, compute);
        const auto pick = [&](std::int64_t window) { return view.latent.slice(0, window, window + 1); };
        Reconstruction result;
        result.scan = scans.info(scan).id;
        result.window = request.window;
        result.regions = scans.regions().size();
        const auto truth = model::unpackGraphs(batch.graphs.bits.slice(0, request.window, request.window + 1), cohort.regions())[0];
        result.truth = pairsOf(truth);
        torch::Tensor edges, profiles;
        if (request.temporal) {
            const Triple triple = sourcesOf(batch, request, revived.spec);
            result.sourceWindows = {static_cast<int>(triple.before), static_cast<int>(triple.after)};
            edges = revived.objective->edgesBetween(pick(triple.before), pick(triple.after));
            const model::Graphs visible{view.visible.bits.slice(0, triple.before, triple.before + 1), cohort.regions()};
            if (revived.objective->predictsProfiles())
                profiles = revived.objective->nodesBetween(pick(triple.before), pick(triple.after), visible, compute);
            result.hidden.assign(result.truth.size(), 1);
            result.hiddenRegions.assign(result.regions, 1);
        } else {
            edges = revived.objective->edges(pick(request.window));
            const model::Graphs visible{view.visible.bits.slice(0, request.window, request.window + 1), cohort.regions()};
            const auto hidden = view.hidden.slice(0, request.window, request.window + 1);
            if (revived.objective->predictsProfiles())
                profiles = revived.objective->nodes(pick(request.window), hidden, visible, compute);
            const auto unpacked = model::unpackGraphs(view.hiddenPairs.slice(0, request.window, request.window + 1), cohort.regions());
            for (const float value : pairsOf(unpacked[0])) result.hidden.push_back(value > 0.5f);
            const auto flags = hidden.to(torch::kCPU, torch::kByte).contiguous();
            result.hiddenRegions.assign(flags.data_ptr<std::uint8_t>(), flags.data_ptr<std::uint8_t>() + flags.numel());
        }
        result.predicted = pairsOf(edges[0]);
        if (profiles.defined()) fillProfiles(profiles[0], batch, result);
        result.scores.push_back(scoreHere(result, batch, revived.spec.graph));
        return result;
    });
}

}  // namespace chronnect::train
