#include "core/train/detail/Explain.h"

#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/train/detail/Fidelity.h"
#include "core/train/detail/Passport.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace chronnect::train {

namespace {

using model::Compute;

constexpr double completeness = 0.01;  ///< of the difference that attributions must add up to
constexpr int pathSteps = 256, quickSteps = 8, randomOrderCount = 6;

std::vector<float> floats(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

std::vector<int> salientWindows(const torch::Tensor& temporal, std::int64_t windows) {
    const auto column = temporal.flatten(0, 1).mean(0).slice(0, 0, windows);
    const double limit = column.mean().item<double>() + column.std(false).item<double>();
    std::vector<int> salient;
    for (std::int64_t window = 0; window < windows; ++window)
        if (column[window].item<double>() > limit) salient.push_back(static_cast<int>(window));
    return salient;
}

/// Everything a network says about where it looked, in the form that checks rank: on the CPU.
struct Maps {
    torch::Tensor spatial;               ///< layers x windows x regions; undefined for the plain mean
    torch::Tensor temporal;              ///< layers x windows x windows
    torch::Tensor edges;                 ///< windows x pairs, |gradient x presence|
    Integrated alongEdges, alongSeries;  ///< alongEdges: windows x pairs; alongSeries: volumes x regions
    torch::Tensor regions;               ///< windows x regions: half of the integrated pairs that end there
};

/// Both directions of a pair added up: windows x pairs.
torch::Tensor pairsOf(const torch::Tensor& matrices) {
    const std::int64_t regions = matrices.size(1);
    const auto places =
        torch::ones({regions, regions}, torch::kBool).triu(1).flatten().nonzero().flatten().to(matrices.device());
    const auto upper = matrices.flatten(1).index_select(1, places);
    return (upper + matrices.transpose(1, 2).flatten(1).index_select(1, places)).to(torch::kCPU);
}

Maps mapsOf(const Explained& explained, int steps, const JobContext& context) {
    Maps maps;
    const auto windows = explained.batch().windows();
    const auto& output = explained.whole();
    if (explained.network()->spec().readout != Readout::Mean) maps.spatial = output.nodeAttention[0].to(torch::kCPU);
    maps.temporal = output.timeAttention[0].slice(1, 0, windows).slice(2, 0, windows).to(torch::kCPU);
    maps.edges = 0.5 * pairsOf(edgeImportance(explained));
    context.report(0.2, "Integrated gradients of edges");
    maps.alongEdges = integratedEdges(explained, completeness, steps, context.part(0.2, 0.7));
    maps.regions = (0.5 * (maps.alongEdges.values.sum(1) + maps.alongEdges.values.sum(2))).to(torch::kCPU);
    maps.alongEdges.values = pairsOf(maps.alongEdges.values);
    context.report(0.7, "Integrated gradients of the series");
    maps.alongSeries = integratedSeries(explained, completeness, steps, context.part(0.7, 1));
    maps.alongSeries.values = maps.alongSeries.values.to(torch::kCPU);
    return maps;
}

/// A map as people see it, with what its checks need.
struct Candidate {
    Explanation::Map map;
    Unit unit = Unit::Pairs;
    torch::Tensor importance;                         ///< as Perturbation ranks it
    torch::Tensor summary, first, second, untrained;  ///< one number per unit: whole scan, halves, random weights
    const Integrated* path = nullptr;
};

Explanation::Map named(const std::string& name, std::vector<std::string> axes, const torch::Tensor& values) {
    Explanation::Map map;
    map.name = name;
    map.axes = std::move(axes);
    for (const std::int64_t size : values.sizes()) map.shape.push_back(static_cast<std::size_t>(size));
    map.values = floats(values);
    return map;
}

std::vector<Candidate> candidates(const Maps& maps, const Maps& untrained) {
    std::vector<Candidate> all;
    const auto firstHalf = [](const torch::Tensor& t) { return t.slice(0, 0, t.size(0) / 2).mean(0); };
    const auto secondHalf = [](const torch::Tensor& t) { return t.slice(0, t.size(0) / 2).mean(0); };
    if (maps.spatial.defined()) {
        const auto perWindow = maps.spatial.mean(0);
        all.push_back({named("spatial attention", {"layer", "window", "region"}, maps.spatial), Unit::Regions,
                       perWindow, perWindow.mean(0), firstHalf(perWindow), secondHalf(perWindow),
                       untrained.spatial.flatten(0, 1).mean(0)});
    }
    // Halves of the queries, since the windows themselves are what is ranked.
    const auto queries = maps.temporal.mean(0);
    const auto column = queries.mean(0);
    all.push_back({named("temporal attention", {"layer", "query window", "window"}, maps.temporal), Unit::Windows,
                   column, column, queries.slice(0, 0, queries.size(0), 2).mean(0),
                   queries.slice(0, 1, queries.size(0), 2).mean(0), untrained.temporal.flatten(0, 1).mean(0)});
    const auto addPairs = [&](const char* name, const torch::Tensor& pairs, const torch::Tensor& other,
                              const Integrated* path) {
        const auto mean = pairs.mean(0);
        all.push_back({named(name, {"pair"}, mean), Unit::Pairs, mean, mean, firstHalf(pairs), secondHalf(pairs),
                       other.mean(0), path});
    };
    addPairs("edge importance", maps.edges, untrained.edges, nullptr);
    addPairs("integrated gradients of pairs", maps.alongEdges.values, untrained.alongEdges.values, &maps.alongEdges);
    all.push_back({named("integrated gradients of regions over time", {"window", "region"}, maps.regions),
                   Unit::Regions, maps.regions, maps.regions.mean(0), firstHalf(maps.regions), secondHalf(maps.regions),
                   untrained.regions.mean(0)});
    const auto& series = maps.alongSeries.values;
    all.push_back({named("integrated gradients of the series", {"volume", "region"}, series), Unit::Series,
                   series.sum(0), series.sum(0), firstHalf(series), secondHalf(series),
                   untrained.alongSeries.values.sum(0), &maps.alongSeries});
    return all;
}

void check(Candidate& candidate, const Explained& explained, std::map<Unit, RandomOrders>& random) {
    const Perturbation perturbation(explained, candidate.unit);
    if (!random.contains(candidate.unit)) random[candidate.unit] = randomOrders(perturbation, randomOrderCount, 1);
    Explanation::Map& map = candidate.map;
    // For a number that the whole scan lowers, what lowers it most is what matters most.
    const auto& orders = random[candidate.unit];
    const bool lowered = candidate.path && orders.whole < orders.nothing;
    checkFidelity(perturbation, orders, lowered ? -candidate.importance : candidate.importance, map);
    const double likeness = rankCorrelation(candidate.summary, candidate.untrained);
    map.checks.push_back(
        {"differs from the map of random weights (rank correlation)", likeness, 0.5, std::abs(likeness) < 0.5});
    const double halves = rankCorrelation(candidate.first, candidate.second);
    map.checks.push_back({"halves of the scan agree (rank correlation)", halves, 0.5, halves > 0.5});
    if (candidate.path)
        map.checks.push_back({"adds up to the output (error as a share of it)", candidate.path->error, completeness,
                              candidate.path->error <= completeness});
    map.passed = std::ranges::all_of(map.checks, &Explanation::Check::passed);
}

model::Network untrainedLike(const model::Network& network, std::int64_t regions, const torch::Device& device) {
    torch::manual_seed(7);
    model::Network untrained(regions, network->outputs(), network->spec());
    untrained->to(device);
    return untrained;
}

void addMaps(const Explained& explained, const Compute& compute, Explanation& explanation) {
    const JobContext& context = compute.context;
    const Maps maps = mapsOf(explained, pathSteps, context.part(0, 0.5));
    const Explained other(untrainedLike(explained.network(), explained.batch().graphs.regions, compute.device),
                          explained.batch(), explained.output(), compute);
    const Maps untrained = mapsOf(other, quickSteps, context.part(0.5, 0.6));
    explanation.edgeImportance = floats(maps.edges.mean(0));
    std::map<Unit, RandomOrders> random;
    auto all = candidates(maps, untrained);
    for (std::size_t i = 0; i < all.size(); ++i) {
        context.report(0.6 + 0.4 * static_cast<double>(i) / static_cast<double>(all.size()), "Checking the maps");
        check(all[i], explained, random);
        for (Explanation::Check each : all[i].map.checks) {
            each.name = all[i].map.name + ": " + each.name;
            explanation.checks.push_back(std::move(each));
        }
        if (!all[i].map.passed)
            explanation.notices.push_back(
                {Severity::Warning, "The map '" + all[i].map.name + "' failed a check; do not lean on it"});
        explanation.maps.push_back(std::move(all[i].map));
    }
}

}  // namespace

Explanation explain(const ScanSource& scans, std::size_t scan, const Model& model, const std::string& device,
                    const JobContext& context) {
    return guarded(context, [&] {
        useTrainingThreads();
        Compute compute;
        compute.device = deviceOf(device);
        compute.context = context;
        Explanation explanation;
        explanation.notices = compare(model, scans);
        const Cohort cohort(scans);
        const Batch batch = makeBatch(cohort, {scan}, 0, 0, graphOf(model), compute);
        const Explained explained(reviveFinetuned(model, compute.device), batch, -1, compute);
        const auto& output = explained.whole();
        explanation.scan = scans.info(scan).id;
        explanation.layers = static_cast<std::size_t>(explained.network()->spec().layers);
        explanation.windows = static_cast<std::size_t>(batch.windows());
        explanation.regions = scans.regions().size();
        explanation.windowStarts = batch.starts;
        const std::vector<std::int64_t> full{explained.network()->spec().layers, batch.windows(), cohort.regions()};
        explanation.spatial = floats(output.nodeAttention[0].expand(full));
        explanation.temporal =
            floats(output.timeAttention[0].slice(1, 0, batch.windows()).slice(2, 0, batch.windows()));
        explanation.salientWindows = salientWindows(output.timeAttention[0].to(torch::kCPU), batch.windows());
        const auto logits = output.logits.to(torch::kCPU, torch::kDouble);
        const auto shown =
            (model.classes.empty() ? logits * model.targetScale + model.targetMean : torch::softmax(logits, 1))
                .contiguous();
        explanation.output.assign(shown.data_ptr<double>(), shown.data_ptr<double>() + shown.numel());
        addMaps(explained, compute, explanation);
        context.report(1, "Explained");
        return explanation;
    });
}

}  // namespace chronnect::train
