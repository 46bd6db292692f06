#include "core/pipeline/Analysis.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/base/ParallelFor.h"
#include "core/data/RegionMatch.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/Gifti.h"
#include "core/io/Tables.h"
#include "core/pipeline/SeriesCache.h"

#include <algorithm>
#include <mutex>

namespace chronnect {

namespace {

/// What all runs of a study share.
struct StudyInputs {
    std::optional<Atlas> atlas;
    std::optional<Parcellation> table;  ///< for ready series with a region table beside them
    std::string atlasKey;
};

StudyInputs openInputs(const Study& study) {
    StudyInputs inputs;
    const bool images =
        std::any_of(study.runs.begin(), study.runs.end(), [](const RunInput& r) { return r.series.empty(); });
    if (images && study.atlasImage.empty())
        throw Error(ErrorKind::BadInput,
                    "The study holds images but no atlas was chosen; choose a label image and its table");
    if (images) {
        inputs.atlas = readAtlas(study.atlasImage, study.atlasTable);
        inputs.atlasKey = SeriesCache::hashOf(
            {study.atlasImage, isGifti(study.atlasImage) ? otherHemisphere(study.atlasImage) : std::filesystem::path{},
             study.atlasTable});
    } else if (!study.atlasTable.empty()) {
        inputs.table = readRegionTable(study.atlasTable);
    }
    return inputs;
}

RunResult analyseRun(const RunInput& run, const StudyInputs& inputs, const AnalysisSpec& spec, const SeriesCache& cache,
                     const JobContext& context) {
    RunResult result;
    if (isCiftiConnectivity(run.series)) {
        ConnectivityMatrix matrix = readCiftiConnectivity(run.series);
        if (inputs.table)
            if (const auto match = matchRegions(*inputs.table, matrix.regions); match.parcellation)
                matrix.regions = match.parcellation->names();
        result.finished = std::make_shared<const ConnectivityMatrix>(std::move(matrix));
        result.problem = finishedMatrixHasNoSeries;
        return result;
    }
    const std::string key =
        cache.enabled() ? SeriesCache::keyOf(run, inputs.atlasKey, spec.extraction, context) : std::string();
    std::optional<ExtractedSeries> extracted = cache.find(key);
    if (!extracted) {
        extracted = loadRun(run, inputs.atlas ? &*inputs.atlas : nullptr, spec.extraction, context.part(0, 0.8));
        cache.store(key, *extracted);
    }
    if (inputs.table && !run.series.empty()) {
        const RegionMatch match = matchRegions(*inputs.table, extracted->series.regions);
        if (match.parcellation) extracted->series.regions = match.parcellation->names();
        extracted->notices.insert(extracted->notices.end(), match.notices.begin(), match.notices.end());
    }
    Notices notices;
    std::optional<Confounds> confounds;
    if (!run.confounds.empty()) confounds = readConfounds(run.confounds);
    const CleanSpec cleaning =
        applicableCleaning(spec.clean, confounds.has_value(), extracted->series.repetitionTime, notices);
    CleanedSeries cleaned = clean(extracted->series, confounds ? &*confounds : nullptr, cleaning, context.part(0.8, 1));
    cleaned.notices.insert(cleaned.notices.begin(), notices.begin(), notices.end());
    result.extracted = std::make_shared<const ExtractedSeries>(std::move(*extracted));
    result.cleaned = std::make_shared<const CleanedSeries>(std::move(cleaned));
    return result;
}

/// The names of a run's regions; null when it gave nothing.
const std::vector<std::string>* regionsOf(const RunResult& result) {
    if (result.extracted) return &result.extracted->series.regions;
    return result.finished ? &result.finished->regions : nullptr;
}

/// Runs must have the same regions to be looked at together: those that differ from most are set aside.
void setAsideOtherRegions(std::vector<RunResult>& results) {
    std::map<std::vector<std::string>, std::size_t> counts;
    for (const auto& r : results)
        if (const auto* regions = regionsOf(r)) ++counts[*regions];
    if (counts.size() < 2) return;
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    for (auto& r : results) {
        const auto* regions = regionsOf(r);
        if (!regions || *regions == most->first) continue;
        r.problem = "has " + countText(regions->size(), "region") + " that differ from the " +
                    std::to_string(most->first.size()) + " of most runs";
        r.finished = nullptr;
        r.extracted = nullptr;
        r.cleaned = nullptr;
    }
}

std::shared_ptr<const Parcellation> chooseParcellation(StudyInputs& inputs, const std::vector<RunResult>& results) {
    if (inputs.atlas) return std::make_shared<const Parcellation>(std::move(inputs.atlas->parcellation));
    const auto good = std::find_if(results.begin(), results.end(), [](const RunResult& r) { return regionsOf(r); });
    const auto& regions = *regionsOf(*good);
    if (inputs.table)
        if (auto match = matchRegions(*inputs.table, regions); match.parcellation)
            return std::make_shared<const Parcellation>(std::move(*match.parcellation));
    return std::make_shared<const Parcellation>(parcellationOf(TimeSeries{regions, 0, {}, {}}));
}

StudyResult collect(const Study& study, StudyInputs& inputs, std::vector<RunResult>& results) {
    setAsideOtherRegions(results);
    const auto failed = static_cast<std::size_t>(std::count_if(
        results.begin(), results.end(), [](const RunResult& r) { return !r.problem.empty() && !r.finished; }));
    if (std::none_of(results.begin(), results.end(), [](const RunResult& r) { return regionsOf(r); })) {
        const std::string why =
            "No run gave series; the first, " + study.runs.front().id() + ": " + results.front().problem;
        throw Error(ErrorKind::BadInput, why);
    }
    StudyResult result;
    result.parcellation = chooseParcellation(inputs, results);
    if (inputs.atlas) result.notices = inputs.atlas->notices;
    if (inputs.table)
        for (const Notice& notice : matchRegions(*inputs.table, result.parcellation->names()).notices)
            if (notice.severity == Severity::Warning) result.notices.push_back(notice);
    if (failed)
        result.notices.push_back({Severity::Warning, countText(failed, "run") + " of " +
                                                         std::to_string(results.size()) +
                                                         " gave no series; see the list of runs"});
    for (std::size_t i = 0; i < results.size(); ++i) result.runs.emplace(study.runs[i].id(), std::move(results[i]));
    return result;
}

/// The same as is said of a short image.
void noteTooShort(ExtractedSeries& result) {
    if (result.series.volumeCount() < 10)
        result.notices.push_back({Severity::Blocking, "The run has only " +
                                                          countText(result.series.volumeCount(), "volume") +
                                                          ": too few for any connectivity"});
}

}  // namespace

ExtractedSeries loadRun(const RunInput& run, const Atlas* atlas, const ExtractionSpec& spec, const JobContext& context,
                        const SeriesReadSpec& howToRead) {
    context.throwIfCancelled();
    if (run.series.empty()) {
        if (!atlas)
            throw Error(ErrorKind::BadInput, run.id() + " is an image; choose an atlas (label image and table) for it");
        return extractRegionSeries(run, *atlas, spec, context);
    }
    if (isCiftiConnectivity(run.series)) throw Error(ErrorKind::BadInput, run.id() + " " + finishedMatrixHasNoSeries);
    ExtractedSeries result;
    if (run.series.string().ends_with(".ptseries.nii")) {
        result.series = readCiftiSeries(run.series);
        if (run.repetitionTime > 0) result.series.repetitionTime = run.repetitionTime;
        noteTooShort(result);
        return result;
    }
    SeriesReadSpec reading = howToRead;
    if (reading.timeAxis == TimeAxis::Automatic) reading.timeAxis = run.timeAxis;
    if (reading.variable.empty()) reading.variable = run.variable;
    if (reading.repetitionTime <= 0) reading.repetitionTime = run.repetitionTime;
    SeriesFile file = readSeries(run.series, reading);
    result.notices = std::move(file.notices);
    result.series = std::move(file.series);
    noteTooShort(result);
    return result;
}

CleanSpec applicableCleaning(const CleanSpec& spec, bool hasConfounds, double repetitionTime, Notices& notices) {
    CleanSpec result = spec;
    const bool wantsConfounds = spec.confounds != ConfoundStrategy::None || spec.globalSignal ||
                                spec.fdThresholdMm > 0 || spec.dvarsThreshold > 0;
    if (!hasConfounds && wantsConfounds) {
        result.confounds = ConfoundStrategy::None;
        result.globalSignal = false;
        result.fdThresholdMm = result.dvarsThreshold = 0;
        notices.push_back({Severity::Warning, "No confounds file: confound regression and censoring were left out"});
    }
    const bool filters = spec.filter != TemporalFilter::None && (spec.highPassHz > 0 || spec.lowPassHz > 0);
    if (filters && !(repetitionTime > 0)) {
        result.filter = TemporalFilter::None;
        notices.push_back({Severity::Warning,
                           "The repetition time is not known: the temporal filter was left out; set it to filter"});
    }
    return result;
}

StudyResult analyseStudy(const Study& study, const AnalysisSpec& spec, const JobContext& context,
                         const std::filesystem::path& cacheFolder) {
    if (study.runs.empty())
        throw Error(ErrorKind::BadInput, "The study has no runs; open a folder that holds scans or series");
    StudyInputs inputs = openInputs(study);
    const SeriesCache cache(cacheFolder);
    std::vector<RunResult> results(study.runs.size());
    std::mutex mutex;
    std::vector<double> done(study.runs.size(), 0);
    const auto report = [&](std::size_t run, double fraction) {
        const std::lock_guard lock(mutex);
        done[run] = std::max(done[run], fraction);
        double sum = 0;
        for (const double d : done) sum += d;
        context.report(sum / static_cast<double>(done.size()), study.runs[run].id());
    };
    parallelFor(study.runs.size(), context, [&](std::size_t i) {
        const JobContext own = JobContext(context.stopToken(), [&, i](double f, std::string_view) { report(i, f); });
        try {
            results[i] = analyseRun(study.runs[i], inputs, spec, cache, own);
        } catch (const Error& error) {
            results[i].problem = error.what();
        }
        report(i, 1);
    });
    return collect(study, inputs, results);
}

Json toJson(const AnalysisSpec& spec) {
    return Json::object()
        .set("extraction", toJson(spec.extraction))
        .set("clean", toJson(spec.clean))
        .set("window", toJson(spec.window))
        .set("threshold", toJson(spec.threshold));
}

void readJson(AnalysisSpec& spec, const Json& json) {
    readJson(spec.extraction, json["extraction"]);
    readJson(spec.clean, json["clean"]);
    readJson(spec.window, json["window"]);
    readJson(spec.threshold, json["threshold"]);
}

}  // namespace chronnect
