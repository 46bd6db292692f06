#pragma once

#include "core/project/ProjectFile.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"

#include <QObject>

#include <filesystem>
#include <functional>

namespace chronnect {

/// Opens and saves the project file; knows where the present document lives.
class ProjectController : public QObject {
    Q_OBJECT

public:
    ProjectController(ProjectDocument& document, JobRunner& runner, QObject* parent = nullptr);

    void open(const std::filesystem::path& path);
    void save(const std::filesystem::path& path, const Json& view);
    bool isSaving() const { return m_saving; }

    /// Empty while the document has never been saved.
    const std::filesystem::path& path() const { return m_path; }
    /// The document is another one, without a file.
    void forgetPath();

Q_SIGNALS:
    void opened(const QString& path, const chronnect::Json& view, const chronnect::Notices& notices);
    void saved(const QString& path);
    void pathChanged();
    void failed(const QString& sentence);

private:
    void setPath(const std::filesystem::path& path);

    ProjectDocument& m_document;
    JobRunner& m_runner;
    std::filesystem::path m_path;
    bool m_saving = false;
};

}  // namespace chronnect
