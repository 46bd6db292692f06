#include "core/imaging/RegionExtraction.h"

#include "core/base/Error.h"
#include "core/base/ParallelFor.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/Gifti.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/Smoothing.h"
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
    throw Error(ErrorKind::BadInput,
                "The image does not say its orientation and its grid differs from the atlas, so regions "
                "cannot be found in it; set its sform or qform");
}

/// Takes one volume after the other and puts the means of its regions into their place.
class Averager {
public:
    Averager(const detail::RegionMap& map, std::vector<double>& values)
        : m_runs(detail::regionRuns(map.regionOfVoxel)), m_counts(map.coverage.usedVoxels), m_values(values) {}

    void add(const detail::VoxelCoding& coding, std::size_t index, std::span<const std::byte> volume) {
        m_leftOut += detail::regionMeans(coding, volume, m_runs, m_counts,
                                         std::span(m_values).subspan(index * m_counts.size(), m_counts.size()));
    }
    /// How many voxels of regions were not finite.
    std::size_t leftOut() const { return m_leftOut; }

private:
    std::vector<detail::RegionRun> m_runs;
    std::span<const std::size_t> m_counts;
    std::vector<double>& m_values;
    std::atomic<std::size_t> m_leftOut{0};
};

/// Stored numbers are averaged as they are, which is exact and needs no copy.
void averageStored(const NiftiFile& file, Averager& averager, const JobContext& context) {
    const detail::VoxelCoding coding{file.type, file.header.slope, file.header.intercept};
    const auto average = [&](std::size_t index, std::span<const std::byte> volume) {
        averager.add(coding, index, volume);
    };
    if (file.header.compressed)
        detail::forEachRawVolume(file, context, average);
    else
        detail::forEachRawVolumeInParallel(file, context, average);
}

/// Smooths the volumes of any image, several side by side, before they are averaged.
void averageSmoothed(const std::filesystem::path& image, const Smoother& smoother, Averager& averager,
                     const JobContext& context) {
    const auto width = static_cast<std::size_t>(threadCount());
    std::vector<std::vector<float>> batch;
    std::size_t first = 0;
    const auto finishBatch = [&] {
        parallelFor(batch.size(), context.silent(), [&](std::size_t i) {
            smoother.smooth(batch[i]);
            averager.add({}, first + i, std::as_bytes(std::span(batch[i])));
        });
        first += batch.size();
        batch.clear();
    };
    forEachVolume(image, context, [&](std::size_t, std::span<const float> voxels) {
        batch.emplace_back(voxels.begin(), voxels.end());
        if (batch.size() == width) finishBatch();
    });
    finishBatch();
}

bool asksForRepetitionTime(const Notice& notice) { return notice.text.find("repetition time") != std::string::npos; }

void chooseRepetitionTime(const RunInput& run, const NiftiHeader& header, ExtractedSeries& result) {
    double& seconds = result.series.repetitionTime;
    seconds = run.repetitionTime > 0 ? run.repetitionTime : header.repetitionTime;
    if (run.repetitionTime > 0 && header.repetitionTime > 0 &&
        std::abs(run.repetitionTime - header.repetitionTime) > 0.01 * header.repetitionTime)
        result.notices.push_back({Severity::Warning,
                                  "The repetition time given for the run and the one in the image differ; the "
                                  "one given is used"});
    for (const Notice& notice : header.notices) {
        const bool answered = seconds > 0 && run.repetitionTime > 0 && notice.severity == Severity::Question &&
                              asksForRepetitionTime(notice);
        if (!answered) result.notices.push_back(notice);
    }
}

ExtractedSeries extractVolumeSeries(const RunInput& run, const Atlas& atlas, const ExtractionSpec& spec,
                                    const JobContext& context) {
    const bool dicom = isDicom(run.bold, context);
    const NiftiFile file = dicom ? NiftiFile{} : detail::openNifti(run.bold);
    const NiftiHeader header = dicom ? readNiftiHeader(run.bold, context.silent()) : file.header;
    if (header.volumes < 2)
        throw Error(ErrorKind::BadInput,
                    run.bold.string() + " is a single volume, not a series over time; choose the 4-D image");
    if (header.grid.voxelCount() > std::numeric_limits<std::uint32_t>::max())
        throw Error(ErrorKind::Unsupported, run.bold.string() + " has more than 4 billion voxels per volume");

    ExtractedSeries result;
    chooseRepetitionTime(run, header, result);
    const LabelVolume labels = labelsOnGrid(atlas.image, header);
    std::vector<char> mask;
    if (spec.useMask && !run.mask.empty()) mask = detail::maskOnGrid(readVolume(run.mask), header.grid);
    detail::RegionMap map = detail::mapRegions(atlas, labels, mask);

    result.series.regions = atlas.parcellation.names();
    result.series.values.resize(header.volumes * result.series.regions.size());
    Averager averager(map, result.series.values);
    if (dicom || spec.smoothingMm > 0)
        averageSmoothed(run.bold, Smoother(header.grid, spec.smoothingMm, std::move(mask)), averager, context);
    else
        averageStored(file, averager, context);
    const std::size_t leftOut = averager.leftOut();
    result.coverage = std::move(map.coverage);
    detail::finishSeries(result, spec, leftOut);
    return result;
}

ExtractedSeries extractSurfaceSeries(const RunInput& run, const Atlas& atlas, const ExtractionSpec& spec,
                                     const JobContext& context) {
    const bool gifti = isGifti(run.bold), cifti = !gifti && !isDicom(run.bold, context) && isCifti(run.bold);
    if (atlas.surfaceLabels.empty() || (!gifti && !cifti) || gifti != isGifti(atlas.surfaceLabels))
        throw Error(ErrorKind::BadInput,
                    run.bold.string() +
                        " and the labels do not belong together: a .func.gii needs a .label.gii, a "
                        ".dtseries.nii a .dlabel.nii, and an image a label image");
    ExtractedSeries result = gifti ? extractGiftiSeries(run.bold, atlas.surfaceLabels, spec, context)
                                   : extractCiftiSeries(run.bold, atlas.surfaceLabels, spec, context);
    if (run.repetitionTime > 0) {
        result.series.repetitionTime = run.repetitionTime;
        std::erase_if(result.notices,
                      [](const Notice& n) { return n.severity == Severity::Question && asksForRepetitionTime(n); });
    }
    if (spec.smoothingMm > 0)
        result.notices.push_back(
            {Severity::Warning, "Series on surfaces are not smoothed: smoothing in millimetres is for volumes"});
    return result;
}

}  // namespace

ExtractedSeries extractRegionSeries(const RunInput& run, const Atlas& atlas, const ExtractionSpec& spec,
                                    const JobContext& context) {
    if (run.bold.empty())
        throw Error(ErrorKind::BadInput, "The run " + run.id() + " has no image to take region means from");
    if (!(spec.smoothingMm >= 0) || !std::isfinite(spec.smoothingMm))
        throw Error(ErrorKind::BadInput, "The width of smoothing must be 0 or a positive number of millimetres");
    if (!atlas.surfaceLabels.empty() || isGifti(run.bold) || (!isDicom(run.bold, context) && isCifti(run.bold)))
        return extractSurfaceSeries(run, atlas, spec, context);
    return extractVolumeSeries(run, atlas, spec, context);
}

}  // namespace chronnect
