#include "core/io/SeriesSources.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

/// How the lines of a matrix along one axis differ: in their means, and whether every mean is zero.
struct LineStatistics {
    double betweenToWithin = 0.0;  ///< variance of the means over the mean variance
    bool demeaned = false;         ///< every line with variance has mean 0
};

LineStatistics statisticsOf(const NumericMatrix& matrix, bool ofColumns) {
    const std::size_t lines = ofColumns ? matrix.columns : matrix.rows;
    const std::size_t length = ofColumns ? matrix.rows : matrix.columns;
    double sumOfMeans = 0, squaresOfMeans = 0, within = 0;
    std::size_t used = 0;
    bool demeaned = true;
    for (std::size_t line = 0; line < lines; ++line) {
        double sum = 0, squares = 0;
        std::size_t finite = 0;
        for (std::size_t i = 0; i < length; ++i) {
            const double value = matrix.values[ofColumns ? i * matrix.columns + line : line * matrix.columns + i];
            if (!std::isfinite(value)) continue;
            sum += value;
            squares += value * value;
            ++finite;
        }
        if (finite < 2) continue;
        const double mean = sum / static_cast<double>(finite);
        const double variance = std::max(0.0, squares / static_cast<double>(finite) - mean * mean);
        if (variance > 0 && std::abs(mean) > 1e-4 * std::sqrt(variance)) demeaned = false;
        sumOfMeans += mean;
        squaresOfMeans += mean * mean;
        within += variance;
        ++used;
    }
    if (used < 2 || within <= 0) return {};
    const double n = static_cast<double>(used), mean = sumOfMeans / n;
    return {std::max(0.0, squaresOfMeans / n - mean * mean) / (within / n), demeaned};
}

std::string shapeText(const NumericMatrix& matrix, TimeAxis axis) {
    const auto volumes = axis == TimeAxis::Rows ? matrix.rows : matrix.columns;
    const auto regions = axis == TimeAxis::Rows ? matrix.columns : matrix.rows;
    return std::to_string(volumes) + " volumes of " + std::to_string(regions) + " regions";
}

}  // namespace

TimeAxis guessTimeAxis(const NumericMatrix& matrix, Notices& notices) {
    const TimeAxis longer = matrix.rows >= matrix.columns ? TimeAxis::Rows : TimeAxis::Columns;
    const LineStatistics columns = statisticsOf(matrix, true), rows = statisticsOf(matrix, false);
    TimeAxis axis = longer;
    std::string reason;
    if (columns.demeaned != rows.demeaned) {
        axis = columns.demeaned ? TimeAxis::Rows : TimeAxis::Columns;
        reason = "each region has mean 0 that way";
    } else if (const auto [low, high] = std::minmax(columns.betweenToWithin, rows.betweenToWithin);
               high > 10 && high > 100 * low) {
        axis = columns.betweenToWithin > rows.betweenToWithin ? TimeAxis::Rows : TimeAxis::Columns;
        reason = "each region keeps its own signal level that way";
    }
    const double ratio = static_cast<double>(std::max(matrix.rows, matrix.columns)) /
                         static_cast<double>(std::max<std::size_t>(1, std::min(matrix.rows, matrix.columns)));
    if (reason.empty() && ratio < 2) {
        notices.push_back({Severity::Question, "The file does not say which axis is time; read as " +
                                                   shapeText(matrix, axis) +
                                                   " because that axis is longer: please check"});
    } else if (!reason.empty() && axis != longer) {
        notices.push_back({Severity::Information, "Read as " + shapeText(matrix, axis) + ": " + reason});
    }
    return axis;
}

}  // namespace chronnect
