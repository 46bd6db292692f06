#include "widgets/FormFields.h"
#include "widgets/JobRunner.h"
#include "widgets/JobsPanel.h"
#include "widgets/ProjectDocument.h"
#include "widgets/SpecForm.h"

#include <QElapsedTimer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace chronnect;

class WidgetsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jobDeliversItsResultOnTheGuiThread();
    void cancelIsVisibleWithin200Milliseconds();
    void failedJobCarriesItsSentence();
    void strangeExceptionsBecomeErrors();
    void aMillionReportsDoNotFloodTheWindow();
    void shortJobsDoNotWaitForLongOnes();
    void runnerWaitsForItsJobsWhenDestroyed();
    void timeLeftFollowsProgress();
    void jobsPanelShowsCancelsAndRemembers();

    void undoBringsBackSettingsTogetherWithTheirResult();
    void editsOfOneSettingWithinASecondAreOneStep();
    void anEditThatChangesNothingIsNoStep();
    void fiftyStepsAreKeptAndOldResultsForgotten();
    void modifiedMeansDifferentFromWhatWasSaved();
    void anotherDocumentHasNoPast();

    void formIsMadeFromTheParameterList();
    void formKnowsTextsChoicesAndSections();
    void formShowsSmallNumbersInFull();
    void showingASpecIsNoEdit();
    void formShowsOnlyWhatMattersToTheObjective();
};

namespace {

Project withLength(int length) {
    Project project;
    project.spec.window.length = length;
    return project;
}

auto setLength(int length) {
    return [length](Project& project) { project.spec.window.length = length; };
}

}  // namespace

void WidgetsTest::jobDeliversItsResultOnTheGuiThread() {
    JobRunner runner;
    int answer = 0;
    QThread* where = nullptr;
    QThread* worker = nullptr;
    auto* job = runner.start(
        "Answer",
        [&](const JobContext& context) {
            worker = QThread::currentThread();
            context.report(0.5, "half");
            return 42;
        },
        [&](Outcome<int> outcome) {
            answer = std::get<int>(outcome);
            where = QThread::currentThread();
        });
    QCOMPARE(runner.jobs().size(), 1);
    QSignalSpy finished(job, &Job::finished);
    QVERIFY(finished.wait(5000));
    QCOMPARE(answer, 42);
    QCOMPARE(where, thread());
    QVERIFY(worker != thread());
    QVERIFY(runner.isIdle());
}

void WidgetsTest::cancelIsVisibleWithin200Milliseconds() {
    JobRunner runner;
    std::size_t kind = 99;
    std::atomic<bool> running{false};
    auto* job = runner.start(
        "Endless",
        [&](const JobContext& context) -> int {
            running = true;
            for (;;) {
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
                context.throwIfCancelled();
            }
        },
        [&](Outcome<int> outcome) { kind = outcome.index(); });
    QTRY_VERIFY(running);
    QSignalSpy finished(job, &Job::finished);
    QElapsedTimer clock;
    clock.start();
    job->cancel();
    QVERIFY(finished.wait(5000));
    QVERIFY2(clock.elapsed() < 200, qPrintable(QString::number(clock.elapsed())));
    QCOMPARE(kind, std::size_t(1));
}

void WidgetsTest::failedJobCarriesItsSentence() {
    JobRunner runner;
    QString message;
    auto* job = runner.start(
        "Bad", [](const JobContext&) -> int { throw Error(ErrorKind::BadInput, "no volumes"); },
        [&](Outcome<int> outcome) { message = std::get<Error>(outcome).what(); });
    Job::State state = Job::State::Running;
    QString problem;
    connect(job, &Job::finished, this, [&] {
        state = job->state();
        problem = job->problem();
    });
    QTRY_VERIFY(runner.isIdle());
    QCOMPARE(message, "no volumes");
    QCOMPARE(state, Job::State::Failed);
    QCOMPARE(problem, "no volumes");
}

void WidgetsTest::strangeExceptionsBecomeErrors() {
    JobRunner runner;
    std::vector<ErrorKind> kinds;
    const auto keep = [&](Outcome<int> outcome) { kinds.push_back(std::get<Error>(outcome).kind()); };
    runner.start(
        "Out of memory", [](const JobContext&) -> int { throw std::bad_alloc(); }, keep);
    QTRY_COMPARE(kinds.size(), std::size_t(1));
    runner.start(
        "Surprise", [](const JobContext&) -> int { throw std::logic_error("x"); }, keep);
    QTRY_COMPARE(kinds.size(), std::size_t(2));
    QVERIFY(kinds == std::vector({ErrorKind::OutOfMemory, ErrorKind::Internal}));
}

void WidgetsTest::aMillionReportsDoNotFloodTheWindow() {
    JobRunner runner;
    auto* job = runner.start(
        "Busy",
        [](const JobContext& context) {
            for (int i = 0; i < 1000000; ++i) context.report(i / 1e6);
            return 1;
        },
        [](Outcome<int>) {});
    QSignalSpy progressed(job, &Job::progressed);
    QSignalSpy finished(job, &Job::finished);
    QVERIFY(finished.wait(60000));
    qInfo("1000000 reports became %lld signals", static_cast<long long>(progressed.count()));
    QVERIFY(progressed.count() < 200000);
}

void WidgetsTest::shortJobsDoNotWaitForLongOnes() {
    JobRunner runner;
    const auto endless = [](const JobContext& context) -> int {
        for (;;) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            context.throwIfCancelled();
        }
    };
    runner.start("Long 1", endless, [](Outcome<int>) {});
    runner.start("Long 2", endless, [](Outcome<int>) {});
    bool done = false;
    runner.start(
        "Short", [](const JobContext&) { return 1; }, [&](Outcome<int>) { done = true; });
    QTRY_VERIFY_WITH_TIMEOUT(done, 2000);
    QCOMPARE(runner.jobs().size(), 2);
    runner.cancelAll();
    QTRY_VERIFY(runner.isIdle());
}

void WidgetsTest::runnerWaitsForItsJobsWhenDestroyed() {
    std::atomic<bool> stopped{false}, running{false};
    {
        JobRunner runner;
        runner.start(
            "Endless",
            [&](const JobContext& context) -> int {
                running = true;
                try {
                    for (;;) context.throwIfCancelled();
                } catch (...) {
                    stopped = true;
                    throw;
                }
            },
            [](Outcome<int>) { QFAIL("delivered to a dead runner"); });
        QTRY_VERIFY(running);
    }
    QVERIFY(stopped);
    QCoreApplication::processEvents();
}

void WidgetsTest::timeLeftFollowsProgress() {
    JobRunner runner;
    std::atomic<bool> go{false};
    auto* job = runner.start(
        "Half",
        [&](const JobContext& context) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1050));
            context.report(0.5, "half");
            while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(2));
            return 1;
        },
        [](Outcome<int>) {});
    QVERIFY(job->secondsLeft() < 0);  // nothing is known yet
    QTRY_VERIFY_WITH_TIMEOUT(job->fraction() > 0.4, 5000);
    QVERIFY(std::abs(job->secondsLeft() - job->secondsElapsed()) < 0.2);  // half done: as long again
    job->setSecondsLeft(77);
    QCOMPARE(job->secondsLeft(), 77.0);
    go = true;
    QTRY_VERIFY(runner.isIdle());
    QCOMPARE(durationText(4), "4 s");
    QCOMPARE(durationText(125), "2 min 05 s");
    QCOMPARE(durationText(7500), "2 h 05 min");
}

void WidgetsTest::jobsPanelShowsCancelsAndRemembers() {
    JobRunner runner;
    JobsPanel panel(runner);
    panel.resize(900, 200);
    panel.show();
    QVERIFY(QTest::qWaitForWindowExposed(&panel));
    runner.start(
        "Endless",
        [](const JobContext& context) -> int {
            for (;;) {
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
                context.throwIfCancelled();
            }
        },
        [](Outcome<int>) {});
    QCOMPARE(panel.runningCount(), 1);
    auto* cancel = panel.findChild<QPushButton*>("cancelJob");
    QVERIFY(cancel);
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY(runner.isIdle());
    QCOMPARE(panel.runningCount(), 0);
    QCOMPARE(panel.finishedCount(), 1);
    panel.clearFinished();
    QCOMPARE(panel.finishedCount(), 0);
}

void WidgetsTest::undoBringsBackSettingsTogetherWithTheirResult() {
    ProjectDocument document;
    document.edit("Set window length", setLength(20));
    document.amend([](Project& p) { p.result = std::make_shared<StudyResult>(); });
    const auto first = document.project().result;
    document.edit("Set window length", [](Project& p) {
        p.spec.window.length = 40;
        p.result = nullptr;
    });
    QSignalSpy changed(&document, &ProjectDocument::changed);
    document.undo();
    QCOMPARE(document.project().spec.window.length, 20);
    QCOMPARE(document.project().result, first);
    QCOMPARE(changed.last().at(0).toUInt(), unsigned(Aspect::Spec) | unsigned(Aspect::Result));
    document.redo();
    QCOMPARE(document.project().spec.window.length, 40);
    QVERIFY(!document.canRedo());
}

void WidgetsTest::editsOfOneSettingWithinASecondAreOneStep() {
    ProjectDocument document;
    for (int length = 31; length <= 60; ++length) document.edit("Change length", setLength(length), "length");
    document.edit(
        "Change step", [](Project& p) { p.spec.window.step = 9; }, "step");
    document.undo();
    QCOMPARE(document.project().spec.window.length, 60);
    document.undo();
    QCOMPARE(document.project().spec.window.length, SlidingWindowSpec{}.length);
    QVERIFY(!document.canUndo());
    document.redo();
    document.edit("Change length", setLength(70), "length");  // after an undo nothing merges
    document.undo();
    QCOMPARE(document.project().spec.window.length, 60);
    QTest::qWait(1100);
    document.redo();
    document.edit("Change length", setLength(71), "length");
    QTest::qWait(1100);
    document.edit("Change length", setLength(72), "length");  // later than a second: a step of its own
    document.undo();
    QCOMPARE(document.project().spec.window.length, 71);
}

void WidgetsTest::anEditThatChangesNothingIsNoStep() {
    ProjectDocument document;
    document.edit("Set", setLength(20));
    document.undo();
    QSignalSpy changed(&document, &ProjectDocument::changed);
    document.edit("Nothing", [](Project&) {});
    QVERIFY(document.canRedo());
    QCOMPARE(changed.count(), 0);
}

void WidgetsTest::fiftyStepsAreKeptAndOldResultsForgotten() {
    ProjectDocument document;
    document.amend([](Project& p) { p.result = std::make_shared<StudyResult>(); });
    std::weak_ptr<const StudyResult> old = document.project().result;
    for (int i = 0; i < 80; ++i)
        document.edit("Set", [i](Project& p) {
            p.spec.window.length = 100 + i;
            p.result = std::make_shared<StudyResult>();
        });
    QVERIFY(old.expired());
    int steps = 0;
    while (document.canUndo()) {
        document.undo();
        ++steps;
        const bool recent = steps < int(ProjectDocument::statesWithResults);
        QCOMPARE(document.project().result != nullptr, recent);
    }
    QCOMPARE(steps, int(ProjectDocument::statesKept) - 1);
    QCOMPARE(document.project().spec.window.length, 179 - steps);
}

void WidgetsTest::modifiedMeansDifferentFromWhatWasSaved() {
    ProjectDocument document;
    QVERIFY(!document.isModified());
    document.edit("Set", setLength(20));
    QVERIFY(document.isModified());
    document.undo();
    QVERIFY(!document.isModified());
    document.redo();
    const Project written = document.project();
    document.edit("Set", setLength(21));  // while the save was still running
    document.markSaved(written);
    QVERIFY(document.isModified());
    document.undo();
    QVERIFY(!document.isModified());
}

void WidgetsTest::anotherDocumentHasNoPast() {
    ProjectDocument document;
    document.edit("Set", setLength(20));
    document.reset(withLength(33));
    QCOMPARE(document.project().spec.window.length, 33);
    QVERIFY(!document.canUndo() && !document.canRedo() && !document.isModified());
}

void WidgetsTest::formIsMadeFromTheParameterList() {
    int edits = 0;
    QString last;
    SpecForm<SlidingWindowSpec> form([&](const SlidingWindowSpec&, const QString& setting) {
        ++edits;
        last = setting;
    });
    auto* length = form.findChild<QSpinBox*>("length");
    QVERIFY(length);
    QCOMPARE(length->minimum(), 3);
    QCOMPARE(length->suffix(), " volumes");
    form.show();
    length->setFocus();
    QTest::keyClick(length, Qt::Key_Up);
    QCOMPARE(form.spec().length, SlidingWindowSpec{}.length + 1);
    QCOMPARE(last, "length");
    form.findChild<QComboBox*>("taper")->setCurrentIndex(2);
    QCOMPARE(int(form.spec().taper), int(WindowTaper::Hamming));
    QCOMPARE(edits, 2);
}

void WidgetsTest::formKnowsTextsChoicesAndSections() {
    SpecForm<CleanSpec> clean([](const CleanSpec&, const QString&) {});
    auto* pattern = clean.findChild<QLineEdit*>("confound_pattern");
    QVERIFY(pattern);
    QTest::keyClicks(pattern, "trans_.*");
    QCOMPARE(clean.spec().confoundPattern, std::string("trans_.*"));

    SpecForm<FinetuneSpec> form([](const FinetuneSpec&, const QString&) {},
                                {{"target", "Question", false}, {"hidden", "Network", true}}, {"target"});
    form.setSpec([] {
        FinetuneSpec spec;
        spec.target = "age";
        return spec;
    }());
    form.setChoices("target", {"sex", "group"});
    auto* target = form.findChild<QComboBox*>("target");
    QVERIFY(target);
    QCOMPARE(target->currentText(), "age");  // what was chosen stays, listed or not
    target->setCurrentIndex(1);
    QCOMPARE(form.spec().target, std::string("group"));
    form.show();
    QVERIFY(target->isVisible());
    QVERIFY(!form.findChild<QSpinBox*>("hidden")->isVisible());  // a folded section
}

void WidgetsTest::formShowsSmallNumbersInFull() {
    SpecForm<PretrainSpec> form([](const PretrainSpec&, const QString&) {});
    QCOMPARE(form.findChild<QDoubleSpinBox*>("learning_rate")->text(), "0.0005");
    QCOMPARE(displayText("fc_profile"), "FC profile");
    QCOMPARE(displayText("non_overlapping"), "Non overlapping");
}

void WidgetsTest::showingASpecIsNoEdit() {
    int edits = 0;
    SpecForm<PretrainSpec> form([&](const PretrainSpec&, const QString&) { ++edits; });
    PretrainSpec spec;
    spec.steps = 123;
    spec.network.readout = Readout::Garo;
    spec.objective = "graphmae";
    form.setSpec(spec);
    QVERIFY(form.spec() == spec);
    QCOMPARE(form.findChild<QSpinBox*>("steps")->value(), 123);
    QCOMPARE(form.findChild<QLineEdit*>("objective")->text(), "graphmae");
    QCOMPARE(edits, 0);
}

void WidgetsTest::formShowsOnlyWhatMattersToTheObjective() {
    SpecForm<PretrainSpec> form(
        [](const PretrainSpec&, const QString&) {},
        {{"objective", "Objective", false}, {"node_target", "Masking", false}, {"steps", "Training", false}});
    form.show();
    const auto shown = [&](const char* setting) { return form.findChild<QWidget*>(setting)->isVisible(); };
    const auto choose = [&](const std::string& objective, double spatialWeight) {
        PretrainSpec spec;
        spec.objective = objective;
        spec.spatialWeight = spatialWeight;
        form.setSpec(spec);
    };
    choose("st-mae", 0.5);
    for (const char* setting : {"node_target", "node_mask_ratio", "edge_mask_ratio", "gap", "spatial_weight", "steps"})
        QVERIFY2(shown(setting), setting);
    for (const char* setting : {"blocks", "ema_start", "node_feature", "remask", "edge_drop", "readout", "heads"})
        QVERIFY2(!shown(setting), setting);
    choose("st-mae", 0);  // temporal only: nothing is hidden inside a window
    QVERIFY(!shown("node_mask_ratio") && !shown("edge_mask_ratio") && shown("gap"));
    choose("st-mae", 1);  // spatial only
    QVERIFY(shown("node_mask_ratio") && !shown("gap") && !shown("targets_per_scan"));
    choose("st-jema", 0.5);
    QVERIFY(shown("blocks") && shown("ema_end") && shown("gap"));
    QVERIFY(!shown("node_mask_ratio") && !shown("node_target") && !shown("cosine_power") && !shown("node_feature"));
    choose("graphmae", 0.5);
    QVERIFY(shown("node_feature") && shown("remask") && shown("node_mask_ratio"));
    QVERIFY(!shown("edge_weight") && !shown("gap") && !shown("spatial_weight") && !shown("blocks"));
    form.findChild<QComboBox*>("node_feature")->setCurrentIndex(int(NodeFeature::FcRow));  // by hand, at once
    QVERIFY(shown("gap") && shown("spatial_weight"));
    choose("of-a-plugin", 0.5);  // unknown: everything
    QVERIFY(shown("blocks") && shown("node_feature") && shown("edge_mask_ratio"));

    SpecForm<FinetuneSpec> tuning(
        [](const FinetuneSpec&, const QString&) {},
        {{"target", "Question", false}, {"window_length", "Graphs", false}, {"hidden", "Network", false}});
    tuning.show();
    QVERIFY(!tuning.findChild<QWidget*>("window_length")->isVisible());
    QVERIFY(!tuning.findChild<QWidget*>("hidden")->isVisible() && tuning.findChild<QWidget*>("readout")->isVisible());
    tuning.findChild<QComboBox*>("mode")->setCurrentIndex(int(FinetuneMode::FromScratch));
    QVERIFY(tuning.findChild<QWidget*>("window_length")->isVisible());
    QVERIFY(tuning.findChild<QWidget*>("hidden")->isVisible());
}

QTEST_MAIN(WidgetsTest)
#include "WidgetsTest.moc"
