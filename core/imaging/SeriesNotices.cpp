#include "core/imaging/detail/SeriesNotices.h"
#include "core/base/NumberText.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace chronnect::detail {

namespace {

std::string percent(double share) { return std::to_string(static_cast<int>(std::lround(100 * share))) + " %"; }

std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 5); ++i) text += (i ? ", " : "") + items[i];
    if (items.size() > 5) text += " and " + std::to_string(items.size() - 5) + " more";
    return text;
}

/// Low coverage makes a region n/a; it keeps its place.
void blankUncovered(ExtractedSeries& result, const ExtractionSpec& spec) {
    std::vector<std::string> vanished, low;
    for (std::size_t r = 0; r < result.series.regionCount(); ++r) {
        const bool gone = result.coverage.usedVoxels[r] == 0;
        if (!gone && result.coverage.coverage[r] >= spec.minimumCoverage) continue;
        const std::string& name = result.series.regions[r];
        if (result.coverage.gridVoxels[r] == 0)
            vanished.push_back(name);
        else
            low.push_back(name + " (" + percent(result.coverage.coverage[r]) + ")");
        for (std::size_t t = 0; t < result.series.volumeCount(); ++t)
            result.series.at(t, r) = std::numeric_limits<double>::quiet_NaN();
    }
    if (!vanished.empty())
        result.notices.push_back({Severity::Warning, std::to_string(vanished.size()) +
                                                         " regions have no voxel on the grid of the "
                                                         "run and are n/a: " +
                                                         listed(vanished)});
    if (!low.empty())
        result.notices.push_back({Severity::Warning, countText(low.size(), "region") +
                                                         (low.size() == 1 ? " is" : " are") + " covered by less than " +
                                                         percent(spec.minimumCoverage) +
                                                         " and stay n/a: " + listed(low)});
    if (vanished.size() + low.size() == result.series.regionCount())
        result.notices.push_back({Severity::Blocking,
                                  "No region has enough voxels in the run: atlas and image do not lie in the "
                                  "same space"});
}

void noteConstantRegions(ExtractedSeries& result) {
    std::vector<std::string> constant;
    std::size_t usable = 0;
    for (std::size_t r = 0; r < result.series.regionCount(); ++r) {
        double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
        for (std::size_t t = 0; t < result.series.volumeCount(); ++t) {
            lowest = std::fmin(lowest, result.series.at(t, r));
            highest = std::fmax(highest, result.series.at(t, r));
        }
        if (lowest > highest) continue;
        ++usable;
        if (lowest == highest) constant.push_back(result.series.regions[r]);
    }
    if (usable == 0 && std::any_of(result.coverage.usedVoxels.begin(), result.coverage.usedVoxels.end(),
                                   [](std::size_t used) { return used > 0; }))
        result.notices.push_back(
            {Severity::Blocking, "No region has a single value: the image holds no numbers where the regions lie"});
    else if (usable > 0 && constant.size() == usable)
        // Values are values: the series are handed on, and whoever wants connectivity gets n/a and this sentence.
        result.notices.push_back(
            {Severity::Warning, "Every region is constant over time: there is no signal to correlate"});
    else if (!constant.empty())
        result.notices.push_back({Severity::Warning, std::to_string(constant.size()) +
                                                         " regions are constant over time, so their "
                                                         "correlations are n/a: " +
                                                         listed(constant)});
}

}  // namespace

void finishSeries(ExtractedSeries& result, const ExtractionSpec& spec, std::size_t valuesLeftOut) {
    if (result.series.volumeCount() < 10)
        result.notices.push_back({Severity::Blocking, "The run has only " +
                                                          std::to_string(result.series.volumeCount()) +
                                                          " volumes: too few for any connectivity"});
    if (valuesLeftOut > 0)
        result.notices.push_back({Severity::Warning, std::to_string(valuesLeftOut) +
                                                         " values were not numbers (NaN or infinite) "
                                                         "and were left out of the means"});
    blankUncovered(result, spec);
    noteConstantRegions(result);
}

}  // namespace chronnect::detail
