#include "widgets/JobRunner.h"

#include <QThread>

#include <algorithm>
#include <mutex>

namespace chronnect {
namespace {

/// Progress on its way to the GUI thread: many reports, at most one queued event.
struct PendingProgress {
    std::mutex mutex;
    double fraction = 0;
    std::string step;
    bool queued = false;
};

}  // namespace

Job::Job(QString title, QObject* parent) : QObject(parent), m_title(std::move(title)) { m_clock.start(); }

double Job::secondsLeft() const {
    if (m_told >= 0) return m_told;
    const double elapsed = secondsElapsed();
    if (m_fraction < 0.02 || elapsed < 1.0) return -1;
    return elapsed * (1.0 - m_fraction) / m_fraction;
}

JobRunner::JobRunner(QObject* parent) : QObject(parent) {
    // A long training must not keep a short job waiting, so there are more threads than cores may suggest.
    m_pool.setMaxThreadCount(std::max(4, QThread::idealThreadCount()));
}

JobRunner::~JobRunner() {
    cancelAll();
    m_pool.waitForDone();
}

QList<Job*> JobRunner::jobs() const { return m_jobs; }

void JobRunner::cancelAll() {
    for (Job* job : m_jobs) job->cancel();
}

Job* JobRunner::launch(const QString& title, std::function<Ending(const JobContext&)> work) {
    auto* job = new Job(title, this);
    m_jobs.append(job);
    auto pending = std::make_shared<PendingProgress>();

    const auto show = [job = QPointer<Job>(job), pending] {
        {
            const std::lock_guard lock(pending->mutex);
            pending->queued = false;
            if (!job) return;
            job->m_fraction = std::clamp(pending->fraction, 0.0, 1.0);
            job->m_step = QString::fromStdString(pending->step);
        }
        Q_EMIT job->progressed();
    };
    const auto sink = [this, pending, show](double fraction, std::string_view step) {
        const std::lock_guard lock(pending->mutex);
        pending->fraction = fraction;
        if (!step.empty()) pending->step = step;
        if (!std::exchange(pending->queued, true)) QMetaObject::invokeMethod(this, show, Qt::QueuedConnection);
    };

    m_pool.start([this, job, sink, stop = job->m_stop.get_token(), work = std::move(work)] {
        auto ending = std::make_shared<Ending>(work(JobContext(stop, sink)));
        QMetaObject::invokeMethod(
            this, [this, job, ending] { finish(job, *ending); }, Qt::QueuedConnection);
    });
    Q_EMIT started(job);
    return job;
}

void JobRunner::finish(Job* job, Ending& ending) {
    job->m_state = ending.state;
    job->m_problem = QString::fromStdString(ending.problem);
    m_jobs.removeOne(job);
    ending.deliver();
    Q_EMIT job->finished();
    Q_EMIT finished(job);
    job->deleteLater();
}

QString durationText(double seconds) {
    const auto whole = static_cast<long long>(seconds + 0.5);
    if (whole < 60) return QStringLiteral("%1 s").arg(whole);
    if (whole < 3600) return QStringLiteral("%1 min %2 s").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
    return QStringLiteral("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, QLatin1Char('0'));
}

}  // namespace chronnect
