#include "tests/core/project/ProjectSamples.h"
#include "widgets/RunStatus.h"
#include "widgets/models/RunTableModel.h"
#include "widgets/models/StudyTreeModel.h"
#include "widgets/pages/ScoresTable.h"
#include "widgets/pages/TrainingBoard.h"
#include "widgets/views/CurvesPlot.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace chronnect;

class ModelsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRunHasAStatus();
    void treeShowsPeopleAndTheirRuns();
    void tableTellsWhatCameOut();
    void untickingAsksTheDocument();
    void participantsSortAsNumbers();
    void aScoreIsJudgedByItsWorstEnd();
    void fineTuningShowsGainsCurvesAndPermutations();
    void theBoardTellsTheFoldAndShowsEveryCurve();
};

void ModelsTest::everyRunHasAStatus() {
    Project project = test::sampleProject();
    const auto& runs = project.study.runs;
    project.spec = project.resultSpec;
    QCOMPARE(int(statusOf(project, runs[0].id())), int(RunStatus::Ready));
    QCOMPARE(int(statusOf(project, runs[1].id())), int(RunStatus::Excluded));
    QCOMPARE(int(statusOf(project, runs[2].id())), int(RunStatus::Failed));
    project.spec.window.length = 99;  // applied on the fly
    QVERIFY(!isOutOfDate(project));
    project.spec.clean.detrend = false;
    QVERIFY(isOutOfDate(project));
    QCOMPARE(int(statusOf(project, runs[0].id())), int(RunStatus::OutOfDate));
    project.result = nullptr;
    QCOMPARE(int(statusOf(project, runs[0].id())), int(RunStatus::NotAnalysed));
}

void ModelsTest::treeShowsPeopleAndTheirRuns() {
    Project project = test::sampleProject();
    StudyTreeModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setProject(project);
    QCOMPARE(model.rowCount(), 2);
    const QModelIndex first = model.index(0, 0);
    QCOMPARE(first.data().toString(), "sub-01");
    QVERIFY(first.data(Qt::ToolTipRole).toString().contains("age: 31.5"));
    QCOMPARE(model.rowCount(first), 2);
    const QModelIndex run = model.indexOfRun(QString::fromStdString(project.study.runs[1].id()));
    QCOMPARE(run.row(), 1);
    QCOMPARE(run.parent(), first);
    QVERIFY(run.data(Qt::FontRole).value<QFont>().strikeOut());
    QVERIFY(run.data(Qt::ToolTipRole).toString().contains("too much motion"));

    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    project.exclusions.clear();
    model.setProject(project);  // same people: the tree stays as it is opened
    QCOMPARE(reset.count(), 0);
    QVERIFY(!model.indexOfRun(QString::fromStdString(project.study.runs[1].id()))
                 .data(Qt::FontRole)
                 .value<QFont>()
                 .strikeOut());
    project.study.runs.pop_back();
    model.setProject(project);
    QCOMPARE(reset.count(), 1);
    QCOMPARE(model.rowCount(), 1);
    model.setProject({});
    QCOMPARE(model.rowCount(), 0);
}

void ModelsTest::tableTellsWhatCameOut() {
    RunTableModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setProject(test::sampleProject());
    QCOMPARE(model.rowCount(), 3);
    const auto at = [&](int row, int column) { return model.index(row, column).data().toString(); };
    QCOMPARE(at(0, RunTableModel::Volumes), "24");
    QCOMPARE(at(0, RunTableModel::RepetitionTime), "2");
    QCOMPARE(at(0, RunTableModel::Kept), "20");
    QCOMPARE(at(0, RunTableModel::RegionsWithSignal), "3");  // the fourth is NaN
    QCOMPARE(at(0, RunTableModel::FreedomLeft), "17.5");
    QVERIFY(at(0, RunTableModel::Remarks).contains("region 3 vanished"));
    QVERIFY(at(2, RunTableModel::Remarks).contains("the header is truncated"));
    QCOMPARE(at(2, RunTableModel::Kept), "");
}

void ModelsTest::untickingAsksTheDocument() {
    const Project project = test::sampleProject();
    RunTableModel model;
    model.setProject(project);
    QSignalSpy asked(&model, &RunTableModel::useRequested);
    QCOMPARE(model.index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
    QCOMPARE(model.index(1, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
    model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole);
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked[0][0].toString(), QString::fromStdString(project.study.runs[0].id()));
    QCOMPARE(asked[0][1].toBool(), false);
    QCOMPARE(model.index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));  // until the document says so
}

void ModelsTest::participantsSortAsNumbers() {
    TextTableModel model;
    model.setTable({{"participant_id", "age"}, {{"sub-01", "9"}, {"sub-02", "31.5"}, {"sub-03", "n/a"}}});
    QCOMPARE(model.index(1, 1).data().toString(), "31.5");
    QCOMPARE(model.index(0, 1).data(Qt::UserRole).toDouble(), 9.0);
    QCOMPARE(model.index(2, 1).data(Qt::UserRole).toString(), "n/a");
}

void ModelsTest::aScoreIsJudgedByItsWorstEnd() {
    ReconstructionScore score;
    score.metric = "AUROC";
    score.model = 0.8;
    score.low = 0.75;
    score.high = 0.85;
    score.baselines = {{"copy nearest", 0.7}, {"scan mean", 0.72}};
    QCOMPARE(beatsBaselines(score), "yes");
    score.baselines["scan mean"] = 0.78;
    QCOMPARE(beatsBaselines(score), "not clearly");
    score.baselines["scan mean"] = 0.81;
    QCOMPARE(beatsBaselines(score), "no");
    score.metric = "error";  // smaller is better
    score.baselines = {{"scan mean", 0.9}};
    QCOMPARE(beatsBaselines(score), "yes");
    score.against = "scan mean";  // a paired comparison overrules the intervals
    score.gain = -0.1;
    score.gainHigh = 0.05;
    score.gainLow = -0.2;
    QCOMPARE(beatsBaselines(score), "not clearly");
}

void ModelsTest::fineTuningShowsGainsCurvesAndPermutations() {
    FinetuneResult result;
    result.verdict = "The network shows no clear gain.";
    MethodScore tuned;
    tuned.method = "ST-MAE fine-tuned";
    tuned.metric = "AUROC";
    tuned.pooled = 0.612;
    tuned.mean = 0.7;
    MethodScore reference = tuned;
    reference.method = "static FC + logistic";
    result.scores = {tuned, reference};
    result.gains = {{tuned.method, reference.method, "AUROC", 0.04, -0.02, 0.1, 24}};
    TrainingBoard board("Start", "Nothing yet");
    const auto cell = [&](int row, int column) { return board.findChild<ScoresTable*>()->item(row, column)->text(); };
    const auto says = [&](const QString& part) {
        const auto labels = board.findChildren<QLabel*>();
        return std::ranges::any_of(labels, [&](const QLabel* label) { return label->text().contains(part); });
    };
    board.showFinetuned(&result);
    QCOMPARE(cell(0, 2), QString("0.612"));
    QCOMPARE(cell(0, 4), QString("0.040 (-0.020 to 0.100)"));
    QVERIFY(board.findChild<ScoresTable*>()->item(0, 4)->toolTip().contains("static FC + logistic"));
    QCOMPARE(cell(1, 4), QString());
    QVERIFY(says("No permutation p"));
    QVERIFY(says("few labels or missing windows"));
    QVERIFY(board.findChildren<CurvesPlot*>("shareCurve").isEmpty());
    result.scores[0].p = 0.25;
    result.scores[0].permutations = 3;
    for (const double share : {10.0, 50.0, 100.0})
        for (const auto& score : {tuned, reference}) result.curves.push_back({"training people", share, score});
    result.curves.push_back({"windows missing at random", 30, tuned});
    board.showFinetuned(&result);
    board.showFinetuned(&result);               // again: no tab twice
    QCOMPARE(cell(0, 5), QString("none (3)"));  // too few to tell
    result.scores[0].permutations = 19;
    board.showFinetuned(&result);
    QCOMPARE(cell(0, 5), QString("0.250 (19)"));
    QVERIFY(!says("No permutation p"));
    QCOMPARE(board.findChildren<CurvesPlot*>("shareCurve").size(), 2);
}

void ModelsTest::theBoardTellsTheFoldAndShowsEveryCurve() {
    TrainingBoard board("Start", "Nothing yet");
    board.setRunning(true);
    const auto* status = board.findChild<QLabel*>("trainingStatus");
    const auto isLogarithmic = [&] {
        const auto plots = board.findChildren<CurvesPlot*>();
        return std::ranges::any_of(plots, [](const CurvesPlot* plot) { return plot->logY(); });
    };
    TrainingSnapshot snapshot;
    snapshot.step = 3;
    snapshot.steps = 9;
    snapshot.folds = 3;
    snapshot.fold = 3;  // counted from 1
    snapshot.losses = {{"total", 0.7}, {"validation total", 0.8}};
    board.setHistory({snapshot});
    QVERIFY(status->text().contains("fold 3 of 3"));
    QVERIFY(!isLogarithmic());
    snapshot.fold = 0;  // the final model has none
    snapshot.losses["orthogonality"] = 140;
    board.setHistory({});
    board.setHistory({snapshot});
    QVERIFY(!status->text().contains("fold"));
    QVERIFY(isLogarithmic());
}

QTEST_MAIN(ModelsTest)
#include "ModelsTest.moc"
