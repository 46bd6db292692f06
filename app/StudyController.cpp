#include "app/StudyController.h"

#include "app/AppPaths.h"
#include "core/io/BidsDataset.h"
#include "core/pipeline/DemoStudy.h"

namespace chronnect {

StudyController::StudyController(ProjectDocument& document, JobRunner& runner, QObject* parent)
    : QObject(parent), m_document(document), m_runner(runner) {}

template <class Work>
void StudyController::start(const QString& title, const QString& path, Work work) {
    m_runner.start(title, std::move(work), [this, path](Outcome<ImportPlan> outcome) {
        if (auto* plan = std::get_if<ImportPlan>(&outcome)) {
            if (plan->asks())
                Q_EMIT asked(std::make_shared<const ImportPlan>(std::move(*plan)), path);
            else
                adopt(withAnswers(std::move(*plan), {}), path);
        } else if (const auto* error = std::get_if<Error>(&outcome)) {
            Q_EMIT failed(QString::fromStdString(error->what()));
        }
    });
}

void StudyController::adopt(Study study, const QString& path) {
    Project project;
    project.study = std::move(study);
    m_document.reset(std::move(project));
    Q_EMIT opened(path);
}

void StudyController::openFolder(const std::filesystem::path& folder) {
    start(tr("Open %1").arg(toText(folder.filename())), toText(folder), [folder](const JobContext& context) {
        return planStudyImport(openStudy(folder, context.part(0, 0.7)), context.part(0.7, 1));
    });
}

void StudyController::openFiles(const std::vector<std::filesystem::path>& files) {
    start(
        files.size() == 1 ? tr("Open %1").arg(toText(files.front().filename())) : tr("Open %1 files").arg(files.size()),
        {}, [files](const JobContext& context) { return planImport(files, context); });
}

void StudyController::openDemo() { simulate(AppPaths::demoStudy(), {}); }

void StudyController::simulate(const std::filesystem::path& folder, const SimulationSpec& spec) {
    start(tr("Simulate study"), toText(folder), [folder, spec](const JobContext& context) {
        std::filesystem::create_directories(folder.parent_path());
        writeSimulatedStudy(folder, spec, context.part(0, 0.97));
        return planStudyImport(openStudy(folder, context.part(0.97, 1)));
    });
}

}  // namespace chronnect
