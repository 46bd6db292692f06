#include "widgets/pages/DataPage.h"

#include "widgets/RunStatus.h"
#include "widgets/pages/DenoisingPanel.h"
#include "widgets/pages/Inclusion.h"
#include "widgets/pages/PageParts.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/Theme.h"

#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>

#include <algorithm>

namespace chronnect {

DataPage::DataPage(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QWidget(parent), m_document(document), m_state(state) {
    m_stack = new QStackedWidget;
    auto* empty = new EmptyNote(QStringLiteral("folder"),
                                tr("No study is open. A BIDS folder, scans or region series fill this page."));
    empty->setAction(tr("Open a study folder…"));
    connect(empty, &EmptyNote::actionRequested, this, &DataPage::folderRequested);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(makeTables());
    splitter->addWidget(makeSettings());
    splitter->setStretchFactor(0, 1);
    splitter->setCollapsible(1, false);
    m_stack->addWidget(empty);
    m_stack->addWidget(splitter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    connect(&document, &ProjectDocument::changed, this, &DataPage::refresh);
    connect(&state, &ViewState::runChanged, this, &DataPage::showRunDetails);
    refresh(~Aspects{0});
}

QWidget* DataPage::makeTables() {
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeRunsTab(), tr("Runs"));

    m_denoising = new DenoisingPanel;
    m_tabs->addTab(m_denoising, tr("Cleaning preview"));
    connect(m_tabs, &QTabWidget::currentChanged, this, &DataPage::tabChanged);

    m_participants = new TextTableModel(this);
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(m_participants);
    sorted->setSortRole(Qt::UserRole);
    auto* people = new QTableView;
    people->setModel(sorted);
    people->setSortingEnabled(true);
    people->sortByColumn(0, Qt::AscendingOrder);
    people->verticalHeader()->hide();
    people->setAlternatingRowColors(true);
    m_tabs->addTab(people, tr("Participants"));

    m_notices = new NoticeList(tr("Nothing to report: all pieces of the study were found."));
    m_tabs->addTab(m_notices, tr("Notices"));
    return m_tabs;
}

QWidget* DataPage::makeRunsTab() {
    m_runs = new RunTableModel(this);
    connect(m_runs, &RunTableModel::useRequested, this,
            [this](const QString& run, bool use) { setRunUsed(this, m_document, run, use); });
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_runs);
    m_sorted->setSortRole(RunTableModel::SortRole);
    m_sorted->setFilterKeyColumn(-1);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table = new QTableView;
    m_table->setObjectName(QStringLiteral("runTable"));
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(RunTableModel::Run, Qt::AscendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(26);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->setShowGrid(false);
    m_table->setColumnWidth(RunTableModel::Run, 220);
    m_table->setColumnWidth(RunTableModel::Status, 112);
    for (int column = RunTableModel::Volumes; column <= RunTableModel::FreedomLeft; ++column)
        m_table->setColumnWidth(column, 70);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& row) {
        if (row.isValid()) m_state.setRun(row.data(RunTableModel::RunIdRole).toString());
    });

    auto* find = new QLineEdit;
    find->setObjectName(QStringLiteral("findRun"));
    find->setPlaceholderText(tr("Find a run…"));
    find->setClearButtonEnabled(true);
    connect(find, &QLineEdit::textChanged, m_sorted, &QSortFilterProxyModel::setFilterFixedString);
    m_setTime = plainButton(QStringLiteral("clock"), tr("Set repetition time…"));
    connect(m_setTime, &QPushButton::clicked, this, &DataPage::setRepetitionTime);
    m_details = captionLabel();

    auto* top = new QHBoxLayout;
    top->addWidget(find, 1);
    top->addWidget(m_setTime);
    auto* tab = new QWidget;
    auto* layout = new QVBoxLayout(tab);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addLayout(top);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_details);
    return tab;
}

template <class Spec>
SpecForm<Spec>* DataPage::makeForm(Spec AnalysisSpec::*member, std::vector<FormSection> sections) {
    return new SpecForm<Spec>(
        [this, member](const Spec& spec, const QString& setting) {
            m_document.edit(
                tr("Change %1").arg(setting).replace(QLatin1Char('_'), QLatin1Char(' ')),
                [&](Project& p) { p.spec.*member = spec; }, setting);
        },
        std::move(sections));
}

QWidget* DataPage::makeSettings() {
    m_extraction = makeForm(&AnalysisSpec::extraction, {{"minimum_coverage", tr("Extraction"), false}});
    m_clean = makeForm(&AnalysisSpec::clean, {{"detrend", tr("Cleaning"), false}});
    m_window = makeForm(&AnalysisSpec::window, {{"length", tr("Sliding windows"), false}});
    m_threshold = makeForm(&AnalysisSpec::threshold, {{"rule", tr("Graphs"), false}});
    QVBoxLayout* column = nullptr;
    QScrollArea* scroll = scrollColumn(column, 360);
    for (QWidget* form : {static_cast<QWidget*>(m_extraction), static_cast<QWidget*>(m_clean),
                          static_cast<QWidget*>(m_window), static_cast<QWidget*>(m_threshold)})
        column->addWidget(form);
    column->addWidget(
        captionLabel(tr("Windows and graphs follow at once; extraction and cleaning take effect with the "
                        "next analysis.")));
    column->addStretch(1);

    m_run = primaryButton(QStringLiteral("play"), tr("Run analysis"));
    m_run->setObjectName(QStringLiteral("runAnalysis"));
    connect(m_run, &QPushButton::clicked, this, &DataPage::analysisRequested);
    m_badge = new QLabel;
    m_badge->setObjectName(QStringLiteral("resultState"));
    m_badge->setWordWrap(true);
    m_badge->setMinimumHeight(24);
    m_badge->setIndent(8);
    m_badge->setProperty("styleClass", "badge-good");  // padding is only granted to labels that had it from the start
    auto* bottom = new QVBoxLayout;
    bottom->setContentsMargins(12, 4, 16, 10);
    bottom->addWidget(m_badge);
    bottom->addWidget(m_run);

    auto* side = new QWidget;
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 4, 0, 0);
    auto* title = titleLabel(tr("Analysis settings"));
    title->setContentsMargins(12, 4, 0, 0);
    layout->addWidget(title);
    layout->addWidget(scroll, 1);
    layout->addLayout(bottom);
    return side;
}

void DataPage::refresh(Aspects aspects) {
    const Project& project = m_document.project();
    m_stack->setCurrentIndex(project.study.runs.empty() ? 0 : 1);
    if (aspects & ~static_cast<Aspects>(Aspect::LearningSpec)) {
        const QSignalBlocker quiet(m_table->selectionModel());
        m_runs->setProject(project);
        showRunDetails();
    }
    if (contains(aspects, Aspect::Study)) {
        m_participants->setTable(project.study.participants);
        const auto isTimed = [](const RunInput& run) {  // a finished matrix has no time
            return run.repetitionTime > 0 || run.series.string().ends_with(".pconn.nii");
        };
        const bool timed = std::all_of(project.study.runs.begin(), project.study.runs.end(), isTimed);
        setStyleClass(m_setTime, timed ? QString() : QStringLiteral("primary"));
    }
    Notices notices = m_openingNotices;
    notices.insert(notices.end(), project.study.notices.begin(), project.study.notices.end());
    if (project.result) notices.insert(notices.end(), project.result->notices.begin(), project.result->notices.end());
    m_notices->setNotices(notices);
    m_tabs->setTabText(m_tabs->indexOf(m_notices),
                       notices.empty() ? tr("Notices") : tr("Notices (%1)").arg(notices.size()));
    refreshForms();
}

void DataPage::refreshForms() {
    const Project& project = m_document.project();
    m_extraction->setSpec(project.spec.extraction);
    m_clean->setSpec(project.spec.clean);
    m_window->setSpec(project.spec.window);
    m_threshold->setSpec(project.spec.threshold);
    const CleanSpec& clean = project.spec.clean;
    m_clean->setFieldEnabled(QStringLiteral("confound_pattern"), clean.confounds == ConfoundStrategy::Custom);
    m_clean->setFieldEnabled(QStringLiteral("low_pass_hz"), clean.filter == TemporalFilter::Butterworth);
    m_clean->setFieldEnabled(QStringLiteral("high_pass_hz"), clean.filter != TemporalFilter::None);
    m_clean->setFieldEnabled(QStringLiteral("filter_order"), clean.filter == TemporalFilter::Butterworth);
    m_clean->setFieldEnabled(QStringLiteral("minimum_segment"), clean.fdThresholdMm > 0 || clean.dvarsThreshold > 0);
    m_window->setFieldEnabled(QStringLiteral("taper_sigma"), project.spec.window.taper == WindowTaper::Gaussian);
    const ThresholdRule rule = project.spec.threshold.rule;
    const bool byValue = rule == ThresholdRule::Absolute || rule == ThresholdRule::Signed;
    m_threshold->setFieldEnabled(QStringLiteral("value"), byValue);
    m_threshold->setFieldEnabled(QStringLiteral("percent"), !byValue);
    if (!project.result) {
        setStyleClass(m_badge, QStringLiteral("caption"));
        m_badge->setText(tr("Not analysed yet."));
    } else if (isOutOfDate(project)) {
        setStyleClass(m_badge, QStringLiteral("badge-bad"));
        m_badge->setText(tr("Out of date: settings changed since the results were made."));
    } else if (const std::size_t waiting = runsWaiting(project); waiting > 0) {
        setStyleClass(m_badge, QStringLiteral("badge-bad"));
        m_badge->setText(tr("Runs included after the analysis wait for the next one: %1.").arg(waiting));
    } else {
        setStyleClass(m_badge, QStringLiteral("badge-good"));
        m_badge->setText(tr("Results are up to date."));
    }
}

void DataPage::showDenoising() { m_tabs->setCurrentWidget(m_denoising); }

bool DataPage::isDenoisingShown() const { return m_tabs->currentWidget() == m_denoising; }

void DataPage::setAnalysing(bool on) {
    m_run->setEnabled(!on);
    m_run->setText(on ? tr("Analysing…") : tr("Run analysis"));
}

void DataPage::setOpeningNotices(const Notices& notices) {
    m_openingNotices = notices;
    refresh(0);
}

void DataPage::showRunDetails() {
    const auto rows = m_runs->rowCount();
    for (int row = 0; row < rows; ++row) {
        const QModelIndex index = m_runs->index(row, 0);
        if (index.data(RunTableModel::RunIdRole).toString() != m_state.run()) continue;
        const QSignalBlocker quiet(m_table->selectionModel());
        m_table->setCurrentIndex(m_sorted->mapFromSource(index));
        m_table->viewport()->update();
    }
    const RunResult* result = resultOf(m_document.project(), m_state.run().toStdString());
    m_details->setText(result && result->cleaned ? QString::fromStdString(result->cleaned->howComputed)
                       : result                  ? QString::fromStdString(result->problem)
                       : m_state.run().isEmpty() ? tr("Select a run to see how its series were made.")
                                                 : tr("Run the analysis to get this run's region series."));
}

void DataPage::setRepetitionTime() {
    bool accepted = false;
    const auto& runs = m_document.project().study.runs;
    const double now = runs.empty() ? 0 : runs.front().repetitionTime;
    const double seconds =
        QInputDialog::getDouble(this, tr("Repetition time"), tr("Seconds between volumes, for every run of the study:"),
                                now > 0 ? now : 2.0, 0.05, 30.0, 4, &accepted);
    if (accepted)
        m_document.edit(tr("Set repetition time"), [&](Project& p) {
            for (RunInput& run : p.study.runs) run.repetitionTime = seconds;
        });
}

}  // namespace chronnect
