#include "AppHelpers.h"

#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "core/base/Files.h"
#include "core/io/Tables.h"
#include "core/project/ProjectFile.h"
#include "widgets/RunStatus.h"
#include "widgets/pages/DataPage.h"
#include "widgets/pages/DenoisingPanel.h"
#include "widgets/pages/QualityPage.h"
#include "widgets/views/ScatterPlot.h"

#include <QComboBox>
#include <QInputDialog>
#include <QLabel>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>
#include <QTest>

#include <algorithm>
#include <cmath>

using namespace chronnect;
using test::analyseAndWait;
using test::openAndWait;
using test::smallStudy;

namespace fs = std::filesystem;

/// Which runs are used and why not, and what cleaning does, in the real window.
class QualityWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aRunIsLeftOutWithAReasonEverywhere();
    void includedAgainItWaitsForTheNextAnalysis();
    void motionLeftInConnectivityIsDrawnAgainstDistance();
    void theCleaningPreviewFollowsEverySetting();
    void theNewestSettingWins();
    void aPreviewThatCannotBeSaysWhy();

private:
    /// Unticks (or ticks) a run in the quality table and answers the question with `reason`.
    void tick(const QString& run, bool on, const QString& reason = {});

    std::unique_ptr<Session> m_session = std::make_unique<Session>();
    std::unique_ptr<MainWindow> m_window;
};

void QualityWindowTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-quality-tests");
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->files().setAsking(false);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QVERIFY(openAndWait(*m_session, *m_window, smallStudy()));
    QVERIFY(analyseAndWait(*m_session));
}

void QualityWindowTest::tick(const QString& run, bool on, const QString& reason) {
    auto* table = m_window->findChild<QTableView*>("qualityTable");
    for (int row = 0; row < table->model()->rowCount(); ++row) {
        const QModelIndex index = table->model()->index(row, 0);
        if (index.data(QualityTableModel::RunIdRole).toString() != run) continue;
        if (!on)
            QTimer::singleShot(0, this, [this, reason] {
                auto* question = m_window->findChild<QInputDialog*>();
                QVERIFY(question);
                question->setTextValue(reason);
                question->accept();
            });
        table->model()->setData(index, on ? Qt::Checked : Qt::Unchecked, Qt::CheckStateRole);
        return;
    }
    QFAIL("the run is not in the table");
}

void QualityWindowTest::aRunIsLeftOutWithAReasonEverywhere() {
    const auto& document = m_session->document;
    const std::string id = document.project().study.runs[2].id();
    const std::size_t all = document.project().study.runs.size();
    m_window->showPage(MainWindow::Page::Quality);
    auto* table = m_window->findChild<QTableView*>("qualityTable");
    QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), int(all), 60000);
    tick(QString::fromStdString(id), false, "moved all the time");
    QCOMPARE(document.project().exclusions.size(), std::size_t(1));
    QCOMPARE(document.project().exclusions[0].reason, std::string("moved all the time"));
    auto* used = m_window->findChild<QLabel*>("runsUsed");
    QVERIFY2(used->text().contains(QString("%1 of %2 runs").arg(all - 1).arg(all)) &&
                 used->text().contains("moved all the time"),
             qPrintable(used->text()));
    QTRY_VERIFY(m_session->runner.isIdle() && !m_session->quality.isPending());
    test::keepPicture(*m_window, "quality-left-out");

    QCOMPARE(scanSource(document.project())->count(), all - 1);  // learning
    m_session->document.edit("Change", [](Project& p) { p.spec.clean.confounds = ConfoundStrategy::Motion24; });
    QVERIFY(analyseAndWait(*m_session));  // analysis
    QCOMPARE(document.project().result->runs.size(), all - 1);
    QVERIFY(!document.project().result->runs.contains(id));

    const test::TemporaryFolder folder;  // exports and report
    m_session->exports.exportSeries(folder.path() / "out");
    QTRY_VERIFY_WITH_TIMEOUT(m_session->runner.isIdle(), 60000);
    const Table exclusions = readTable(folder.path() / "out" / "exclusions.tsv");
    QCOMPARE(exclusions.rows.size(), std::size_t(1));
    QCOMPARE(exclusions.rows[0][1], std::string("moved all the time"));
    QVERIFY(readFile(folder.path() / "out" / "methods.md").find("1 (moved all the time)") != std::string::npos);
    for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "out"))
        QVERIFY2(!entry.path().filename().string().starts_with(id), entry.path().string().c_str());
    m_session->exports.exportReport(folder.path() / "report", {});
    QTRY_VERIFY_WITH_TIMEOUT(m_session->runner.isIdle(), 120000);
    const std::string page = readFile(folder.path() / "report" / "report.html");
    QVERIFY(page.find("1 run: " + id + " (moved all the time)") != std::string::npos);

    saveProject(folder.path() / "kept.chronnect", document.project(), m_window->viewJson());
    QCOMPARE(openProject(folder.path() / "kept.chronnect").project.exclusions, document.project().exclusions);
}

void QualityWindowTest::includedAgainItWaitsForTheNextAnalysis() {
    const auto& document = m_session->document;
    QCOMPARE(document.project().exclusions.size(), std::size_t(1));
    const QString id = QString::fromStdString(document.project().exclusions[0].run);
    m_window->showPage(MainWindow::Page::Quality);
    auto* table = m_window->findChild<QTableView*>("qualityTable");
    QTRY_VERIFY_WITH_TIMEOUT(
        m_session->runner.isIdle() && !m_session->quality.isPending() && table->model()->rowCount() > 0, 60000);
    tick(id, true);
    QVERIFY(document.project().exclusions.empty());
    QCOMPARE(runsWaiting(document.project()), std::size_t(1));
    QCOMPARE(int(statusOf(document.project(), id.toStdString())), int(RunStatus::NotAnalysed));
    QVERIFY(m_window->findChild<QLabel*>("resultState")->text().contains("wait"));
    QVERIFY(analyseAndWait(*m_session));
    QCOMPARE(runsWaiting(document.project()), std::size_t(0));
}

void QualityWindowTest::motionLeftInConnectivityIsDrawnAgainstDistance() {
    std::shared_ptr<const CohortQualityView> cohort;
    const auto connection = connect(&m_session->quality, &QualityController::cohortChanged, this, [&](auto value) {
        if (value) cohort = value;
    });
    m_session->document.edit("Undone below", [](Project& p) {
        p.exclusions = {{p.study.runs[0].id(), "for the test"}};
    });
    m_window->showPage(MainWindow::Page::Quality);
    m_window->qualityPage().showTab(QualityPage::Tab::Cohort);
    QTRY_VERIFY_WITH_TIMEOUT(cohort && !m_session->quality.isPending(), 60000);
    disconnect(connection);
    const std::size_t pairs = 160 * 159 / 2;
    QCOMPARE(cohort->distance.size(), pairs);
    QCOMPARE(cohort->motionCorrelation.size(), pairs);
    QVERIFY(cohort->motionSentence.contains("Distance dependence"));
    const auto& trend = m_window->findChild<ScatterPlot*>()->trend();
    QVERIFY(trend.size() > 5);
    // The median over one stretch of distances, by hand.
    const double width = (trend[1].x() - trend[0].x()) / 2;
    std::vector<double> stretch;
    for (std::size_t e = 0; e < pairs; ++e)
        if (std::abs(cohort->distance[e] - trend[3].x()) < width && std::isfinite(cohort->motionCorrelation[e]))
            stretch.push_back(cohort->motionCorrelation[e]);
    std::sort(stretch.begin(), stretch.end());
    QVERIFY(std::abs(trend[3].y() - stretch[stretch.size() / 2]) < 1e-12);
    m_session->document.undo();
}

void QualityWindowTest::theCleaningPreviewFollowsEverySetting() {
    DataPage* page = m_window->findChild<DataPage*>();
    m_window->showPage(MainWindow::Page::Data);
    page->showDenoising();
    const auto view = [&] { return page->denoising().view(); };
    QTRY_VERIFY_WITH_TIMEOUT(view() && !m_session->denoising.isPending(), 30000);
    QCOMPARE(view()->run, m_session->state.run());
    QCOMPARE(view()->carpet.before.width(), 90);
    QCOMPARE(view()->carpet.before.height(), 160);
    QCOMPARE(view()->carpet.displacement.size(), std::size_t(90));
    double share = 0;
    for (const double bin : view()->edgesAfter) share += bin;
    QVERIFY(std::abs(share - 1) < 1e-9);

    const auto before = view();
    auto* confounds = m_window->findChild<QComboBox*>("confounds");
    confounds->setCurrentIndex(int(ConfoundStrategy::Motion12));
    QTRY_VERIFY_WITH_TIMEOUT(view() && view() != before && !m_session->denoising.isPending(), 10000);
    QVERIFY(view()->confounds < before->confounds);  // an earlier test left 24 of them
    QVERIFY(view()->degreesOfFreedom > before->degreesOfFreedom);
    QVERIFY(view()->edgesAfter != before->edgesAfter);
    QVERIFY(view()->edgesBefore == before->edgesBefore);
    qInfo("cleaning one run of the small study: %.3f s", view()->seconds);

    // Just below the largest displacement one volume and its short neighbours go, and are shaded.
    const auto middle = view();
    const auto& fd = middle->carpet.displacement;
    std::size_t at = 1;  // the first volume has no displacement
    for (std::size_t v = 1; v < fd.size(); ++v)
        if (fd[v] > fd[at]) at = v;
    const double largest = fd[at];
    m_session->document.edit("Censor", [&](Project& p) { p.spec.clean.fdThresholdMm = 0.99 * largest; });
    QTRY_VERIFY_WITH_TIMEOUT(view() && view() != middle && !m_session->denoising.isPending(), 10000);
    QVERIFY(!view()->carpet.kept[at]);
    QVERIFY(view()->kept < view()->volumes);
    QCOMPARE(view()->carpet.fdThreshold, 0.99 * largest);
    QCOMPARE(qAlpha(view()->carpet.after.pixel(int(at), 80)), 0);
    test::keepPicture(*m_window, "cleaning-preview");
    m_session->document.undo();
    m_session->document.undo();
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->denoising.isPending() && view()->degreesOfFreedom == before->degreesOfFreedom,
                             10000);
}

void QualityWindowTest::theNewestSettingWins() {
    DataPage* page = m_window->findChild<DataPage*>();
    m_window->showPage(MainWindow::Page::Data);
    page->showDenoising();
    QTRY_VERIFY_WITH_TIMEOUT(page->denoising().view() && !m_session->denoising.isPending(), 30000);
    QStringList shown;
    int started = 0;
    QObject listener;  // its connections end with it, also when a check below leaves early
    connect(&m_session->denoising, &DenoisingController::changed, &listener,
            [&](const std::shared_ptr<const DenoisingView>& view) { shown << (view ? view->howComputed : QString()); });
    connect(&m_session->denoising, &DenoisingController::busy, &listener, [&](bool on) { started += on; });
    for (const double lowPass : {0.081, 0.082, 0.083, 0.084, 0.085}) {  // each overtakes the job of the one before
        const int before = started;
        m_session->document.edit("Low-pass", [&](Project& p) { p.spec.clean.lowPassHz = lowPass; });
        QTRY_VERIFY(started > before);  // it may be done again before anybody looks
    }
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->denoising.isPending(), 20000);
    QVERIFY2(page->denoising().view()->howComputed.contains("0.085"),
             qPrintable(page->denoising().view()->howComputed));
    QVERIFY2(std::is_sorted(shown.begin(), shown.end()),
             qPrintable(shown.join('\n')));  // nothing old came after something new
    QVERIFY(shown.size() <= 5);
}

void QualityWindowTest::aPreviewThatCannotBeSaysWhy() {
    DataPage* page = m_window->findChild<DataPage*>();
    m_window->showPage(MainWindow::Page::Data);
    page->showDenoising();
    m_session->document.edit("All censored", [](Project& p) {
        p.spec.clean.fdThresholdMm = 1e-6;
        p.spec.clean.minimumSegment = 50;
    });
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->denoising.isPending() && !page->denoising().view(), 20000);
    QLabel* sentence = page->denoising().findChild<QLabel*>("emptySentence");
    QVERIFY(sentence->isVisible());
    QVERIFY2(sentence->text().contains("volumes"), qPrintable(sentence->text()));
    m_session->document.undo();
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->denoising.isPending() && page->denoising().view(), 20000);
}

QTEST_MAIN(QualityWindowTest)
#include "QualityWindowTest.moc"
