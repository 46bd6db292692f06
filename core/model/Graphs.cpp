#include "core/model/detail/Graphs.h"

#include "core/model/detail/Kernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

namespace chronnect::model {

namespace {

using torch::indexing::Slice;

constexpr double deviationFloor = 1e-8;

/// Unit vectors whose dot products are correlations: regions x volumes; and which regions have no variance.
std::pair<torch::Tensor, torch::Tensor> unitRows(const torch::Tensor& stretch) {
    const auto centred = (stretch - stretch.mean(-2, true)).transpose(-2, -1);
    const auto norm = centred.square().sum(-1, true).sqrt();
    const double floor = deviationFloor * std::sqrt(static_cast<double>(stretch.size(-2)) - 1);
    const auto dead = (norm <= floor).squeeze(-1);
    return {(centred / norm.clamp_min(floor)).contiguous(), dead};
}

torch::Tensor symmetricCorrelation(const torch::Tensor& rows) {
    const auto product = torch::matmul(rows, rows.transpose(-2, -1));
    auto result = (0.5 * (product + product.transpose(-2, -1))).clamp_(-1, 1);
    result.diagonal(0, -2, -1).fill_(1);
    return result;
}

void graphOnCpu(const torch::Tensor& stretch, double percent, std::int64_t* bits) {
    const auto regions = stretch.size(1);
    const auto [rows, dead] = unitRows(stretch);
    const auto matrix = symmetricCorrelation(rows);
    const auto deadBytes = dead.to(torch::kUInt8).contiguous();
    std::vector<float> work;
    const double threshold = symmetricPercentile(matrix.data_ptr<float>(), regions, percent, work);
    packGraph(matrix.data_ptr<float>(), deadBytes.data_ptr<std::uint8_t>(), regions, threshold,
              reinterpret_cast<std::uint64_t*>(bits));
}

/// The same rule with tensor operations, for any device; kthvalue instead of sorting 160,000 entries.
torch::Tensor graphsOnDevice(const torch::Tensor& stretches, double percent) {
    const auto regions = stretches.size(2);
    const auto [rows, dead] = unitRows(stretches);
    const auto matrix = symmetricCorrelation(rows);
    const auto flat = matrix.flatten(1);
    const double place = percent / 100 * static_cast<double>(regions * regions - 1);
    const auto below = static_cast<std::int64_t>(std::floor(place));
    const auto low = std::get<0>(flat.kthvalue(below + 1, 1)).to(torch::kDouble);
    const auto high = std::get<0>(flat.kthvalue(std::min(below + 2, regions * regions), 1)).to(torch::kDouble);
    const auto threshold = (low + (place - static_cast<double>(below)) * (high - low)).view({-1, 1, 1});
    const auto alive = ~dead;
    auto dense = (matrix.to(torch::kDouble) > threshold) & alive.unsqueeze(1) & alive.unsqueeze(2);
    dense.diagonal(0, 1, 2).fill_(true);
    return dense;
}

}  // namespace

torch::Tensor standardised(torch::Tensor series) {
    const auto finite = series.isfinite().all(0);
    series = torch::where(finite, series, torch::zeros_like(series)).to(torch::kDouble);
    const auto mean = series.mean(0, true);
    const auto deviation = series.std(0, false, true);
    const auto constant = deviation <= 1e-12 * (1 + mean.abs());
    return torch::where(constant, torch::zeros_like(series), (series - mean) / (deviation + 1e-9)).to(torch::kFloat);
}

torch::Tensor correlation(const torch::Tensor& stretch) { return symmetricCorrelation(unitRows(stretch).first); }

Graphs buildGraphs(const torch::Tensor& series, const std::vector<int>& starts, const GraphSpec& spec,
                   const Compute& compute) {
    const torch::NoGradGuard noGradient;
    const std::int64_t scans = series.size(0), regions = series.size(2), words = wordsOf(regions);
    const auto windows = static_cast<std::int64_t>(starts.size());
    const double percent = 100 - spec.density;
    Graphs graphs{torch::empty({scans * windows, regions, words}, torch::dtype(torch::kLong).device(series.device())),
                  regions};
    const auto stretchOf = [&](std::int64_t window) {
        const int start = starts[static_cast<std::size_t>(window % windows)];
        return series[window / windows].slice(0, start, start + spec.windowLength);
    };
    if (series.is_cuda()) {
        constexpr std::int64_t chunk = 32;
        for (std::int64_t from = 0; from < graphs.count(); from += chunk) {
            compute.check();
            std::vector<torch::Tensor> stretches;
            const std::int64_t to = std::min(from + chunk, graphs.count());
            for (std::int64_t window = from; window < to; ++window) stretches.push_back(stretchOf(window));
            graphs.bits.slice(0, from, to).copy_(packGraphs(graphsOnDevice(torch::stack(stretches), percent)).bits);
        }
        return graphs;
    }
    constexpr std::int64_t chunk = 64;
    for (std::int64_t first = 0; first < graphs.count(); first += chunk) {
        compute.check();
        at::parallel_for(first, std::min(first + chunk, graphs.count()), 1, [&](std::int64_t from, std::int64_t to) {
            const torch::NoGradGuard noGradientHere;
            for (std::int64_t window = from; window < to; ++window)
                graphOnCpu(stretchOf(window), percent, graphs.bits.data_ptr<std::int64_t>() + window * regions * words);
        });
    }
    return graphs;
}

torch::Tensor windowProfiles(const torch::Tensor& series, const std::vector<std::pair<int, int>>& windows, int length) {
    std::vector<torch::Tensor> stretches;
    for (const auto& [scan, start] : windows) stretches.push_back(series[scan].slice(0, start, start + length));
    return correlation(torch::stack(stretches));
}

torch::Tensor unpackGraphs(const torch::Tensor& bits, std::int64_t regions, torch::ScalarType type) {
    const auto shifts = torch::arange(64, torch::dtype(torch::kLong).device(bits.device()));
    const auto ones = bits.unsqueeze(-1).bitwise_right_shift(shifts).bitwise_and(1);
    return ones.flatten(-2).slice(-1, 0, regions).to(type).contiguous();
}

Graphs packGraphs(const torch::Tensor& dense) {
    const std::int64_t regions = dense.size(-1), words = wordsOf(regions);
    auto padded = torch::zeros({dense.size(0), regions, words * 64}, torch::dtype(torch::kLong).device(dense.device()));
    padded.slice(2, 0, regions).copy_(dense);
    const auto shifts = torch::arange(64, torch::dtype(torch::kLong).device(dense.device()));
    const auto bits = padded.view({dense.size(0), regions, words, 64}).bitwise_left_shift(shifts).sum(-1);
    return {bits, regions};
}

torch::Tensor diagonalBits(std::int64_t regions) { return packGraphs(torch::eye(regions).unsqueeze(0)).bits[0]; }

Graphs withoutPairs(const Graphs& graphs, const torch::Tensor& hidden) {
    const auto diagonal = diagonalBits(graphs.regions).to(graphs.bits.device());
    return {graphs.bits.bitwise_and(hidden.bitwise_not()).bitwise_or(diagonal), graphs.regions};
}

}  // namespace chronnect::model
