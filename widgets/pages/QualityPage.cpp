#include "widgets/pages/QualityPage.h"

#include "widgets/RunStatus.h"
#include "widgets/pages/AtlasPanel.h"
#include "widgets/pages/Inclusion.h"
#include "widgets/pages/PageParts.h"
#include "widgets/pages/PictureView.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/ScatterPlot.h"
#include "widgets/views/Theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace chronnect {

QualityPage::QualityPage(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QWidget(parent), m_document(document), m_state(state) {
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeCohortTab(), tr("Cohort"));
    m_tabs->addTab(makeRunTab(), tr("This run"));
    m_atlas = new AtlasPanel(document, state);
    m_tabs->addTab(m_atlas, tr("Atlas"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tabs);
    connect(m_tabs, &QTabWidget::currentChanged, this, &QualityPage::tabChanged);
    connect(&document, &ProjectDocument::changed, this, &QualityPage::updateHints);
    updateHints();
}

QWidget* QualityPage::makeCohortTab() {
    m_model = new QualityTableModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(QualityTableModel::SortRole);
    m_table = recordTable(m_sorted);
    m_table->setObjectName(QStringLiteral("qualityTable"));
    m_table->setColumnWidth(QualityTableModel::Run, 200);
    for (int column = QualityTableModel::MeanFd; column <= QualityTableModel::Freedom; ++column)
        m_table->setColumnWidth(column, column == QualityTableModel::Coverage ? 76 : 66);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
        if (row.isValid()) m_state.setRun(row.data(QualityTableModel::RunIdRole).toString());
    });
    connect(m_table, &QTableView::doubleClicked, this, [this] { showTab(Tab::Run); });
    m_motion = captionLabel();
    m_exclude = plainButton(QStringLiteral("remove"), tr("Leave out flagged runs"));
    m_exclude->setObjectName(QStringLiteral("excludeFlagged"));
    m_exclude->setToolTip(tr("Each with its flags as the reason; one step of undo"));
    m_export = plainButton(QStringLiteral("export"), tr("Export table…"));
    connect(m_exclude, &QPushButton::clicked, this, &QualityPage::excludeFlagged);
    connect(m_export, &QPushButton::clicked, this, &QualityPage::exportRequested);
    connect(m_model, &QualityTableModel::useRequested, this,
            [this](const QString& run, bool use) { setRunUsed(this, m_document, run, use); });
    m_used = new QLabel;
    m_used->setObjectName(QStringLiteral("runsUsed"));
    m_used->setWordWrap(true);
    m_scatter = new ScatterPlot;
    m_scatter->setTitle(tr("Motion left in connectivity (QC-FC)"));
    m_scatter->setAxisTitles(tr("distance between two regions (mm)"), tr("r with motion"));
    m_scatter->setEmptyText(
        tr("How connectivity follows motion over the runs, against distance, appears here for five runs and more "
           "with region centres."));
    m_scatter->setLimits(-1, 1);
    auto* facts = new QWidget;
    auto* column = new QVBoxLayout(facts);
    column->setContentsMargins(4, 6, 8, 0);
    column->addWidget(m_used);
    column->addWidget(m_motion);
    column->addStretch(1);
    column->addWidget(m_exclude);
    column->addWidget(m_export);
    auto* bottom = new QSplitter(Qt::Horizontal);
    bottom->addWidget(facts);
    bottom->addWidget(m_scatter);
    bottom->setStretchFactor(0, 2);
    bottom->setStretchFactor(1, 3);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(m_table);
    splitter->addWidget(bottom);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({460, 230});
    for (QSplitter* each : {bottom, splitter}) each->setChildrenCollapsible(false);
    auto* tab = new QWidget;
    auto* layout = new QVBoxLayout(tab);
    layout->addWidget(splitter, 1);
    return tab;
}

QWidget* QualityPage::makeRunTab() {
    m_registration = new PictureView(tr("Mean image with mask (orange) and regions (blue)"),
                                     tr("The outlines appear here for runs that come as images."), false);
    m_before = new PictureView(tr("Region signals before cleaning, FD (red) and DVARS (blue)"),
                               tr("The carpet of the selected run appears here after the analysis."), true);
    m_after = new PictureView(tr("After cleaning"),
                              tr("The carpet of the selected run appears here after the analysis."), true);
    m_histogram = new CurvesPlot;
    m_histogram->setAxisTitles(tr("correlation"), tr("share of pairs"));
    m_histogram->setEmptyText(tr("How correlations are spread, before and after cleaning, appears here."));
    m_runNote = captionLabel();
    auto* right = new QSplitter(Qt::Vertical);
    for (QWidget* each : std::initializer_list<QWidget*>{m_before, m_after, m_histogram}) right->addWidget(each);
    right->setSizes({200, 200, 170});
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(m_registration);
    splitter->addWidget(right);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 4);
    splitter->setChildrenCollapsible(false);
    auto* tab = new QWidget;
    auto* layout = new QVBoxLayout(tab);
    layout->addWidget(m_runNote);
    layout->addWidget(splitter, 1);
    return tab;
}

void QualityPage::setCohort(std::shared_ptr<const CohortQualityView> cohort) {
    m_cohort = std::move(cohort);
    const QSignalBlocker quiet(m_table->selectionModel());
    m_model->setCohort(m_cohort ? m_cohort->runs : nullptr);
    m_scatter->setPoints(m_cohort ? m_cohort->distance : std::vector<double>{},
                         m_cohort ? m_cohort->motionCorrelation : std::vector<double>{});
    updateHints();
}

void QualityPage::setRun(std::shared_ptr<const RunQualityView> run) {
    const RunQualityView none;
    const RunQualityView& shown = run ? *run : none;
    m_registration->setImage(shown.registration);
    m_before->setImage(shown.before);
    m_after->setImage(shown.after);
    std::vector<Curve> curves;
    if (!shown.bins.empty()) {
        curves.push_back({tr("before cleaning"), shown.bins, shown.edgesBefore});
        curves.push_back({tr("after cleaning"), shown.bins, shown.edgesAfter});
    }
    m_histogram->setCurves(std::move(curves));
    m_runNote->setText(run ? run->run + QStringLiteral(" · ") + run->note
                           : whyNoSeries(resultOf(m_document.project(), m_state.run().toStdString())));
}

void QualityPage::showTab(Tab tab) { m_tabs->setCurrentIndex(static_cast<int>(tab)); }

QualityPage::Tab QualityPage::tab() const { return static_cast<Tab>(m_tabs->currentIndex()); }

void QualityPage::excludeFlagged() {
    if (!m_cohort) return;
    m_document.edit(tr("Leave out flagged runs"), [&](Project& project) {
        for (const RunQuality& run : *m_cohort->runs) {
            if (!run.unusual() || exclusionOf(project, run.run)) continue;
            std::string reason = run.problem;
            for (const auto& flag : run.flags) reason += (reason.empty() ? "" : "; ") + flag;
            project.exclusions.push_back({run.run, reason});
        }
    });
}

void QualityPage::updateHints() {
    m_model->setExclusions(m_document.project().exclusions);
    m_used->setText(m_document.project().study.runs.empty() ? QString() : inclusionText(m_document.project()));
    int flagged = 0;
    if (m_cohort)
        for (const RunQuality& run : *m_cohort->runs)
            flagged += run.unusual() && !exclusionOf(m_document.project(), run.run);
    m_exclude->setEnabled(flagged > 0);
    m_exclude->setText(flagged == 1  ? tr("Leave out 1 flagged run")
                       : flagged > 1 ? tr("Leave out %1 flagged runs").arg(flagged)
                                     : tr("Leave out flagged runs"));
    m_export->setEnabled(m_cohort != nullptr);
    m_motion->setText(m_cohort
                          ? m_cohort->motionSentence
                          : tr("The numbers appear when the analysis is done: motion, signal, coverage, data left."));
}

}  // namespace chronnect
