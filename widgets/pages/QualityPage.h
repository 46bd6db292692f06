#pragma once

#include "core/pipeline/Quality.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"
#include "widgets/models/AtlasTableModel.h"
#include "widgets/models/QualityTableModel.h"
#include "widgets/models/RunTableModel.h"

#include <QImage>
#include <QWidget>

#include <memory>

class QLabel;
class QPushButton;
class QSortFilterProxyModel;
class QTabWidget;
class QTableView;

namespace chronnect {

class AtlasPanel;
class CurvesPlot;
class PictureView;
class ScatterPlot;
struct Curve;

/// How good every run is, and what motion leaves in the connectivity of the cohort.
struct CohortQualityView {
    std::shared_ptr<const std::vector<RunQuality>> runs;
    QString motionSentence;                           ///< QC-FC in words, or why it is not known
    std::vector<double> distance, motionCorrelation;  ///< per pair of regions: mm, and QC-FC; empty when not known
};

/// What one looks at to trust one run.
struct RunQualityView {
    QString run;
    QImage registration;                                ///< null for ready series
    QImage before, after;                               ///< carpets with FD and DVARS
    std::vector<double> bins, edgesBefore, edgesAfter;  ///< share of pairs per bin of r
    QString note;  ///< one sentence: numbers of this run, or what could not be drawn
};

/// Quality control: the cohort in numbers, one run in pictures, the atlas region by region.
class QualityPage : public QWidget {
    Q_OBJECT

public:
    enum class Tab { Cohort, Run, Atlas };

    QualityPage(ProjectDocument& document, ViewState& state, QWidget* parent = nullptr);

    void setCohort(std::shared_ptr<const CohortQualityView> cohort);
    void setRun(std::shared_ptr<const RunQualityView> run);
    AtlasPanel& atlas() { return *m_atlas; }
    void showTab(Tab tab);
    Tab tab() const;

Q_SIGNALS:
    void tabChanged();
    void analysisRequested();
    void exportRequested();

private:
    QWidget* makeCohortTab();
    QWidget* makeRunTab();
    void excludeFlagged();
    void updateHints();

    ProjectDocument& m_document;
    ViewState& m_state;
    std::shared_ptr<const CohortQualityView> m_cohort;
    QTabWidget* m_tabs;
    QualityTableModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QLabel* m_used;
    QLabel* m_motion;
    ScatterPlot* m_scatter;
    QPushButton* m_exclude;
    QPushButton* m_export;
    PictureView* m_registration;
    PictureView* m_before;
    PictureView* m_after;
    CurvesPlot* m_histogram;
    QLabel* m_runNote;
    AtlasPanel* m_atlas;
};

}  // namespace chronnect
