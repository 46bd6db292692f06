#include "app/cli/Command.h"
#include "app/cli/PipelineInputs.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/ParallelFor.h"
#include "core/io/Tables.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <mutex>

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

/// BIDS labels hold letters and digits only.
std::string label(const std::string& text) {
    std::string result;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c))) result += c;
    return result;
}

/// What a run's results are made from: settings, and size and age of every file.
std::string keyOf(const RunInput& run, const Study& study, const InputOptions& options, const CleanSpec& clean) {
    Json key = Json::object();
    key.set("version", versionText()).set("cleaning", toJson(clean)).set("extraction", toJson(options.extraction));
    key.set("variable", options.reading.variable).set("axis", nameOf(options.reading.timeAxis)).set("tr", run.repetitionTime);
    for (const auto& file : {run.bold, run.mask, run.confounds, run.series, study.atlasImage, study.atlasTable}) {
        std::error_code ignored;
        if (file.empty() || !fs::exists(file, ignored)) continue;
        key.set(file.string(), Json::array());
        Json facts = Json::array();
        facts.push(static_cast<double>(fs::file_size(file, ignored)));
        facts.push(std::to_string(fs::last_write_time(file, ignored).time_since_epoch().count()));
        key.set(file.string(), std::move(facts));
    }
    return sha256(key.dump(-1));
}

Json texts(const std::vector<std::string>& values) { return Json(values); }

/// One run's outcome.
struct Written {
    std::string run, file, problem;
    std::size_t volumes = 0, kept = 0, regions = 0, lowCoverage = 0;
    bool skipped = false;
};

/// Writes the series of every run of a study as BIDS derivatives.
class Exporter {
public:
    Exporter(const Study& study, const InputOptions& options, const RunReader& reader, fs::path folder)
        : m_study(study), m_options(options), m_reader(reader), m_folder(std::move(folder)) {
        if (reader.parcellation()) m_atlas = label(reader.parcellation()->name);
    }

    Written write(const RunInput& run, const JobContext& context) const {
        Written result;
        result.run = run.id();
        const fs::path base = basePath(run);
        result.file = fs::relative(base, m_folder).string() + "_timeseries.tsv";
        const std::string key = keyOf(run, m_study, m_options, m_reader.cleaning());
        if (alreadyThere(base, key, result)) return result;
        const RunResult read = m_reader.read(run, context);
        fs::create_directories(base.parent_path());
        writeSeriesTsv(base.string() + "_timeseries.tsv", read.cleaned->series);
        if (!read.extracted->coverage.coverage.empty()) writeCoverage(base, *read.extracted);
        // Last, because it says that the rest is complete.
        writeFileAtomically(base.string() + "_timeseries.json", sidecar(run, read, key).dump());
        result.volumes = read.extracted->series.volumeCount();
        result.kept = read.cleaned->series.volumeCount();
        result.regions = read.cleaned->series.regionCount();
        result.lowCoverage = lowCoverage(*read.extracted);
        return result;
    }

    /// dataset_description.json, participants.tsv and the atlas' table, so that the folder is a study of its own.
    void writeDatasetFiles() const {
        fs::create_directories(m_folder);
        Json generated = Json::array();
        generated.push(Json::object().set("Name", "chronnect").set("Version", CHRONNECT_VERSION));
        writeFileAtomically(m_folder / "dataset_description.json", Json::object()
                                .set("Name", m_study.name + " region series")
                                .set("BIDSVersion", "1.9.0")
                                .set("DatasetType", "derivative")
                                .set("GeneratedBy", std::move(generated))
                                .dump());
        if (!m_study.participants.columns.empty()) writeTable(m_folder / "participants.tsv", m_study.participants);
        if (m_reader.parcellation()) writeRegionTable(m_folder / ("atlas-" + m_atlas + "_dseg.tsv"), *m_reader.parcellation());
    }

private:
    fs::path basePath(const RunInput& run) const {
        fs::path folder = m_folder / ("sub-" + run.subject);
        if (!run.session.empty()) folder /= "ses-" + run.session;
        std::string name = run.id();
        if (!run.space.empty()) name += "_space-" + run.space;
        if (!m_atlas.empty()) name += "_atlas-" + m_atlas;
        return folder / "func" / (name + "_stat-mean");
    }

    static bool alreadyThere(const fs::path& base, const std::string& key, Written& result) {
        const fs::path json = base.string() + "_timeseries.json", series = base.string() + "_timeseries.tsv";
        if (!fs::exists(json) || !fs::exists(series)) return false;
        try {
            const Json facts = Json::parse(readFile(json));
            if (facts["Key"].text() != key) return false;
            result.volumes = static_cast<std::size_t>(facts["VolumeCount"].number());
            result.kept = static_cast<std::size_t>(facts["KeptVolumeCount"].number());
            result.regions = static_cast<std::size_t>(facts["RegionCount"].number());
            result.lowCoverage = static_cast<std::size_t>(facts["LowCoverageRegions"].number());
            return result.skipped = true;
        } catch (const Error&) {
            return false;  // a damaged sidecar is simply written again
        }
    }

    std::size_t lowCoverage(const ExtractedSeries& extracted) const {
        return static_cast<std::size_t>(
            std::count_if(extracted.coverage.coverage.begin(), extracted.coverage.coverage.end(),
                          [&](double share) { return share < m_options.extraction.minimumCoverage; }));
    }

    void writeCoverage(const fs::path& base, const ExtractedSeries& extracted) const {
        Table table;
        table.columns = {"Node", "coverage", "atlas_voxels", "grid_voxels", "used_voxels"};
        const RegionCoverage& c = extracted.coverage;
        for (std::size_t region = 0; region < c.coverage.size(); ++region)
            table.rows.push_back({extracted.series.regions[region], Json(c.coverage[region]).dump(-1),
                                  std::to_string(c.atlasVoxels[region]), std::to_string(c.gridVoxels[region]),
                                  std::to_string(c.usedVoxels[region])});
        std::string name = base.string();
        name.replace(name.rfind("_stat-mean"), std::string::npos, "_stat-coverage_bold.tsv");
        writeTable(name, table);
    }

    Json sidecar(const RunInput& run, const RunResult& read, const std::string& key) const {
        std::vector<std::string> sources;
        for (const auto& file : {run.bold, run.mask, run.confounds, run.series, m_study.atlasImage})
            if (!file.empty()) sources.push_back(file.string());
        Json removed = Json::array();
        for (std::size_t volume = 0; volume < read.cleaned->sampleMask.size(); ++volume)
            if (!read.cleaned->sampleMask[volume]) removed.push(volume);
        Notices notices = read.extracted->notices;
        notices.insert(notices.end(), read.cleaned->notices.begin(), read.cleaned->notices.end());
        const double repetitionTime = read.cleaned->series.repetitionTime;
        return Json::object()
            .set("RepetitionTime", repetitionTime > 0 ? Json(repetitionTime) : Json())
            .set("Sources", texts(sources))
            .set("Atlas", m_reader.parcellation() ? Json(m_reader.parcellation()->name) : Json())
            .set("RegionCount", read.cleaned->series.regionCount())
            .set("LowCoverageRegions", lowCoverage(*read.extracted))
            .set("VolumeCount", read.extracted->series.volumeCount())
            .set("KeptVolumeCount", read.cleaned->series.volumeCount())
            .set("RemovedVolumes", std::move(removed))
            .set("ConfoundsUsed", texts(read.cleaned->confoundsUsed))
            .set("DegreesOfFreedom", read.cleaned->degreesOfFreedom)
            .set("Description", read.cleaned->howComputed)
            .set("Cleaning", toJson(m_reader.cleaning()))
            .set("Extraction", toJson(m_options.extraction))
            .set("Notices", toJson(notices))
            .set("SoftwareVersion", versionText())
            .set("Key", key);
    }

    const Study& m_study;
    const InputOptions& m_options;
    const RunReader& m_reader;
    fs::path m_folder;
    std::string m_atlas;
};

class Extract : public Command {
public:
    std::string name() const override { return "extract"; }
    std::string summary() const override { return "Region series from images, cleaned and written as BIDS derivatives"; }
    std::string details() const override {
        return "Writes for every run the series (..._timeseries.tsv, one column per region, n/a where a region has no "
               "signal), a JSON file with sources, settings, removed volumes and degrees of freedom left, and the coverage of every "
               "region. The output folder is a study that every other command opens. Runs whose inputs and settings have not changed "
               "are skipped, so an interrupted call goes on where it stopped.";
    }
    std::string example() const override { return "chronnect-cli extract demo-study --output series --confounds 24p --fd-threshold-mm 0.5"; }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--output", "FOLDER", m_output, "Where the series are written", true);
    }

    Json run(const Arguments& arguments, Console& console) override {
        const JobContext context = console.context();
        const Study study = openInputs(m_options, context.part(0, 0.05));
        Notices notices = study.notices;
        const CleanSpec cleaning = effectiveCleaning(m_options, arguments, study, notices);
        const RunReader reader(study, m_options, cleaning);
        notices.insert(notices.end(), reader.notices().begin(), reader.notices().end());
        console.notices(notices);
        const Exporter exporter(study, m_options, reader, m_output);
        exporter.writeDatasetFiles();
        const std::vector<Written> written = writeAll(study, exporter, context.part(0.05, 1));
        return summarise(written, notices, console);
    }

private:
    static std::vector<Written> writeAll(const Study& study, const Exporter& exporter, const JobContext& context) {
        std::vector<Written> written(study.runs.size());
        std::atomic<std::size_t> finished = 0;
        parallelFor(study.runs.size(), context, [&](std::size_t i) {
            try {
                written[i] = exporter.write(study.runs[i], study.runs.size() == 1 ? context : context.silent());
            } catch (const Error& error) {
                written[i].run = study.runs[i].id();
                written[i].problem = error.what();
            }
            context.report(static_cast<double>(++finished) / static_cast<double>(study.runs.size()), study.runs[i].id());
        });
        return written;
    }

    Json summarise(const std::vector<Written>& written, const Notices& notices, Console& console) const {
        std::size_t good = 0, skipped = 0;
        Json runs = Json::array();
        for (const auto& each : written) {
            Json run = Json::object().set("run", each.run);
            if (!each.problem.empty()) {
                console.notice({Severity::Warning, each.run + " is left out: " + each.problem});
                run.set("problem", each.problem);
            } else {
                ++good;
                skipped += each.skipped;
                run.set("file", each.file).set("volumes", each.volumes).set("kept", each.kept).set("regions", each.regions)
                    .set("low_coverage_regions", each.lowCoverage).set("unchanged", each.skipped);
                console.say(each.run + "  " + std::to_string(each.kept) + " of " + std::to_string(each.volumes) + " volumes, " +
                            std::to_string(each.regions) + " regions" +
                            (each.lowCoverage ? ", " + std::to_string(each.lowCoverage) + " without enough voxels (n/a)" : "") +
                            (each.skipped ? ", unchanged" : ""));
            }
            runs.push(std::move(run));
        }
        if (good == 0) throw Error(ErrorKind::BadInput, "No run gave series; the first: " + written.front().problem);
        console.say(std::to_string(good) + " of " + std::to_string(written.size()) + " runs in " + m_output.string() +
                    (skipped ? " (" + std::to_string(skipped) + " unchanged)" : ""));
        return Json::object().set("output", m_output.string()).set("written", good).set("unchanged", skipped)
            .set("runs", std::move(runs)).set("notices", toJson(notices));
    }

    InputOptions m_options;
    fs::path m_output;
};

}  // namespace

std::unique_ptr<Command> makeExtract() { return std::make_unique<Extract>(); }

}  // namespace chronnect::cli
