#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/imaging/Dicom.h"
#include "core/imaging/ImageScan.h"
#include "core/io/BidsDataset.h"
#include "core/io/DicomFiles.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "core/pipeline/InspectKinds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace chronnect::detail {

namespace fs = std::filesystem;

namespace {

void lookForUselessColumns(const TimeSeries& series, FileReport& report) {
    std::size_t missing = 0, empty = 0, constant = 0;
    for (std::size_t r = 0; r < series.regionCount(); ++r) {
        double low = std::numeric_limits<double>::infinity(), high = -low;
        for (std::size_t t = 0; t < series.volumeCount(); ++t) {
            const double value = series.at(t, r);
            missing += !std::isfinite(value);
            low = std::fmin(low, value);
            high = std::fmax(high, value);
        }
        if (!(low <= high))
            ++empty;
        else if (low == high)
            ++constant;
    }
    report.facts.set("missing_values", missing);
    if (missing > 0)
        report.notices.push_back(
            {Severity::Warning, std::to_string(missing) + " values are missing (n/a, NaN or infinite)"});
    if (empty + constant > 0 && empty + constant == series.regionCount())
        report.notices.push_back(
            {Severity::Blocking, "Every region is constant or empty: there is no signal to correlate"});
    else if (empty + constant > 0)
        report.notices.push_back(
            {Severity::Warning,
             std::to_string(empty + constant) + " regions are constant or empty, so their correlations are n/a"});
}

FileReport reportOnTable(const Table& table, std::string kind) {
    FileReport report{std::move(kind), Json::object(), {}};
    report.facts.set("rows", table.rows.size()).set("columns", table.columns);
    return report;
}

FileReport reportOnConfounds(const fs::path& path) {
    const Confounds confounds = readConfounds(path);
    FileReport report{"confounds", Json::object(), {}};
    report.facts.set("volumes", confounds.volumeCount()).set("columns", confounds.names);
    const auto displacement = confounds.column("framewise_displacement");
    if (!displacement) {
        report.notices.push_back(
            {Severity::Information, "There is no column framewise_displacement; it is computed from the motion"});
        return report;
    }
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t t = 0; t < confounds.volumeCount(); ++t)
        if (const double value = confounds.at(t, *displacement); std::isfinite(value)) sum += value, ++count;
    if (count > 0) report.facts.set("mean_framewise_displacement_mm", sum / static_cast<double>(count));
    return report;
}

FileReport reportOnRegionTable(const Parcellation& parcellation) {
    FileReport report{"region table", Json::object(), {}};
    std::set<std::string> networks;
    std::size_t centres = 0;
    for (const Region& region : parcellation.regions) {
        if (!region.network.empty()) networks.insert(region.network);
        centres += region.hasCentre;
    }
    report.facts.set("regions", parcellation.regions.size())
        .set("networks", networks.size())
        .set("with_coordinates", centres);
    report.facts.set("names", parcellation.names());
    return report;
}

bool hasAny(const Table& table, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return table.column(name).has_value(); });
}

}  // namespace

void addSeriesFacts(FileReport& report, const SeriesFacts& facts) {
    report.facts.set("regions", facts.regions).set("volumes", facts.volumes);
    report.facts.set("repetition_time_s", facts.repetitionTime > 0 ? Json(facts.repetitionTime) : Json());
    if (facts.repetitionTime > 0)
        report.facts.set("duration_s", facts.repetitionTime * static_cast<double>(facts.volumes));
    if (facts.volumes < 10)
        report.notices.push_back({Severity::Blocking, "There are only " + std::to_string(facts.volumes) +
                                                          " volumes: too few for any connectivity"});
}

FileReport inspectSeries(const fs::path& path) {
    const SeriesFile file = readSeries(path);
    FileReport report{"region series", Json::object(), file.notices};
    addSeriesFacts(report, {file.series.regionCount(), file.series.volumeCount(), file.series.repetitionTime});
    report.facts.set("time_axis", file.timeAxis == TimeAxis::Rows ? "rows" : "columns");
    if (!file.variable.empty()) report.facts.set("variable", file.variable);
    if (file.variables.size() > 1) report.facts.set("variables", file.variables);
    lookForUselessColumns(file.series, report);
    return report;
}

FileReport inspectText(const fs::path& path) {
    const std::string name = lowerName(path);
    if (name.find("confounds") != std::string::npos || name.starts_with("rp_") || name.ends_with(".par"))
        return reportOnConfounds(path);
    if (name.ends_with(".json"))  // its names and numbers would pass for a table of regions
        return {"JSON file", Json::object().set("entries", Json(Json::parse(readFile(path)).keys())), {}};
    if (name.ends_with(".tsv") || name.ends_with(".csv")) {
        const Table table = readTable(path);
        if (hasAny(table, {"trans_x", "framewise_displacement", "FramewiseDisplacement"}))
            return reportOnConfounds(path);
        if (hasAny(table, {"participant_id"})) return reportOnTable(table, "participants");
        if (hasAny(table, {"onset"}) && hasAny(table, {"duration"})) return reportOnTable(table, "events");
    }
    // A region table has names among its cells, a series only numbers; what is neither is told as a series would be.
    if (name.find("timeseries") == std::string::npos) {
        try {
            const Parcellation parcellation = readRegionTable(path);
            if (!parcellation.regions.empty()) return reportOnRegionTable(parcellation);
        } catch (const Error&) {
        }
    }
    try {
        return inspectSeries(path);
    } catch (const Error&) {
        if (!name.ends_with(".tsv") && !name.ends_with(".csv")) throw;
        return reportOnTable(readTable(path), "table");
    }
}

FileReport inspectDicom(const fs::path& path, const JobContext& context) {
    DicomSeries series = findDicomSeries(path, context.part(0, 0.9));
    FileReport report{"DICOM series", Json::object(), series.notices};
    std::set<fs::path> files;
    for (const DicomSlice& slice : series.slices) files.insert(slice.file);
    report.facts.set("files", files.size());
    report.facts.set("size", std::vector<std::size_t>(series.grid.size.begin(), series.grid.size.end()));
    report.facts.set("volumes", series.volumes);
    if (series.volumes > 1)
        report.facts.set("repetition_time_s", series.repetitionTime > 0 ? Json(series.repetitionTime) : Json());
    report.facts.set("orientation", axisCodes(series.grid));
    if (series.volumes == 1)
        report.notices.push_back({Severity::Information, "This is a single volume: region series need a 4-D image"});
    else if (series.volumes < 10)
        report.notices.push_back({Severity::Blocking, "There are only " + std::to_string(series.volumes) +
                                                          " volumes: too few for any connectivity"});
    series.volumes = 1;  // one volume tells whether the pixels can be decoded
    forEachDicomVolume(series, context.part(0.9, 1), [](std::size_t, std::span<const float>) {});
    return report;
}

FileReport inspectFolder(const fs::path& path, const JobContext& context) {
    if (!fs::exists(path / "dataset_description.json") && holdsDicom(path, context)) return inspectDicom(path, context);
    const Study study = openStudy(path, context);
    FileReport report{"study folder", Json::object(), study.notices};
    std::set<std::string> subjects, sessions, tasks, spaces;
    std::size_t images = 0, series = 0, confounds = 0, masks = 0;
    for (const RunInput& run : study.runs) {
        subjects.insert(run.subject);
        if (!run.session.empty()) sessions.insert(run.session);
        if (!run.task.empty()) tasks.insert(run.task);
        if (!run.space.empty()) spaces.insert(run.space);
        images += !run.bold.empty();
        series += !run.series.empty();
        confounds += !run.confounds.empty();
        masks += !run.mask.empty();
    }
    const auto listed = [](const std::set<std::string>& items) {
        return std::vector<std::string>(items.begin(), items.end());
    };
    report.facts.set("runs", study.runs.size()).set("subjects", subjects.size()).set("sessions", listed(sessions));
    report.facts.set("tasks", listed(tasks))
        .set("spaces", listed(spaces))
        .set("images", images)
        .set("ready_series", series);
    report.facts.set("with_mask", masks)
        .set("with_confounds", confounds)
        .set("participants", study.participants.rows.size());
    report.facts.set("has_atlas", !study.atlasImage.empty());
    return report;
}

}  // namespace chronnect::detail
