#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace chronnect {

/// Signals as columns over volumes as rows; stored column by column so that each signal is contiguous.
struct SignalMatrix {
    std::size_t volumes = 0, signals = 0;
    std::vector<double> values;

    SignalMatrix() = default;
    SignalMatrix(std::size_t volumeCount, std::size_t signalCount)
        : volumes(volumeCount), signals(signalCount), values(volumeCount * signalCount) {}

    std::span<double> signal(std::size_t index) { return std::span(values).subspan(index * volumes, volumes); }
    std::span<const double> signal(std::size_t index) const {
        return std::span(values).subspan(index * volumes, volumes);
    }
    void append(std::span<const double> values_) {
        values.insert(values.end(), values_.begin(), values_.end());
        ++signals;
    }

    /// Only the volumes where `keep` is true.
    SignalMatrix kept(const std::vector<bool>& keep) const;
};

/// Removes mean and straight line, as nilearn and scipy do: projection on 1 and the centred, normalised ramp.
void detrendLinear(std::span<double> signal);

/// (x - mean) / sd with ddof 1 or 0. A deviation below machine epsilon counts as 1, so a constant becomes 0.
void standardizeZ(std::span<double> signal, int ddof);

}  // namespace chronnect
