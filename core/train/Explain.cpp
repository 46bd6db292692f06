#include "core/train/detail/Explain.h"

#include "core/base/Error.h"
#include "core/data/Connectivity.h"
#include "core/train/detail/Passport.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace chronnect::train {

namespace {

using model::Compute;

std::vector<float> floats(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// The encoder with dense adjacency that gradients can reach, some windows at a time.
std::vector<torch::Tensor> denseLayers(model::Encoder& encoder, const torch::Tensor& adjacency, const torch::Tensor& codes) {
    auto h = encoder->nodeInput(codes).dense();
    std::vector<torch::Tensor> layers;
    for (auto& layer : encoder->gin) {
        const auto v = (torch::bmm(adjacency, h) + layer->eps * h).flatten(0, 1);
        const auto first = torch::relu(layer->norm1(layer->linear1(v)));
        h = torch::relu(layer->norm2(layer->linear2(first))).view_as(h);
        layers.push_back(h);
    }
    return layers;
}

/// The output that is explained: the likeliest class's logit, or the number.
torch::Tensor chosenOutput(const torch::Tensor& logits) { return logits.size(1) > 1 ? std::get<0>(logits.max(1)).sum() : logits.sum(); }

/// |gradient x presence| of every edge of every window: windows x regions x regions, symmetric, zero diagonal.
torch::Tensor edgeGradients(model::Network& network, const Batch& batch, const Compute& compute) {
    const torch::AutoGradMode mode(true);
    const auto adjacency = model::unpackGraphs(batch.graphs.bits, batch.graphs.regions).requires_grad_();
    torch::Tensor codes;
    {
        const torch::NoGradGuard noGradient;
        codes = network->encoder->timeCode(batch.series, batch.ends(), compute).flatten(0, 1);
    }
    compute.check();
    const auto output = network->head(denseLayers(network->encoder, adjacency, codes), 1);
    compute.check();
    const auto gradient = torch::autograd::grad({chosenOutput(output.logits)}, {adjacency})[0];
    auto importance = (gradient * adjacency.detach()).abs();
    importance = importance + importance.transpose(1, 2);
    importance.diagonal(0, 1, 2).zero_();
    return importance;
}

std::vector<int> salientWindows(const torch::Tensor& temporal, std::int64_t windows) {
    const auto column = temporal.flatten(0, 1).mean(0).slice(0, 0, windows);
    const double limit = column.mean().item<double>() + column.std(false).item<double>();
    std::vector<int> salient;
    for (std::int64_t window = 0; window < windows; ++window)
        if (column[window].item<double>() > limit) salient.push_back(static_cast<int>(window));
    return salient;
}

/// Share of the output that is lost when the `share` most important edges are removed from every window.
double deletionEffect(model::Network& network, const Batch& batch, const torch::Tensor& importance, double share,
                      const Compute& compute) {
    const torch::NoGradGuard noGradient;
    const auto regions = batch.graphs.regions;
    const auto upper = importance.triu(1).flatten(1);
    const auto count = static_cast<std::int64_t>(share * static_cast<double>(edgeCountOf(static_cast<std::size_t>(regions))));
    const auto limit = std::get<0>(upper.topk(std::max<std::int64_t>(1, count), 1)).select(1, std::max<std::int64_t>(0, count - 1));
    const auto removed = model::packGraphs((importance >= limit.view({-1, 1, 1})).logical_and(importance > 0)).bits;
    const auto run = [&](const model::Graphs& graphs) {
        return network->forward(batch.series, batch.starts, batch.windowLength, graphs, false, compute).logits;
    };
    const auto before = run(batch.graphs);
    const auto after = run(model::withoutPairs(batch.graphs, removed));
    const auto which = before.argmax(1);
    return (before.gather(1, which.unsqueeze(1)) - after.gather(1, which.unsqueeze(1))).item<double>();
}

double rankCorrelation(const torch::Tensor& a, const torch::Tensor& b) {
    const auto rank = [](const torch::Tensor& values) { return values.flatten().argsort().argsort().to(torch::kDouble); };
    const auto x = rank(a) - rank(a).mean(), y = rank(b) - rank(b).mean();
    const double norm = (x.norm() * y.norm()).item<double>();
    return norm > 0 ? torch::dot(x, y).item<double>() / norm : 0;
}

void checkEdges(model::Network& network, const Model& model, const Batch& batch, const torch::Tensor& importance,
                const Compute& compute, Explanation& explanation) {
    Random random(1);
    // Random edges to compare with: the same values dealt to other edges of the same graphs.
    double nulls = 0, nullSquares = 0;
    constexpr int draws = 8;
    const auto present = model::unpackGraphs(batch.graphs.bits, batch.graphs.regions);
    for (int draw = 0; draw < draws; ++draw) {
        compute.check();
        torch::manual_seed(random.bits());
        auto noise = torch::rand_like(importance).triu(1);
        noise = (noise + noise.transpose(1, 2)) * present;
        const double effect = deletionEffect(network, batch, noise, 0.05, compute);
        nulls += effect / draws;
        nullSquares += effect * effect / draws;
    }
    const double spread = std::sqrt(std::max(0.0, nullSquares - nulls * nulls));
    const double effect = deletionEffect(network, batch, importance, 0.05, compute);
    explanation.checks.push_back({"deletion of the top 5 % of pairs lowers the output", effect, nulls,
                                  effect > nulls + 2 * spread});
    torch::manual_seed(7);
    model::Network untrained(batch.graphs.regions, network->outputs(), networkOf(model));
    untrained->to(compute.device);
    untrained->eval();
    const auto other = edgeGradients(untrained, batch, compute);
    const double likeness = rankCorrelation(importance.mean(0), other.mean(0));
    explanation.checks.push_back({"map differs from that of random weights (rank correlation)", likeness, 0.5, likeness < 0.5});
    const auto windows = importance.size(0);
    const double halves = rankCorrelation(importance.slice(0, 0, windows / 2).mean(0), importance.slice(0, windows / 2).mean(0));
    explanation.checks.push_back({"first and second half of the scan agree (rank correlation)", halves, 0.5, halves > 0.5});
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
        auto network = reviveFinetuned(model, compute.device);
        const Cohort cohort(scans);
        const Batch batch = makeBatch(cohort, {scan}, 0, 0, graphOf(model), compute);
        torch::Tensor logits;
        {
            const torch::NoGradGuard noGradient;
            const auto output = network->forward(batch.series, batch.starts, batch.windowLength, batch.graphs, false, compute);
            explanation.scan = scans.info(scan).id;
            explanation.layers = static_cast<std::size_t>(network->spec().layers);
            explanation.windows = static_cast<std::size_t>(batch.windows());
            explanation.regions = scans.regions().size();
            explanation.windowStarts = batch.starts;
            const std::vector<std::int64_t> full{network->spec().layers, batch.windows(), cohort.regions()};
            explanation.spatial = floats(output.nodeAttention[0].expand(full));
            explanation.temporal = floats(output.timeAttention[0].slice(1, 0, batch.windows()).slice(2, 0, batch.windows()));
            explanation.salientWindows = salientWindows(output.timeAttention[0].to(torch::kCPU), batch.windows());
            logits = output.logits.to(torch::kCPU, torch::kDouble);
        }
        const auto shown = (model.classes.empty() ? logits * model.targetScale + model.targetMean : torch::softmax(logits, 1)).contiguous();
        explanation.output.assign(shown.data_ptr<double>(), shown.data_ptr<double>() + shown.numel());
        context.report(0.3, "Edge importance");
        const auto importance = edgeGradients(network, batch, compute);
        const auto upper = torch::ones({cohort.regions(), cohort.regions()}, torch::dtype(torch::kBool).device(compute.device)).triu(1);
        explanation.edgeImportance = floats(importance.mean(0).masked_select(upper));
        checkEdges(network, model, batch, importance, compute, explanation);
        context.report(1, "Explained");
        return explanation;
    });
}

}  // namespace chronnect::train
