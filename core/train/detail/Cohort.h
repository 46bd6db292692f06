#pragma once

#include "core/learning/ScanSource.h"
#include "core/learning/Specs.h"
#include "core/model/detail/Graphs.h"

#include <torch/types.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

namespace chronnect::train {

/// z-scored scans as tensors. Keeps as many as fit `budget` bytes and forgets the least recently used. May be asked
/// from several threads.
class Cohort {
public:
    explicit Cohort(const ScanSource& source, std::size_t budget = std::size_t{512} << 20);

    /// volumes x regions on the CPU, z-scored over the whole scan. Throws Error naming the scan.
    torch::Tensor scan(std::size_t index) const;
    /// Begins to read these scans in threads of its own, in this order, instead of those begun before and not yet
    /// reached; at once. Whoever asks `scan` for one that is being read waits for it. No more are read than fill half
    /// the budget. What cannot be read is told by `scan`.
    void readAhead(const std::vector<std::size_t>& scans) const;
    const ScanSource& source() const { return m_source; }
    std::int64_t regions() const { return static_cast<std::int64_t>(m_source.regions().size()); }
    /// How much the scans not yet read will add to what is kept.
    std::size_t bytesStillToKeep() const;
    int shortest(const std::vector<std::size_t>& scans) const;

private:
    torch::Tensor load(std::size_t index) const;
    void keep(std::size_t index, const torch::Tensor& series) const;
    void readWanted(const std::stop_token& stop) const;

    const ScanSource& m_source;
    std::size_t m_budget;
    mutable std::mutex m_mutex;
    mutable std::condition_variable_any m_changed;
    mutable std::set<std::size_t> m_reading;   ///< by some thread right now
    mutable std::deque<std::size_t> m_wanted;  ///< to be read ahead
    mutable std::list<std::size_t> m_recent;
    mutable std::map<std::size_t, std::pair<torch::Tensor, std::list<std::size_t>::iterator>> m_kept;
    mutable std::size_t m_size = 0;
    mutable std::vector<std::jthread> m_readers;  ///< last: they use the others, and stop first
};

/// Some scans cut to the same windows, on the device, with their graphs.
struct Batch {
    std::vector<std::size_t> scans;
    torch::Tensor series;     ///< scans x volumes x regions, from the first volume of the scan to the end of the crop
    std::vector<int> starts;  ///< first volume of each window
    int windowLength = 0;
    std::size_t place = 0;  ///< of the first scan in the batch of all processes together
    model::Graphs graphs;   ///< scan after scan

    std::int64_t windows() const { return static_cast<std::int64_t>(starts.size()); }
    std::vector<int> ends() const;
    /// Correlation matrices of windows numbered over the batch (scan x windows + window), on the device.
    torch::Tensor profiles(const std::vector<std::int64_t>& windows) const;
};

/// Cuts `length` volumes from volume `first` of each scan (0 = all that the shortest of them has).
/// Throws Error(BadInput) when no window fits.
Batch makeBatch(const Cohort& cohort, const std::vector<std::size_t>& scans, int first, int length,
                const GraphSpec& spec, const model::Compute& compute);

/// "auto" = the first usable GPU, else the CPU. Throws Error(Unsupported) when a named device is not usable.
torch::Device deviceOf(const std::string& name);

/// Leaves one core to the window; to be called in the thread that trains.
void useTrainingThreads();

}  // namespace chronnect::train
