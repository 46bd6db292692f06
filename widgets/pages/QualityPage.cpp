#include "widgets/pages/QualityPage.h"

#include "widgets/RunStatus.h"
#include "widgets/pages/PageParts.h"
#include "widgets/pages/PictureView.h"
#include "widgets/views/CurvesPlot.h"
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

namespace {

QTableView* plainTable(QAbstractItemModel* model) {
    auto* table = new QTableView;
    table->setModel(model);
    table->setSortingEnabled(true);
    table->sortByColumn(0, Qt::AscendingOrder);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(26);
    table->horizontalHeader()->setStretchLastSection(true);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return table;
}

std::string hemisphereText(Hemisphere hemisphere) {
    switch (hemisphere) {
        case Hemisphere::Left: return "left";
        case Hemisphere::Right: return "right";
        case Hemisphere::Both: return "both";
        case Hemisphere::Unknown: return "n/a";
    }
    return {};
}

Table regionTable(const AtlasInspection& inspection) {
    Table table{{"label", "name", "network", "atlas voxels", "on the run", "inside mask", "coverage %", "x", "y", "z", "named",
                 "lies", "remark"},
                {}};
    const auto number = [](double value, int digits) { return QString::number(value, 'f', digits).toStdString(); };
    const auto& regions = inspection.parcellation.regions;
    for (std::size_t i = 0; i < regions.size() && i < inspection.check.regions.size(); ++i) {
        const RegionCheck& check = inspection.check.regions[i];
        table.rows.push_back({std::to_string(regions[i].label), regions[i].name, regions[i].network,
                              std::to_string(check.atlasVoxels), std::to_string(check.gridVoxels),
                              std::to_string(check.usedVoxels), number(100 * check.coverage, 0), number(check.centroid[0], 0),
                              number(check.centroid[1], 0), number(check.centroid[2], 0), hemisphereText(check.named),
                              hemisphereText(check.placed), check.remark});
    }
    return table;
}

}  // namespace

QualityPage::QualityPage(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QWidget(parent), m_document(document), m_state(state) {
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeCohortTab(), tr("Cohort"));
    m_tabs->addTab(makeRunTab(), tr("This run"));
    m_tabs->addTab(makeAtlasTab(), tr("Atlas"));
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
    m_table = plainTable(m_sorted);
    m_table->setObjectName(QStringLiteral("qualityTable"));
    m_table->setColumnWidth(QualityTableModel::Run, 220);
    for (int column = QualityTableModel::MeanFd; column <= QualityTableModel::Freedom; ++column)
        m_table->setColumnWidth(column, 78);
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
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_motion, 1);
    bottom->addWidget(m_exclude);
    bottom->addWidget(m_export);
    auto* tab = new QWidget;
    auto* layout = new QVBoxLayout(tab);
    layout->addWidget(m_table, 1);
    layout->addLayout(bottom);
    return tab;
}

QWidget* QualityPage::makeRunTab() {
    m_registration = new PictureView(tr("Mean image with mask (orange) and regions (blue)"),
                                     tr("The outlines appear here for runs that come as images."), false);
    m_before = new PictureView(tr("Region signals before cleaning, FD (red) and DVARS (blue)"),
                               tr("The carpet of the selected run appears here after the analysis."), true);
    m_after = new PictureView(tr("After cleaning"), tr("The carpet of the selected run appears here after the analysis."), true);
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

QWidget* QualityPage::makeAtlasTab() {
    m_regions = new TextTableModel(this);
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(m_regions);
    sorted->setSortRole(Qt::UserRole);
    m_atlasState = new QLabel;
    m_atlasState->setWordWrap(true);
    m_atlasState->setObjectName(QStringLiteral("atlasState"));
    m_atlasNotices = new NoticeList(tr("Names, places and voxels agree."));
    m_atlasNotices->setMaximumHeight(130);
    auto* tab = new QWidget;
    auto* layout = new QVBoxLayout(tab);
    layout->addWidget(m_atlasState);
    layout->addWidget(m_atlasNotices);
    layout->addWidget(plainTable(sorted), 1);
    return tab;
}

void QualityPage::setCohort(std::shared_ptr<const CohortQualityView> cohort) {
    m_cohort = std::move(cohort);
    const QSignalBlocker quiet(m_table->selectionModel());
    m_model->setCohort(m_cohort ? m_cohort->runs : nullptr);
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
    m_runNote->setText(run ? run->run + QStringLiteral(" · ") + run->note : tr("Select a run that was analysed."));
}

void QualityPage::setAtlas(std::shared_ptr<const AtlasInspection> inspection) {
    if (!inspection) {
        m_regions->setTable({});
        m_atlasNotices->setNotices({});
        m_atlasState->setText(tr("Studies of images show here how their atlas fits: voxels, coverage, places and names."));
        setStyleClass(m_atlasState, QStringLiteral("caption"));
        return;
    }
    const AtlasCheck& check = inspection->check;
    m_regions->setTable(regionTable(*inspection));
    m_atlasNotices->setNotices(check.notices);
    setStyleClass(m_atlasState, check.blocked() || check.asks() ? QStringLiteral("badge-bad") : QStringLiteral("badge-good"));
    m_atlasState->setText(check.blocked() ? tr("This atlas must not be used as it is; the sentences below say why.")
                          : check.asks()  ? tr("Something about this atlas needs your decision; the sentences below say what.")
                                          : tr("The atlas fits %1: %2 regions.").arg(inspection->run).arg(check.regions.size()));
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
    int flagged = 0;
    if (m_cohort)
        for (const RunQuality& run : *m_cohort->runs) flagged += run.unusual() && !exclusionOf(m_document.project(), run.run);
    m_exclude->setEnabled(flagged > 0);
    m_exclude->setText(flagged > 0 ? tr("Leave out %1 flagged runs").arg(flagged) : tr("Leave out flagged runs"));
    m_export->setEnabled(m_cohort != nullptr);
    m_motion->setText(m_cohort ? m_cohort->motionSentence
                               : tr("The numbers appear when the analysis is done: motion, signal, coverage, data left."));
}

}  // namespace chronnect
