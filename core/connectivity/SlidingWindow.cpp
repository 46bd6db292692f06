#include "core/connectivity/SlidingWindow.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/base/ParallelFor.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <new>
#include <numbers>

namespace chronnect {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// A region whose spread is this small against its level only shows rounding, not signal.
constexpr double constantTolerance = 1e-26;

void check(const SlidingWindowSpec& spec) {
    if (spec.length < 3)
        throw Error(ErrorKind::BadInput, "The window is " + std::to_string(spec.length) +
                                             " volumes long; a correlation needs at least 3, choose a longer window");
    if (spec.step < 1) throw Error(ErrorKind::BadInput, "The step between windows must be at least one volume");
    if (spec.taper == WindowTaper::Gaussian && !(spec.taperSigma > 0))
        throw Error(ErrorKind::BadInput, "The Gaussian taper needs a width above zero");
}

/// Columns of `z` become centred, weighted and of unit length; a constant or incomplete column becomes NaN.
void standardizeColumns(const TimeSeries& series, std::size_t first, std::span<const double> weights,
                        Eigen::MatrixXd& z) {
    const auto rows = static_cast<Eigen::Index>(weights.size());
    const auto columns = static_cast<Eigen::Index>(series.regionCount());
    z.resize(rows, columns);
    double total = 0;
    for (const double w : weights) total += w;
    for (Eigen::Index t = 0; t < rows; ++t) {
        const double* row = series.values.data() + (first + static_cast<std::size_t>(t)) * series.regionCount();
        for (Eigen::Index n = 0; n < columns; ++n) z(t, n) = row[n];
    }
    for (Eigen::Index n = 0; n < columns; ++n) {
        auto column = z.col(n);
        double mean = 0, level = 0, spread = 0;
        for (Eigen::Index t = 0; t < rows; ++t) mean += weights[static_cast<std::size_t>(t)] * column(t);
        mean /= total;
        for (Eigen::Index t = 0; t < rows; ++t) {
            const double w = weights[static_cast<std::size_t>(t)];
            level += w * column(t) * column(t);
            column(t) -= mean;
            spread += w * column(t) * column(t);
            column(t) *= std::sqrt(w);
        }
        if (!std::isfinite(spread) || spread <= constantTolerance * level)
            column.setConstant(notANumber);
        else
            column /= std::sqrt(spread);
    }
}

/// Upper triangle of z'z, row by row. NaN columns spoil only their own pairs.
template <class Value>
void correlate(const Eigen::MatrixXd& z, Eigen::MatrixXd& gram, bool toZ, Value* edges) {
    const Eigen::Index n = z.cols();
    gram.setZero(n, n);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(z.transpose());
    for (Eigen::Index a = 0; a < n; ++a)
        for (Eigen::Index b = a + 1; b < n; ++b) {
            const double r = gram(b, a);
            const double held = std::isnan(r) ? r : std::clamp(r, -1.0, 1.0);
            *edges++ = static_cast<Value>(toZ ? fisherZ(held) : held);
        }
}

std::string describe(const SlidingWindowSpec& spec, std::size_t windows, double repetitionTime) {
    std::string text = spec.taper == WindowTaper::Rectangular ? "Pearson" : "Weighted Pearson";
    text +=
        " correlation in " + countText(windows, "sliding window") + " of " + std::to_string(spec.length) + " volumes";
    if (repetitionTime > 0) text += " (" + numberText(spec.length * repetitionTime) + " s)";
    text += ", step " + countText(static_cast<std::size_t>(spec.step), "volume");
    switch (spec.taper) {
        case WindowTaper::Rectangular: text += ", rectangular"; break;
        case WindowTaper::Hamming: text += ", Hamming weights"; break;
        case WindowTaper::Gaussian:
            text += ", Gaussian weights with sigma " + numberText(spec.taperSigma) + " volumes";
            break;
    }
    const bool inclusive = spec.countRule == WindowCountRule::Inclusive;
    text += inclusive ? ", window count floor((T-L)/S)+1" : ", window count ceil((T-L)/S)";
    return text + (spec.fisherZ ? ", stored as Fisher z." : ", stored as r.");
}

/// Middle of every window in seconds, or in volumes when TR is unknown; censored volumes leave their gap.
std::vector<double> centresOf(const TimeSeries& series, const std::vector<int>& starts, int length) {
    const double unit = series.repetitionTime > 0 ? series.repetitionTime : 1.0;
    std::vector<double> centres;
    for (const int start : starts) {
        double sum = 0;
        for (int t = start; t < start + length; ++t)
            sum += series.volumes.empty() ? t : series.volumes[static_cast<std::size_t>(t)];
        centres.push_back(sum / length * unit);
    }
    return centres;
}

}  // namespace

double fisherZ(double r) {
    constexpr double largest = 1.0 - std::numeric_limits<double>::epsilon() / 2;
    return std::isnan(r) ? r : std::atanh(std::clamp(r, -largest, largest));
}

std::vector<int> windowStarts(std::size_t volumes, const SlidingWindowSpec& spec) {
    check(spec);
    const auto length = static_cast<std::size_t>(spec.length), step = static_cast<std::size_t>(spec.step);
    const bool inclusive = spec.countRule == WindowCountRule::Inclusive;
    if (volumes < length + (inclusive ? 0 : 1))
        throw Error(ErrorKind::BadInput, "The run has " + std::to_string(volumes) +
                                             " volumes, too few for a window of " + std::to_string(spec.length) +
                                             "; choose a shorter window");
    const std::size_t slack = volumes - length;
    const std::size_t count = inclusive ? slack / step + 1 : (slack + step - 1) / step;
    std::vector<int> starts(count);
    for (std::size_t i = 0; i < count; ++i) starts[i] = static_cast<int>(i * step);
    return starts;
}

std::vector<double> windowWeights(const SlidingWindowSpec& spec) {
    check(spec);
    std::vector<double> weights(static_cast<std::size_t>(spec.length), 1.0);
    const double last = spec.length - 1;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double position = static_cast<double>(i);
        if (spec.taper == WindowTaper::Gaussian)
            weights[i] = std::exp(-0.5 * std::pow((position - last / 2) / spec.taperSigma, 2));
        else if (spec.taper == WindowTaper::Hamming)
            weights[i] = 0.54 - 0.46 * std::cos(2 * std::numbers::pi * position / last);
    }
    return weights;
}

std::vector<double> windowCorrelation(const TimeSeries& series, std::size_t first, std::span<const double> weights) {
    if (first + weights.size() > series.volumeCount())
        throw Error(ErrorKind::BadInput, "The window reaches beyond the end of the run");
    Eigen::MatrixXd z, gram;
    std::vector<double> edges(edgeCountOf(series.regionCount()));
    standardizeColumns(series, first, weights, z);
    correlate(z, gram, false, edges.data());
    return edges;
}

DynamicConnectivity slidingWindowConnectivity(const TimeSeries& series, const SlidingWindowSpec& spec,
                                              const JobContext& context) {
    DynamicConnectivity result;
    result.regions = series.regions;
    result.repetitionTime = series.repetitionTime;
    result.windowLength = spec.length;
    result.windowStarts = windowStarts(series.volumeCount(), spec);
    result.windowCentres = centresOf(series, result.windowStarts, spec.length);
    const std::size_t windows = result.windowCount(), edges = result.edgeCount();
    try {
        result.edges.resize(windows * edges);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::OutOfMemory, std::to_string(windows) + " windows of " + std::to_string(edges) +
                                                " pairs do not fit into memory; choose a larger step");
    }
    const std::vector<double> weights = windowWeights(spec);
    // A few windows in one turn: the workspace is reused, and cancel is still seen quickly.
    const std::size_t perTurn = std::max<std::size_t>(1, 200'000 / std::max<std::size_t>(1, edges));
    const std::size_t turns = (windows + perTurn - 1) / perTurn;
    std::mutex mutex;
    std::size_t done = 0;
    parallelFor(turns, context, [&](std::size_t turn) {
        Eigen::MatrixXd z, gram;
        const std::size_t end = std::min(windows, (turn + 1) * perTurn);
        for (std::size_t w = turn * perTurn; w < end; ++w) {
            context.throwIfCancelled();
            standardizeColumns(series, static_cast<std::size_t>(result.windowStarts[w]), weights, z);
            correlate(z, gram, spec.fisherZ, result.edges.data() + w * edges);
        }
        const std::lock_guard lock(mutex);
        context.report(static_cast<double>(++done) / static_cast<double>(turns), "Windowed correlation");
    });
    result.howComputed = describe(spec, windows, series.repetitionTime);
    return result;
}

ConnectivityMatrix staticConnectivity(const TimeSeries& series) {
    if (series.volumeCount() < 3)
        throw Error(ErrorKind::BadInput,
                    "The run has " + std::to_string(series.volumeCount()) + " volumes; a correlation needs at least 3");
    const std::vector<double> weights(series.volumeCount(), 1.0);
    return {series.regions, windowCorrelation(series, 0, weights), "pearson correlation"};
}

}  // namespace chronnect
