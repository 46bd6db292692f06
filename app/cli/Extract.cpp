#include "app/cli/Command.h"
#include "app/cli/PipelineInputs.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/ParallelFor.h"
#include "core/io/Tables.h"

#ifdef CHRONNECT_HAS_PIPELINE
#include "core/imaging/Gifti.h"
#include "core/pipeline/Export.h"
#include "core/pipeline/Methods.h"
#include "core/pipeline/SeriesCache.h"
#endif

#include <algorithm>
#include <atomic>

namespace chronnect::cli {

namespace {

namespace fs = std::filesystem;

#ifdef CHRONNECT_HAS_PIPELINE

/// One run's outcome.
struct Written {
    std::string run, problem;
    ExportedRun done;
    Notices notices;  ///< of a run that was made now
    bool skipped = false;
};

/// What a run's results are made from: settings, and size, age and content of every file.
std::string keyOf(const RunInput& run, const std::string& atlasKey, const InputOptions& options,
                  const AnalysisSpec& spec, const ExportSpec& forms, const JobContext& context) {
    Json key = Json::object();
    key.set("extracted", SeriesCache::keyOf(run, atlasKey, spec.extraction, context))
        .set("cleaning", toJson(spec.clean))
        .set("forms", toJson(forms));
    key.set("variable", options.reading.variable).set("axis", nameOf(options.reading.timeAxis));
    key.set("confounds", SeriesCache::hashOf({run.confounds}));
    return sha256(key.dump(-1));
}

/// "npy,mat" as settings.
ExportSpec formsOf(const std::string& list) {
    ExportSpec forms;
    for (std::size_t start = 0; start < list.size();) {
        const std::size_t end = std::min(list.find(',', start), list.size());
        const std::string name = list.substr(start, end - start);
        if (name == "npy")
            forms.npy = true;
        else if (name == "mat")
            forms.mat = true;
        else if (name == "csv")
            forms.csv = true;
        else if (name != "tsv")
            throw UsageError("--format knows tsv, npy, mat and csv, separated by commas, not '" + name + "'");
        start = end + 1;
    }
    return forms;
}

/// Writes the series of every run of a study as BIDS derivatives.
class Exporter {
public:
    Exporter(const Study& study, const InputOptions& options, const RunReader& reader, fs::path folder,
             ExportSpec forms)
        : m_study(study), m_options(options), m_reader(reader), m_folder(std::move(folder)), m_forms(forms) {
        m_spec.extraction = options.extraction;
        m_spec.clean = reader.cleaning();
        m_atlasKey = SeriesCache::hashOf({study.atlasImage,
                                          isGifti(study.atlasImage) ? otherHemisphere(study.atlasImage) : fs::path{},
                                          study.atlasTable});
    }

    Written write(const RunInput& run, const JobContext& context) const {
        Written result;
        result.run = run.id();
        const std::string key = keyOf(run, m_atlasKey, m_options, m_spec, m_forms, context);
        const Parcellation* parcellation = m_reader.parcellation().get();
        const RunResult nothing;
        if (auto done = alreadyExported(m_folder, {m_study, run, nothing, parcellation, m_spec, m_forms, key})) {
            result.done = std::move(*done);
            result.skipped = true;
            return result;
        }
        const RunResult read = m_reader.read(run, context);
        const RunExport what{m_study, run, read, parcellation, m_spec, m_forms, key};
        exportRun(m_folder, what);
        result.done = describeExport(m_folder, what);
        result.notices = read.extracted->notices;
        result.notices.insert(result.notices.end(), read.cleaned->notices.begin(), read.cleaned->notices.end());
        return result;
    }

    /// Quality of all runs and the methods text, also of those made by earlier calls.
    void summarise(const std::vector<Written>& written, const std::vector<LeftOut>& excluded) const {
        MethodsFacts facts{m_study, m_reader.parcellation().get()};
        facts.withConnectivity = false;
        std::vector<RunQuality> cohort;
        for (const auto& each : written) {
            cohort.push_back(each.done.quality);
            cohort.back().run = each.run;
            cohort.back().problem = each.problem;
            if (each.problem.empty())
                facts.figures.emplace(each.run, each.done.figures);
            else
                facts.problems.emplace(each.run, each.problem);
        }
        Table exclusions{{"run", "reason"}, {}};
        for (const auto& [run, reason] : excluded) {
            facts.excluded.emplace_back(run, reason);
            exclusions.rows.push_back({run, reason.empty() ? "n/a" : reason});
        }
        flagCohort(cohort);
        writeTable(m_folder / "desc-summary_qc.tsv", qualityTable(cohort));
        writeFileAtomically(m_folder / "methods.md", methodsText(facts, m_spec));
        if (!excluded.empty()) writeTable(m_folder / "exclusions.tsv", exclusions);
    }

private:
    const Study& m_study;
    const InputOptions& m_options;
    const RunReader& m_reader;
    fs::path m_folder;
    ExportSpec m_forms;
    AnalysisSpec m_spec;
    std::string m_atlasKey;
};

std::vector<Written> writeAll(const Study& study, const Exporter& exporter, const JobContext& context) {
    std::vector<Written> written(study.runs.size());
    std::atomic<std::size_t> finished = 0;
    parallelFor(study.runs.size(), context, [&](std::size_t i) {
        try {
            written[i] = exporter.write(study.runs[i], study.runs.size() == 1 ? context : context.silent());
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::DiskFull) throw;  // no other run would find room
            written[i].run = study.runs[i].id();
            written[i].problem = error.what();
        }
        context.report(static_cast<double>(++finished) / static_cast<double>(study.runs.size()), study.runs[i].id());
    });
    return written;
}

/// Says how a run went, for people and for --json.
Json tell(const Written& each, Console& console) {
    Json run = Json::object().set("run", each.run);
    if (!each.problem.empty()) {
        console.notice({Severity::Warning, each.run + " is left out: " + each.problem});
        return run.set("problem", each.problem);
    }
    const RunFigures& figures = each.done.figures;
    console.say(each.run + "  " + std::to_string(figures.kept) + " of " + std::to_string(figures.volumes) +
                " volumes, " + std::to_string(figures.regions) + " regions" +
                (figures.regionsWithoutSeries
                     ? ", " + std::to_string(figures.regionsWithoutSeries) + " without signal (n/a)"
                     : "") +
                (each.skipped ? ", unchanged" : ""));
    return run.set("file", each.done.series.generic_string())
        .set("volumes", figures.volumes)
        .set("kept", figures.kept)
        .set("regions", figures.regions)
        .set("low_coverage_regions", figures.regionsWithoutSeries)
        .set("degrees_of_freedom", figures.degreesOfFreedom)
        .set("unchanged", each.skipped);
}

#endif

class Extract : public Command {
public:
    std::string name() const override { return "extract"; }
    std::string summary() const override {
        return "Region series from images, cleaned and written as BIDS derivatives";
    }
    std::string details() const override {
        return "Images are NIfTI or Analyze files, DICOM folders (slices, Siemens mosaics) and multi-frame DICOM files with --atlas "
               "LABELS.nii.gz; .dtseries.nii with --atlas LABELS.dlabel.nii; .func.gii with --atlas LABELS.label.gii, where the other "
               "hemisphere is found by its name. An atlas whose names, table, image or place in the run are wrong or in question stops the call until --accept-atlas is given. Writes for every run the series (..._timeseries.tsv, one column per region, n/a where a "
               "region has no signal) and what --format adds, a JSON file with sources, settings, the order of steps, removed volumes "
               "and degrees of freedom left, the coverage of every region, the confounds used (..._design.tsv) and the censored volumes "
               "(..._outliers.tsv); for the study the quality of all runs and a methods text. The output folder is a study that every "
               "other command opens. Runs whose inputs and settings have not changed are skipped, so an interrupted call goes on "
               "where it stopped.";
    }
    std::string example() const override {
        return "chronnect-cli extract demo-study --output series --confounds 24p --fd-threshold-mm 0.5";
    }

    void declare(Arguments& arguments) override {
        declareInputs(arguments, m_options);
        arguments.group("Output");
        arguments.path("--output", "FOLDER", m_output, "Where the series are written", true);
        arguments.text("--format", "LIST", m_format,
                       "Forms of the series beside the TSV: npy, mat, csv, separated by commas");
    }

    std::string missing() const override {
#ifdef CHRONNECT_HAS_PIPELINE
        return {};
#else
        return "This build writes no derivatives: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    Json run(const Arguments& arguments, Console& console) override {
#ifdef CHRONNECT_HAS_PIPELINE
        const ExportSpec forms = formsOf(m_format);
        const JobContext context = console.context();
        std::vector<LeftOut> excluded;
        const Study study = openInputs(m_options, context.part(0, 0.05), &excluded);
        Notices notices = study.notices;
        const CleanSpec cleaning = effectiveCleaning(m_options, arguments, study, notices);
        const RunReader reader(study, m_options, cleaning, context.silent());
        notices.insert(notices.end(), reader.notices().begin(), reader.notices().end());
        const Exporter exporter(study, m_options, reader, m_output, forms);
        exportDataset(m_output, study, reader.parcellation().get());
        const std::vector<Written> written = writeOrSayHowToGoOn(study, exporter, console, context.part(0.05, 1));
        std::vector<Notices> perRun;
        std::vector<std::string> ids;
        for (const auto& each : written) {
            perRun.push_back(each.notices);
            ids.push_back(each.run);
        }
        appendRunNotices(notices, perRun, ids);
        console.notices(notices);
        exporter.summarise(written, excluded);
        return summarise(written, excluded, notices, console);
#else
        static_cast<void>(arguments), static_cast<void>(console);
        return {};
#endif
    }

private:
#ifdef CHRONNECT_HAS_PIPELINE
    std::vector<Written> writeOrSayHowToGoOn(const Study& study, const Exporter& exporter, Console& console,
                                             const JobContext& context) const {
        try {
            return writeAll(study, exporter, context);
        } catch (const Cancelled&) {
            console.notice({Severity::Information, "The finished runs are in " + m_output.string() +
                                                       "; the same command goes on with the others"});
            throw;
        }
    }

    Json summarise(const std::vector<Written>& written, const std::vector<LeftOut>& excluded, const Notices& notices,
                   Console& console) const {
        std::size_t good = 0, skipped = 0;
        Json runs = Json::array(), out = Json::array();
        for (const auto& each : written) {
            good += each.problem.empty();
            skipped += each.skipped;
            runs.push(tell(each, console));
        }
        for (const auto& [run, reason] : excluded) {
            console.say(run + "  left out" + (reason.empty() ? "" : ": " + reason));
            out.push(Json::object().set("run", run).set("reason", reason));
        }
        if (good == 0)
            throw Error(ErrorKind::BadInput,
                        "No run gave series; the first, " + written.front().run + ": " + written.front().problem);
        console.say(std::to_string(good) + " of " + std::to_string(written.size()) + " runs in " + m_output.string() +
                    (skipped ? " (" + std::to_string(skipped) + " unchanged)" : ""));
        return Json::object()
            .set("output", m_output.string())
            .set("written", good)
            .set("unchanged", skipped)
            .set("runs", std::move(runs))
            .set("excluded", std::move(out))
            .set("notices", toJson(notices));
    }
#endif

    InputOptions m_options;
    fs::path m_output;
    std::string m_format;
};

}  // namespace

std::unique_ptr<Command> makeExtract() { return std::make_unique<Extract>(); }

}  // namespace chronnect::cli
