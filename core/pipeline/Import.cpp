#include "core/pipeline/Import.h"

#include "core/base/Error.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/Nifti.h"
#include "core/io/BidsDataset.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "core/pipeline/Inspect.h"

#include <algorithm>
#include <optional>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// A time too short to be one: nothing is asked about the item.
constexpr double nothingToAsk = 1e-9;

constexpr std::size_t linesShown = 5, valuesShown = 2000, arraysShown = 12;

std::string nameOf(const fs::path& file) { return file.filename().string(); }

ArraySample sampleOf(const SeriesFile& file) {
    ArraySample sample;
    const TimeSeries& series = file.series;
    const bool rows = file.timeAxis == TimeAxis::Rows;
    sample.variable = file.variable;
    sample.rows = rows ? series.volumeCount() : series.regionCount();
    sample.columns = rows ? series.regionCount() : series.volumeCount();
    const auto value = [&](std::size_t row, std::size_t column) {
        return rows ? series.at(row, column) : series.at(column, row);
    };
    for (std::size_t row = 0; row < std::min(linesShown, sample.rows); ++row) {
        sample.firstRows.emplace_back();
        for (std::size_t c = 0; c < std::min(valuesShown, sample.columns); ++c)
            sample.firstRows.back().push_back(value(row, c));
    }
    for (std::size_t column = 0; column < std::min(linesShown, sample.columns); ++column) {
        sample.firstColumns.emplace_back();
        for (std::size_t r = 0; r < std::min(valuesShown, sample.rows); ++r)
            sample.firstColumns.back().push_back(value(r, column));
    }
    sample.suggested = file.timeAxis;
    sample.axisStated = file.axisStated;
    sample.notices = file.notices;
    return sample;
}

/// Series that say everything themselves: CIFTI states its axes.
bool isSelfDescribing(const fs::path& file) { return file.filename().string().ends_with(".nii"); }

ImportItem lookAtSeries(const fs::path& path, double repetitionTime, const JobContext& context) {
    const SeriesFile first = readSeries(path, {TimeAxis::Automatic, {}, repetitionTime});
    ImportItem item{path, "region series", first.notices, {sampleOf(first)}, first.series.repetitionTime};
    for (const std::string& variable : first.variables) {
        context.throwIfCancelled();
        if (variable == first.variable || item.arrays.size() >= arraysShown) continue;
        try {
            item.arrays.push_back(sampleOf(readSeries(path, {TimeAxis::Automatic, variable, repetitionTime})));
        } catch (const Error&) {
            // too small to be series: not offered
        }
    }
    return item;
}

/// Plain images; surfaces, CIFTI and DICOM have readers of their own.
bool isNifti(const fs::path& file) {
    const std::string name = nameOf(file);
    const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
    return (ends(".nii") || ends(".nii.gz") || ends(".hdr") || ends(".img")) && !isCifti(file);
}

/// Files by the part they take.
struct Parts {
    std::vector<fs::path> runs, tables, confounds, participants;
    std::vector<FileReport> reports;  ///< of the runs
    fs::path atlas, mask;
    std::vector<std::string> refused;
};

bool isRun(const FileReport& report) {
    if (report.kind == "4-D image" || report.kind == "region series" || report.kind == "CIFTI pconn") return true;
    const bool other =
        report.kind.starts_with("CIFTI") || report.kind.starts_with("GIFTI") || report.kind.starts_with("DICOM");
    return other && report.facts["volumes"].number() > 1;
}

/// Reads, and has nothing to correlate: it is opened, so that one can look at it, with the sentence that says so.
bool isConstant(const FileReport& report) {
    double voxels = 1;
    for (const Json& extent : report.facts["size"].items()) voxels *= extent.number();
    return report.kind == "4-D image" && report.facts["constant_voxels"].number(-1) == voxels &&
           report.facts["volumes"].number() >= 10;
}

void refuse(Parts& parts, const fs::path& file, const std::string& why) {
    parts.refused.push_back(nameOf(file) + ": " + why);
}

void sortIn(Parts& parts, const fs::path& file, FileReport report) {
    const auto blocking = std::find_if(report.notices.begin(), report.notices.end(),
                                       [](const Notice& notice) { return notice.severity == Severity::Blocking; });
    if (blocking != report.notices.end() && !isConstant(report)) return refuse(parts, file, blocking->text);
    if (isRun(report)) {
        parts.runs.push_back(file);
        parts.reports.push_back(std::move(report));
    } else if (report.kind == "label image" || report.kind == "CIFTI dlabel" || report.kind == "GIFTI labels") {
        if (parts.atlas.empty())
            parts.atlas = file;
        else
            refuse(parts, file, "a second label image; one atlas is used");
    } else if (report.kind == "brain mask") {
        parts.mask = file;
    } else if (report.kind == "region table") {
        parts.tables.push_back(file);
    } else if (report.kind == "confounds") {
        parts.confounds.push_back(file);
    } else if (report.kind == "participants") {
        parts.participants.push_back(file);
    } else if (report.kind == "3-D image") {
        refuse(parts, file, "This is a single volume: region series need a 4-D image");
    } else {
        refuse(parts, file, "This is a " + report.kind + " and holds no region series");
    }
}

Parts sortFiles(const std::vector<fs::path>& files, const JobContext& context) {
    Parts parts;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const double from = static_cast<double>(i) / static_cast<double>(files.size());
        context.report(from, nameOf(files[i]));
        context.throwIfCancelled();
        try {
            sortIn(parts, files[i],
                   inspectFile(files[i], context.part(from, from + 1.0 / static_cast<double>(files.size()))));
        } catch (const Error& error) {
            if (files.size() == 1) throw;
            refuse(parts, files[i], error.what());
        }
    }
    if (!parts.runs.empty()) return parts;
    if (!parts.refused.empty()) throw Error(ErrorKind::BadInput, parts.refused.front());
    throw Error(ErrorKind::BadInput, nameOf(files.front()) +
                                         " goes with scans but is none: open it together with the 4-D image or the "
                                         "region series it belongs to, or give a study an atlas on its Quality page");
}

void giveParts(Study& study, const Parts& parts) {
    study.atlasImage = parts.atlas;
    if (!parts.tables.empty()) study.atlasTable = parts.tables.front();
    const bool alone = study.runs.size() == 1;
    if (!parts.mask.empty() && alone) study.runs.front().mask = parts.mask;
    if (!parts.confounds.empty() && alone) study.runs.front().confounds = parts.confounds.front();
    const auto note = [&](const std::string& text) { study.notices.push_back({Severity::Warning, text}); };
    const auto inUse = [&](const fs::path& file) {  // found by the name of its image
        return std::any_of(study.runs.begin(), study.runs.end(), [&](const RunInput& run) {
            std::error_code ignored;
            return fs::equivalent(file, run.mask, ignored) || fs::equivalent(file, run.confounds, ignored);
        });
    };
    std::vector<fs::path> given = parts.confounds;
    if (!parts.mask.empty()) given.push_back(parts.mask);
    for (const fs::path& file : given)
        if (!alone && !inUse(file))
            note(nameOf(file) +
                 " was not used: with several runs it is not known to which it belongs; open the folder instead");
    for (const fs::path& table : parts.participants)
        if (!joinParticipants(study, readTable(table)))
            note(nameOf(table) + " names none of these people and was not used");
    for (const std::string& sentence : parts.refused) note("Not used: " + sentence);
}

}  // namespace

bool ImportPlan::asks() const {
    return std::any_of(items.begin(), items.end(), [](const ImportItem& item) { return item.asks(); });
}

ImportPlan planImport(const std::vector<fs::path>& files, const JobContext& context) {
    if (files.empty()) throw Error(ErrorKind::BadInput, "No files were chosen");
    const Parts parts = sortFiles(files, context);
    ImportPlan plan;
    plan.study = studyOfFiles(parts.runs);
    giveParts(plan.study, parts);
    for (std::size_t i = 0; i < plan.study.runs.size(); ++i) {
        RunInput& run = plan.study.runs[i];
        const fs::path& file = run.series.empty() ? run.bold : run.series;
        const auto at =
            static_cast<std::size_t>(std::find(parts.runs.begin(), parts.runs.end(), file) - parts.runs.begin());
        ImportItem item{file, {}, {}, {}, run.repetitionTime};
        if (!run.series.empty() && !isSelfDescribing(file))
            item = lookAtSeries(file, run.repetitionTime, context);
        else if (at < parts.reports.size())
            item.notices = parts.reports[at].notices;
        if (at < parts.reports.size()) {
            item.kind = parts.reports[at].kind;
            if (!(item.repetitionTime > 0)) item.repetitionTime = parts.reports[at].facts["repetition_time_s"].number();
            if (item.kind == "CIFTI pconn") item.repetitionTime = nothingToAsk;
        }
        plan.items.push_back(std::move(item));
    }
    return plan;
}

ImportPlan planStudyImport(Study study, const JobContext& context) {
    ImportPlan plan{std::move(study), {}};
    const double count = static_cast<double>(std::max<std::size_t>(1, plan.study.runs.size()));
    for (const RunInput& run : plan.study.runs) {
        context.throwIfCancelled();
        const fs::path& file = run.series.empty() ? run.bold : run.series;
        context.report(static_cast<double>(plan.items.size()) / count, nameOf(file));
        // An item that nothing is asked about, should the file be unreadable.
        ImportItem item{file, {}, {}, {}, std::max(run.repetitionTime, nothingToAsk)};
        try {
            if (!run.series.empty() && !isSelfDescribing(file)) {
                item = lookAtSeries(file, run.repetitionTime, context);
            } else if (!(run.repetitionTime > 0) && run.series.empty() && isNifti(file)) {
                const NiftiHeader header = readNiftiHeader(file, context.silent());
                item = {file, "4-D image", header.notices, {}, header.repetitionTime};
            }
        } catch (const Error&) {
            // as said above
        }
        plan.items.push_back(std::move(item));
    }
    return plan;
}

Study withAnswers(ImportPlan plan, const std::vector<ImportAnswer>& answers) {
    Study study = std::move(plan.study);
    for (std::size_t i = 0; i < study.runs.size() && i < plan.items.size(); ++i) {
        RunInput& run = study.runs[i];
        const ImportItem& item = plan.items[i];
        const ImportAnswer answer = i < answers.size() ? answers[i] : ImportAnswer{};
        if (answer.repetitionTime > 0) run.repetitionTime = answer.repetitionTime;
        if (item.needsAxis()) run.timeAxis = answer.timeAxis;
        if (item.needsVariable()) run.variable = answer.variable;
        const bool answered = i < answers.size();
        for (const Notice& notice : item.notices)
            if (!answered || notice.severity != Severity::Question)
                study.notices.push_back(
                    {notice.severity, plan.items.size() > 1 ? nameOf(item.file) + ": " + notice.text : notice.text});
    }
    return study;
}

}  // namespace chronnect
