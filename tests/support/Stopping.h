#pragma once

#include "core/base/JobContext.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace chronnect::test {

/// Seconds that `work` takes when nobody stops it.
inline double secondsOf(const std::function<void(const JobContext&)>& work) {
    const auto started = std::chrono::steady_clock::now();
    work({});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

/// How long `work` goes on after another thread asked it to stop, in ms. Asked at five moments spread over its first
/// `seconds`, whatever it does there; of three tries at a moment the shortest counts, because another program may hold
/// the processor; returned is the longest of the five.
inline double slowestStop(double seconds, const std::function<void(const JobContext&)>& work) {
    using Clock = std::chrono::steady_clock;
    double slowest = 0;
    for (const double share : {0.05, 0.25, 0.45, 0.65, 0.85}) {
        double best = 1e9;
        for (int attempt = 0; attempt < 3 && best >= 200; ++attempt) {
            std::stop_source stop;
            Clock::time_point asked;
            std::jthread asking([&] {
                std::this_thread::sleep_for(std::chrono::duration<double>(seconds * share));
                asked = Clock::now();
                stop.request_stop();
            });
            try {
                work(JobContext(stop.get_token(), {}));
            } catch (const Cancelled&) {
            }
            const auto ended = Clock::now();
            asking.join();
            // Work that takes no notice counts until its own end; what ended before it was asked leaves nothing to
            // wait.
            best = std::min(best, std::max(0.0, std::chrono::duration<double, std::milli>(ended - asked).count()));
        }
        slowest = std::max(slowest, best);
    }
    return slowest;
}

}  // namespace chronnect::test
