#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace chronnect {

/// A one-place mailbox between a fast writer and a slow reader.
/// The writer never waits; the reader sees only the newest value, each at most once.
template <class T>
class Latest {
public:
    void publish(T value) {
        auto fresh = std::make_shared<const T>(std::move(value));
        const std::lock_guard lock(m_mutex);
        m_value = std::move(fresh);
    }

    /// The newest value, or null if nothing was published since the last call.
    std::shared_ptr<const T> take() {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_value, nullptr);
    }

private:
    std::mutex m_mutex;
    std::shared_ptr<const T> m_value;
};

}  // namespace chronnect
