#pragma once

#include "app/AnalysisController.h"
#include "core/pipeline/Export.h"
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

    /// BIDS derivatives of every run that is used, as `chronnect-cli extract` writes them; exclusions.tsv lists the
    /// others.
    void exportSeries(const std::filesystem::path& folder, const ExportSpec& forms = {});
    /// report.html of the runs that are used; `connectome` holds the bytes of a PNG to show in it, or nothing.
    void exportReport(const std::filesystem::path& folder, const std::string& connectome);
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
