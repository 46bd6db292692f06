#include "core/signal/SignalMatrix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace chronnect {

namespace {

double meanOf(std::span<const double> signal) {
    return std::accumulate(signal.begin(), signal.end(), 0.0) / static_cast<double>(signal.size());
}

}  // namespace

SignalMatrix SignalMatrix::kept(const std::vector<bool>& keep) const {
    SignalMatrix result;
    result.volumes = static_cast<std::size_t>(std::count(keep.begin(), keep.end(), true));
    result.signals = signals;
    result.values.reserve(result.volumes * signals);
    for (std::size_t s = 0; s < signals; ++s)
        for (std::size_t v = 0; v < volumes; ++v)
            if (keep[v]) result.values.push_back(values[s * volumes + v]);
    return result;
}

void detrendLinear(std::span<double> signal) {
    if (signal.size() < 2) return;
    const double mean = meanOf(signal), centre = (static_cast<double>(signal.size()) - 1) / 2;
    double product = 0, norm = 0;
    for (std::size_t i = 0; i < signal.size(); ++i) {
        const double ramp = static_cast<double>(i) - centre;
        product += ramp * (signal[i] - mean);
        norm += ramp * ramp;
    }
    const double slope = product / norm;
    for (std::size_t i = 0; i < signal.size(); ++i) signal[i] -= mean + slope * (static_cast<double>(i) - centre);
}

void standardizeZ(std::span<double> signal, int ddof) {
    if (signal.size() <= static_cast<std::size_t>(ddof)) return;
    const double mean = meanOf(signal);
    double squares = 0;
    for (double& value : signal) {
        value -= mean;
        squares += value * value;
    }
    double deviation = std::sqrt(squares / static_cast<double>(signal.size() - static_cast<std::size_t>(ddof)));
    if (deviation < std::numeric_limits<double>::epsilon()) deviation = 1;
    for (double& value : signal) value /= deviation;
}

}  // namespace chronnect
