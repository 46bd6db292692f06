#include "core/imaging/RegionExtraction.h"

#include "core/base/Error.h"
#include "core/base/ParallelFor.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/detail/NiftiFile.h"
#include "core/imaging/detail/RegionMap.h"
#include "core/imaging/detail/RegionSums.h"
#include "core/imaging/detail/SeriesNotices.h"
#include "core/imaging/detail/VolumePipeline.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

using detail::NiftiFile;

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
    const LabelVolume labels = labelsOnGrid(atlas.image, file.header);
    std::vector<char> mask;
    if (spec.useMask && !run.mask.empty()) mask = detail::maskOnGrid(readVolume(run.mask), file.header.grid);
    detail::RegionMap map = detail::mapRegions(atlas, labels, mask);

    result.series.regions = atlas.parcellation.names();
    result.series.values.resize(file.header.volumes * result.series.regions.size());
    const std::size_t leftOut = averageVolumes(file, map, result.series.values, context);
    result.coverage = std::move(map.coverage);
    detail::finishSeries(result, spec, leftOut);
    return result;
}

}  // namespace chronnect
