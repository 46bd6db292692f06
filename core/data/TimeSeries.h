#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace chronnect {

/// Which axis of a two-dimensional array is time.
enum class TimeAxis { Automatic, Rows, Columns };

/// Mean BOLD signal of each region: one row per volume, one column per region.
/// A region without usable signal is a column of NaN; it is never dropped.
struct TimeSeries {
    std::vector<std::string> regions;
    double repetitionTime = 0.0;  ///< seconds between volumes (TR); 0 when unknown
    std::vector<double> values;   ///< volumes x regions, row-major
    std::vector<int> volumes;     ///< 0-based volume of each row in the scan; empty when none was removed

    std::size_t regionCount() const { return regions.size(); }
    std::size_t volumeCount() const { return regions.empty() ? 0 : values.size() / regions.size(); }
    double at(std::size_t volume, std::size_t region) const { return values[volume * regionCount() + region]; }
    double& at(std::size_t volume, std::size_t region) { return values[volume * regionCount() + region]; }
    std::span<const double> row(std::size_t volume) const {
        return std::span(values).subspan(volume * regionCount(), regionCount());
    }

    bool operator==(const TimeSeries&) const = default;
};

}  // namespace chronnect
