#include "app/ProjectController.h"

#include "app/AppPaths.h"
#include "visualization/Outline.h"

namespace chronnect {

ProjectController::ProjectController(ProjectDocument& document, JobRunner& runner, QObject* parent)
    : QObject(parent), m_document(document), m_runner(runner) {}

void ProjectController::open(const std::filesystem::path& path) {
    m_runner.start(
        tr("Open %1").arg(toText(path.filename())),
        [path](const JobContext& context) {
            ProjectFileContent content = openProject(path, context);
            const auto& result = content.project.result;
            if (result && result->parcellation) prepareOutline(*result->parcellation);
            return content;
        },
        [this, path](Outcome<ProjectFileContent> outcome) {
            if (auto* content = std::get_if<ProjectFileContent>(&outcome)) {
                m_document.reset(std::move(content->project));
                setPath(path);
                Q_EMIT opened(toText(path), content->view, content->notices);
            } else if (const auto* error = std::get_if<Error>(&outcome)) {
                Q_EMIT failed(QString::fromStdString(error->what()));
            }
        });
}

void ProjectController::save(const std::filesystem::path& path, const Json& view) {
    if (m_saving) return;
    m_saving = true;
    const Project snapshot = m_document.project();
    m_runner.start(
        tr("Save %1").arg(toText(path.filename())),
        [path, snapshot, view](const JobContext& context) {
            saveProject(path, snapshot, view, context);
            return true;
        },
        [this, path, snapshot](Outcome<bool> outcome) {
            m_saving = false;
            if (const auto* error = std::get_if<Error>(&outcome)) {
                Q_EMIT failed(QString::fromStdString(error->what()));
            } else if (outcome.index() == 0) {
                m_document.markSaved(snapshot);
                setPath(path);
                Q_EMIT saved(toText(path));
            }
        });
}

void ProjectController::forgetPath() { setPath({}); }

void ProjectController::setPath(const std::filesystem::path& path) {
    m_path = path;
    Q_EMIT pathChanged();
}

}  // namespace chronnect
