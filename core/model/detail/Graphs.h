#pragma once

#include "core/base/JobContext.h"
#include "core/learning/Specs.h"

#include <torch/types.h>

#include <functional>
#include <vector>

namespace chronnect::model {

/// Adds a tensor up over all processes that train together, in place. Empty in one process.
using SumOverProcesses = std::function<void(torch::Tensor&)>;

/// Where and under whose eyes a computation runs.
struct Compute {
    torch::Device device = torch::kCPU;
    JobContext context;
    SumOverProcesses sum = {};
    Precision precision = Precision::Float32;  ///< of products while training; see usablePrecision

    void check() const { context.throwIfCancelled(); }
};

/// Binary graphs of many windows, one bit per ordered pair, self-loops on.
struct Graphs {
    torch::Tensor bits;  ///< windows x regions x words, int64
    std::int64_t regions = 0;

    std::int64_t count() const { return bits.size(0); }
    Graphs select(const torch::Tensor& windows) const { return {bits.index_select(0, windows), regions}; }
};

/// z-scores every region over the scan: (x - mean) / (sd + 1e-9), sd with ddof 0. A region that is constant or not
/// finite becomes 0. `series` is volumes x regions on the CPU.
torch::Tensor standardised(const torch::Tensor& series);

/// Pearson correlation of one stretch (volumes x regions), averaged with its transpose, clamped to [-1, 1], unit
/// diagonal; sd floor 1e-8, so a dead region correlates 0 with all others.
torch::Tensor correlation(const torch::Tensor& stretch);

/// Graphs of the windows at `starts` of every scan in `series` (scans x volumes x regions), scan after scan: an edge
/// where the correlation is strictly above the percentile 100 - density of all entries of its window.
Graphs buildGraphs(const torch::Tensor& series, const std::vector<int>& starts, const GraphSpec& spec,
                   const Compute& compute);

/// The same by tensor operations alone, which any device has; buildGraphs calls it where the series are not on the CPU.
Graphs buildGraphsByTensors(const torch::Tensor& series, const std::vector<int>& starts, const GraphSpec& spec,
                            const Compute& compute);

/// Correlation matrices of chosen windows: pairs (scan, start). windows x regions x regions.
torch::Tensor windowProfiles(const torch::Tensor& series, const std::vector<std::pair<int, int>>& windows, int length);

/// 0/1 matrices, windows x regions x regions, on the device of `bits`.
torch::Tensor unpackGraphs(const torch::Tensor& bits, std::int64_t regions, torch::ScalarType type = torch::kFloat);
/// Packs 0/1 matrices (any integer or floating type).
Graphs packGraphs(const torch::Tensor& dense);

/// What is left of the graphs when the pairs set in `hidden` (same packing) are taken out; self-loops stay.
Graphs withoutPairs(const Graphs& graphs, const torch::Tensor& hidden);

/// Bits of the diagonal, regions x words.
torch::Tensor diagonalBits(std::int64_t regions);

}  // namespace chronnect::model
