#include "core/imaging/detail/VolumePipeline.h"

#include "core/base/ParallelFor.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace chronnect::detail {

namespace {

/// A ring of volumes between the thread that reads and the thread that computes.
class VolumeRing {
public:
    /// Waits for a free place; null when the consumer has given up.
    std::vector<std::byte>* acquireFree() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_filled - m_used < m_places.size() || m_closed; });
        return m_closed ? nullptr : &m_places[m_filled % m_places.size()];
    }
    void publish() {
        const std::lock_guard lock(m_mutex);
        ++m_filled;
        m_changed.notify_all();
    }
    /// Waits for the next volume; null when there is none because reading ended or failed.
    const std::vector<std::byte>* acquireFilled() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_filled > m_used || m_closed; });
        return m_filled > m_used ? &m_places[m_used % m_places.size()] : nullptr;
    }
    void release() {
        const std::lock_guard lock(m_mutex);
        ++m_used;
        m_changed.notify_all();
    }
    void close() {
        const std::lock_guard lock(m_mutex);
        m_closed = true;
        m_changed.notify_all();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::array<std::vector<std::byte>, 3> m_places;
    std::size_t m_filled = 0, m_used = 0;
    bool m_closed = false;
};

void readAll(const NiftiFile& file, const JobContext& context, VolumeRing& ring) {
    VolumeReader reader(file);
    for (std::size_t index = 0; index < file.header.volumes; ++index) {
        std::vector<std::byte>* place = ring.acquireFree();
        if (!place) return;
        reader.next(*place, context);
        ring.publish();
    }
    reader.finish(context);
}

}  // namespace

void forEachRawVolume(const NiftiFile& file, const JobContext& context,
                      const std::function<void(std::size_t, std::span<const std::byte>)>& use) {
    VolumeRing ring;
    std::exception_ptr readingFailed;
    struct CloseOnExit {
        VolumeRing& ring;
        ~CloseOnExit() { ring.close(); }
    };
    std::size_t index = 0;
    {
        std::jthread reading([&] {
            const CloseOnExit close{ring};
            try {
                readAll(file, context, ring);
            } catch (...) {
                readingFailed = std::current_exception();
            }
        });
        const CloseOnExit close{ring};  // destroyed before the thread is joined
        for (; index < file.header.volumes; ++index) {
            context.throwIfCancelled();
            const std::vector<std::byte>* bytes = ring.acquireFilled();
            if (!bytes) break;
            use(index, *bytes);
            ring.release();
            context.report(static_cast<double>(index + 1) / static_cast<double>(file.header.volumes),
                           "Reading volumes");
        }
        if (index == file.header.volumes) reading.join();  // lets the reader check what follows the last volume
    }
    if (readingFailed) std::rethrow_exception(readingFailed);
}

void forEachRawVolumeInParallel(const NiftiFile& file, const JobContext& context,
                                const std::function<void(std::size_t, std::span<const std::byte>)>& use) {
    constexpr std::size_t volumesPerTurn = 16;
    const std::size_t turns = (file.header.volumes + volumesPerTurn - 1) / volumesPerTurn;
    std::mutex reporting;
    std::size_t done = 0;
    parallelFor(turns, context, [&](std::size_t turn) {
        const std::size_t first = turn * volumesPerTurn;
        const std::size_t end = std::min(first + volumesPerTurn, file.header.volumes);
        VolumeReader reader(file, first);
        std::vector<std::byte> bytes;
        for (std::size_t index = first; index < end; ++index) {
            reader.next(bytes, context);
            use(index, bytes);
        }
        const std::lock_guard lock(reporting);
        done += end - first;
        context.report(static_cast<double>(done) / static_cast<double>(file.header.volumes), "Reading volumes");
    });
}

}  // namespace chronnect::detail
