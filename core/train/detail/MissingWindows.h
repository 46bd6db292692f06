#pragma once

#include "core/base/Random.h"
#include "core/train/detail/Cohort.h"

#include <vector>

namespace chronnect::train {

/// A scan as a method is shown it: windows and their graphs, and the series that static methods look at.
struct ShownScan {
    Batch batch;
    torch::Tensor series;  ///< volumes x regions on the CPU
};
ShownScan wholeScan(const Cohort& cohort, std::size_t scan, const GraphSpec& graph, const model::Compute& compute);

/// Which of `windows` windows stay when `dropped` (0 to 1) of them go: at random, or one stretch beginning at random.
/// At least one stays. Ascending.
std::vector<std::int64_t> keptWindows(std::int64_t windows, double dropped, bool oneStretch, Random& random);

/// The scan with those windows alone. Volumes that no kept window covers are taken out of the static series and set to
/// the scan's mean (0) in the series from which the time code is computed.
ShownScan withWindows(const ShownScan& whole, const std::vector<std::int64_t>& kept);

}  // namespace chronnect::train
