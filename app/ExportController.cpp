#include "app/ExportController.h"

#include "app/AppPaths.h"
#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/io/SeriesFiles.h"
#include "core/pipeline/Report.h"

#include <algorithm>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

std::string leftOutText(const StudyResult& result) {
    if (result.leftOut.empty()) return {};
    return "; runs left out: " + std::to_string(result.leftOut.size()) + ", with their reasons in exclusions.tsv";
}

std::string exportAll(const fs::path& folder, const Project& project, const ExportSpec& forms,
                      const JobContext& context) {
    const Study study = usedStudy(project);
    const StudyResult result = usedResult(project);
    const auto written = static_cast<std::size_t>(std::count_if(
        result.runs.begin(), result.runs.end(), [](const auto& run) { return run.second.cleaned != nullptr; }));
    exportDerivatives(folder, study, result, project.resultSpec, forms, context);
    return "Region series of " + countText(written, "run") + " written to " + folder.string() + leftOutText(result);
}

std::string exportPage(const fs::path& folder, const Project& project, const std::string& connectome,
                       const JobContext& context) {
    ReportContent content{usedStudy(project),
                          project.resultSpec,
                          std::make_shared<const StudyResult>(usedResult(project)),
                          Json::object(),
                          {}};
    for (const Answer& answer : project.answers)
        content.study.notices.push_back({Severity::Information, answer.question + " Decided: " + answer.answer});
    if (project.pretrained) content.learning.set("pretrain", toJson(*project.pretrained));
    if (project.finetuned) content.learning.set("finetune", toJson(*project.finetuned));
    fs::create_directories(folder);
    if (!connectome.empty()) {
        writeFileAtomically(folder / "connectome.png", connectome);
        content.pictures.push_back(
            {folder / "connectome.png", "The connectome as it was shown when the report was made"});
    }
    return "The report is " + writeReport(folder, content, context).string();
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
    about.set("window_length", c.windowLength)
        .set("repetition_time", c.repetitionTime)
        .set("written_by", versionText());
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
        if (const auto* sentence = std::get_if<std::string>(&outcome))
            Q_EMIT done(QString::fromStdString(*sentence));
        else if (const auto* error = std::get_if<Error>(&outcome))
            Q_EMIT failed(QString::fromStdString(error->what()));
    });
}

void ExportController::exportSeries(const fs::path& folder, const ExportSpec& forms) {
    const Project project = m_document.project();
    if (!project.result) {
        Q_EMIT failed(tr("There are no region series to export yet: run the analysis first."));
        return;
    }
    start(tr("Export region series"),
          [folder, project, forms](const JobContext& context) { return exportAll(folder, project, forms, context); });
}

void ExportController::exportReport(const fs::path& folder, const std::string& connectome) {
    const Project project = m_document.project();
    if (!project.result) {
        Q_EMIT failed(tr("There is nothing to report yet: run the analysis first."));
        return;
    }
    start(tr("Write the report"), [folder, project, connectome](const JobContext& context) {
        return exportPage(folder, project, connectome, context);
    });
}

void ExportController::exportConnectivity(const fs::path& file, std::shared_ptr<const RunView> view) {
    if (!view || !view->connectivity) {
        Q_EMIT failed(tr("There is no connectivity to export yet: run the analysis and select a run."));
        return;
    }
    start(tr("Export connectivity"), [file, view](const JobContext&) { return exportWindows(file, *view); });
}

}  // namespace chronnect
