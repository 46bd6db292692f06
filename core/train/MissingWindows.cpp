#include "core/train/detail/MissingWindows.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace chronnect::train {

ShownScan wholeScan(const Cohort& cohort, std::size_t scan, const GraphSpec& graph, const model::Compute& compute) {
    return {makeBatch(cohort, {scan}, 0, 0, graph, compute), cohort.scan(scan)};
}

std::vector<std::int64_t> keptWindows(std::int64_t windows, double dropped, bool oneStretch, Random& random) {
    const auto gone = std::clamp<std::int64_t>(std::llround(dropped * static_cast<double>(windows)), 0, windows - 1);
    std::vector<bool> missing(static_cast<std::size_t>(windows), false);
    if (oneStretch) {
        const std::size_t first = random.below(static_cast<std::size_t>(windows - gone) + 1);
        std::fill_n(missing.begin() + static_cast<std::ptrdiff_t>(first), gone, true);
    } else {
        const auto order = random.permutation(static_cast<std::size_t>(windows));
        for (std::int64_t i = 0; i < gone; ++i) missing[order[static_cast<std::size_t>(i)]] = true;
    }
    std::vector<std::int64_t> kept;
    for (std::int64_t window = 0; window < windows; ++window)
        if (!missing[static_cast<std::size_t>(window)]) kept.push_back(window);
    return kept;
}

ShownScan withWindows(const ShownScan& whole, const std::vector<std::int64_t>& kept) {
    const at::NoGradGuard noGradient;
    ShownScan shown = whole;
    auto covered = torch::zeros({whole.series.size(0)}, torch::kBool);
    shown.batch.starts.clear();
    for (const std::int64_t window : kept) {
        const int start = whole.batch.starts[static_cast<std::size_t>(window)];
        shown.batch.starts.push_back(start);
        covered.slice(0, start, start + whole.batch.windowLength).fill_(true);
    }
    const auto windows = torch::tensor(kept, torch::kLong).to(whole.batch.graphs.bits.device());
    shown.batch.graphs = whole.batch.graphs.select(windows);
    const auto& series = whole.batch.series;
    const auto seen = covered.slice(0, 0, series.size(1)).to(series.device()).view({1, -1, 1});
    shown.batch.series = torch::where(seen, series, torch::zeros_like(series));
    shown.series = whole.series.index_select(0, covered.nonzero().flatten());
    return shown;
}

}  // namespace chronnect::train
