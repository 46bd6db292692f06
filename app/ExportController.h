#pragma once

#include "app/AnalysisController.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"

#include <QObject>

#include <filesystem>

namespace chronnect {

/// Writes results for other programs: region series of every run, connectivity of the selected one.
class ExportController : public QObject {
    Q_OBJECT

public:
    ExportController(ProjectDocument& document, JobRunner& runner, QObject* parent = nullptr);

    /// One XCP-D-like table per run with coverage and a JSON file of how it was made; exclusions.tsv beside them.
    void exportSeries(const std::filesystem::path& folder);
    /// One .npz with pairs per window; the order of pairs is that of numpy.triu_indices(n, 1).
    void exportConnectivity(const std::filesystem::path& file, std::shared_ptr<const RunView> view);

Q_SIGNALS:
    void done(const QString& sentence);
    void failed(const QString& sentence);

private:
    template <class Work>
    void start(const QString& title, Work work);

    ProjectDocument& m_document;
    JobRunner& m_runner;
};

}  // namespace chronnect
