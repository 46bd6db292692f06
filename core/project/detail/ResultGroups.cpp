#include "core/project/detail/ResultGroups.h"

#include "core/base/Error.h"
#include "core/project/detail/ValueJson.h"

#include <algorithm>

namespace chronnect::detail {

namespace {

/// Counts are stored as double: exact to 2^53, and every reader of HDF5 has it.
std::vector<double> asDoubles(const std::vector<std::size_t>& counts) { return {counts.begin(), counts.end()}; }

std::vector<std::size_t> asCounts(const std::vector<double>& values) {
    std::vector<std::size_t> counts;
    for (const double value : values)
        counts.push_back(value >= 0 && value < 9e15 ? static_cast<std::size_t>(value) : std::size_t{0});
    return counts;
}

void writeSeries(const H5Group& group, const TimeSeries& series) {
    group.writeText("regions", Json(series.regions).dump(-1));
    group.writeNumber("repetition_time", series.repetitionTime);
    group.write<double>("values", series.values, {series.volumeCount(), series.regionCount()});
    group.write<int>("volumes", series.volumes, {series.volumes.size()});
}

TimeSeries readSeries(const H5Group& group) {
    TimeSeries series;
    series.regions = textsFromJson(Json::parse(group.readText("regions")));
    series.repetitionTime = group.readNumber("repetition_time");
    series.values = group.read<double>("values", {-1, static_cast<long long>(series.regions.size())});
    series.volumes = group.read<int>("volumes");
    if (!series.volumes.empty() && series.volumes.size() != series.volumeCount())
        throw Error(ErrorKind::BadInput, "A run names another number of volumes than it has");
    return series;
}

void writeExtracted(const H5Group& parent, const ExtractedSeries& extracted) {
    const H5Group group = parent.create("extracted");
    writeSeries(group, extracted.series);
    const auto writeCounts = [&](const char* name, const std::vector<std::size_t>& counts) {
        group.write<double>(name, asDoubles(counts), {counts.size()});
    };
    writeCounts("atlas_voxels", extracted.coverage.atlasVoxels);
    writeCounts("grid_voxels", extracted.coverage.gridVoxels);
    writeCounts("used_voxels", extracted.coverage.usedVoxels);
    group.write<double>("coverage", extracted.coverage.coverage, {extracted.coverage.coverage.size()});
    group.writeText("notices", notesToJson(extracted.notices).dump(-1));
}

ExtractedSeries readExtracted(const H5Group& parent) {
    const H5Group group = parent.open("extracted");
    ExtractedSeries result;
    result.series = readSeries(group);
    result.coverage.atlasVoxels = asCounts(group.read<double>("atlas_voxels"));
    result.coverage.gridVoxels = asCounts(group.read<double>("grid_voxels"));
    result.coverage.usedVoxels = asCounts(group.read<double>("used_voxels"));
    result.coverage.coverage = group.read<double>("coverage");
    result.notices = notesFromJson(Json::parse(group.readText("notices")));
    return result;
}

void writeCleaned(const H5Group& parent, const CleanedSeries& cleaned) {
    const H5Group group = parent.create("cleaned");
    writeSeries(group, cleaned.series);
    const std::vector<unsigned char> mask(cleaned.sampleMask.begin(), cleaned.sampleMask.end());
    group.write<unsigned char>("sample_mask", mask, {mask.size()});
    group.writeNumber("degrees_of_freedom", cleaned.degreesOfFreedom);
    group.writeText("confounds_used", Json(cleaned.confoundsUsed).dump(-1));
    group.writeText("how_computed", cleaned.howComputed);
    group.writeText("notices", notesToJson(cleaned.notices).dump(-1));
}

CleanedSeries readCleaned(const H5Group& parent) {
    const H5Group group = parent.open("cleaned");
    CleanedSeries result;
    result.series = readSeries(group);
    for (const unsigned char kept : group.read<unsigned char>("sample_mask")) result.sampleMask.push_back(kept != 0);
    result.degreesOfFreedom = group.readNumber("degrees_of_freedom");
    result.confoundsUsed = textsFromJson(Json::parse(group.readText("confounds_used")));
    result.howComputed = group.readText("how_computed");
    result.notices = notesFromJson(Json::parse(group.readText("notices")));
    return result;
}

void writeFinished(const H5Group& parent, const ConnectivityMatrix& matrix) {
    const H5Group group = parent.create("finished");
    group.writeText("regions", Json(matrix.regions).dump(-1));
    group.writeText("kind", matrix.kind);
    group.write<double>("edges", matrix.edges, {matrix.edges.size()});
}

ConnectivityMatrix readFinished(const H5Group& parent) {
    const H5Group group = parent.open("finished");
    ConnectivityMatrix matrix{textsFromJson(Json::parse(group.readText("regions"))), {}, group.readText("kind")};
    matrix.edges = group.read<double>("edges", {static_cast<long long>(edgeCountOf(matrix.regions.size()))});
    return matrix;
}

}  // namespace

void writeResult(const H5Group& parent, const StudyResult& result, const JobContext& context) {
    const H5Group group = parent.create("results");
    if (result.parcellation) group.writeText("parcellation", parcellationToJson(*result.parcellation).dump());
    group.writeText("notices", notesToJson(result.notices).dump());
    std::vector<std::string> ids;
    for (const auto& [id, run] : result.runs) {
        context.throwIfCancelled();
        context.report(static_cast<double>(ids.size()) / static_cast<double>(result.runs.size()), "Saving " + id);
        const H5Group runGroup = group.create("run_" + std::to_string(ids.size()));
        runGroup.writeText("id", id);
        runGroup.writeText("problem", run.problem);
        if (run.extracted) writeExtracted(runGroup, *run.extracted);
        if (run.cleaned) writeCleaned(runGroup, *run.cleaned);
        if (run.finished) writeFinished(runGroup, *run.finished);
        ids.push_back(id);
    }
    group.writeNumber("runs", static_cast<double>(ids.size()));
}

StudyResult readResult(const H5Group& parent, const JobContext& context) {
    const H5Group group = parent.open("results");
    StudyResult result;
    if (group.has("parcellation"))
        result.parcellation =
            std::make_shared<const Parcellation>(parcellationFromJson(Json::parse(group.readText("parcellation"))));
    result.notices = notesFromJson(Json::parse(group.readText("notices")));
    const double runs = group.readNumber("runs");
    for (double i = 0; i < runs; ++i) {
        context.throwIfCancelled();
        context.report(i / runs, "Opening results");
        const H5Group runGroup = group.open("run_" + std::to_string(static_cast<long long>(i)));
        RunResult run;
        run.problem = runGroup.readText("problem");
        if (runGroup.has("extracted")) run.extracted = std::make_shared<const ExtractedSeries>(readExtracted(runGroup));
        if (runGroup.has("cleaned")) run.cleaned = std::make_shared<const CleanedSeries>(readCleaned(runGroup));
        if (runGroup.has("finished")) run.finished = std::make_shared<const ConnectivityMatrix>(readFinished(runGroup));
        result.runs[runGroup.readText("id")] = std::move(run);
    }
    return result;
}

}  // namespace chronnect::detail
