#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Volume.h"
#include "widgets/JobRunner.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"
#include "widgets/pages/QualityPage.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace chronnect {

/// What the views of one run need: its series and, for the present window settings, its connectivity.
struct RunView {
    QString run;
    std::shared_ptr<const TimeSeries> series;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    std::vector<double> framewiseDisplacement;  ///< mm per volume of the scan; empty when unknown
    std::shared_ptr<const Volume> mask;         ///< brain mask; null when there is none
    double threshold = 0.5;                     ///< middle cutoff of the windows by the project's rule
    double firstThreshold = 0.5;                ///< the same or higher, for a first look
};

/// Runs the analysis of the study, and keeps the connectivity of the selected run up to date.
class AnalysisController : public QObject {
    Q_OBJECT

public:
    /// Either the results, or the atlas check that kept them from being made.
    using Analysed = std::variant<std::shared_ptr<const StudyResult>, std::shared_ptr<const AtlasInspection>>;

    AnalysisController(ProjectDocument& document, ViewState& state, JobRunner& runner, QObject* parent = nullptr);

    /// Checks the atlas first, then extracts and cleans every run that is not left out. Where the check blocks, or asks
    /// what nobody has answered, nothing is computed and atlasDoubted() says why.
    void analyse();
    bool isAnalysing() const { return m_analysis; }
    bool isViewPending() const { return m_viewJob || m_delay.isActive(); }
    std::shared_ptr<const RunView> view() const { return m_view; }
    /// The threshold shown was restored with the project: leave it until the rule is changed.
    void keepShownThreshold() { m_appliedRule = m_document.project().spec.threshold; }

Q_SIGNALS:
    void analysingChanged(bool on);
    void analysed();
    /// The analysis did not start: the atlas is wrong, or something about it needs a decision.
    void atlasDoubted(std::shared_ptr<const chronnect::AtlasInspection> inspection);
    void viewChanged();  ///< view() is another one, or null
    void failed(const QString& sentence);

private:
    void onDocumentChanged(Aspects aspects);
    void updateView();
    void setView(std::shared_ptr<const RunView> view);
    void selectSomeRun();
    void finishAnalysis(const Analysed& outcome, const AnalysisSpec& spec);

    ProjectDocument& m_document;
    ViewState& m_state;
    JobRunner& m_runner;
    QPointer<Job> m_analysis;
    QPointer<Job> m_viewJob;
    QTimer m_delay;
    std::shared_ptr<const RunView> m_view;
    std::shared_ptr<const void> m_shown;  ///< the series or the finished matrix
    SlidingWindowSpec m_shownSpec;
    ThresholdSpec m_shownRule;
    std::optional<ThresholdSpec> m_appliedRule;  ///< the rule that last set the threshold slider
    int m_request = 0;
};

}  // namespace chronnect
