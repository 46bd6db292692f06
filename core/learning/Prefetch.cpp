#include "core/learning/Prefetch.h"

#include "core/base/Error.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace chronnect {

namespace {

class PrefetchingScans final : public ScanSource {
public:
    PrefetchingScans(std::shared_ptr<const ScanSource> source, std::vector<std::size_t> order, std::size_t ahead)
        : m_source(std::move(source)),
          m_order(std::move(order)),
          m_ahead(ahead),
          m_skipped(m_order.size(), false),
          m_thread([this](const std::stop_token& stop) { readAhead(stop); }) {}

    std::size_t count() const override { return m_source->count(); }
    const ScanInfo& info(std::size_t scan) const override { return m_source->info(scan); }
    const std::vector<std::string>& regions() const override { return m_source->regions(); }
    const std::vector<std::string>& networks() const override { return m_source->networks(); }
    double repetitionTime() const override { return m_source->repetitionTime(); }
    std::string cleaning() const override { return m_source->cleaning(); }

    void read(std::size_t scan, std::vector<float>& values) const override {
        if (take(scan, values)) return;
        m_source->read(scan, values);
    }

private:
    struct Slot {
        std::size_t scan = 0;
        bool ready = false, taken = false;
        std::vector<float> values;
        std::exception_ptr problem;
    };

    /// True when the scan was waiting. A scan being read right now is waited for.
    bool take(std::size_t scan, std::vector<float>& values) const {
        std::unique_lock lock(m_mutex);
        const auto found = std::find_if(m_slots.begin(), m_slots.end(),
                                        [&](const auto& slot) { return slot->scan == scan && !slot->taken; });
        if (found == m_slots.end()) {
            if (!skip(scan) && m_slots.size() >= m_ahead && m_slots.front()->ready) {
                m_slots.pop_front();  // whoever reads in another order must not block the thread for ever
                m_changed.notify_all();
            }
            return false;
        }
        const std::shared_ptr<Slot> slot = *found;
        slot->taken = true;
        m_changed.wait(lock, [&] { return slot->ready; });
        std::erase(m_slots, slot);
        m_changed.notify_all();
        if (slot->problem) std::rethrow_exception(slot->problem);
        values = std::move(slot->values);
        return true;
    }

    /// True when the scan's turn was still to come: the caller was faster and reads it itself.
    bool skip(std::size_t scan) const {
        const std::size_t end = std::min(m_order.size(), m_next + m_ahead);
        for (std::size_t i = m_next; i < end; ++i)
            if (m_order[i] == scan && !m_skipped[i]) return m_skipped[i] = true;
        return false;
    }

    void readAhead(const std::stop_token& stop) const {
        for (;;) {
            const auto slot = std::make_shared<Slot>();
            {
                std::unique_lock lock(m_mutex);
                if (!m_changed.wait(lock, stop, [&] { return m_slots.size() < m_ahead; })) return;
                while (m_next < m_order.size() && m_skipped[m_next]) ++m_next;
                if (m_next == m_order.size()) return;
                slot->scan = m_order[m_next++];
                m_slots.push_back(slot);
            }
            const std::size_t scan = slot->scan;
            try {
                m_source->read(scan, slot->values);
            } catch (...) {
                slot->problem = std::current_exception();
            }
            {
                const std::lock_guard lock(m_mutex);
                slot->ready = true;
            }
            m_changed.notify_all();
        }
    }

    std::shared_ptr<const ScanSource> m_source;
    std::vector<std::size_t> m_order;
    std::size_t m_ahead;
    mutable std::size_t m_next = 0;       ///< position in the order that is read next
    mutable std::vector<bool> m_skipped;  ///< per position
    mutable std::mutex m_mutex;
    mutable std::condition_variable_any m_changed;
    mutable std::deque<std::shared_ptr<Slot>> m_slots;  ///< in reading order
    std::jthread m_thread;                              ///< last: it uses the others, and stops first
};

}  // namespace

std::shared_ptr<const ScanSource> prefetching(std::shared_ptr<const ScanSource> source, std::vector<std::size_t> order,
                                              std::size_t ahead) {
    for (const std::size_t scan : order)
        if (scan >= source->count())
            throw Error(ErrorKind::BadInput, "Scan " + std::to_string(scan) +
                                                 " was to be read ahead from a cohort of " +
                                                 std::to_string(source->count()));
    return std::make_shared<PrefetchingScans>(std::move(source), std::move(order), std::max<std::size_t>(1, ahead));
}

}  // namespace chronnect
