#include "core/base/ParallelFor.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace chronnect {

int threadCount() {
    if (const char* text = std::getenv("CHRONNECT_THREADS"))
        if (const int asked = std::atoi(text); asked > 0) return asked;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallelFor(std::size_t count, const JobContext& context, const std::function<void(std::size_t)>& body) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::exception_ptr problem;
    std::mutex mutex;
    const auto worker = [&] {
        try {
            for (std::size_t i = next++; i < count && !failed; i = next++) {
                context.throwIfCancelled();
                body(i);
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failed.exchange(true)) problem = std::current_exception();
        }
    };
    const std::size_t threads = std::min<std::size_t>(count, static_cast<std::size_t>(threadCount()));
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i) others.emplace_back(worker);
        worker();
    }
    if (problem) std::rethrow_exception(problem);
}

}  // namespace chronnect
