#pragma once

#include "core/base/Error.h"
#include "core/base/JobContext.h"

#include <QObject>
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

/// One running computation as the window sees it. Lives on the GUI thread.
class Job : public QObject {
    Q_OBJECT

public:
    explicit Job(QString title, QObject* parent = nullptr) : QObject(parent), m_title(std::move(title)) {}

    QString title() const { return m_title; }
    double fraction() const { return m_fraction; }
    QString step() const { return m_step; }
    void cancel() { m_stop.request_stop(); }

Q_SIGNALS:
    void progressed();
    void finished();

private:
    friend class JobRunner;
    QString m_title;
    QString m_step;
    double m_fraction = 0;
    std::stop_source m_stop;
};

/// Runs computations away from the GUI thread and delivers their outcomes on it.
/// The only place in the program where the two kinds of thread meet.
class JobRunner : public QObject {
    Q_OBJECT

public:
    explicit JobRunner(QObject* parent = nullptr) : QObject(parent) {}
    ~JobRunner() override;  ///< cancels everything and waits

    /// Calls `work(context)` on a pool thread, then `done(outcome)` on this object's thread.
    /// `work` must own what it reads: pass values and shared_ptr<const T>, never the document.
    template <class Work, class Done>
    Job* start(const QString& title, Work work, Done done) {
        using Result = std::invoke_result_t<Work&, const JobContext&>;
        return launch(title, [work = std::move(work), done = std::move(done)](const JobContext& context) mutable {
            auto outcome = std::make_shared<Outcome<Result>>(outcomeOf<Result>(work, context));
            return Delivery([done = std::move(done), outcome] { done(std::move(*outcome)); });
        });
    }

Q_SIGNALS:
    void started(chronnect::Job* job);

private:
    using Delivery = std::function<void()>;

    template <class Result, class Work>
    static Outcome<Result> outcomeOf(Work& work, const JobContext& context) {
        try {
            return Outcome<Result>(std::in_place_index<0>, work(context));
        } catch (const Cancelled& cancelled) {
            return cancelled;
        } catch (const Error& error) {
            return error;
        } catch (const std::bad_alloc&) {
            return Error(ErrorKind::OutOfMemory, "Not enough memory");
        } catch (const std::exception& error) {
            return Error(ErrorKind::Internal, error.what());
        }
    }

    Job* launch(const QString& title, std::function<Delivery(const JobContext&)> work);

    QThreadPool m_pool;
};

}  // namespace chronnect
