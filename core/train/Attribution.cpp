#include "core/train/detail/Attribution.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace chronnect::train {

namespace {

/// The encoder with dense adjacency that gradients can reach.
std::vector<torch::Tensor> denseLayers(model::Encoder& encoder, const torch::Tensor& adjacency,
                                       const torch::Tensor& codes) {
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

/// Calls `body(from, to)` for stretches of windows, on the CPU on all threads of training: products of one window's
/// matrices are too small to be shared out, and windows know nothing of each other. `together` windows fit in memory
/// at once. Gradient mode belongs to a thread, so `body` sets it.
template <class Body>
void overWindows(std::int64_t windows, std::int64_t together, const model::Compute& compute, const Body& body) {
    const std::int64_t threads = compute.device.is_cpu() ? at::get_num_threads() : 1;
    const std::int64_t step =
        std::clamp<std::int64_t>(std::min(together / threads, (windows + threads - 1) / threads), 1, windows);
    const auto some = [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t part = first; part < last; ++part) {
            compute.check();
            body(part * step, std::min((part + 1) * step, windows));
        }
    };
    const std::int64_t parts = (windows + step - 1) / step;
    if (threads > 1)
        at::parallel_for(0, parts, 1, some);
    else
        some(0, parts);
}

using Gradient = std::function<std::pair<double, torch::Tensor>(double share)>;

/// Mean gradient along the path by the trapezoid rule, halved until the sum of `difference` x mean is complete.
/// Progress counts towards `steps`: how few will do is known only at the end.
Integrated integrated(const torch::Tensor& difference, double tolerance, int steps, const Gradient& gradient,
                      const JobContext& context) {
    Integrated result;
    int done = 0;
    const auto gradientAt = [&](double share) {
        auto there = gradient(share);
        context.report(std::min(1.0, ++done / (steps + 1.0)));
        return there;
    };
    const auto [baseline, first] = gradientAt(0);
    auto [output, mean] = gradientAt(1);
    mean = 0.5 * (first + mean);
    result.output = output;
    result.baseline = baseline;
    for (int count = 1;; count *= 2) {
        result.values = difference * mean;
        result.steps = count;
        const double delta = output - baseline;
        const double sum = result.values.sum(torch::kDouble).item<double>();
        result.error = std::abs(sum - delta) / std::max(std::abs(delta), 1e-6);
        if ((count >= 8 && result.error <= tolerance) || 2 * count > steps) return result;
        mean = 0.5 * mean;
        for (int i = 0; i < count; ++i) mean += gradientAt((i + 0.5) / count).second / (2.0 * count);
    }
}

}  // namespace

Explained::Explained(model::Network network, const Batch& batch, int output, const model::Compute& compute)
    : m_network(std::move(network)), m_batch(batch), m_output(output), m_compute(compute) {
    const torch::NoGradGuard noGradient;
    m_network->eval();
    for (auto& parameter : m_network->parameters()) parameter.set_requires_grad(false);
    m_codes = codesOf(batch.series);
    m_layers = layersOf(batch.graphs);
    m_whole = m_network->head(m_layers, 1);
    if (m_output < 0) m_output = m_whole.logits.size(1) > 1 ? m_whole.logits[0].argmax().item<int>() : 0;
    m_value = outputOf(m_layers).item<double>();
}

torch::Tensor Explained::codesOf(const torch::Tensor& series) const {
    return m_network->encoder->timeCode(series, m_batch.ends(), m_compute).flatten(0, 1);
}

torch::Tensor Explained::outputOf(const std::vector<torch::Tensor>& layers) const {
    const auto logits = m_network->head(layers, 1).logits[0];
    if (logits.size(0) == 1) return logits[0];
    const auto others = (logits.sum() - logits[m_output]) / static_cast<double>(logits.size(0) - 1);
    return logits[m_output] - others;
}

std::vector<torch::Tensor> Explained::layersOf(const model::Graphs& graphs) const {
    const torch::NoGradGuard noGradient;
    m_compute.check();
    return m_network->encoder->layers(graphs, m_network->encoder->nodeInput(m_codes), m_compute);
}

std::vector<torch::Tensor> Explained::layersOf(const torch::Tensor& series) const {
    const torch::NoGradGuard noGradient;
    return m_network->encoder->layers(m_batch.graphs, m_network->encoder->nodeInput(codesOf(series)), m_compute);
}

/// Windows whose dense graphs and intermediate features take about 64 MB.
std::int64_t Explained::chunk() const {
    const std::int64_t regions = m_batch.graphs.regions, width = m_codes.size(1), layers = m_network->spec().layers;
    return std::clamp<std::int64_t>((std::int64_t{64} << 20) / (12 * regions * regions + 32 * regions * width * layers),
                                    1, 256);
}

std::vector<torch::Tensor> Explained::layerGradients(const std::vector<torch::Tensor>& layers, double& value) const {
    const torch::AutoGradMode mode(true);
    std::vector<torch::Tensor> leaves;
    for (const auto& layer : layers) leaves.push_back(layer.detach().requires_grad_());
    const auto output = outputOf(leaves);
    value = output.item<double>();
    return torch::autograd::grad({output}, leaves);
}

std::pair<double, torch::Tensor> Explained::edgeGradient(const DenseGraphs& graphs) const {
    const std::int64_t windows = m_batch.windows(), regions = m_batch.graphs.regions;
    std::vector<torch::Tensor> layers;
    for (const auto& layer : m_layers) layers.push_back(torch::empty_like(layer));
    overWindows(windows, chunk(), m_compute, [&](std::int64_t from, std::int64_t to) {
        const torch::NoGradGuard noGradient;
        const auto part = denseLayers(m_network->encoder, graphs(from, to), m_codes.slice(0, from, to));
        for (std::size_t k = 0; k < layers.size(); ++k) layers[k].slice(0, from, to).copy_(part[k]);
    });
    double value = 0;
    const auto gradients = layerGradients(layers, value);
    layers.clear();
    auto result = torch::empty({windows, regions, regions}, m_codes.options());
    overWindows(windows, chunk(), m_compute, [&](std::int64_t from, std::int64_t to) {
        const torch::AutoGradMode mode(true);
        const auto adjacency = graphs(from, to).detach().requires_grad_();
        const auto part = denseLayers(m_network->encoder, adjacency, m_codes.slice(0, from, to));
        std::vector<torch::Tensor> incoming;
        for (const auto& gradient : gradients) incoming.push_back(gradient.slice(0, from, to));
        const auto gradient = torch::autograd::grad(part, {adjacency}, incoming)[0];
        const torch::NoGradGuard noGradient;
        result.slice(0, from, to).copy_(gradient);
    });
    return {value, result};
}

std::pair<double, torch::Tensor> Explained::seriesGradient(const torch::Tensor& series) const {
    const std::int64_t windows = m_batch.windows(), step = chunk();
    double value = 0;
    const auto gradients = layerGradients(layersOf(series), value);
    const torch::AutoGradMode mode(true);
    const auto input = series.detach().requires_grad_();
    const auto codes = codesOf(input);
    auto toCodes = torch::empty_like(codes);
    for (std::int64_t from = 0; from < windows; from += step) {
        m_compute.check();
        const std::int64_t to = std::min(from + step, windows);
        const auto leaf = codes.detach().slice(0, from, to).clone().requires_grad_();
        const model::Graphs graphs{m_batch.graphs.bits.slice(0, from, to), m_batch.graphs.regions};
        const auto part = m_network->encoder->layers(graphs, m_network->encoder->nodeInput(leaf), m_compute);
        std::vector<torch::Tensor> incoming;
        for (const auto& gradient : gradients) incoming.push_back(gradient.slice(0, from, to));
        const torch::NoGradGuard noGradient;
        toCodes.slice(0, from, to).copy_(torch::autograd::grad(part, {leaf}, incoming)[0]);
    }
    return {value, torch::autograd::grad({codes}, {input}, {toCodes.detach()})[0]};
}

Integrated integratedEdges(const Explained& explained, double tolerance, int steps, const JobContext& context) {
    const Batch& batch = explained.batch();
    const auto loops = torch::eye(batch.graphs.regions, torch::dtype(torch::kFloat).device(batch.series.device()));
    const auto graphs = [&](std::int64_t from, std::int64_t to) {
        return model::unpackGraphs(batch.graphs.bits.slice(0, from, to), batch.graphs.regions);
    };
    const auto difference = graphs(0, batch.windows()) - loops;
    const auto along = [&](double share) {
        return explained.edgeGradient(
            [&](std::int64_t from, std::int64_t to) { return loops + share * (graphs(from, to) - loops); });
    };
    return integrated(difference, tolerance, steps, along, context);
}

Integrated integratedSeries(const Explained& explained, double tolerance, int steps, const JobContext& context) {
    const auto& series = explained.batch().series;
    const auto along = [&](double share) { return explained.seriesGradient(share * series); };
    auto result = integrated(series, tolerance, steps, along, context);
    result.values = result.values[0];
    return result;
}

torch::Tensor edgeImportance(const Explained& explained) {
    const Batch& batch = explained.batch();
    const auto graphs = [&](std::int64_t from, std::int64_t to) {
        return model::unpackGraphs(batch.graphs.bits.slice(0, from, to), batch.graphs.regions);
    };
    auto importance = explained.edgeGradient(graphs).second.mul_(graphs(0, batch.windows())).abs_();
    importance = importance + importance.transpose(1, 2);
    importance.diagonal(0, 1, 2).zero_();
    return importance;
}

}  // namespace chronnect::train
