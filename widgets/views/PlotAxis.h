#pragma once

#include <QString>

#include <vector>

namespace chronnect {

/// One axis of a plot: where values lie and which of them get a tick. Logarithmic axes need positive limits.
struct PlotAxis {
    double low = 0, high = 1;
    bool logarithmic = false;

    /// 0 at `low`, 1 at `high`.
    double position(double value) const;
    double value(double position) const;
    /// About `count` round values inside the limits (1, 2, 5 times powers of ten; decades when logarithmic).
    std::vector<double> ticks(int count) const;

    /// The limits of the data with a little room; a constant gets room around it.
    static PlotAxis around(double least, double most, bool logarithmic = false);
};

/// A number for people: three significant digits, no trailing zeros, a real minus sign.
QString plotNumber(double value);

/// "24–84 s", or volumes when the repetition time is unknown.
QString timeRange(double from, double to, bool inSeconds);

}  // namespace chronnect
