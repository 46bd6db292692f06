#include "app/ExportController.h"

#include "app/AppPaths.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"

namespace chronnect {

namespace fs = std::filesystem;

namespace {

void exportRun(const fs::path& folder, const std::string& id, const RunResult& run, const AnalysisSpec& spec) {
    writeSeriesTsv(folder / (id + "_stat-mean_timeseries.tsv"), run.cleaned->series);
    Json about = Json::object();
    about.set("Description", "Mean BOLD signal of each region after cleaning")
        .set("RepetitionTime", run.cleaned->series.repetitionTime)
        .set("HowComputed", run.cleaned->howComputed)
        .set("DegreesOfFreedom", run.cleaned->degreesOfFreedom)
        .set("ConfoundsUsed", Json(run.cleaned->confoundsUsed))
        .set("GeneratedBy", versionText())
        .set("Settings", toJson(spec));
    writeFileAtomically(folder / (id + "_stat-mean_timeseries.json"), about.dump() + "\n");
    if (!run.extracted || run.extracted->coverage.coverage.empty()) return;
    Table coverage{{"name", "coverage"}, {}};
    const auto& regions = run.extracted->series.regions;
    for (std::size_t i = 0; i < regions.size() && i < run.extracted->coverage.coverage.size(); ++i)
        coverage.rows.push_back({regions[i], Json(run.extracted->coverage.coverage[i]).dump(-1)});
    writeTable(folder / (id + "_stat-coverage_bold.tsv"), coverage);
}

std::string exportAll(const fs::path& folder, const Project& project, const JobContext& context) {
    fs::create_directories(folder);
    std::size_t written = 0, seen = 0;
    for (const auto& [id, run] : project.result->runs) {
        context.throwIfCancelled();
        context.report(static_cast<double>(seen++) / static_cast<double>(project.result->runs.size()), id);
        if (!run.cleaned) continue;
        exportRun(folder, id, run, project.resultSpec);
        ++written;
    }
    Table exclusions{{"run", "reason"}, {}};
    for (const Exclusion& exclusion : project.exclusions) exclusions.rows.push_back({exclusion.run, exclusion.reason});
    writeTable(folder / "exclusions.tsv", exclusions);
    if (project.result->parcellation) writeRegionTable(folder / "regions_dseg.tsv", *project.result->parcellation);
    return "Region series of " + std::to_string(written) + " runs are in " + folder.string();
}

std::string exportWindows(const fs::path& file, const RunView& view) {
    const DynamicConnectivity& c = *view.connectivity;
    std::vector<float> starts(c.windowStarts.begin(), c.windowStarts.end());
    std::vector<float> centres(c.windowCentres.begin(), c.windowCentres.end());
    const std::vector<NamedArray> arrays{{"edges", {c.windowCount(), c.edgeCount()}, c.edges},
                                         {"window_starts", {starts.size()}, starts},
                                         {"window_centres", {centres.size()}, centres}};
    writeNpz(file, arrays);
    Json about = Json::object();
    about.set("run", view.run.toStdString()).set("regions", Json(c.regions)).set("how_computed", c.howComputed);
    about.set("pair_order", "upper triangle row by row, as numpy.triu_indices(n, 1)");
    about.set("window_length", c.windowLength).set("repetition_time", c.repetitionTime).set("written_by", versionText());
    fs::path sidecar = file;
    writeFileAtomically(sidecar.replace_extension(".json"), about.dump() + "\n");
    return "Connectivity of " + view.run.toStdString() + " is in " + file.string();
}

}  // namespace

ExportController::ExportController(ProjectDocument& document, JobRunner& runner, QObject* parent)
    : QObject(parent), m_document(document), m_runner(runner) {}

template <class Work>
void ExportController::start(const QString& title, Work work) {
    m_runner.start(title, std::move(work), [this](Outcome<std::string> outcome) {
        if (const auto* sentence = std::get_if<std::string>(&outcome)) Q_EMIT done(QString::fromStdString(*sentence));
        else if (const auto* error = std::get_if<Error>(&outcome)) Q_EMIT failed(QString::fromStdString(error->what()));
    });
}

void ExportController::exportSeries(const fs::path& folder) {
    const Project project = m_document.project();
    if (!project.result) {
        Q_EMIT failed(tr("There are no region series to export yet: run the analysis first."));
        return;
    }
    start(tr("Export region series"),
          [folder, project](const JobContext& context) { return exportAll(folder, project, context); });
}

void ExportController::exportConnectivity(const fs::path& file, std::shared_ptr<const RunView> view) {
    if (!view || !view->connectivity) {
        Q_EMIT failed(tr("There is no connectivity to export yet: run the analysis and select a run."));
        return;
    }
    start(tr("Export connectivity"), [file, view](const JobContext&) { return exportWindows(file, *view); });
}

}  // namespace chronnect
