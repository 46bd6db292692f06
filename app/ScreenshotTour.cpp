#include "app/ScreenshotTour.h"

#include "app/FileCommands.h"
#include "app/MainWindow.h"
#include "widgets/pages/LearnPage.h"
#include "widgets/pages/QualityPage.h"
#include "widgets/pages/TrainingBoard.h"
#include "widgets/views/MaskBar.h"
#include "widgets/views/ReconstructionPanel.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QPixmap>
#include <QThread>

#include <cstdio>

namespace chronnect {

namespace {

/// Small enough to be done while one watches; the pictures say how long it trained.
void shortenTraining(Project& project) {
    project.pretrain.network.hidden = 32;
    project.pretrain.network.layers = 2;
    project.pretrain.graph.windowStep = 10;
    project.pretrain.steps = 150;
    project.pretrain.batch = 4;
    project.pretrain.evaluateEvery = 20;
    project.pretrain.checkpointEvery = 30;
    project.finetune.network = project.pretrain.network;
    project.finetune.graph = project.pretrain.graph;
    project.finetune.epochs = 4;
    project.finetune.folds = 3;
    project.finetune.batch = 8;
    const Table& people = project.study.participants;
    project.finetune.target = people.column("group") ? "group" : people.columns.size() > 1 ? people.columns[1] : "";
}

}  // namespace

ScreenshotTour::ScreenshotTour(Session& session, MainWindow& window, const QString& folder)
    : m_session(session), m_window(window), m_folder(folder) {}

bool ScreenshotTour::waitFor(const std::function<bool()>& condition, int seconds) {
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
        if (clock.elapsed() > 1000LL * seconds) return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents, 50);
        QThread::msleep(5);
    }
    return true;
}

bool ScreenshotTour::fail(const QString& step) {
    const QString why = m_window.message();
    std::fprintf(stderr, "chronnect: %s: %s\n", qPrintable(step), why.isEmpty() ? "it took too long" : qPrintable(why));
    return false;
}

void ScreenshotTour::shoot(const QString& name) {
    QElapsedTimer settle;
    settle.start();
    waitFor([&] { return settle.elapsed() > 400; }, 5);  // layouts, first frames of 3D views
    const QString file = m_folder.filePath(name + QStringLiteral(".png"));
    if (m_window.grab().save(file))
        std::printf("%s\n", qPrintable(file));
    else
        std::fprintf(stderr, "chronnect: cannot write %s\n", qPrintable(file));
}

bool ScreenshotTour::openStudy(const QStringList& paths) {
    if (paths.isEmpty())
        m_window.files().openDemo();
    else
        m_window.files().open(paths);
    const auto isOpen = [&] { return !m_session.document.project().study.runs.empty(); };
    waitFor([&] { return m_session.runner.isIdle() && (isOpen() || !m_window.message().isEmpty()); }, 600);
    return isOpen() || fail(QStringLiteral("open the study"));
}

bool ScreenshotTour::analyse() {
    if (!m_session.document.project().result) m_session.analysis.analyse();
    const bool done = waitFor([&] { return m_session.runner.isIdle() && !m_session.analysis.isViewPending(); }, 1800);
    return (done && m_session.document.project().result) || fail(QStringLiteral("analyse the study"));
}

void ScreenshotTour::exploreAndShoot() {
    m_window.showPage(MainWindow::Page::Data);
    shoot(QStringLiteral("2-data"));
    m_window.showPage(MainWindow::Page::Quality);
    for (const auto& [tab, name] :
         {std::pair(QualityPage::Tab::Cohort, "2-quality-cohort"), std::pair(QualityPage::Tab::Run, "2-quality-run"),
          std::pair(QualityPage::Tab::Atlas, "2-quality-atlas")}) {
        m_window.qualityPage().showTab(tab);
        waitFor([&] { return m_session.runner.isIdle() && !m_session.quality.isPending(); }, 120);
        shoot(QLatin1String(name));
    }
    m_window.showPage(MainWindow::Page::Explore);
    m_session.state.setWindow(m_session.state.windowCount() / 3);
    shoot(QStringLiteral("3-explore"));
    m_window.setDark(false);
    shoot(QStringLiteral("3-explore-light"));
    m_window.showPage(MainWindow::Page::Data);
    shoot(QStringLiteral("2-data-light"));
    m_window.setDark(true);
    m_session.state.setRegion(10);
    m_window.showPage(MainWindow::Page::Explore);
    shoot(QStringLiteral("3-explore-region"));
    m_session.state.setRegion(-1);
}

bool ScreenshotTour::trainAndWait(bool pretraining) {
    LearnPage& page = m_window.learnPage();
    page.showTab(pretraining ? Model::Kind::Pretrained : Model::Kind::Finetuned);
    pretraining ? m_session.learning.pretrain(false) : m_session.learning.finetune(false);
    std::size_t points = 0;
    const auto connection = QObject::connect(
        &m_session.learning, &LearningController::historyChanged, &m_window,
        [&points](Model::Kind, const std::vector<TrainingSnapshot>& history) { points = history.size(); });
    QElapsedTimer clock;
    clock.start();
    waitFor([&] { return (points >= 20 && clock.elapsed() > 1500) || !m_session.learning.isTraining(); }, 900);
    if (m_session.learning.isTraining())
        shoot(pretraining ? QStringLiteral("4-pretraining") : QStringLiteral("5-finetuning"));
    waitFor([&] { return !m_session.learning.isTraining(); }, 1800);
    QObject::disconnect(connection);
    return (pretraining ? m_session.document.project().pretrained != nullptr
                        : m_session.document.project().finetuned != nullptr) ||
           fail(pretraining ? QStringLiteral("pretrain") : QStringLiteral("fine-tune"));
}

void ScreenshotTour::learnAndShoot() {
    m_window.showPage(MainWindow::Page::Learn);
    m_session.document.edit(QStringLiteral("Short training"), shortenTraining);
    waitFor([&] { return m_session.runner.isIdle(); }, 120);
    if (!trainAndWait(true)) return shoot(QStringLiteral("4-pretraining"));
    shoot(QStringLiteral("4-pretraining-scores"));
    rebuildAndShoot();
    m_window.showPage(MainWindow::Page::Learn);
    if (!trainAndWait(false)) return shoot(QStringLiteral("5-finetuning"));
    shoot(QStringLiteral("5-finetuning-scores"));
    m_window.learnPage().showApplication();
    m_session.models.apply(false);
    waitFor([&] { return m_session.runner.isIdle(); }, 300);
    shoot(QStringLiteral("5-applied"));
    m_window.showPage(MainWindow::Page::Attention);
    m_session.learning.explain();
    waitFor([&] { return m_session.runner.isIdle(); }, 900);
    shoot(QStringLiteral("6-attention"));
}

void ScreenshotTour::rebuildAndShoot() {
    m_window.showPage(MainWindow::Page::Reconstruction);
    const auto parcellation = m_session.document.project().result->parcellation;
    auto* panel = m_window.findChild<ReconstructionPanel*>();
    if (!panel || !parcellation) return;
    MaskBar& masks = panel->masks();
    const auto askAndShoot = [&](const QString& name) {
        masks.ask();
        waitFor([&] { return m_session.runner.isIdle(); }, 300);
        shoot(name);
    };
    const auto networks = parcellation->networks();
    MaskChoice choice(parcellation->regions.size());
    choice.setNetwork(*parcellation, networks.front(), true);
    choice.setBetween(*parcellation, networks[networks.size() / 2], networks.back(), true);
    masks.setMode(MaskMode::Chosen);
    masks.setChoice(choice);
    shoot(QStringLiteral("7-reconstruction-chosen"));
    askAndShoot(QStringLiteral("7-reconstruction"));
    m_session.state.setWindow(m_session.state.windowCount() / 2);  // with enough time before and behind it
    masks.setMode(MaskMode::Stretch);
    askAndShoot(QStringLiteral("7-reconstruction-stretch"));
}

int ScreenshotTour::run(const QStringList& paths) {
    if (!m_folder.mkpath(QStringLiteral("."))) {
        std::fprintf(stderr, "chronnect: cannot make the folder %s\n", qPrintable(m_folder.path()));
        return 1;
    }
    m_window.files().setAsking(false);
    m_window.setDark(true);
    shoot(QStringLiteral("1-welcome"));
    if (!openStudy(paths) || !analyse()) return 1;
    exploreAndShoot();
    learnAndShoot();
    return 0;
}

}  // namespace chronnect
