#include "AppHelpers.h"
#include "tests/core/project/ProjectSamples.h"

#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"
#include "widgets/pages/ExplorePage.h"
#include "widgets/pages/LearnPage.h"
#include "widgets/pages/TrainingBoard.h"
#include "widgets/views/TimeBar.h"

#include <gtest/gtest.h>

#include <QDropEvent>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace chronnect;
using test::analyseAndWait;
using test::hasLearning;
using test::makeTrainingShort;
using test::openAndWait;
using test::smallStudy;

namespace fs = std::filesystem;

/// The program as a person uses it, through the real window.
class AppTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void fromStudyToReopenedProject();
    void trainingFromTheWindow();
    void aCancelledAnalysisLeavesTheDocumentAlone();
    void closingWhileTrainingEndsAtOnceAndCanBeResumed();
    void anotherRunShowsItsOwnConnectivity();
    void qualityShowsNumbersPicturesAndTheAtlas();
    void aFlippedAtlasStopsTheAnalysis();
    void theWindowNeverFreezes();
    void badFilesGiveASentence();
    void aMissingLearningModuleGivesOneSentence();
    void droppedFoldersAreOpened();
    void theCommandLineAnswersWithoutADisplay();

private:
    /// Distinct colours of a picture: an empty page has very few.
    static int colours(const QImage& image);
};

void AppTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-tests");
}

int AppTest::colours(const QImage& image) {
    QSet<QRgb> found;
    for (int y = 0; y < image.height(); y += 3)
        for (int x = 0; x < image.width(); x += 3) found.insert(image.pixel(x, y));
    return static_cast<int>(found.size());
}

void AppTest::fromStudyToReopenedProject() {
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "study.chronnect";
    Project saved;
    Json view;
    {
        Session session;
        MainWindow window(session);
        window.files().setAsking(false);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QVERIFY(openAndWait(session, window, smallStudy()));
        QCOMPARE(int(window.page()), int(MainWindow::Page::Data));
        QCOMPARE(session.document.project().study.runs.size(), std::size_t(10));
        QVERIFY(!window.isWindowModified());
        QVERIFY2(analyseAndWait(session), qPrintable(window.message()));
        QVERIFY(window.isWindowModified());
        QCOMPARE(int(window.page()), int(MainWindow::Page::Explore));
        for (const auto page : {MainWindow::Page::Data, MainWindow::Page::Explore, MainWindow::Page::Learn,
                                MainWindow::Page::Attention, MainWindow::Page::Reconstruction}) {
            window.showPage(page);
            QTest::qWait(200);
            QVERIFY2(colours(window.grab().toImage()) > 60, qPrintable(QString::number(int(page))));
        }
        session.document.edit("Exclude", [](Project& p) {
            p.exclusions = {{p.study.runs[1].id(), "too much motion"}};
        });
        window.showPage(MainWindow::Page::Explore);
        session.state.setRun(QString::fromStdString(session.document.project().study.runs[3].id()));
        QTRY_VERIFY(session.runner.isIdle() && !session.analysis.isViewPending());
        session.state.setWindow(5);
        session.state.setThreshold(0.625);
        saved = session.document.project();
        view = window.viewJson();
        session.projects.save(file, view);
        QTRY_VERIFY_WITH_TIMEOUT(session.runner.isIdle(), 30000);
        QVERIFY(!window.isWindowModified());
        QVERIFY(window.windowTitle().startsWith("study"));
    }
    Session session;
    MainWindow window(session);
    window.show();
    QVERIFY(openAndWait(session, window, file));
    QTRY_VERIFY(session.runner.isIdle() && !session.analysis.isViewPending());
    test::expectEqual(saved, session.document.project());
    QVERIFY(!::testing::Test::HasFailure());
    QCOMPARE(session.state.run(), QString::fromStdString(saved.study.runs[3].id()));
    QCOMPARE(session.state.window(), 5);
    QCOMPARE(session.state.threshold(), 0.625);
    QCOMPARE(int(window.page()), int(MainWindow::Page::Explore));
    QVERIFY(!window.isWindowModified());
    QCOMPARE(window.message(), QString());
}

void AppTest::trainingFromTheWindow() {
    if (!hasLearning()) QSKIP("the learning module is not built");
    const test::TemporaryFolder folder;
    Session session;
    MainWindow window(session);
    window.files().setAsking(false);
    window.show();
    QVERIFY(openAndWait(session, window, smallStudy()));
    QVERIFY(analyseAndWait(session));
    session.document.edit("Short", makeTrainingShort);
    window.showPage(MainWindow::Page::Learn);
    session.learning.pretrain(false);
    QVERIFY(session.learning.isTraining());
    QTRY_VERIFY_WITH_TIMEOUT(!session.learning.isTraining(), 120000);
    QVERIFY2(session.document.project().pretrained != nullptr, qPrintable(window.message()));
    QVERIFY(!session.document.project().pretrained->scores.empty());
    QVERIFY(!session.learning.isResumable(Model::Kind::Pretrained));  // finished
    MaskRequest request;
    request.window = 2;
    QSignalSpy rebuilt(&session.learning, &LearningController::reconstructed);
    session.learning.reconstruct(request);
    QVERIFY2(rebuilt.wait(60000), qPrintable(window.message()));
    session.learning.finetune(false);
    QTRY_VERIFY_WITH_TIMEOUT(!session.learning.isTraining(), 240000);
    QVERIFY2(session.document.project().finetuned != nullptr, qPrintable(window.message()));
    QVERIFY(!session.document.project().finetuned->verdict.empty());
    QSignalSpy explained(&session.learning, &LearningController::explained);
    session.learning.explain();
    QVERIFY2(explained.wait(120000), qPrintable(window.message()));
    const Project saved = session.document.project();
    saveProject(folder.path() / "trained.chronnect", saved, window.viewJson());
    test::expectEqual(saved, openProject(folder.path() / "trained.chronnect").project);
    QVERIFY(!::testing::Test::HasFailure());
}

void AppTest::aCancelledAnalysisLeavesTheDocumentAlone() {
    fs::remove_all(AppPaths::seriesCache());  // all the work again
    Session session;
    MainWindow window(session);
    QVERIFY(openAndWait(session, window, smallStudy()));
    session.analysis.analyse();
    QVERIFY(session.analysis.isAnalysing());
    Job* job = session.runner.jobs().front();
    QSignalSpy progressed(job, &Job::progressed);
    QVERIFY(progressed.wait(20000));
    QElapsedTimer clock;
    clock.start();
    job->cancel();
    QTRY_VERIFY_WITH_TIMEOUT(session.runner.isIdle(), 5000);
    qInfo("analysis stopped %lld ms after cancel", clock.elapsed());
    QVERIFY(clock.elapsed() < 1000);  // 200 ms on a machine of one's own; others share this one
    QVERIFY(!session.analysis.isAnalysing());
    QVERIFY(!session.document.project().result);
    QCOMPARE(window.message(), QString());  // asked for, so no problem
    QVERIFY(analyseAndWait(session));
}

void AppTest::closingWhileTrainingEndsAtOnceAndCanBeResumed() {
    if (!hasLearning()) QSKIP("the learning module is not built");
    const fs::path study = smallStudy();
    const auto prepare = [](Project& p) {
        makeTrainingShort(p);
        p.pretrain.steps = 100000;
        p.pretrain.seed = 7;
    };
    {
        Session session;
        MainWindow window(session);
        window.files().setAsking(false);
        window.show();
        QVERIFY(openAndWait(session, window, study));
        QVERIFY(analyseAndWait(session));
        session.document.edit("Long", prepare);
        session.learning.pretrain(false);
        std::size_t points = 0;
        connect(&session.learning, &LearningController::historyChanged, &window,
                [&](Model::Kind, const std::vector<TrainingSnapshot>& history) { points = history.size(); });
        QTRY_VERIFY_WITH_TIMEOUT(points > 3, 60000);
        QElapsedTimer clock;
        clock.start();
        QVERIFY(window.close());
        QTRY_VERIFY_WITH_TIMEOUT(session.runner.isIdle(), 10000);
        qInfo("training stopped %lld ms after closing the window", clock.elapsed());
        QVERIFY(clock.elapsed() < 2000);
    }
    Session session;
    MainWindow window(session);
    window.files().setAsking(false);
    QVERIFY(openAndWait(session, window, study));
    QVERIFY(analyseAndWait(session));
    session.document.edit("Long", prepare);
    QVERIFY(session.learning.isResumable(Model::Kind::Pretrained));
    session.learning.pretrain(true);
    int firstStep = 0;
    connect(&session.learning, &LearningController::historyChanged, &window,
            [&](Model::Kind, const std::vector<TrainingSnapshot>& history) { firstStep = history.back().step; });
    QTRY_VERIFY_WITH_TIMEOUT(firstStep > 3, 60000);  // went on, not back to the start
    session.learning.pauseTraining();
    QTRY_VERIFY_WITH_TIMEOUT(session.runner.isIdle(), 10000);
}

void AppTest::anotherRunShowsItsOwnConnectivity() {
    Session session;
    MainWindow window(session);
    QVERIFY(openAndWait(session, window, smallStudy()));
    QVERIFY(analyseAndWait(session));
    const auto first = session.analysis.view();
    const auto& runs = session.document.project().study.runs;
    for (const RunInput& run : runs)
        session.state.setRun(QString::fromStdString(run.id()));  // only the last one counts
    QTRY_VERIFY(session.runner.isIdle() && !session.analysis.isViewPending());
    QCOMPARE(session.analysis.view()->run, QString::fromStdString(runs.back().id()));
    QVERIFY(session.analysis.view()->connectivity->edges != first->connectivity->edges);
    const std::size_t windows = session.analysis.view()->connectivity->windowCount();
    session.document.edit("Step", [](Project& p) { p.spec.window.step *= 2; });
    QTRY_VERIFY(session.runner.isIdle() && !session.analysis.isViewPending());
    QCOMPARE(session.analysis.view()->connectivity->windowCount(), (windows + 1) / 2);
    session.document.undo();
    QTRY_COMPARE(session.analysis.view()->connectivity->windowCount(), windows);
}

void AppTest::qualityShowsNumbersPicturesAndTheAtlas() {
    Session session;
    MainWindow window(session);
    window.show();
    QVERIFY(openAndWait(session, window, smallStudy()));
    QVERIFY(analyseAndWait(session));
    std::shared_ptr<const CohortQualityView> cohort;
    std::shared_ptr<const RunQualityView> run;
    std::shared_ptr<const AtlasInspection> atlas;
    connect(&session.quality, &QualityController::cohortChanged, &window, [&](auto value) { cohort = value; });
    connect(&session.quality, &QualityController::runChanged, &window, [&](auto value) { run = value; });
    connect(&session.quality, &QualityController::atlasChanged, &window, [&](auto value) { atlas = value; });
    window.showPage(MainWindow::Page::Quality);
    QTRY_VERIFY_WITH_TIMEOUT(cohort, 60000);
    QCOMPARE(cohort->runs->size(), session.document.project().study.runs.size());
    for (const RunQuality& each : *cohort->runs) QVERIFY(each.meanFd > 0 && each.tsnr > 0 && each.coverage > 0.5);
    window.qualityPage().showTab(QualityPage::Tab::Run);
    QTRY_VERIFY_WITH_TIMEOUT(run, 60000);
    QVERIFY(colours(run->registration) > 20 && colours(run->before) > 20 && colours(run->after) > 20);
    QVERIFY(std::abs(std::accumulate(run->edgesAfter.begin(), run->edgesAfter.end(), 0.0) - 1) < 1e-9);
    window.qualityPage().showTab(QualityPage::Tab::Atlas);
    QTRY_VERIFY_WITH_TIMEOUT(atlas, 60000);
    QCOMPARE(atlas->check.regions.size(), std::size_t(160));
    QVERIFY(!atlas->check.blocked());
    if (auto* exclude = window.findChild<QPushButton*>("excludeFlagged"); exclude->isEnabled()) {
        exclude->click();
        QVERIFY(!session.document.project().exclusions.empty());
        QVERIFY(!session.document.project().exclusions.front().reason.empty());
        session.document.undo();
        QVERIFY(session.document.project().exclusions.empty());
    }
}

void AppTest::aFlippedAtlasStopsTheAnalysis() {
    const test::TemporaryFolder folder;
    Session session;
    MainWindow window(session);
    QVERIFY(openAndWait(session, window, smallStudy()));
    const fs::path flipped = folder.path() / "atlas_dseg.nii.gz";
    LabelVolume labels = readLabels(session.document.project().study.atlasImage);
    const auto& size = labels.grid.size;
    for (std::size_t row = 0; row < size[1] * size[2]; ++row)
        std::reverse(labels.labels.begin() + std::ptrdiff_t(row * size[0]),
                     labels.labels.begin() + std::ptrdiff_t((row + 1) * size[0]));
    writeLabels(flipped, labels);
    session.document.edit("Flip", [&](Project& p) { p.study.atlasImage = flipped; });
    std::shared_ptr<const AtlasInspection> doubt;
    connect(&session.analysis, &AnalysisController::atlasDoubted, &window,
            [&](auto inspection) { doubt = inspection; });
    session.analysis.analyse();
    QTRY_VERIFY_WITH_TIMEOUT(session.runner.isIdle(), 60000);
    QVERIFY(doubt);
    QVERIFY(doubt->check.blocked() || doubt->check.asks());
    QVERIFY(!session.document.project().result);
}

void AppTest::theWindowNeverFreezes() {
    Session session;
    MainWindow window(session);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(openAndWait(session, window, smallStudy()));
    window.showPage(MainWindow::Page::Data);
    QTest::qWait(200);
    fs::remove_all(AppPaths::seriesCache());  // all the work again
    test::StallMeter meter;
    bool answered = false;
    session.analysis.analyse();
    QTimer::singleShot(0, &window, [&] { answered = session.analysis.isAnalysing(); });
    QTRY_VERIFY_WITH_TIMEOUT(!session.analysis.isAnalysing(), 120000);
    // How long the longest pause is depends on who else uses the machine: tests/benchmark measures it. Here it counts
    // that the window answered while the analysis was still running.
    qInfo("longest pause of the window during the analysis: %lld ms, %d turns", meter.longest(), meter.turns());
    QVERIFY(answered);
}

void AppTest::badFilesGiveASentence() {
    const test::TemporaryFolder folder;
    Session session;
    MainWindow window(session);
    const auto messageFor = [&](const fs::path& path) {
        window.files().open({toText(path)});
        return QTest::qWaitFor([&] { return session.runner.isIdle(); }, 20000) ? window.message()
                                                                               : QString("not answered");
    };
    writeFileAtomically(folder.path() / "no.chronnect", "hello");
    QVERIFY(messageFor(folder.path() / "no.chronnect").contains("is not a Chronnect project"));
    fs::create_directories(folder.path() / "empty");
    QVERIFY(!messageFor(folder.path() / "empty").isEmpty());
    QVERIFY(session.document.project().study.runs.empty());
    QVERIFY(openAndWait(session, window, smallStudy()));
    QCOMPARE(window.message(), QString());  // a good study takes the sentence away
}

void AppTest::aMissingLearningModuleGivesOneSentence() {
    qputenv("CHRONNECT_LEARNING_MODULE", "/nowhere/libchronnect_learning.so");
    Session session;
    QSignalSpy unavailable(&session.learning, &LearningController::unavailable);
    session.learning.lookForDevices();
    QVERIFY(unavailable.wait(20000));
    const QString sentence = unavailable[0][0].toString();
    QVERIFY2(sentence.contains("learning module") && sentence.contains("CHRONNECT_LEARNING_MODULE"),
             qPrintable(sentence));
    qunsetenv("CHRONNECT_LEARNING_MODULE");
}

void AppTest::droppedFoldersAreOpened() {
    Session session;
    MainWindow window(session);
    window.show();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(toText(smallStudy()))});
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &drop);
    QTRY_VERIFY_WITH_TIMEOUT(!session.document.project().study.runs.empty(), 30000);
}

void AppTest::theCommandLineAnswersWithoutADisplay() {
    const auto run = [](const QStringList& arguments) {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove("DISPLAY");
        process.setProcessEnvironment(environment);
        process.start(CHRONNECT_PROGRAM, arguments);
        process.waitForFinished(20000);
        return std::pair(process.exitCode(),
                         QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError()));
    };
    const auto help = run({"--help"});
    QCOMPARE(help.first, 0);
    QVERIFY(help.second.contains("--screenshots"));
    QCOMPARE(run({"--version"}).first, 0);
    const auto missing = run({"/no/such/study"});
    QCOMPARE(missing.first, 1);
    QVERIFY(missing.second.contains("does not exist"));
    QCOMPARE(run({"--theme", "pink"}).first, 1);
}

QTEST_MAIN(AppTest)
#include "AppTest.moc"
