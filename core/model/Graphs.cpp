#include "core/model/detail/Graphs.h"

#include "core/model/detail/Functions.h"
#include "core/model/detail/Kernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <bit>

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

/// Many windows of several scans as one tensor, windows x volumes x regions: one operation, however many they are.
torch::Tensor stretchesOf(const torch::Tensor& series, const std::vector<std::int64_t>& scans,
                          const std::vector<std::int64_t>& starts, int length) {
    const auto index = [&](const std::vector<std::int64_t>& values) {
        return torch::tensor(values, torch::kLong).to(series.device());
    };
    const auto within = torch::arange(length, torch::dtype(torch::kLong).device(series.device()));
    return series.index({index(scans).unsqueeze(1), index(starts).unsqueeze(1) + within});
}

/// The same rule with tensor operations, for any device; kthvalue instead of sorting 160,000 entries.
torch::Tensor denseGraphs(const torch::Tensor& stretches, double percent) {
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

torch::Tensor standardised(const torch::Tensor& series) {
    const auto given = series.contiguous();
    const auto volumes = static_cast<std::size_t>(given.size(0)), regions = static_cast<std::size_t>(given.size(1));
    auto result = torch::empty({given.size(0), given.size(1)}, torch::kFloat);
    standardise(given.data_ptr<float>(), volumes, regions, result.data_ptr<float>());
    return result;
}

torch::Tensor correlation(const torch::Tensor& stretch) { return symmetricCorrelation(unitRows(stretch).first); }

Graphs buildGraphs(const torch::Tensor& series, const std::vector<int>& starts, const GraphSpec& spec,
                   const Compute& compute) {
    if (!series.is_cpu()) return buildGraphsByTensors(series, starts, spec, compute);
    const torch::NoGradGuard noGradient;
    const std::int64_t scans = series.size(0), regions = series.size(2), words = wordsOf(regions);
    const auto windows = static_cast<std::int64_t>(starts.size());
    const double percent = 100 - spec.density;
    Graphs graphs{torch::empty({scans * windows, regions, words}, torch::kLong), regions};
    const auto stretchOf = [&](std::int64_t window) {
        const int start = starts[static_cast<std::size_t>(window % windows)];
        return series[window / windows].slice(0, start, start + spec.windowLength);
    };
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

Graphs buildGraphsByTensors(const torch::Tensor& series, const std::vector<int>& starts, const GraphSpec& spec,
                            const Compute& compute) {
    const torch::NoGradGuard noGradient;
    const std::int64_t regions = series.size(2), windows = static_cast<std::int64_t>(starts.size());
    const std::int64_t count = series.size(0) * windows;
    const std::int64_t chunk = chunkFor(regions, 10, series.device());
    Graphs graphs{torch::empty({count, regions, wordsOf(regions)}, torch::dtype(torch::kLong).device(series.device())),
                  regions};
    for (std::int64_t from = 0; from < count; from += chunk) {
        compute.check();
        std::vector<std::int64_t> scan, start;
        for (std::int64_t window = from; window < std::min(from + chunk, count); ++window) {
            scan.push_back(window / windows);
            start.push_back(starts[static_cast<std::size_t>(window % windows)]);
        }
        const auto dense = denseGraphs(stretchesOf(series, scan, start, spec.windowLength), 100 - spec.density);
        graphs.bits.slice(0, from, from + dense.size(0)).copy_(packGraphs(dense).bits);
    }
    return graphs;
}

torch::Tensor windowProfiles(const torch::Tensor& series, const std::vector<std::pair<int, int>>& windows, int length) {
    std::vector<std::int64_t> scans, starts;
    for (const auto& [scan, start] : windows) {
        scans.push_back(scan);
        starts.push_back(start);
    }
    return correlation(stretchesOf(series, scans, starts, length));
}

// Both look at the 64-bit words as bytes, least significant first: an eighth of the memory that a number of 64 bits per
// bit would pass through.
static_assert(std::endian::native == std::endian::little);

torch::Tensor unpackGraphs(const torch::Tensor& bits, std::int64_t regions, torch::ScalarType type) {
    const auto shifts = torch::arange(8, torch::dtype(torch::kByte).device(bits.device()));
    const auto ones = bits.contiguous().view(torch::kByte).unsqueeze(-1).bitwise_right_shift(shifts).bitwise_and_(1);
    return ones.flatten(-2).slice(-1, 0, regions).to(type).contiguous();
}

Graphs packGraphs(const torch::Tensor& dense) {
    const std::int64_t count = dense.size(0), regions = dense.size(-1), bytes = 8 * wordsOf(regions);
    const auto options = torch::dtype(torch::kByte).device(dense.device());
    auto padded = torch::zeros({count, regions, bytes * 8}, options);
    padded.slice(2, 0, regions).copy_(dense);
    const auto shifted = padded.view({count, regions, bytes, 8}).bitwise_left_shift_(torch::arange(8, options));
    return {shifted.sum(-1, false, torch::kByte).view(torch::kLong), regions};
}

torch::Tensor diagonalBits(std::int64_t regions) { return packGraphs(torch::eye(regions).unsqueeze(0)).bits[0]; }

Graphs withoutPairs(const Graphs& graphs, const torch::Tensor& hidden) {
    const auto diagonal = diagonalBits(graphs.regions).to(graphs.bits.device());
    return {graphs.bits.bitwise_and(hidden.bitwise_not()).bitwise_or(diagonal), graphs.regions};
}

}  // namespace chronnect::model
