#include "core/pipeline/Export.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"
#include "core/io/DicomFiles.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "core/pipeline/Methods.h"
#include "core/pipeline/Quality.h"
#include "core/pipeline/RunFigures.h"
#include "core/signal/ConfoundSelection.h"
#include "core/signal/TemporalFilter.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

std::string cellOf(double value) { return std::isfinite(value) ? Json(value).dump(-1) : std::string("n/a"); }

std::string noticeKind(Severity severity) {
    constexpr const char* names[] = {"information", "warning", "question", "blocking"};
    return names[static_cast<std::size_t>(severity)];
}

RunQuality qualityOf(const RunExport& what) {
    std::optional<Confounds> confounds;
    try {
        if (!what.run.confounds.empty()) confounds = readConfounds(what.run.confounds);
    } catch (const Error&) {
        // The cleaning has already told; the numbers stay unknown.
    }
    return runQuality(what.run, what.result, confounds ? &*confounds : nullptr, {});
}

/// Where the series of a run is written.
fs::path seriesFile(const fs::path& folder, const RunExport& what) {
    fs::path inside = folder / ("sub-" + what.run.subject);
    if (!what.run.session.empty()) inside /= "ses-" + what.run.session;
    std::string name = what.run.id();
    if (!what.run.space.empty()) name += "_space-" + what.run.space;
    if (what.parcellation && !bidsLabel(what.parcellation->name).empty())
        name += "_atlas-" + bidsLabel(what.parcellation->name);
    return inside / "func" / (name + "_stat-mean_timeseries.tsv");
}

/// Writes the files of one run next to each other.
class RunExporter {
public:
    RunExporter(const fs::path& folder, const RunExport& what)
        : m_what(what), m_study(what.study), m_run(what.run), m_result(what.result), m_spec(what.spec) {
        const fs::path series = seriesFile(folder, what);
        m_folder = series.parent_path();
        m_stem = m_run.id();
        m_seriesStem = series.filename().string();
        m_seriesStem.resize(m_seriesStem.rfind("_stat-mean"));
        std::error_code error;
        fs::create_directories(m_folder, error);
        if (error) throw fileError("Cannot create", m_folder, error);
    }

    ExportResult write() {
        const TimeSeries& series = m_result.cleaned->series;
        const ExportSpec& forms = m_what.forms;
        const std::string stem = m_seriesStem + "_stat-mean_timeseries";
        writeSeriesTsv(made(stem + ".tsv"), series);
        if (forms.npy) {
            const std::vector<std::size_t> shape{series.volumeCount(), series.regionCount()};
            writeNpy(made(stem + ".npy"), shape, series.values);
        }
        if (forms.mat) writeSeriesMat(made(stem + ".mat"), series);
        if (forms.csv) writeFileAtomically(made(stem + ".csv"), csvOf(series));
        writeCoverage();
        writeDesign();
        writeOutliers();
        // Last, because it says that the rest is complete.
        writeFileAtomically(made(stem + ".json"), sidecar().dump());
        return std::move(m_written);
    }

private:
    fs::path made(const std::string& name) {
        m_written.files.push_back(m_folder / name);
        return m_written.files.back();
    }

    static std::string csvOf(const TimeSeries& series) {
        std::string out;
        for (std::size_t r = 0; r < series.regionCount(); ++r) {
            std::string name = "\"";
            for (const char c : series.regions[r]) name += c == '"' ? "\"\"" : std::string(1, c);
            out += (r ? "," : "") + name + "\"";
        }
        out += '\n';
        for (std::size_t v = 0; v < series.volumeCount(); ++v)
            for (std::size_t r = 0; r < series.regionCount(); ++r)
                out += cellOf(series.at(v, r)) + (r + 1 < series.regionCount() ? ',' : '\n');
        return out;
    }

    void writeCoverage() {
        if (!m_result.extracted || m_result.extracted->coverage.coverage.empty()) return;
        const RegionCoverage& coverage = m_result.extracted->coverage;
        Table table{{"Node", "coverage", "atlas_voxels", "grid_voxels", "used_voxels"}, {}};
        for (std::size_t r = 0; r < coverage.coverage.size(); ++r)
            table.rows.push_back({m_result.extracted->series.regions[r], cellOf(coverage.coverage[r]),
                                  std::to_string(coverage.atlasVoxels[r]), std::to_string(coverage.gridVoxels[r]),
                                  std::to_string(coverage.usedVoxels[r])});
        writeTable(made(m_seriesStem + "_stat-coverage_bold.tsv"), table);
    }

    void writeDesign() {
        if (m_result.cleaned->confoundsUsed.empty()) return;
        SelectedConfounds selected{{}, SignalMatrix(m_result.cleaned->sampleMask.size(), 0), {}};
        if (!m_run.confounds.empty()) selected = selectConfounds(readConfounds(m_run.confounds), m_spec.clean);
        const double repetitionTime = m_result.cleaned->series.repetitionTime;
        if (m_spec.clean.filter == TemporalFilter::Cosine) {
            const SignalMatrix drift = cosineDrift(selected.values.volumes, repetitionTime, m_spec.clean.highPassHz);
            for (std::size_t c = 0; c < drift.signals; ++c) selected.values.append(drift.signal(c));
        }
        Table table{m_result.cleaned->confoundsUsed, {}};
        if (table.columns.size() != selected.values.signals) return;  // the settings are not those of the result
        for (std::size_t v = 0; v < selected.values.volumes; ++v) {
            table.rows.emplace_back();
            for (std::size_t c = 0; c < selected.values.signals; ++c)
                table.rows.back().push_back(cellOf(selected.values.signal(c)[v]));
        }
        writeTable(made(m_stem + "_design.tsv"), table);
    }

    void writeOutliers() {
        const RunFigures figures = figuresOf(m_run, m_result);
        const auto& mask = m_result.cleaned->sampleMask;
        Table table{{"censored", "framewise_displacement", "std_dvars"}, {}};
        const auto at = [](const std::vector<double>& values, std::size_t v) {
            return v < values.size() ? cellOf(values[v]) : std::string("n/a");
        };
        for (std::size_t v = 0; v < mask.size(); ++v)
            table.rows.push_back({mask[v] ? "0" : "1", at(figures.displacement, v), at(figures.dvars, v)});
        writeTable(made(m_stem + "_outliers.tsv"), table);
        const auto describe = [](const char* text, const char* units) {
            Json entry = Json::object();
            entry.set("Description", text);
            if (*units) entry.set("Units", units);
            return entry;
        };
        Json json = Json::object();
        json.set("censored",
                 describe("1 for a volume that was bridged before filtering and left out of the series", ""));
        json.set("framewise_displacement", describe("Power 2012, 50 mm head radius", "mm"));
        json.set("std_dvars", describe("Standardized DVARS as the confounds table gives it", ""));
        json.set("ThresholdFramewiseDisplacement", m_spec.clean.fdThresholdMm);
        json.set("ThresholdStandardizedDVARS", m_spec.clean.dvarsThreshold);
        json.set("ShortestKeptStretch", m_spec.clean.minimumSegment);
        writeFileAtomically(made(m_stem + "_outliers.json"), json.dump());
    }

    /// A BIDS URI inside the study, so that the place of the folder on this machine is told only once.
    std::string sourceOf(const fs::path& file) const {
        std::error_code ignored;
        if (fs::is_directory(file, ignored) || isDicomFile(file))
            return "DICOM series";  // their names are often those of people
        const fs::path relative =
            fs::absolute(file).lexically_normal().lexically_relative(fs::absolute(m_study.root).lexically_normal());
        if (relative.empty() || relative.begin()->string() == "..") return file.filename().string();
        return "bids:input:" + relative.generic_string();
    }

    Json sidecar() const {
        const CleanedSeries& cleaned = *m_result.cleaned;
        std::vector<std::string> sources;
        for (const auto& file : {m_run.bold, m_run.mask, m_run.confounds, m_run.series, m_study.atlasImage})
            if (!file.empty()) sources.push_back(sourceOf(file));
        Json notices = Json::array();
        const auto tell = [&](const Notices& list) {
            for (const auto& notice : list)
                notices.push(Json::object().set("Severity", noticeKind(notice.severity)).set("Text", notice.text));
        };
        if (m_result.extracted) tell(m_result.extracted->notices);
        tell(cleaned.notices);
        const double repetitionTime = cleaned.series.repetitionTime;
        Json json = Json::object();
        json.set("Sources", sources);
        json.set("SoftwareVersion", versionText());
        if (repetitionTime > 0) json.set("RepetitionTime", repetitionTime).set("SamplingFrequency", 1 / repetitionTime);
        const RunFigures figures = figuresOf(m_run, m_result);
        json.set("Atlas", m_what.parcellation ? Json(m_what.parcellation->name) : Json());
        json.set("RegionCount", figures.regions).set("RegionsWithoutSeries", figures.regionsWithoutSeries);
        json.set("VolumeCount", figures.volumes).set("KeptVolumeCount", figures.kept);
        Json removed = Json::array();
        for (std::size_t v = 0; v < cleaned.sampleMask.size(); ++v)
            if (!cleaned.sampleMask[v]) removed.push(v);
        json.set("RemovedVolumes", std::move(removed));
        json.set("DegreesOfFreedom", cleaned.degreesOfFreedom);
        json.set("ConfoundsUsed", cleaned.confoundsUsed);
        json.set("Description", cleaned.howComputed);
        Json order = Json::array();
        for (const char* step :
             {"mask", "smooth", "average over regions", "bridge censored volumes", "detrend",
              "filter signals and confounds", "remove censored volumes", "regress confounds out", "standardize"})
            order.push(step);
        json.set("OrderOfSteps", std::move(order));
        json.set("Cleaning", toJson(m_spec.clean));
        json.set("Extraction", toJson(m_spec.extraction));
        json.set("Quality", toJson(qualityOf(m_what)));
        json.set("Notices", std::move(notices));
        if (!m_what.key.empty()) json.set("Key", m_what.key);
        return json;
    }

    const RunExport& m_what;
    const Study& m_study;
    const RunInput& m_run;
    const RunResult& m_result;
    const AnalysisSpec& m_spec;
    fs::path m_folder;
    std::string m_stem, m_seriesStem;
    ExportResult m_written;
};

Json datasetDescription(const Study& study) {
    Json generated = Json::array();
    generated.push(Json::object().set("Name", "Chronnect").set("Version", CHRONNECT_VERSION));
    Json json = Json::object();
    json.set("Name", study.name + ": region series by Chronnect");
    json.set("BIDSVersion", "1.9.0");
    json.set("DatasetType", "derivative");
    json.set("GeneratedBy", std::move(generated));
    const bool dicom =
        std::any_of(study.runs.begin(), study.runs.end(), [](const RunInput& run) { return isDicom(run.bold); });
    if (!study.root.empty() && !dicom)  // the folders of DICOM files are often called after people
        json.set("DatasetLinks",
                 Json::object().set("input", fs::absolute(study.root).lexically_normal().generic_string()));
    return json;
}

}  // namespace

std::string bidsLabel(const std::string& text) {
    std::string result;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c))) result += c;
    return result;
}

ExportResult exportRun(const fs::path& folder, const RunExport& what) {
    if (!what.result.cleaned)
        throw Error(ErrorKind::BadInput, "Run " + what.run.id() + " has no series to export: " + what.result.problem);
    return RunExporter(folder, what).write();
}

ExportedRun describeExport(const fs::path& folder, const RunExport& what) {
    return {seriesFile(folder, what).lexically_relative(folder), figuresOf(what.run, what.result), qualityOf(what)};
}

std::optional<ExportedRun> alreadyExported(const fs::path& folder, const RunExport& what) {
    const fs::path series = seriesFile(folder, what);
    fs::path sidecar = series;
    sidecar.replace_extension(".json");
    std::error_code error;
    if (what.key.empty() || !fs::exists(sidecar, error) || !fs::exists(series, error)) return std::nullopt;
    try {
        const Json facts = Json::parse(readFile(sidecar, std::size_t{64} << 20));
        if (facts["Key"].text() != what.key) return std::nullopt;
        const auto count = [&](const char* name) { return static_cast<std::size_t>(facts[name].number()); };
        ExportedRun run{series.lexically_relative(folder), figuresOf(what.run, {}), runQualityOf(facts["Quality"])};
        run.figures.volumes = count("VolumeCount");
        run.figures.kept = count("KeptVolumeCount");
        run.figures.regions = count("RegionCount");
        run.figures.regionsWithoutSeries = count("RegionsWithoutSeries");
        run.figures.confounds = facts["ConfoundsUsed"].size();
        run.figures.repetitionTime = facts["RepetitionTime"].number();
        run.figures.degreesOfFreedom = facts["DegreesOfFreedom"].number();
        return run;
    } catch (const Error&) {
        return std::nullopt;  // a damaged sidecar is simply written again
    }
}

ExportResult exportDataset(const fs::path& folder, const Study& study, const Parcellation* parcellation) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw fileError("Cannot create", folder, error);
    ExportResult written;
    const auto made = [&](const std::string& name) {
        written.files.push_back(folder / name);
        return written.files.back();
    };
    writeFileAtomically(made("dataset_description.json"), datasetDescription(study).dump());
    if (!study.participants.columns.empty()) writeTable(made("participants.tsv"), study.participants);
    if (parcellation && !bidsLabel(parcellation->name).empty())
        writeRegionTable(made("atlas-" + bidsLabel(parcellation->name) + "_dseg.tsv"), *parcellation);
    return written;
}

ExportResult exportDerivatives(const fs::path& folder, const Study& study, const StudyResult& result,
                               const AnalysisSpec& spec, const ExportSpec& forms, const JobContext& context) {
    const Parcellation* parcellation = result.parcellation.get();
    ExportResult written = exportDataset(folder, study, parcellation);
    const auto made = [&](const std::string& name) {
        written.files.push_back(folder / name);
        return written.files.back();
    };
    std::size_t done = 0, without = 0;
    for (const auto& run : study.runs) {
        context.throwIfCancelled();
        context.report(static_cast<double>(done++) / static_cast<double>(study.runs.size()), run.id());
        const auto found = result.runs.find(run.id());
        if (found == result.runs.end() || !found->second.cleaned) {
            ++without;
            continue;
        }
        ExportResult one = exportRun(folder, {study, run, found->second, parcellation, spec, forms});
        written.files.insert(written.files.end(), one.files.begin(), one.files.end());
    }
    if (without)
        written.notices.push_back({Severity::Warning, std::to_string(without) + " of " +
                                                          std::to_string(study.runs.size()) +
                                                          " runs have no series and were not exported"});
    Table exclusions{{"run", "reason"}, {}};
    for (const LeftOutRun& run : result.leftOut) exclusions.rows.push_back({run.run, run.reason});
    writeTable(made("exclusions.tsv"), exclusions);
    writeTable(made("desc-summary_qc.tsv"), qualityTable(cohortQuality(study, result)));
    writeFileAtomically(made("methods.md"), methodsText(study, result, spec));
    context.report(1);
    return written;
}

}  // namespace chronnect
