// The part of pretraining that stays on the processor while a GPU computes. A GPU can take no more scans a second than
// are prepared here: 50,000 scans in 2 minutes are 417 a second.

#include "tests/benchmark/HostSide.h"

#include "core/base/Random.h"
#include "core/store/CohortStore.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Objective.h"

#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>

namespace chronnect {

namespace {

constexpr std::size_t scanCount = 256, volumes = 490;

std::filesystem::path writeCohort(std::int64_t regions) {
    const auto path = std::filesystem::temp_directory_path() / "chronnect-host-side.chronnect-cohort";
    CohortStoreWriter writer(path, std::vector<std::string>(static_cast<std::size_t>(regions), "region"), {}, 0.735);
    std::vector<float> values(volumes * static_cast<std::size_t>(regions));
    Random random(1);
    for (std::size_t scan = 0; scan < scanCount; ++scan) {
        for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
        writer.append({"sub-" + std::to_string(scan), std::to_string(scan), "", "", 0, 0.1}, values);
    }
    writer.finish();
    return path;
}

double seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void tell(const char* what, double scans, double time) {
    std::printf("%-58s %8.0f scans/s, 50,000 in %5.0f s\n", what, scans / time, 50000 * time / scans);
    std::fflush(stdout);
}

/// Batches of 32 in turn, with a memory that keeps no scan for long.
void readBatches(const ScanSource& source, bool ahead) {
    const train::Cohort cohort(source, std::size_t{128} << 20);
    constexpr std::size_t batch = 32;
    for (std::size_t from = 0; from < scanCount; from += batch) {
        std::vector<torch::Tensor> parts;
        for (std::size_t scan = from; scan < from + batch; ++scan) parts.push_back(cohort.scan(scan));
        std::vector<std::size_t> next;
        for (std::size_t scan = from + batch; scan < std::min(scanCount, from + 2 * batch); ++scan)
            next.push_back(scan);
        if (ahead) cohort.readAhead(next);
        torch::stack(parts);
    }
}

void drawMasks(std::int64_t regions, const char* objective) {
    PretrainSpec spec;
    spec.objective = objective;
    spec.graph.windowStep = 16;
    const auto task = train::makeObjective(spec, regions);
    train::Batch batch;
    batch.series = torch::empty({32, static_cast<std::int64_t>(volumes), regions});
    for (int window = 0; window < 28; ++window) batch.starts.push_back(16 * window);
    batch.windowLength = spec.graph.windowLength;
    Random random(3);
    constexpr int repeats = 4;
    const double time = seconds([&] {
        for (int i = 0; i < repeats; ++i) task->drawMasks(batch, random);
    });
    tell((std::string("drawing what ") + objective + " hides, 28 windows a scan").c_str(), 32.0 * repeats, time);
}

}  // namespace

int measureHostSide(std::int64_t regions) {
    train::useTrainingThreads();  // one core is left to the window and to reading ahead
    std::printf("Scans of %zu volumes x %lld regions, data in the page cache, %d threads on %u cores\n", volumes,
                static_cast<long long>(regions), torch::get_num_threads(), std::thread::hardware_concurrency());
    const auto path = writeCohort(regions);
    {
        const auto source = openCohortStore(path);
        readBatches(*source, false);  // fills the page cache
        tell("reading and z-scoring, one thread", scanCount, seconds([&] { readBatches(*source, false); }));
        tell("the same, next batch read ahead", scanCount, seconds([&] { readBatches(*source, true); }));
        for (const char* objective : {"st-mae", "st-jema", "graphmae"}) drawMasks(regions, objective);
    }
    std::filesystem::remove(path);
    return 0;
}

}  // namespace chronnect
