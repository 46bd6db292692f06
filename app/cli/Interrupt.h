#pragma once

#include <stop_token>

namespace chronnect::cli {

/// Turns Ctrl-C and the terminate signal into a stop request: the first asks the work to end and keep its checkpoints,
/// the second ends the program at once. Make it first in main, before any thread exists.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    std::stop_token token() const { return m_source.get_token(); }

private:
    struct Watcher;
    std::stop_source m_source;
    Watcher* m_watcher;
};

}  // namespace chronnect::cli
