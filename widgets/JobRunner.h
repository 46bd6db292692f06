#pragma once

#include "core/base/Error.h"
#include "core/base/JobContext.h"

#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QThreadPool>

#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <variant>

namespace chronnect {

/// How a job ended. `std::visit` it; there is no fourth way.
template <class T>
using Outcome = std::variant<T, Cancelled, Error>;

/// One computation as the window sees it. Lives on the GUI thread.
class Job : public QObject {
    Q_OBJECT

public:
    enum class State { Running, Done, Cancelled, Failed };

    explicit Job(QString title, QObject* parent = nullptr);

    QString title() const { return m_title; }
    double fraction() const { return m_fraction; }
    QString step() const { return m_step; }
    State state() const { return m_state; }
    QString problem() const { return m_problem; }  ///< one sentence, when it failed
    double secondsElapsed() const { return static_cast<double>(m_clock.elapsed()) / 1000.0; }
    /// An estimate from the progress so far, or what the work itself said; negative while unknown.
    double secondsLeft() const;
    void setSecondsLeft(double seconds) { m_told = seconds; }
    /// A small job whose success nobody needs to read about.
    void setQuiet(bool on) { m_quiet = on; }
    bool isQuiet() const { return m_quiet; }
    bool isCancelRequested() const { return m_stop.stop_requested(); }
    void cancel() { m_stop.request_stop(); }

Q_SIGNALS:
    void progressed();
    void finished();

private:
    friend class JobRunner;
    QString m_title;
    QString m_step;
    QString m_problem;
    State m_state = State::Running;
    double m_fraction = 0;
    double m_told = -1;
    bool m_quiet = false;
    QElapsedTimer m_clock;
    std::stop_source m_stop;
};

/// Runs computations away from the GUI thread and delivers their outcomes on it.
/// The only place in the program where the two kinds of thread meet.
class JobRunner : public QObject {
    Q_OBJECT

public:
    explicit JobRunner(QObject* parent = nullptr);
    ~JobRunner() override;  ///< cancels everything and waits; nothing is delivered any more

    /// Calls `work(context)` on a pool thread, then `done(outcome)` on this object's thread.
    /// `work` must own what it reads: pass values and shared_ptr<const T>, never the document.
    template <class Work, class Done>
    Job* start(const QString& title, Work work, Done done) {
        using Result = std::invoke_result_t<Work&, const JobContext&>;
        return launch(title, [work = std::move(work), done = std::move(done)](const JobContext& context) mutable {
            auto outcome = std::make_shared<Outcome<Result>>(outcomeOf<Result>(work, context));
            Ending ending;
            ending.state = static_cast<Job::State>(outcome->index() + 1);
            if (const Error* error = std::get_if<Error>(outcome.get())) ending.problem = error->what();
            ending.deliver = [done = std::move(done), outcome]() mutable { done(std::move(*outcome)); };
            return ending;
        });
    }

    /// Those that run now, oldest first.
    QList<Job*> jobs() const;
    bool isIdle() const { return m_jobs.isEmpty(); }
    void cancelAll();

Q_SIGNALS:
    void started(chronnect::Job* job);
    void finished(chronnect::Job* job);  ///< after its outcome was delivered; the job dies soon after

private:
    struct Ending {
        Job::State state = Job::State::Done;
        std::string problem;
        std::function<void()> deliver;
    };

    template <class Result, class Work>
    static Outcome<Result> outcomeOf(Work& work, const JobContext& context) {
        try {
            return Outcome<Result>(std::in_place_index<0>, work(context));
        } catch (const Cancelled& cancelled) {
            return cancelled;
        } catch (const Error& error) {
            return error;
        } catch (const std::bad_alloc&) {
            return Error(ErrorKind::OutOfMemory, "Not enough memory; close other programs or use fewer runs at a time");
        } catch (const std::exception& error) {
            return Error(ErrorKind::Internal, error.what());
        }
    }

    Job* launch(const QString& title, std::function<Ending(const JobContext&)> work);
    void finish(Job* job, Ending& ending);

    QThreadPool m_pool;
    QList<Job*> m_jobs;
};

/// "4 s", "12 min", "2 h 5 min".
QString durationText(double seconds);

}  // namespace chronnect
