#include "app/MainWindow.h"

#include "app/Actions.h"
#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "app/MessageBar.h"
#include "app/StudyDock.h"
#include "widgets/JobsPanel.h"
#include "widgets/RunStatus.h"
#include "widgets/pages/ApplyBoard.h"
#include "widgets/pages/DataPage.h"
#include "widgets/pages/ExplorePage.h"
#include "widgets/pages/LearnPage.h"
#include "widgets/pages/ModelPages.h"
#include "widgets/pages/PageParts.h"
#include "widgets/pages/QualityPage.h"
#include "widgets/pages/TrainingBoard.h"
#include "widgets/pages/WelcomePage.h"
#include "widgets/views/BrainView.h"
#include "widgets/views/ConnectomePanel.h"
#include "widgets/views/Theme.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QProgressBar>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace chronnect {

namespace {

struct Mode {
    const char* icon;
    const char* text;
    const char* tip;
};
constexpr Mode modes[] = {
    {"home", QT_TRANSLATE_NOOP("MainWindow", "Welcome"), QT_TRANSLATE_NOOP("MainWindow", "Open something")},
    {"table", QT_TRANSLATE_NOOP("MainWindow", "Data"), QT_TRANSLATE_NOOP("MainWindow", "Runs, cleaning and analysis")},
    {"quality", QT_TRANSLATE_NOOP("MainWindow", "Quality"), QT_TRANSLATE_NOOP("MainWindow", "Motion, signal, atlas")},
    {"brain", QT_TRANSLATE_NOOP("MainWindow", "Explore"), QT_TRANSLATE_NOOP("MainWindow", "The connectome over time")},
    {"training", QT_TRANSLATE_NOOP("MainWindow", "Learn"), QT_TRANSLATE_NOOP("MainWindow", "Pretrain and fine-tune")},
    {"attention", QT_TRANSLATE_NOOP("MainWindow", "Attention"),
     QT_TRANSLATE_NOOP("MainWindow", "Where the model looked")},
    {"reconstruction", QT_TRANSLATE_NOOP("MainWindow", "Reconstruction"),
     QT_TRANSLATE_NOOP("MainWindow", "What the model can rebuild")}};

}  // namespace

MainWindow::MainWindow(Session& session) : m_session(session), m_actions(new Actions(this)) {
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    resize(1480, 940);
    m_files = new FileCommands(
        session, [this] { return viewJson(); }, this);
    m_recent = new QMenu(tr("&Recent"), this);
    setCentralWidget(makePages());
    makeModeBar();
    makeDocks();
    makeStatusBar();
    m_actions->fillMenus(menuBar(), m_modes->actions(),
                         {m_studyDock->toggleViewAction(), m_jobsDock->toggleViewAction()}, m_recent);
    for (int id = 0; id < Actions::Count; ++id) addAction((*m_actions)[static_cast<Actions::Id>(id)]);
    connectSession();
    connectLearning();
    connectModels();
    connectQuality();
    connectPages();
    connectFileActions();
    connectViewActions();
    connectWorkActions();
    setDark(AppPaths::darkTheme());
    fillRecent();
    onDocumentChanged(~Aspects{0});
    showPage(Page::Welcome);
}

MainWindow::~MainWindow() = default;

QWidget* MainWindow::makePages() {
    m_welcome = new WelcomePage;
    m_data = new DataPage(m_session.document, m_session.state);
    m_quality = new QualityPage(m_session.document, m_session.state);
    m_explore = new ExplorePage(m_session.state);
    m_learn = new LearnPage(m_session.document);
    m_attention = new AttentionPage(m_session.document, m_session.state);
    m_reconstruction = new ReconstructionPage(m_session.document, m_session.state);
    m_pages = new QStackedWidget;
    for (QWidget* each : std::initializer_list<QWidget*>{m_welcome, m_data, m_quality, m_explore, m_learn, m_attention,
                                                         m_reconstruction})
        m_pages->addWidget(each);
    // A stack is as large as its largest page needs; a small window has room for all, but not beside the study panel.
    const auto fit = [this](int shown) {
        for (int i = 0; i < m_pages->count(); ++i) {
            const auto policy = i == shown ? QSizePolicy::Preferred : QSizePolicy::Ignored;
            m_pages->widget(i)->setSizePolicy(policy, policy);
        }
    };
    connect(m_pages, &QStackedWidget::currentChanged, this, fit);
    fit(0);
    m_messages = new MessageBar;
    auto* central = new QWidget;
    auto* layout = new QVBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_pages, 1);
    return central;
}

void MainWindow::makeModeBar() {
    auto* bar = new QToolBar(tr("Pages"));
    bar->setObjectName(QStringLiteral("modeBar"));
    bar->setMovable(false);
    bar->setIconSize(QSize(28, 28));
    bar->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    m_modes = new QActionGroup(this);
    int key = 1;
    for (const Mode& mode : modes) {
        auto* action = m_modes->addAction(themedIcon(QLatin1String(mode.icon)), tr(mode.text));
        action->setCheckable(true);
        action->setShortcut(QKeySequence(QStringLiteral("Ctrl+%1").arg(key++)));
        action->setToolTip(QStringLiteral("%1 (%2)").arg(tr(mode.tip), action->shortcut().toString()));
        action->setData(key - 2);
        bar->addAction(action);
    }
    connect(m_modes, &QActionGroup::triggered, this,
            [this](QAction* action) { showPage(Page(action->data().toInt())); });
    addToolBar(Qt::LeftToolBarArea, bar);
}

void MainWindow::makeDocks() {
    m_studyDock = new StudyDock(m_session.document, m_session.state, this);
    addDockWidget(Qt::LeftDockWidgetArea, m_studyDock);
    m_jobsDock = new QDockWidget(tr("Jobs"), this);
    m_jobsDock->setObjectName(QStringLiteral("jobsDock"));
    m_jobsDock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    m_jobsDock->setTitleBarWidget(dockTitle(*m_jobsDock));
    m_jobsDock->setWidget(new JobsPanel(m_session.runner));
    addDockWidget(Qt::BottomDockWidgetArea, m_jobsDock);
    resizeDocks({m_studyDock}, {230}, Qt::Horizontal);
    resizeDocks({m_jobsDock}, {96}, Qt::Vertical);
    m_studyDock->toggleViewAction()->setText(tr("&Study panel"));
    m_jobsDock->toggleViewAction()->setText(tr("&Jobs panel"));
}

void MainWindow::makeStatusBar() {
    m_summary = new QLabel;
    m_jobText = new QLabel;
    m_jobBar = new QProgressBar;
    m_jobBar->setRange(0, 1000);
    m_jobBar->setFixedWidth(160);
    m_jobBar->setTextVisible(false);
    statusBar()->addPermanentWidget(m_jobText);
    statusBar()->addPermanentWidget(m_jobBar);
    statusBar()->addPermanentWidget(m_summary);
    showJobs();
}

void MainWindow::connectSession() {
    const auto problem = [this](const QString& sentence) { m_messages->showProblem(sentence); };
    connect(&m_session.studies, &StudyController::failed, this, problem);
    connect(&m_session.analysis, &AnalysisController::failed, this, problem);
    connect(&m_session.learning, &LearningController::failed, this, problem);
    connect(&m_session.projects, &ProjectController::failed, this, problem);
    connect(&m_session.exports, &ExportController::failed, this, problem);
    connect(&m_session.exports, &ExportController::done, m_messages, &MessageBar::showNews);
    connect(&m_session.document, &ProjectDocument::changed, this, &MainWindow::onDocumentChanged);
    connect(&m_session.document, &ProjectDocument::historyChanged, this, [this] {
        updateActions();
        updateTitle();
    });
    connect(&m_session.studies, &StudyController::opened, this, &MainWindow::onStudyOpened);
    connect(&m_session.projects, &ProjectController::opened, this,
            [this](const QString&, const Json& view, const Notices& notices) { onProjectOpened(view, notices); });
    connect(&m_session.projects, &ProjectController::pathChanged, this, &MainWindow::updateTitle);
    connect(&m_session.projects, &ProjectController::saved, this, [this](const QString& path) {
        fillRecent();
        statusBar()->showMessage(tr("Saved %1").arg(path), 5000);
    });
    connect(&m_session.analysis, &AnalysisController::analysingChanged, m_data, &DataPage::setAnalysing);
    connect(&m_session.analysis, &AnalysisController::analysingChanged, this, [this](bool on) {
        if (on) m_messages->hide();  // what it said was about the state before
    });
    connect(&m_session.analysis, &AnalysisController::analysed, this, [this] {
        if (page() == Page::Data) showPage(Page::Explore);
    });
    connect(&m_session.analysis, &AnalysisController::viewChanged, this, &MainWindow::showView);
    connect(&m_session.state, &ViewState::runChanged, this, &MainWindow::updateHints);
    connect(&m_session.runner, &JobRunner::started, this, [this](Job* job) {
        connect(job, &Job::progressed, this, &MainWindow::showJobs);
        showJobs();
    });
    connect(&m_session.runner, &JobRunner::finished, this, &MainWindow::showJobs);
}

void MainWindow::connectLearning() {
    LearningController& learning = m_session.learning;
    const auto board = [this](Model::Kind kind) -> TrainingBoard& {
        return kind == Model::Kind::Pretrained ? m_learn->pretraining() : m_learn->finetuning();
    };
    connect(&learning, &LearningController::devicesFound, this,
            [this](const DeviceReport& report, const QStringList& names) {
                m_learn->setDevices(report, names);
                m_deviceText = m_learn->deviceText();
            });
    connect(&learning, &LearningController::unavailable, m_learn, &LearnPage::setLearningProblem);
    connect(&learning, &LearningController::trainingChanged, this, [this, board](Model::Kind kind, bool running) {
        board(kind).setRunning(running);
        updateActions();
    });
    connect(
        &learning, &LearningController::historyChanged, this,
        [board](Model::Kind kind, const std::vector<TrainingSnapshot>& history) { board(kind).setHistory(history); });
    connect(&learning, &LearningController::trained, this, [board](Model::Kind kind) { board(kind).showScores(); });
    connect(&learning, &LearningController::explaining, m_attention, &AttentionPage::setBusy);
    connect(&learning, &LearningController::explained, m_attention, &AttentionPage::setExplanation);
    connect(&learning, &LearningController::explained, this, &MainWindow::updateActions);
    connect(&learning, &LearningController::reconstructing, m_reconstruction, &ReconstructionPage::setBusy);
    connect(&learning, &LearningController::reconstructed, m_reconstruction, &ReconstructionPage::setReconstruction);
    connect(&learning, &LearningController::reconstructed, this, &MainWindow::updateActions);
    for (TrainingBoard* each : {&m_learn->pretraining(), &m_learn->finetuning()}) {
        connect(each, &TrainingBoard::pauseRequested, &learning, &LearningController::pauseTraining);
        connect(each, &TrainingBoard::finishRequested, &learning, &LearningController::finishTraining);
    }
    m_learn->pretraining().offerForecast();
    connect(&m_learn->pretraining(), &TrainingBoard::forecastRequested, &learning, &LearningController::forecast);
    connect(&learning, &LearningController::forecasting, &m_learn->pretraining(), &TrainingBoard::setForecasting);
    connect(&learning, &LearningController::forecastMade, &m_learn->pretraining(), &TrainingBoard::showForecast);
    connect(&m_learn->pretraining(), &TrainingBoard::startRequested, &learning,
            [&learning](bool resume) { learning.pretrain(resume); });
    m_learn->pretraining().offerBranch();
    connect(&m_learn->pretraining(), &TrainingBoard::branchRequested, &learning, &LearningController::lookForBranches);
    connect(&learning, &LearningController::branchesFound, this, &MainWindow::askForBranch);
    connect(&m_learn->finetuning(), &TrainingBoard::startRequested, &learning, &LearningController::finetune);
    connect(m_learn, &LearnPage::devicesRequested, &learning, &LearningController::lookForDevices);
    connect(m_attention, &AttentionPage::explanationRequested, &learning, &LearningController::explain);
    connect(m_reconstruction, &ReconstructionPage::requested, &learning, &LearningController::reconstruct);
}

void MainWindow::askForBranch(const std::vector<EarlierTraining>& trainings) {
    if (!m_files->isAsking()) return;
    if (const auto chosen = EarlierTrainings::ask(this, trainings)) m_session.learning.pretrain(false, *chosen);
}

void MainWindow::connectModels() {
    ModelController& models = m_session.models;
    ApplyBoard& board = m_learn->application();
    connect(&models, &ModelController::failed, m_messages, &MessageBar::showProblem);
    connect(&models, &ModelController::done, m_messages, &MessageBar::showNews);
    connect(&models, &ModelController::applying, &board, &ApplyBoard::setBusy);
    connect(&models, &ModelController::opened, this, [this](Model::Kind kind) {
        showPage(Page::Learn);
        if (kind == Model::Kind::Finetuned) return m_learn->showApplication();
        m_learn->showTab(kind);
        m_learn->pretraining().showScores();
    });
    connect(&models, &ModelController::applied, this, [this] {
        showPage(Page::Learn);
        m_learn->showApplication();
    });
    connect(&board, &ApplyBoard::openRequested, m_files, &FileCommands::openModel);
    connect(&board, &ApplyBoard::saveRequested, m_files, [this] { m_files->saveModel(Model::Kind::Finetuned); });
    connect(&board, &ApplyBoard::applyRequested, &models, &ModelController::apply);
    connect(&board, &ApplyBoard::exportRequested, m_files, &FileCommands::exportPredictions);
    for (const auto kind : {Model::Kind::Pretrained, Model::Kind::Finetuned})
        connect(kind == Model::Kind::Pretrained ? &m_learn->pretraining() : &m_learn->finetuning(),
                &TrainingBoard::saveModelRequested, m_files, [this, kind] { m_files->saveModel(kind); });
    connect(m_attention, &AttentionPage::exportRequested, m_files,
            [this] { m_files->exportMaps(m_attention->explanation()); });
    connect(m_reconstruction, &ReconstructionPage::exportRequested, m_files,
            [this] { m_files->exportReconstruction(m_reconstruction->reconstruction()); });
}

void MainWindow::connectPages() {
    const auto learn = [this] { showPage(Page::Learn); };
    connect(m_welcome, &WelcomePage::demoRequested, m_files, &FileCommands::openDemo);
    connect(m_welcome, &WelcomePage::folderRequested, m_files, &FileCommands::openFolder);
    connect(m_welcome, &WelcomePage::filesRequested, m_files, &FileCommands::openFiles);
    connect(m_welcome, &WelcomePage::projectRequested, m_files, &FileCommands::openProject);
    connect(m_welcome, &WelcomePage::simulateRequested, m_files, &FileCommands::simulate);
    connect(m_welcome, &WelcomePage::recentRequested, this, [this](const QString& path) { m_files->open({path}); });
    connect(m_data, &DataPage::folderRequested, m_files, &FileCommands::openFolder);
    connect(m_data, &DataPage::analysisRequested, &m_session.analysis, &AnalysisController::analyse);
    connect(m_explore, &ExplorePage::actionRequested, this, &MainWindow::fillGap);
    connect(m_attention, &AttentionPage::learnRequested, this, learn);
    connect(m_reconstruction, &ReconstructionPage::learnRequested, this, learn);
}

void MainWindow::showPage(Page page) {
    m_pages->setCurrentIndex(static_cast<int>(page));
    m_modes->actions().at(static_cast<int>(page))->setChecked(true);
    m_studyDock->setVisible(page != Page::Welcome);
    watchQuality();
    updateActions();
    // Learning is about to be used: say what it can run on, once.
    if (page == Page::Learn && m_deviceText.isEmpty() && std::exchange(m_deviceText, tr("Looking…")).isEmpty())
        m_session.learning.lookForDevices();
}

MainWindow::Page MainWindow::page() const { return static_cast<Page>(m_pages->currentIndex()); }

QString MainWindow::message() const { return m_messages->text(); }

void MainWindow::setDark(bool dark) {
    applyTheme(*qApp, dark);
    m_session.state.setDark(dark);
    (*m_actions)[dark ? Actions::Dark : Actions::Light]->setChecked(true);
}

void MainWindow::onDocumentChanged(Aspects aspects) {
    const Project& project = m_session.document.project();
    if (contains(aspects, Aspect::Result) || contains(aspects, Aspect::Study))
        m_explore->setParcellation(project.result ? project.result->parcellation : nullptr);
    if (contains(aspects, Aspect::Study)) m_attention->setExplanation(nullptr);
    if (contains(aspects, Aspect::Study) || contains(aspects, Aspect::Pretrained))
        m_reconstruction->setReconstruction(nullptr);
    m_summary->setText(
        project.study.runs.empty()
            ? tr("No study open")
            : tr("%1 · runs: %2").arg(QString::fromStdString(project.study.name)).arg(project.study.runs.size()));
    updateHints();
    updateActions();
}

void MainWindow::onStudyOpened() {
    m_data->setOpeningNotices({});
    m_messages->hide();
    fillRecent();
    showPage(Page::Data);
    const auto& notices = m_session.document.project().study.notices;
    const auto odd = std::count_if(notices.begin(), notices.end(),
                                   [](const Notice& n) { return n.severity != Severity::Information; });
    if (odd == 0) return;
    const auto worst = std::max_element(notices.begin(), notices.end(),
                                        [](const Notice& a, const Notice& b) { return a.severity < b.severity; });
    const QString text =
        QString::fromStdString(worst->text) + (odd > 1 ? tr(" (and %1 more: Data, Notices)").arg(odd - 1) : QString());
    worst->severity == Severity::Blocking ? m_messages->showProblem(text) : m_messages->showNews(text);
}

void MainWindow::onProjectOpened(const Json& view, const Notices& notices) {
    m_messages->hide();
    m_data->setOpeningNotices(notices);
    m_session.analysis.keepShownThreshold();
    fillRecent();
    applyView(view);
    for (const Notice& notice : notices)
        if (notice.severity != Severity::Information) m_messages->showProblem(QString::fromStdString(notice.text));
}

void MainWindow::showView() {
    const auto view = m_session.analysis.view();
    m_explore->setSeries(view ? view->series : nullptr);
    m_explore->setConnectivity(view ? view->connectivity : nullptr);
    m_explore->setMotion(view ? view->framewiseDisplacement : std::vector<double>{},
                         m_session.document.project().spec.clean.fdThresholdMm);
    m_explore->setOutline(view && view->mask ? *view->mask : Volume{});
    m_attention->setConnectivity(view ? view->connectivity : nullptr);
    m_reconstruction->setConnectivity(view ? view->connectivity : nullptr);
    if (view && m_pendingCamera.isObject())
        m_explore->connectome().setCameraState(std::exchange(m_pendingCamera, Json()));
    updateHints();
    updateActions();
}

void MainWindow::showJobs() {
    const auto jobs = m_session.runner.jobs();
    m_jobBar->setVisible(!jobs.isEmpty());
    m_jobText->setVisible(!jobs.isEmpty());
    if (jobs.isEmpty()) return;
    const Job* job = jobs.front();
    m_jobBar->setValue(static_cast<int>(job->fraction() * 1000));
    const QString more = jobs.size() > 1 ? tr(" and %1 more").arg(jobs.size() - 1) : QString();
    m_jobText->setText(job->title() + more);
}

void MainWindow::updateHints() {
    const Project& project = m_session.document.project();
    if (project.study.runs.empty())
        m_explore->setHint(tr("No study is open."), tr("Open the demo study"));
    else if (!project.result)
        m_explore->setHint(tr("This study was not analysed yet."), tr("Run analysis"));
    else if (const RunResult* result = resultOf(project, m_session.state.run().toStdString());
             result && result->finished)
        m_explore->setHint(whyNoSeries(result), {});
    else
        m_explore->setHint(personText(project.study, m_session.state.run().toStdString()), {});
}

void MainWindow::fillGap() {
    if (m_session.document.project().study.runs.empty())
        m_files->openDemo();
    else
        m_session.analysis.analyse();
}

void MainWindow::updateTitle() {
    const QString name = m_session.projects.path().empty()
                             ? QString::fromStdString(m_session.document.project().study.name)
                             : QFileInfo(toText(m_session.projects.path())).completeBaseName();
    setWindowTitle(name.isEmpty() ? QStringLiteral("Chronnect[*]") : name + QStringLiteral("[*] – Chronnect"));
    setWindowModified(m_session.document.isModified());
}

void MainWindow::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    if (std::exchange(m_warm, true)) return;
    // Now, while nobody works yet, instead of at the first look at a brain; one view in each turn.
    for (BrainView* view : findChildren<BrainView*>())
        QMetaObject::invokeMethod(
            view, [view] { view->warmUp(); }, Qt::QueuedConnection);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    event->ignore();
    m_files->beforeLosingWork([this, event] {
        // Jobs stop within moments; training leaves its checkpoint behind and can be resumed.
        m_session.runner.cancelAll();
        event->accept();
        QMetaObject::invokeMethod(qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    });
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    QStringList paths;
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile()) paths << url.toLocalFile();
    event->acceptProposedAction();
    if (!paths.isEmpty()) m_files->open(paths);
}

}  // namespace chronnect
