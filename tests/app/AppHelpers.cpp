#include "AppHelpers.h"

#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "core/pipeline/DemoStudy.h"

#include <QDir>
#include <QPixmap>
#include <QTest>

namespace chronnect::test {

namespace fs = std::filesystem;

bool hasLearning() {
    try {
        LearningModule().engine();
        return true;
    } catch (const Error&) {
        return false;
    }
}

fs::path smallStudy() {
    static const TemporaryFolder folder;
    const fs::path study = folder.path() / "small-study";
    SimulationSpec spec;
    spec.subjects = 8;
    spec.secondSessions = 2;
    spec.volumes = 90;
    spec.voxelMm = 8;
    writeSimulatedStudy(study, spec);
    return study;
}

bool openAndWait(Session& session, MainWindow& window, const fs::path& path) {
    window.files().open({toText(path)});
    return QTest::qWaitFor([&] { return session.runner.isIdle() && !session.document.project().study.runs.empty(); },
                           60000);
}

bool analyseAndWait(Session& session) {
    session.analysis.analyse();
    return QTest::qWaitFor([&] { return session.runner.isIdle() && !session.analysis.isViewPending(); }, 120000) &&
           session.document.project().result && session.analysis.view();
}

void makeTrainingShort(Project& project) {
    project.pretrain.graph = {.windowLength = 30, .windowStep = 10, .density = 30};
    project.pretrain.network.hidden = 8;
    project.pretrain.network.layers = 1;
    project.pretrain.steps = 2;
    project.pretrain.batch = 2;
    project.pretrain.checkpointEvery = 1;
    project.pretrain.device = "cpu";
    project.finetune.graph = project.pretrain.graph;
    project.finetune.network = project.pretrain.network;
    project.finetune.target = "group";
    project.finetune.folds = 2;
    project.finetune.epochs = 1;
    project.finetune.labelPermutation = false;
    project.finetune.device = "cpu";
}

void keepPicture(QWidget& window, const QString& name) {
    const QString folder = qEnvironmentVariable("CHRONNECT_TEST_PICTURES");
    if (folder.isEmpty()) return;
    QTest::qWait(400);  // layouts, first frames of 3D views
    QDir().mkpath(folder);
    window.grab().save(QDir(folder).filePath(name + ".png"));
}

StallMeter::StallMeter() {
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] {
        if (m_clock.isValid()) m_longest = std::max(m_longest, m_clock.elapsed() - 5);
        m_clock.start();
        ++m_turns;
    });
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.start(5);
}

}  // namespace chronnect::test
