#include "AppHelpers.h"

#include "app/AppPaths.h"
#include "app/EarlierTrainings.h"
#include "app/FileCommands.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "core/project/ProjectFile.h"
#include "widgets/pages/ApplyBoard.h"
#include "widgets/pages/LearnPage.h"
#include "widgets/pages/TrainingBoard.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableWidget>
#include <QTest>

#include <memory>

using namespace chronnect;
using test::analyseAndWait;
using test::makeTrainingShort;
using test::openAndWait;
using test::smallStudy;

namespace fs = std::filesystem;

/// A model after its training: saved, opened again, applied, branched from, all through the window.
class ModelWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void aSavedModelOpensInAnotherSession();
    void applyingTellsWhomTheModelWasTrainedOn();
    void aRedPassportIsOverruledByHandOnly();
    void predictionsComeBackWithTheProject();
    void mapsAndReconstructionsAreExported();
    void aPretrainingGoesOnFromAnotherWithOtherSettings();
    void aFileThatIsNoModelGivesOneSentence();

private:
    /// A session with the analysed small study, and its window.
    struct Open {
        Session session;
        MainWindow window{session};
    };
    std::unique_ptr<Open> open();
    static bool waitUntilIdle(Session& session);

    std::unique_ptr<test::TemporaryFolder> m_folder;
    fs::path m_pretrained, m_finetuned;
};

std::unique_ptr<ModelWindowTest::Open> ModelWindowTest::open() {
    auto made = std::make_unique<Open>();
    made->window.files().setAsking(false);
    made->window.show();
    if (!openAndWait(made->session, made->window, smallStudy()) || !analyseAndWait(made->session)) return nullptr;
    made->session.document.edit("Short", makeTrainingShort);
    return made;
}

bool ModelWindowTest::waitUntilIdle(Session& session) {
    return QTest::qWaitFor([&] { return session.runner.isIdle(); }, 120000);
}

void ModelWindowTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-model-window-tests");
    if (!test::hasLearning()) QSKIP("the learning module is not built");
    fs::remove_all(AppPaths::checkpointRoot());
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_pretrained = m_folder->path() / "pretrained.chm";
    m_finetuned = m_folder->path() / "group.chm";
    const auto made = open();
    QVERIFY(made);
    made->session.learning.pretrain(false);
    QVERIFY(waitUntilIdle(made->session));
    made->session.learning.finetune(false);
    QVERIFY(waitUntilIdle(made->session));
    made->session.models.save(Model::Kind::Pretrained, m_pretrained);
    made->session.models.save(Model::Kind::Finetuned, m_finetuned);
    QVERIFY(waitUntilIdle(made->session));
    QVERIFY2(fs::exists(m_pretrained) && fs::exists(m_finetuned), qPrintable(made->window.message()));
}

void ModelWindowTest::cleanupTestCase() { fs::remove_all(AppPaths::checkpointRoot()); }

void ModelWindowTest::aSavedModelOpensInAnotherSession() {
    const auto made = open();
    QVERIFY(made);
    QSignalSpy opened(&made->session.models, &ModelController::opened);
    made->window.files().open({toText(m_pretrained)});
    QTRY_COMPARE(opened.size(), 1);
    QVERIFY2(made->session.document.project().pretrained, qPrintable(made->window.message()));
    QCOMPARE(int(made->window.page()), int(MainWindow::Page::Learn));
    auto* verdict = made->window.learnPage().pretraining().findChild<QLabel*>("verdict");
    QVERIFY(verdict->text().contains("without scores"));
    test::keepPicture(made->window, "model-opened");
    // It is what a fine-tuning starts from, and can be handed on.
    const fs::path script = m_folder->path() / "encoder.pt", weights = m_folder->path() / "encoder.safetensors";
    made->session.models.save(Model::Kind::Pretrained, script);
    made->session.models.save(Model::Kind::Pretrained, weights);
    QVERIFY(waitUntilIdle(made->session));
    QVERIFY(fs::file_size(script) > 1000 && fs::file_size(weights) > 1000);
    made->session.document.undo();
    QVERIFY(!made->session.document.project().pretrained);
}

void ModelWindowTest::applyingTellsWhomTheModelWasTrainedOn() {
    const auto made = open();
    QVERIFY(made);
    made->window.files().open({toText(m_finetuned)});
    QTRY_VERIFY(made->session.document.project().finetuned);
    ApplyBoard& board = made->window.learnPage().application();
    auto* apply = board.findChild<QPushButton*>("applyModel");
    QVERIFY(board.isVisible());
    QTRY_VERIFY(apply->isEnabled());
    QSignalSpy applied(&made->session.models, &ModelController::applied);
    QTest::mouseClick(apply, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(applied.size(), 1, 60000);
    const auto application = made->session.document.project().applied;
    QCOMPARE(application->predictions.size(), made->session.document.project().result->runs.size());
    QCOMPARE(std::ranges::count(application->seen, Seen::Yes), std::ptrdiff_t(application->seen.size()));
    auto* table = board.findChild<QTableWidget*>("applied");
    QCOMPARE(table->rowCount(), int(application->predictions.size()));
    QVERIFY(table->isVisible());
    QCOMPARE(table->item(0, table->columnCount() - 1)->text(), QString("yes"));
    test::keepPicture(made->window, "model-applied");
    const fs::path file = m_folder->path() / "predictions.tsv";
    made->session.models.exportPredictions(file);
    QVERIFY(waitUntilIdle(made->session));
    const Table written = readTable(file);
    QCOMPARE(written.rows.size(), application->predictions.size());
    QVERIFY(written.column("trained_on") && written.column("p_patient"));
    // A new analysis makes other series: what was said of the old ones goes.
    QVERIFY(analyseAndWait(made->session));
    QVERIFY(!made->session.document.project().applied);
}

void ModelWindowTest::aRedPassportIsOverruledByHandOnly() {
    Model other = loadModel(m_finetuned);
    other.passport.set("repetition_time", 4 * other.passport["repetition_time"].number());
    const fs::path file = m_folder->path() / "other-tr.chm";
    saveModel(file, other);
    const auto made = open();
    QVERIFY(made);
    made->window.files().open({toText(file)});
    QTRY_VERIFY(made->session.document.project().finetuned);
    ApplyBoard& board = made->window.learnPage().application();
    auto* apply = board.findChild<QPushButton*>("applyModel");
    auto* anyway = board.findChild<QCheckBox*>("applyAnyway");
    QTRY_VERIFY(anyway->isVisible());
    QVERIFY(!apply->isEnabled());
    QSignalSpy failed(&made->session.models, &ModelController::failed);
    made->session.models.apply(false);
    QTRY_COMPARE(failed.size(), 1);
    test::keepPicture(made->window, "model-red");
    anyway->setChecked(true);
    QVERIFY(apply->isEnabled());
    QTest::mouseClick(apply, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(made->session.document.project().applied, 60000);
    QCOMPARE(made->session.document.project().applied->fit.worst(), Light::Red);
}

void ModelWindowTest::predictionsComeBackWithTheProject() {
    const auto made = open();
    QVERIFY(made);
    made->window.files().open({toText(m_finetuned)});
    QTRY_VERIFY(made->session.document.project().finetuned);
    made->session.models.apply(false);
    QTRY_VERIFY_WITH_TIMEOUT(made->session.document.project().applied, 60000);
    const fs::path file = m_folder->path() / "applied.chronnect";
    made->session.projects.save(file, Json());
    QVERIFY(waitUntilIdle(made->session));
    const auto content = openProject(file, JobContext());
    const auto& before = *made->session.document.project().applied;
    QVERIFY(content.project.applied);
    QCOMPARE(content.project.applied->target, before.target);
    QVERIFY(content.project.applied->seen == before.seen);
    QVERIFY(applicationTable(*content.project.applied) == applicationTable(before));
    QCOMPARE(content.project.applied->fit.items.size(), before.fit.items.size());
    QCOMPARE(content.project.applied->notices.size(), before.notices.size());
}

void ModelWindowTest::mapsAndReconstructionsAreExported() {
    const auto made = open();
    QVERIFY(made);
    made->window.files().open({toText(m_pretrained)});
    QTRY_VERIFY(made->session.document.project().pretrained);
    QSignalSpy rebuilt(&made->session.learning, &LearningController::reconstructed);
    MaskRequest request;
    request.window = 1;
    made->session.learning.reconstruct(request);
    QVERIFY(rebuilt.wait(60000));
    const auto result = rebuilt.first().first().value<std::shared_ptr<const Reconstruction>>();
    const fs::path file = m_folder->path() / "rebuilt.npz";
    made->session.models.exportArrays(file, arraysOf(*result), toJson(*result));
    QVERIFY(waitUntilIdle(made->session));
    SeriesReadSpec truth;
    truth.variable = "truth";
    QCOMPARE(readSeries(file, truth).series.regions.size(), result->regions);
    QVERIFY(fs::exists(m_folder->path() / "rebuilt.json"));
}

void ModelWindowTest::aPretrainingGoesOnFromAnotherWithOtherSettings() {
    const auto made = open();
    QVERIFY(made);
    QSignalSpy found(&made->session.learning, &LearningController::branchesFound);
    made->session.learning.lookForBranches();
    QTRY_COMPARE(found.size(), 1);
    auto trainings = found.takeFirst().first().value<std::vector<EarlierTraining>>();
    QCOMPARE(trainings.size(), std::size_t(1));
    QVERIFY2(trainings[0].obstacle.contains("as many steps"), qPrintable(trainings[0].obstacle));
    const int done = trainings[0].step;
    QVERIFY(done > 0);
    made->session.document.edit("More", [](Project& p) {
        p.pretrain.steps += 3;
        p.pretrain.learningRate *= 2;
    });
    made->session.learning.lookForBranches();
    QTRY_COMPARE(found.size(), 1);
    trainings = found.takeFirst().first().value<std::vector<EarlierTraining>>();
    QVERIFY2(trainings[0].obstacle.isEmpty(), qPrintable(trainings[0].obstacle));
    QCOMPARE(trainings[0].changes.size(), 2);
    made->session.learning.pretrain(false, trainings[0].checkpoint);
    QTRY_VERIFY_WITH_TIMEOUT(!made->session.learning.isTraining(), 60000);
    const auto result = made->session.document.project().pretrained;
    QVERIFY2(result, qPrintable(made->window.message()));
    QCOMPARE(int(result->model.passport["branched_from"]["step"].number()), done);
    QCOMPARE(int(result->model.passport["steps_done"].number()), done + 3);
}

void ModelWindowTest::aFileThatIsNoModelGivesOneSentence() {
    const auto made = open();
    QVERIFY(made);
    const fs::path file = m_folder->path() / "broken.chm";
    writeTable(file, Table{{"a"}, {{"1"}}});
    QSignalSpy failed(&made->session.models, &ModelController::failed);
    made->window.files().open({toText(file)});
    QTRY_COMPARE(failed.size(), 1);
    QVERIFY(made->window.message().contains("broken.chm"));
    QVERIFY(!made->session.document.project().pretrained && !made->session.document.project().finetuned);
    Session empty;
    QSignalSpy refused(&empty.models, &ModelController::failed);
    empty.models.open(m_finetuned);
    QCOMPARE(refused.size(), 1);
}

QTEST_MAIN(ModelWindowTest)
#include "ModelWindowTest.moc"
