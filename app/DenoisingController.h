#pragma once

#include "core/pipeline/Analysis.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"
#include "widgets/pages/DenoisingPanel.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>

namespace chronnect {

/// The region signals of one run with what cleaning needs, kept in memory so that a change of a setting only cleans.
struct DenoisingSource {
    RunInput run;
    ExtractionSpec extraction;
    std::filesystem::path atlasImage, atlasTable;
    std::shared_ptr<const ExtractedSeries> extracted;
    std::shared_ptr<const Confounds> confounds;  ///< null: the run has none
    std::vector<std::size_t> order;              ///< rows of the carpets; empty = as they are
};

/// Cleans one run with `spec` and draws what that does. Throws Error as clean() does.
DenoisingView previewDenoising(const DenoisingSource& source, const CleanSpec& spec, const JobContext& context);

/// Keeps the preview of the selected run up to date while it is on the screen: every change cancels the job before.
class DenoisingController : public QObject {
    Q_OBJECT

public:
    DenoisingController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent = nullptr);

    void setWanted(bool on);
    bool isPending() const { return m_job || m_delay.isActive(); }

Q_SIGNALS:
    /// Null with a sentence when there is nothing to show.
    void changed(std::shared_ptr<const chronnect::DenoisingView> view, const QString& why);
    void busy(bool on);

private:
    struct Made {
        std::shared_ptr<const DenoisingSource> source;
        DenoisingView view;
    };
    void refresh();
    void start(const RunInput& run);
    bool sourceFits(const RunInput& run) const;
    void show(std::shared_ptr<const DenoisingView> view, const QString& why);

    ProjectDocument& m_document;
    ViewState& m_state;
    JobRunner& m_runner;
    QPointer<Job> m_job;
    QTimer m_delay;
    bool m_wanted = false;
    int m_request = 0;
    std::shared_ptr<const DenoisingSource> m_source;
    QString m_shownRun;
    CleanSpec m_shownSpec;
};

}  // namespace chronnect
