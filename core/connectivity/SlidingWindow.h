#pragma once

#include "core/base/JobContext.h"
#include "core/base/Parameters.h"
#include "core/data/Connectivity.h"
#include "core/data/TimeSeries.h"

#include <span>
#include <vector>

namespace chronnect {

enum class WindowTaper { Rectangular, Gaussian, Hamming };
template <>
struct EnumNames<WindowTaper> {
    static constexpr std::array<std::string_view, 3> names{"rectangular", "gaussian", "hamming"};
};

/// Whether the last possible window counts: Inclusive floor((T-L)/S)+1, Stagin ceil((T-L)/S).
enum class WindowCountRule { Inclusive, Stagin };
template <>
struct EnumNames<WindowCountRule> {
    static constexpr std::array<std::string_view, 2> names{"inclusive", "stagin"};
};

/// How a run is cut into windows. Lengths are in volumes, as papers report them.
struct SlidingWindowSpec {
    int length = 30;
    int step = 2;
    WindowTaper taper = WindowTaper::Rectangular;
    double taperSigma = 5.0;  ///< volumes; Gaussian only
    WindowCountRule countRule = WindowCountRule::Inclusive;
    bool fisherZ = false;

    bool operator==(const SlidingWindowSpec&) const = default;
};

template <SpecOf<SlidingWindowSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.length, {"length", "Window length", "volumes", "Volumes correlated together", 3, 5000});
    visit(spec.step, {"step", "Step", "volumes", "Volumes between window starts", 1, 500});
    visit(spec.taper, {"taper", "Taper", "", "Weights inside a window (weighted Pearson correlation)"});
    visit(spec.taperSigma, {"taper_sigma", "Taper sigma", "volumes", "Width of the Gaussian taper", 0.5, 500});
    visit(spec.countRule, {"count_rule", "Window count", "", "inclusive: floor((T-L)/S)+1; stagin: ceil((T-L)/S)"});
    visit(spec.fisherZ, {"fisher_z", "Fisher z", "", "Store artanh(r) instead of r"});
}

/// First volume of each window. Throws Error(BadInput) when the run is shorter than a window.
std::vector<int> windowStarts(std::size_t volumes, const SlidingWindowSpec& spec);

/// Weight of every volume of a window: ones, exp(-((i - (L-1)/2) / sigma)^2 / 2), or 0.54 - 0.46 cos(2 pi i / (L-1)).
std::vector<double> windowWeights(const SlidingWindowSpec& spec);

/// Windowed (weighted) Pearson correlation between every pair of regions; NaN where a region is constant or n/a.
/// The mean and the variances are weighted too (weighted Pearson), so a taper does not shift the mean.
/// Throws Error(BadInput) if the window is longer than the run or shorter than 3 volumes.
DynamicConnectivity slidingWindowConnectivity(const TimeSeries& series, const SlidingWindowSpec& spec,
                                              const JobContext& context = {});

/// The upper triangle of one window in double precision: (weighted) Pearson correlation of `weights.size()` rows
/// from row `first`. Weights must be positive.
std::vector<double> windowCorrelation(const TimeSeries& series, std::size_t first, std::span<const double> weights);

/// Pearson correlation over the whole run (the static FC). Throws Error(BadInput) with fewer than 3 volumes.
ConnectivityMatrix staticConnectivity(const TimeSeries& series);

/// artanh(r), with |r| held at the largest double below 1 so that the result is finite (18.7 at most); NaN stays.
double fisherZ(double r);

}  // namespace chronnect
