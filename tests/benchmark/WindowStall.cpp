// How long the window's event loop stands still while the program works: the largest gap of a 5 ms timer.
#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "tests/app/AppHelpers.h"
#include "tests/benchmark/Usage.h"
#include "widgets/pages/DataPage.h"
#include "widgets/pages/ExplorePage.h"
#include "widgets/pages/QualityPage.h"
#include "widgets/views/TimeBar.h"

#include <QApplication>
#include <QStandardPaths>
#include <QTest>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#ifdef __linux__
#include <csignal>
#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>
#endif

using namespace chronnect;

namespace {

/// With CHRONNECT_STALL_TRACE=ms set, tells on standard error what the window does when it stands still that long.
class Watchdog {
public:
    Watchdog() {
#ifdef __linux__
        const char* limit = std::getenv("CHRONNECT_STALL_TRACE");
        if (!limit) return;
        std::signal(SIGUSR1, [](int) {
            void* frames[48];
            backtrace_symbols_fd(frames, backtrace(frames, 48), STDERR_FILENO);
            (void)!write(STDERR_FILENO, "--\n", 3);
        });
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { ++m_beats; });
        m_timer.start(5);
        m_thread = std::jthread(
            [this, window = pthread_self(), limit = std::chrono::milliseconds(std::atoi(limit))](std::stop_token stop) {
                while (!stop.stop_requested()) {
                    const int before = m_beats;
                    std::this_thread::sleep_for(limit);
                    if (m_beats == before) pthread_kill(window, SIGUSR1);
                }
            });
#endif
    }

private:
    QTimer m_timer;
    std::atomic<int> m_beats{0};
    std::jthread m_thread;
};

template <class Work, class Done>
void measure(const char* what, Work work, Done done) {
    test::StallMeter meter;
    QElapsedTimer clock;
    clock.start();
    work();
    if (!QTest::qWaitFor(done, 600000)) std::printf("(not finished) ");
    std::printf("%-48s %5lld ms  in %.1f s\n", what, static_cast<long long>(meter.longest()),
                static_cast<double>(clock.elapsed()) / 1000);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (asksForHelp(argc, argv, "chronnect-window-stall [STUDY]")) return 0;
    QApplication application(argc, argv);
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setApplicationName("chronnect-window-stall");
    std::filesystem::remove_all(AppPaths::seriesCache());
    Session session;
    MainWindow window(session);
    window.files().setAsking(false);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) return 1;
    const std::filesystem::path study = argc > 1 ? toPath(QString::fromLocal8Bit(argv[1])) : test::smallStudy();
    const Watchdog watchdog;
    const auto idle = [&] {
        return session.runner.isIdle() && !session.analysis.isViewPending() && !session.quality.isPending();
    };
    std::printf("longest stall of the event loop\n");
    measure(
        "opening the study", [&] { window.files().open({toText(study)}); },
        [&] { return idle() && !session.document.project().study.runs.empty(); });
    measure(
        "analysis, Data page", [&] { session.analysis.analyse(); }, [&] { return !session.analysis.isAnalysing(); });
    measure(
        "first look at the brain, Explore page", [] {}, idle);
    measure(
        "another run",
        [&] { session.state.setRun(QString::fromStdString(session.document.project().study.runs.back().id())); }, idle);
    measure(
        "ten windows of play", [&] { window.explorePage().timeBar().setPlaying(true); },
        [&] { return session.state.window() >= 10; });
    window.explorePage().timeBar().setPlaying(false);
    measure(
        "cohort and run quality", [&] { window.showPage(MainWindow::Page::Quality); }, idle);
    measure(
        "atlas", [&] { window.qualityPage().showTab(QualityPage::Tab::Atlas); }, idle);
    session.document.edit("Short", test::makeTrainingShort);
    session.document.edit("Steps", [](Project& p) {
        p.pretrain.steps = 60;
        p.pretrain.checkpointEvery = 20;
    });
    window.showPage(MainWindow::Page::Learn);
    QTest::qWait(500);
    measure(
        "pretraining, Learn page", [&] { session.learning.pretrain(false); },
        [&] { return !session.learning.isTraining(); });
    measure(
        "fine-tuning, Learn page", [&] { session.learning.finetune(false); },
        [&] { return !session.learning.isTraining(); });
    return 0;
}
