#include "core/train/detail/Cohort.h"

#include "core/base/Error.h"
#include "core/learning/Launch.h"
#include "core/model/Windows.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace chronnect::train {

Cohort::Cohort(const ScanSource& source, std::size_t budget) : m_source(source), m_budget(budget) {
    if (source.count() == 0) throw Error(ErrorKind::BadInput, "The cohort holds no scans");
    if (source.regions().size() < 3 || source.regions().size() > 65535)
        throw Error(ErrorKind::BadInput,
                    "Learning needs 3 to 65535 regions, the cohort has " + std::to_string(source.regions().size()));
}

torch::Tensor Cohort::load(std::size_t index) const {
    std::vector<float> values;
    m_source.read(index, values);
    const auto count = static_cast<std::size_t>(regions());
    if (values.empty() || values.size() % count != 0)
        throw Error(ErrorKind::BadInput, "Scan '" + m_source.info(index).id + "' does not have " +
                                             std::to_string(count) + " regions per volume");
    const auto volumes = static_cast<std::int64_t>(values.size() / count);
    return model::standardised(torch::from_blob(values.data(), {volumes, regions()}));
}

torch::Tensor Cohort::scan(std::size_t index) const {
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return !m_reading.contains(index); });
        if (const auto found = m_kept.find(index); found != m_kept.end()) {
            m_recent.splice(m_recent.begin(), m_recent, found->second.second);
            return found->second.first;
        }
        m_reading.insert(index);
        std::erase(m_wanted, index);
    }
    torch::Tensor series;
    const auto done = [&] {
        const std::lock_guard lock(m_mutex);
        m_reading.erase(index);  // first: where memory runs out while it is kept, nobody must wait for it for ever
        m_changed.notify_all();
        if (series.defined()) keep(index, series);
    };
    try {
        series = load(index);
    } catch (...) {
        done();
        throw;
    }
    done();
    return series;
}

void Cohort::keep(std::size_t index, const torch::Tensor& series) const {
    m_recent.push_front(index);
    m_kept[index] = {series, m_recent.begin()};
    m_size += static_cast<std::size_t>(series.numel()) * sizeof(float);
    while (m_size > m_budget && m_recent.size() > 1) {
        const std::size_t oldest = m_recent.back();
        m_size -= static_cast<std::size_t>(m_kept[oldest].first.numel()) * sizeof(float);
        m_kept.erase(oldest);
        m_recent.pop_back();
    }
}

void Cohort::readAhead(const std::vector<std::size_t>& scans) const {
    const std::lock_guard lock(m_mutex);
    m_wanted.clear();
    std::size_t bytes = 0;
    for (const std::size_t scan : scans) {
        bytes += m_source.info(scan).volumes * static_cast<std::size_t>(regions()) * sizeof(float);
        if (bytes > m_budget / 2) break;
        if (!m_kept.contains(scan) && !m_reading.contains(scan)) m_wanted.push_back(scan);
    }
    if (m_wanted.empty()) return;
    // A processor that trains has one core left, a machine with a GPU several.
    const std::size_t most = std::clamp(std::thread::hardware_concurrency() / 4, 1u, 4u);
    try {
        while (m_readers.size() < std::min(most, m_wanted.size()))
            m_readers.emplace_back([this](const std::stop_token& stop) { readWanted(stop); });
    } catch (const std::system_error&) {
        // No more threads are to be had here; `scan` reads what nobody has read ahead.
    }
    m_changed.notify_all();
}

void Cohort::readWanted(const std::stop_token& stop) const {
    for (;;) {
        std::size_t index = 0;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, stop, [&] { return !m_wanted.empty(); });
            if (stop.stop_requested()) return;
            index = m_wanted.front();
            m_wanted.pop_front();
        }
        try {
            scan(index);
        } catch (const std::exception&) {
            // Whoever asks for it tries again and is told.
        }
    }
}

std::size_t Cohort::bytesStillToKeep() const {
    std::size_t all = 0;
    for (std::size_t scan = 0; scan < m_source.count(); ++scan)
        all += m_source.info(scan).volumes * static_cast<std::size_t>(regions()) * sizeof(float);
    const std::lock_guard lock(m_mutex);
    return std::min(all, m_budget) - std::min(m_size, std::min(all, m_budget));
}

int Cohort::shortest(const std::vector<std::size_t>& scans) const {
    std::size_t least = std::size_t{1} << 30;
    for (const std::size_t scan : scans) least = std::min(least, m_source.info(scan).volumes);
    return static_cast<int>(least);
}

std::vector<int> Batch::ends() const {
    std::vector<int> ends;
    for (const int start : starts) ends.push_back(start + windowLength - 1);
    return ends;
}

torch::Tensor Batch::profiles(const std::vector<std::int64_t>& chosen) const {
    std::vector<std::pair<int, int>> pairs;
    for (const std::int64_t window : chosen)
        pairs.emplace_back(static_cast<int>(window / windows()), starts[static_cast<std::size_t>(window % windows())]);
    const torch::NoGradGuard noGradient;
    return model::windowProfiles(series, pairs, windowLength);
}

Batch makeBatch(const Cohort& cohort, const std::vector<std::size_t>& scans, int first, int length,
                const GraphSpec& spec, const model::Compute& compute) {
    Batch batch;
    batch.scans = scans;
    batch.windowLength = spec.windowLength;
    std::vector<torch::Tensor> parts;
    std::int64_t shortest = std::int64_t{1} << 40;
    for (const std::size_t scan : scans) {
        parts.push_back(cohort.scan(scan));
        shortest = std::min(shortest, parts.back().size(0));
    }
    const std::int64_t end = length > 0 ? std::min<std::int64_t>(shortest, first + length) : shortest;
    batch.starts = windowStarts(static_cast<int>(end) - first, spec);
    for (int& start : batch.starts) start += first;
    if (batch.starts.empty())
        throw Error(ErrorKind::BadInput, "Scan '" + cohort.source().info(scans.front()).id + "' has " +
                                             std::to_string(end - first) + " volumes, no longer than one window of " +
                                             std::to_string(spec.windowLength) + "; use a shorter window");
    for (auto& part : parts) part = part.slice(0, 0, end);
    batch.series = torch::stack(parts).to(compute.device);
    batch.graphs = model::buildGraphs(batch.series, batch.starts, spec, compute);
    return batch;
}

torch::Device deviceOf(const std::string& name) {
    if (name == "cpu") return torch::kCPU;
    const auto gpus = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
    if (name == "auto" || name.empty()) return gpus > 0 ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
    const int wanted = name == "cuda" ? 0 : name.rfind("cuda:", 0) == 0 ? std::atoi(name.c_str() + 5) : -1;
    if (wanted < 0) throw Error(ErrorKind::BadInput, "'" + name + "' is no device; use auto, cpu or cuda:0");
    if (wanted >= gpus)
        throw Error(ErrorKind::Unsupported,
                    "There is no device " + name + " here (" + std::to_string(gpus) + " usable GPUs); use auto or cpu");
    return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(wanted));
}

void useTrainingThreads() {
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
    at::set_num_threads(trainingThreads(processEnvironment, cores));
}

}  // namespace chronnect::train
