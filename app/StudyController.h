#pragma once

#include "core/base/Error.h"
#include "core/pipeline/Import.h"
#include "core/simulation/Simulation.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"

#include <QObject>

#include <filesystem>
#include <memory>
#include <vector>

namespace chronnect {

/// Makes a study the open document: from a folder, from files, simulated, or the demo.
class StudyController : public QObject {
    Q_OBJECT

public:
    StudyController(ProjectDocument& document, JobRunner& runner, QObject* parent = nullptr);

    void openFolder(const std::filesystem::path& folder);
    void openFiles(const std::vector<std::filesystem::path>& files);
    /// Opens a study about which everything was answered; `path` as in opened().
    void adopt(Study study, const QString& path);
    void openDemo();
    void simulate(const std::filesystem::path& folder, const SimulationSpec& spec);

Q_SIGNALS:
    void opened(const QString& path);  ///< what to list as recent; empty for single files
    /// The files do not say everything: the study is opened by adopt() once a person did.
    void asked(std::shared_ptr<const chronnect::ImportPlan> plan, const QString& path);
    void failed(const QString& sentence);

private:
    template <class Work>
    void start(const QString& title, const QString& path, Work work);

    ProjectDocument& m_document;
    JobRunner& m_runner;
};

}  // namespace chronnect
