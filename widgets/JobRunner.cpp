#include "widgets/JobRunner.h"

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

JobRunner::~JobRunner() {
    for (Job* job : findChildren<Job*>()) job->cancel();
    m_pool.waitForDone();
}

Job* JobRunner::launch(const QString& title, std::function<Delivery(const JobContext&)> work) {
    auto* job = new Job(title, this);
    auto pending = std::make_shared<PendingProgress>();

    const auto show = [job, pending] {
        const std::lock_guard lock(pending->mutex);
        pending->queued = false;
        job->m_fraction = pending->fraction;
        job->m_step = QString::fromStdString(pending->step);
        Q_EMIT job->progressed();
    };
    const auto sink = [this, pending, show](double fraction, std::string_view step) {
        const std::lock_guard lock(pending->mutex);
        pending->fraction = fraction;
        if (!step.empty()) pending->step = step;
        if (!std::exchange(pending->queued, true)) QMetaObject::invokeMethod(this, show, Qt::QueuedConnection);
    };

    m_pool.start([this, job, sink, stop = job->m_stop.get_token(), work = std::move(work)] {
        auto deliver = work(JobContext(stop, sink));
        QMetaObject::invokeMethod(
            this,
            [job, deliver = std::move(deliver)] {
                deliver();
                Q_EMIT job->finished();
                job->deleteLater();
            },
            Qt::QueuedConnection);
    });
    Q_EMIT started(job);
    return job;
}

}  // namespace chronnect
