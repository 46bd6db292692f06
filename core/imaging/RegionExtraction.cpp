#include "core/imaging/RegionExtraction.h"

#include "core/base/Error.h"
#include "core/base/ParallelFor.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/detail/NiftiFile.h"
#include "core/imaging/detail/RegionMap.h"
#include "core/imaging/detail/RegionSums.h"
#include "core/imaging/detail/VolumePipeline.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

using detail::NiftiFile;

std::string percent(double share) { return std::to_string(static_cast<int>(std::lround(100 * share))) + " %"; }

std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 5); ++i) text += (i ? ", " : "") + items[i];
    if (items.size() > 5) text += " and " + std::to_string(items.size() - 5) + " more";
    return text;
}

/// Atlas labels on the run's grid. An image without orientation can only be matched voxel by voxel.
LabelVolume labelsOnGrid(const LabelVolume& labels, const NiftiHeader& header) {
    if (header.orientationFrom != "none") return resampleLabels(labels, header.grid);
    if (labels.grid.size == header.grid.size) return {header.grid, labels.labels};
    throw Error(ErrorKind::BadInput, "The image does not say its orientation and its grid differs from the atlas, so regions "
                                     "cannot be found in it; set its sform or qform");
}

/// Region means of every volume (volumes x regions); returns how many voxels were not finite.
std::size_t averageVolumes(const NiftiFile& file, const detail::RegionMap& map, std::vector<double>& values, const JobContext& context) {
    const auto runs = detail::regionRuns(map.regionOfVoxel);
    const std::size_t regions = map.coverage.usedVoxels.size();
    const std::span<const std::size_t> counts = map.coverage.usedVoxels;
    std::atomic<std::size_t> leftOut{0};
    const auto average = [&](std::size_t index, std::span<const std::byte> volume) {
        leftOut += detail::regionMeans(file, volume, runs, counts, std::span(values).subspan(index * regions, regions));
    };
    if (file.header.compressed) detail::forEachRawVolume(file, context, average);
    else detail::forEachRawVolumeInParallel(file, context, average);
    return leftOut;
}

/// Low coverage makes a region n/a; it keeps its place.
void blankUncovered(ExtractedSeries& result, const ExtractionSpec& spec, const Parcellation& parcellation) {
    std::vector<std::string> vanished, low;
    for (std::size_t r = 0; r < parcellation.regions.size(); ++r) {
        const bool gone = result.coverage.usedVoxels[r] == 0;
        if (!gone && result.coverage.coverage[r] >= spec.minimumCoverage) continue;
        const std::string& name = parcellation.regions[r].name;
        if (result.coverage.gridVoxels[r] == 0) vanished.push_back(name);
        else low.push_back(name + " (" + percent(result.coverage.coverage[r]) + ")");
        for (std::size_t t = 0; t < result.series.volumeCount(); ++t)
            result.series.at(t, r) = std::numeric_limits<double>::quiet_NaN();
    }
    if (!vanished.empty())
        result.notices.push_back({Severity::Warning, std::to_string(vanished.size()) + " regions have no voxel on the grid of the "
                                                         "run and are n/a: " + listed(vanished)});
    if (!low.empty())
        result.notices.push_back({Severity::Warning, std::to_string(low.size()) + " regions are covered by less than " +
                                                         percent(spec.minimumCoverage) + " and are n/a: " + listed(low)});
    if (vanished.size() + low.size() == parcellation.regions.size())
        result.notices.push_back({Severity::Blocking, "No region has enough voxels in the run: atlas and image do not lie in the "
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
    if (usable > 0 && constant.size() == usable)
        result.notices.push_back({Severity::Blocking, "Every region is constant over time: there is no signal to correlate"});
    else if (!constant.empty())
        result.notices.push_back({Severity::Warning, std::to_string(constant.size()) + " regions are constant over time, so their "
                                                         "correlations are n/a: " + listed(constant)});
}

void chooseRepetitionTime(const RunInput& run, const NiftiHeader& header, ExtractedSeries& result) {
    double& seconds = result.series.repetitionTime;
    seconds = run.repetitionTime > 0 ? run.repetitionTime : header.repetitionTime;
    if (run.repetitionTime > 0 && header.repetitionTime > 0 &&
        std::abs(run.repetitionTime - header.repetitionTime) > 0.01 * header.repetitionTime)
        result.notices.push_back({Severity::Warning, "The repetition time given for the run and the one in the image differ; the "
                                                     "one given is used"});
    for (const Notice& notice : header.notices) {
        const bool answered = seconds > 0 && notice.severity == Severity::Question &&
                              notice.text.find("repetition time") != std::string::npos;
        if (!answered) result.notices.push_back(notice);
    }
}

}  // namespace

ExtractedSeries extractRegionSeries(const RunInput& run, const Atlas& atlas, const ExtractionSpec& spec, const JobContext& context) {
    if (run.bold.empty()) throw Error(ErrorKind::BadInput, "The run " + run.id() + " has no image to take region means from");
    const NiftiFile file = detail::openNifti(run.bold);
    if (file.header.volumes < 2)
        throw Error(ErrorKind::BadInput, run.bold.string() + " is a single volume, not a series over time; choose the 4-D image");
    if (file.header.grid.voxelCount() > std::numeric_limits<std::uint32_t>::max())
        throw Error(ErrorKind::Unsupported, run.bold.string() + " has more than 4 billion voxels per volume");

    ExtractedSeries result;
    chooseRepetitionTime(run, file.header, result);
    if (file.header.volumes < 10)
        result.notices.push_back({Severity::Blocking, "The run has only " + std::to_string(file.header.volumes) +
                                                          " volumes: too few for any connectivity"});
    const LabelVolume labels = labelsOnGrid(atlas.image, file.header);
    std::vector<char> mask;
    if (spec.useMask && !run.mask.empty()) mask = detail::maskOnGrid(readVolume(run.mask), file.header.grid);
    detail::RegionMap map = detail::mapRegions(atlas, labels, mask);

    result.series.regions = atlas.parcellation.names();
    result.series.values.resize(file.header.volumes * result.series.regions.size());
    const std::size_t leftOut = averageVolumes(file, map, result.series.values, context);
    result.coverage = std::move(map.coverage);
    if (leftOut > 0)
        result.notices.push_back({Severity::Warning, std::to_string(leftOut) + " voxel values were not numbers (NaN or infinite) "
                                                         "and were left out of the means"});
    blankUncovered(result, spec, atlas.parcellation);
    noteConstantRegions(result);
    return result;
}

}  // namespace chronnect
