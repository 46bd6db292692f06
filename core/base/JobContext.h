#pragma once

#include <functional>
#include <stop_token>
#include <string_view>
#include <utility>

namespace chronnect {

/// Thrown at a cancellation point. It is not an Error; only the job runner and the command line catch it.
struct Cancelled {};

/// What a long computation is handed so that it can report progress and be stopped.
///
/// A default context reports nowhere and never stops, so an algorithm is called
/// the same way from a test, the command line and the main window.
class JobContext {
public:
    using ProgressSink = std::function<void(double fraction, std::string_view step)>;

    JobContext() = default;
    JobContext(std::stop_token stop, ProgressSink sink) : m_stop(std::move(stop)), m_sink(std::move(sink)) {}

    /// Tells how much of the whole is done, 0 to 1.
    void report(double fraction, std::string_view step = {}) const {
        if (m_sink) m_sink(m_from + fraction * (m_to - m_from), step);
    }

    /// For handing the same stop to a context with reports of its own.
    std::stop_token stopToken() const { return m_stop; }

    bool stopRequested() const { return m_stop.stop_requested(); }

    /// Call at least every 100 ms of work: cancel must be visible within 200 ms.
    void throwIfCancelled() const {
        if (m_stop.stop_requested()) throw Cancelled{};
    }

    /// A context whose 0 to 1 is the stretch `from` to `to` of this one.
    JobContext part(double from, double to) const {
        JobContext result = *this;
        result.m_from = m_from + from * (m_to - m_from);
        result.m_to = m_from + to * (m_to - m_from);
        return result;
    }

    /// The same stop but no reports: for the turns of a loop whose caller reports the whole.
    JobContext silent() const {
        JobContext result = *this;
        result.m_sink = nullptr;
        return result;
    }

private:
    std::stop_token m_stop;
    ProgressSink m_sink;
    double m_from = 0.0;
    double m_to = 1.0;
};

}  // namespace chronnect
