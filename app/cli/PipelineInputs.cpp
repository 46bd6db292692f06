#include "app/cli/PipelineInputs.h"

#include "app/cli/Exclusions.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/ParallelFor.h"
#include "core/data/RegionMatch.h"
#include "core/io/BidsDataset.h"
#include "core/io/DicomFiles.h"
#include "core/io/Tables.h"
#include "core/store/CohortStore.h"

#ifdef CHRONNECT_HAS_IMAGING
#include "app/cli/AtlasGate.h"
#endif
#ifdef CHRONNECT_HAS_PROJECT
#include "core/project/ProjectFile.h"
#endif

#include <algorithm>
#include <atomic>
#include <cmath>

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorKind::BadInput, sentence); }

std::shared_ptr<const Atlas> atlasOf(const Study& study) {
    if (study.atlasImage.empty())
        refuse(
            "The runs are images, so an atlas is needed: name its label image with --atlas and its table with --atlas-table");
#ifdef CHRONNECT_HAS_IMAGING
    return std::make_shared<const Atlas>(readAtlas(study.atlasImage, study.atlasTable));
#else
    throw Error(ErrorKind::Unsupported,
                "This build reads no images (it was configured with CHRONNECT_IMAGING=OFF); give ready region series");
#endif
}

/// Image or ready series of one run, as the settings say.
ExtractedSeries extractRun(const RunInput& run, const Atlas* atlas, const InputOptions& options,
                           const JobContext& context) {
#ifdef CHRONNECT_HAS_PIPELINE
    return loadRun(run, atlas, options.extraction, context, options.reading);
#else
    static_cast<void>(atlas), static_cast<void>(context);
    if (run.series.empty())
        throw Error(ErrorKind::Unsupported,
                    run.id() + " is an image, and this build reads none; give ready region series");
    SeriesReadSpec reading = options.reading;
    if (reading.repetitionTime <= 0) reading.repetitionTime = run.repetitionTime;
    SeriesFile file = readSeries(run.series, reading);
    ExtractedSeries result;
    result.series = std::move(file.series);
    result.notices = std::move(file.notices);
    return result;
#endif
}

/// Series as they are, in the form that cleaning gives.
CleanedSeries untouched(const TimeSeries& series) {
    CleanedSeries result;
    result.series = series;
    result.sampleMask.assign(series.volumeCount(), true);
    result.degreesOfFreedom = static_cast<double>(series.volumeCount());
    result.howComputed = "The series were taken as they are, without cleaning.";
    return result;
}

/// The settings that this run allows. What is missing is a remark, or an error where it was asked for by name.
CleanSpec cleaningFor(CleanSpec spec, const TimeSeries& series, const RunInput& run, const InputOptions& options,
                      Notices& notices) {
    const bool wantsConfounds = spec.confounds != ConfoundStrategy::None || spec.globalSignal ||
                                spec.fdThresholdMm > 0 || spec.dvarsThreshold > 0;
    if (run.confounds.empty() && wantsConfounds) {
        if (options.confoundsAsked) refuse(run.id() + " has no confounds table, which the cleaning asked for needs");
        notices.push_back({Severity::Warning,
                           "There is no confounds table, so no confounds are regressed out and no volume is censored"});
        spec.confounds = ConfoundStrategy::None;
        spec.globalSignal = false;
        spec.fdThresholdMm = spec.dvarsThreshold = 0;
    }
    const bool filters = spec.filter != TemporalFilter::None && (spec.highPassHz > 0 || spec.lowPassHz > 0);
    if (series.repetitionTime <= 0 && filters)
        refuse(
            run.id() +
            " does not say its repetition time, which the filter needs; give it with --repetition-time SECONDS, or leave the "
            "filter out with --filter none");
    return spec;
}

CleanedSeries cleaned(const TimeSeries& series, const RunInput& run, const CleanSpec& wanted,
                      const InputOptions& options, const JobContext& context) {
    if (wanted == noCleaning()) return untouched(series);
    Notices notices;
    const CleanSpec spec = cleaningFor(wanted, series, run, options, notices);
    std::optional<Confounds> confounds;
    if (!run.confounds.empty()) confounds = readConfounds(run.confounds);
#ifdef CHRONNECT_HAS_SIGNAL
    CleanedSeries result = clean(series, confounds ? &*confounds : nullptr, spec, context);
#else
    static_cast<void>(context);
    if (wanted != noCleaning())
        refuse(
            "This build cannot clean series, because it was configured without Eigen; clean them elsewhere and give --no-clean");
    CleanedSeries result = untouched(series);
#endif
    result.notices.insert(result.notices.begin(), notices.begin(), notices.end());
    return result;
}

Study studyOfInputs(const InputOptions& options, const JobContext& context,
                    [[maybe_unused]] std::vector<LeftOut>& excluded) {
    const fs::path& first = options.inputs.front();
    for (const auto& input : options.inputs)
        if (!fs::exists(input)) throw Error(ErrorKind::FileAccess, "There is no file or folder " + input.string());
    if (options.inputs.size() == 1 && fs::is_directory(first)) return openStudy(first, context);
    if (options.inputs.size() == 1 && first.extension() == ".chronnect") {
#ifdef CHRONNECT_HAS_PROJECT
        ProjectFileContent opened = openProject(first, context);
        for (const auto& exclusion : opened.project.exclusions) excluded.push_back({exclusion.run, exclusion.reason});
        return std::move(opened.project.study);
#else
        throw Error(ErrorKind::Unsupported,
                    "This build opens no project files; give the study's folder instead of " + first.string());
#endif
    }
    for (const auto& input : options.inputs)
        if (fs::is_directory(input) && !holdsDicom(input, context))
            refuse(input.string() + " is a folder: give one folder, or files only");
    return studyOfFiles(options.inputs);
}

}  // namespace

namespace {

/// Keeps the run with this id, else the first whose id contains it.
void keepRun(Study& study, const std::string& id) {
    if (id.empty()) return;
    auto found =
        std::find_if(study.runs.begin(), study.runs.end(), [&](const RunInput& run) { return run.id() == id; });
    if (found == study.runs.end())
        found = std::find_if(study.runs.begin(), study.runs.end(),
                             [&](const RunInput& run) { return run.id().find(id) != std::string::npos; });
    if (found == study.runs.end())
        refuse("There is no run '" + id + "' among the " + std::to_string(study.runs.size()) + " runs" +
               (study.runs.empty() ? std::string() : "; the first is " + study.runs.front().id()));
    study.runs = {*found};
}

}  // namespace

void declareInputs(Arguments& arguments, InputOptions& options, bool withCleaning, bool needed) {
    arguments.positional(
        "INPUT",
        "a BIDS derivatives folder, a folder of region series or of DICOM files, a project file, images, or series files",
        options.inputs, needed ? 1 : 0, 1'000'000);
    arguments.group("Input");
    arguments.path("--atlas", "FILE", options.atlas,
                   "Label image (.nii, .nii.gz) for 4-D images; instead of the study's own");
    arguments.path("--atlas-table", "FILE", options.atlasTable,
                   "Table of the atlas' regions (dseg.tsv, colour table, XML)");
    arguments.flag("--accept-atlas", options.acceptAtlas,
                   "Use an atlas that its check stops (sides swapped, names shifted, another space or place)");
    arguments.path("--participants", "FILE", options.participants,
                   "Table of the people, instead of the study's participants.tsv");
    arguments.path("--exclude", "FILE", options.exclude,
                   "Table of runs or people to leave out (columns run and reason)");
    arguments.setting(options.reading.timeAxis, {"time_axis", "", "", "Which axis of a series file is time"});
    arguments.text("--variable", "NAME", options.reading.variable, "Array to read from .mat and .npz files");
    arguments.setting(options.reading.repetitionTime,
                      {"repetition_time", "", "s",
                       "Time between volumes, where files do not say or say it wrongly; 0 = as in the files", 0, 60});
    arguments.setting(options.maximumRuns, {"maximum_runs", "", "runs", "Take only the first runs; 0 = all", 0, 1e9});
    arguments.settingsFile();
    if (!withCleaning) return;
    arguments.spec(options.extraction, "Extraction");
    arguments.group(std::string(cleaningHeading));
    arguments.flag("--no-clean", options.noClean, "Leave the series as they are");
    arguments.spec(options.clean, std::string(cleaningHeading));
}

namespace {

/// The table of names beside an atlas, if it is one; other files may have the same name.
fs::path namesBeside(const fs::path& atlas, Notices& notices) {
    const fs::path table = tableBeside(atlas);
    if (table.empty()) return {};
    try {
        if (readRegionTable(table).regions.empty()) return {};
    } catch (const Error&) {
        return {};
    }
    notices.push_back(
        {Severity::Information, "The regions are named by " + table.string() + ", which lies beside the atlas"});
    return table;
}

}  // namespace

Study openInputs(const InputOptions& options, const JobContext& context, std::vector<LeftOut>* excluded) {
    if (options.inputs.empty()) throw UsageError("Missing INPUT: a study folder, a project file or series files");
    std::vector<LeftOut> named;
    Study study = studyOfInputs(options, context, named);
    if (!options.exclude.empty()) {
        const auto more = readExclusions(options.exclude);
        named.insert(named.end(), more.begin(), more.end());
    }
    const std::vector<LeftOut> gone = takeOut(study, named);
    if (excluded) *excluded = gone;
    if (!options.atlas.empty()) {
        study.atlasImage = options.atlas;
        study.atlasTable = options.atlasTable.empty() ? namesBeside(options.atlas, study.notices) : options.atlasTable;
    } else if (!options.atlasTable.empty()) {
        study.atlasTable = options.atlasTable;
    }
    if (!options.participants.empty()) {
        const Table people = readTable(options.participants);
        if (!joinParticipants(study, people)) {
            study.participants = people;
            study.notices.push_back({Severity::Warning, options.participants.string() + " names none of the subjects"});
        }
    }
    keepRun(study, options.onlyRun);
    if (options.maximumRuns > 0 && study.runs.size() > static_cast<std::size_t>(options.maximumRuns))
        study.runs.resize(static_cast<std::size_t>(options.maximumRuns));
    if (options.reading.repetitionTime > 0)
        for (auto& run : study.runs) run.repetitionTime = options.reading.repetitionTime;
    if (study.runs.empty()) refuse("Nothing usable was found in " + options.inputs.front().string());
    return study;
}

bool needsImages(const Study& study) {
    return std::any_of(study.runs.begin(), study.runs.end(), [](const RunInput& run) { return run.series.empty(); });
}

CleanSpec noCleaning() {
    CleanSpec spec;
    spec.detrend = false;
    spec.confounds = ConfoundStrategy::None;
    spec.filter = TemporalFilter::None;
    spec.standardize = Standardize::None;
    return spec;
}

CleanSpec effectiveCleaning(InputOptions& options, const Arguments& arguments, const Study& study, Notices& notices) {
    options.timeNotNeeded = arguments.given("--filter") && options.clean.filter == TemporalFilter::None;
    if (options.noClean) return noCleaning();
    if (!needsImages(study) && !arguments.anyGivenIn(cleaningHeading)) {
        notices.push_back(
            {Severity::Information, "Ready series are taken as they are; give a cleaning option to clean them"});
        return noCleaning();
    }
    options.confoundsAsked =
        arguments.given("--confounds") || arguments.given("--fd-threshold-mm") || arguments.given("--dvars-threshold");
    return options.clean;
}

RunReader::RunReader(const Study& study, const InputOptions& options, CleanSpec clean, const JobContext& context)
    : m_options(options), m_clean(std::move(clean)) {
    if (needsImages(study)) {
        m_atlas = atlasOf(study);
        m_notices = m_atlas->notices;
#ifdef CHRONNECT_HAS_IMAGING
        checkAtlasOn(study, *m_atlas, options.acceptAtlas, m_notices, context);
#else
        static_cast<void>(context);
#endif
        m_parcellation = std::make_shared<const Parcellation>(m_atlas->parcellation);
    } else if (!study.atlasTable.empty()) {
        m_parcellation = std::make_shared<const Parcellation>(readRegionTable(study.atlasTable));
    }
}

RunReader::~RunReader() = default;

namespace {

/// What the window would not go on with either.
void refuseUseless(const RunInput& run, const ExtractedSeries& extracted, const InputOptions& options) {
    for (const Notice& notice : extracted.notices)
        if (notice.severity == Severity::Blocking) refuse(notice.text);
    if (run.series.empty() && extracted.series.repetitionTime <= 0 && !options.timeNotNeeded)
        refuse(
            "The image does not say its repetition time; give it with --repetition-time SECONDS, or go on without "
            "one with --filter none");
}

}  // namespace

RunResult RunReader::read(const RunInput& run, const JobContext& context) const {
    RunResult result;
    auto extracted = std::make_shared<ExtractedSeries>(extractRun(run, m_atlas.get(), m_options, context));
    if (!run.series.empty() && m_parcellation) {
        const RegionMatch match = matchRegions(*m_parcellation, extracted->series.regions);
        if (match.parcellation) extracted->series.regions = match.parcellation->names();
        extracted->notices.insert(extracted->notices.end(), match.notices.begin(), match.notices.end());
    }
    if (m_options.reading.repetitionTime > 0) extracted->series.repetitionTime = m_options.reading.repetitionTime;
    refuseUseless(run, *extracted, m_options);
    context.throwIfCancelled();
    result.cleaned =
        std::make_shared<const CleanedSeries>(cleaned(extracted->series, run, m_clean, m_options, context));
    result.extracted = std::move(extracted);
    return result;
}

namespace {

/// Refuses a cohort whose runs cannot stand in one analysis.
void checkSameRegions(const Cohort& cohort) {
    const TimeSeries& first = *cohort.series.front();
    for (std::size_t i = 1; i < cohort.series.size(); ++i) {
        const TimeSeries& series = *cohort.series[i];
        if (series.regionCount() != first.regionCount())
            refuse(cohort.runs[i].id() + " has " + std::to_string(series.regionCount()) + " regions and " +
                   cohort.runs.front().id() + " has " + std::to_string(first.regionCount()) +
                   "; all runs must be made with one atlas");
        if (series.regions != first.regions)
            refuse(cohort.runs[i].id() + " names its regions otherwise than " + cohort.runs.front().id() +
                   "; all runs must have the same regions in the same order");
    }
}

std::shared_ptr<const Parcellation> parcellationFor(const RunReader& reader, const TimeSeries& series) {
    if (reader.parcellation())
        if (auto match = matchRegions(*reader.parcellation(), series.regions); match.parcellation)
            return std::make_shared<const Parcellation>(std::move(*match.parcellation));
#ifdef CHRONNECT_HAS_PIPELINE
    return std::make_shared<const Parcellation>(parcellationOf(series));
#else
    Parcellation parcellation;
    for (const auto& name : series.regions) parcellation.regions.emplace_back().name = name;
    return std::make_shared<const Parcellation>(std::move(parcellation));
#endif
}

}  // namespace

void appendRunNotices(Notices& all, const std::vector<Notices>& perRun, const std::vector<std::string>& ids) {
    std::vector<std::pair<Notice, std::vector<std::string>>> distinct;
    for (std::size_t i = 0; i < perRun.size(); ++i)
        for (const auto& notice : perRun[i]) {
            const auto found =
                std::find_if(distinct.begin(), distinct.end(), [&](const auto& each) { return each.first == notice; });
            if (found == distinct.end())
                distinct.push_back({notice, {ids[i]}});
            else
                found->second.push_back(ids[i]);
        }
    for (auto& [notice, where] : distinct) {
        const std::string prefix =
            where.size() == 1 ? where.front() : std::to_string(where.size()) + " runs, first " + where.front();
        all.push_back({notice.severity, prefix + ": " + notice.text});
    }
}

namespace {

/// Reads every run on a few threads; a run that fails has its problem instead of series.
std::vector<RunResult> readAll(const std::vector<RunInput>& runs, const RunReader& reader, const JobContext& context) {
    std::vector<RunResult> results(runs.size());
    std::atomic<std::size_t> finished = 0;
    parallelFor(runs.size(), context, [&](std::size_t i) {
        try {
            results[i] = reader.read(runs[i], runs.size() == 1 ? context : context.silent());
        } catch (const Error& error) {
            results[i].problem = error.what();
        }
        context.report(static_cast<double>(++finished) / static_cast<double>(runs.size()), "reading " + runs[i].id());
    });
    return results;
}

}  // namespace

Cohort loadCohort(InputOptions options, const Arguments& arguments, Console& console, const JobContext& context) {
    Cohort cohort;
    cohort.study = openInputs(options, context.part(0, 0.05), &cohort.excluded);
    cohort.notices = cohort.study.notices;
    cohort.cleaning = effectiveCleaning(options, arguments, cohort.study, cohort.notices);
    const RunReader reader(cohort.study, options, cohort.cleaning, context.silent());
    cohort.notices.insert(cohort.notices.end(), reader.notices().begin(), reader.notices().end());
    const auto& runs = cohort.study.runs;
    const std::vector<RunResult> results = readAll(runs, reader, context.part(0.05, 1));
    std::vector<Notices> runNotices;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        cohort.results[runs[i].id()] = results[i];
        if (!results[i].cleaned) {
            cohort.problems.emplace_back(runs[i].id(), results[i].problem);
            cohort.notices.push_back({Severity::Warning, runs[i].id() + " is left out: " + results[i].problem});
            continue;
        }
        cohort.runs.push_back(runs[i]);
        cohort.series.emplace_back(results[i].cleaned, &results[i].cleaned->series);
        Notices both = results[i].extracted->notices;
        both.insert(both.end(), results[i].cleaned->notices.begin(), results[i].cleaned->notices.end());
        runNotices.push_back(std::move(both));
        ids.push_back(runs[i].id());
    }
    appendRunNotices(cohort.notices, runNotices, ids);
    console.notices(cohort.notices);
    if (cohort.series.empty())
        refuse("No run could be read; the first, " + cohort.problems.front().first + ": " +
               cohort.problems.front().second);
    checkSameRegions(cohort);
    cohort.parcellation = parcellationFor(reader, *cohort.series.front());
    return cohort;
}

Json toJson(const Cohort& cohort) {
    Json runs = Json::array();
    for (std::size_t i = 0; i < cohort.runs.size(); ++i)
        runs.push(Json::object().set("run", cohort.runs[i].id()).set("volumes", cohort.series[i]->volumeCount()));
    Json problems = Json::array();
    for (const auto& [run, why] : cohort.problems) problems.push(Json::object().set("run", run).set("problem", why));
    Json excluded = Json::array();
    for (const auto& [run, reason] : cohort.excluded)
        excluded.push(Json::object().set("run", run).set("reason", reason));
    return Json::object()
        .set("study", cohort.study.name)
        .set("regions", cohort.series.front()->regionCount())
        .set("repetition_time", cohort.series.front()->repetitionTime)
        .set("cleaning", toJson(cohort.cleaning))
        .set("runs", std::move(runs))
        .set("left_out", std::move(problems))
        .set("excluded", std::move(excluded))
        .set("notices", toJson(cohort.notices));
}

}  // namespace chronnect::cli
