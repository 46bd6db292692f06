#include "app/cli/Interrupt.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#ifndef _WIN32
#include <pthread.h>
#include <time.h>
#endif

namespace chronnect::cli {

#ifndef _WIN32

/// The signals are blocked in every thread and taken by one that waits for them, so nothing runs in a handler.
struct Interrupt::Watcher {
    sigset_t signals;
    std::jthread thread;
};

Interrupt::Interrupt() : m_watcher(new Watcher) {
    sigemptyset(&m_watcher->signals);
    sigaddset(&m_watcher->signals, SIGINT);
    sigaddset(&m_watcher->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &m_watcher->signals, nullptr);
    m_watcher->thread = std::jthread([this](const std::stop_token& end) {
        const timespec patience{0, 50'000'000};
        while (!end.stop_requested()) {
            const int received = sigtimedwait(&m_watcher->signals, nullptr, &patience);
            if (received <= 0) continue;
            if (m_source.stop_requested()) std::_Exit(130);
            m_source.request_stop();
        }
    });
}

Interrupt::~Interrupt() {
    m_watcher->thread = {};
    delete m_watcher;
}

#else

namespace {
// A handler is given nothing but the signal's number, so the count has to live here.
volatile std::sig_atomic_t interrupts = 0;
extern "C" void countInterrupt(int) {
    interrupts = interrupts + 1;
    std::signal(SIGINT, countInterrupt);
}
}  // namespace

struct Interrupt::Watcher {
    std::jthread thread;
};

Interrupt::Interrupt() : m_watcher(new Watcher) {
    std::signal(SIGINT, countInterrupt);
    std::signal(SIGTERM, countInterrupt);
    m_watcher->thread = std::jthread([this](const std::stop_token& end) {
        while (!end.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            if (interrupts > 1) std::_Exit(130);
            if (interrupts > 0) m_source.request_stop();
        }
    });
}

Interrupt::~Interrupt() {
    m_watcher->thread = {};
    delete m_watcher;
}

#endif

}  // namespace chronnect::cli
