#pragma once

#include "core/signal/Clean.h"
#include "core/signal/SignalMatrix.h"
#include "core/signal/TemporalFilter.h"

/// Parts of clean() that decide and describe rather than compute.
namespace chronnect {

/// Volumes that were censored, by reason; one volume may count for several.
struct CensoringCounts {
    std::size_t displacement = 0, dvars = 0, nonSteady = 0, missing = 0, shortSegments = 0;
};

struct CleanCounts {
    std::size_t volumes = 0, kept = 0, rank = 0;
    CensoringCounts censored;
};

/// The filter as it is really applied.
struct FilterPlan {
    std::vector<FilterSection> sections;   ///< empty unless Butterworth
    SignalMatrix drift;                    ///< no columns unless cosine
    double highPassHz = 0, lowPassHz = 0;  ///< 0 = open
    double nyquistHz = 0;
};

bool filterActive(const CleanSpec& spec);
FilterPlan planFilter(const CleanSpec& spec, const TimeSeries& series, Notices& notices);

/// Kept volumes times the share of frequencies that pass, minus the rank of the confounds, minus the mean and the line
/// unless a high-pass filter removed them already.
double degreesLeft(const CleanCounts& counts, const CleanSpec& spec, const FilterPlan& plan);

void noteDropped(CleanedSeries& result, const std::vector<std::size_t>& dropped);
std::string describeCleaning(const CleanSpec& spec, const FilterPlan& plan, const CleanCounts& counts,
                             const CleanedSeries& result);

}  // namespace chronnect
