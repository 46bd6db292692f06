// Streams a simulated cohort of any size to disk and back and prints how long it took and how much memory was in use.
//
//   chronnect-cohort-benchmark [scans] [volumes] [regions] [folder]
//
// Memory is printed ten times in each direction: it must not grow with the number of scans,
// except for the index (a few hundred bytes a scan).

#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/store/CohortStore.h"
#include "tests/benchmark/Usage.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace chronnect;

namespace {

double residentMegabytes() {
    std::size_t total = 0, pages = 0;
    std::ifstream("/proc/self/statm") >> total >> pages;
    return static_cast<double>(pages) * 4096 / 1e6;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// First-order autoregressive noise; cheap, so that the disk and not the dice is measured.
void simulate(std::size_t scan, std::size_t regions, std::vector<float>& values) {
    std::uint64_t state = 0x9E3779B97F4A7C15ull * (scan + 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        const float noise = static_cast<float>(static_cast<std::int32_t>(state >> 32)) * 4.6566e-10f;
        values[i] = (i < regions ? 0.0f : 0.8f * values[i - regions]) + noise;
    }
}

void tell(const char* what, std::size_t scan, double seconds, double bytes) {
    std::printf("%-28s %8zu scans %8.1f s %8.0f MB/s   resident %6.1f MB\n", what, scan, seconds, bytes / 1e6 / seconds,
                residentMegabytes());
    std::fflush(stdout);
}

void write(const std::filesystem::path& path, std::size_t scans, std::size_t volumes, std::size_t regions) {
    CohortStoreWriter writer(path, std::vector<std::string>(regions, "region"), {}, 0.735);
    std::vector<float> values(volumes * regions);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < scans; ++i) {
        simulate(i, regions, values);
        writer.append({"sub-" + std::to_string(i), std::to_string(i), "site" + std::to_string(i % 7), "", 0, 0.1},
                      values);
        if ((i + 1) % std::max<std::size_t>(1, scans / 10) == 0)
            tell("written", i + 1, secondsSince(start), static_cast<double>((i + 1) * values.size() * sizeof(float)));
    }
    writer.finish();
}

/// One epoch in random order, every value checked.
void read(const std::shared_ptr<const ScanSource>& source, const char* what) {
    const auto order = Random(1).permutation(source->count());
    std::vector<float> values, expected;
    double bytes = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < order.size(); ++i) {
        source->read(order[i], values);
        bytes += static_cast<double>(values.size() * sizeof(float));
        if (i % 997 == 0) {
            expected.resize(values.size());
            simulate(order[i], source->regions().size(), expected);
            if (values != expected) throw Error(ErrorKind::Internal, "A scan came back changed");
        }
        if ((i + 1) % std::max<std::size_t>(1, order.size() / 10) == 0) tell(what, i + 1, secondsSince(start), bytes);
    }
}

}  // namespace

int main(int count, char** given) {
    if (asksForHelp(count, given, "chronnect-cohort-benchmark [SCANS] [VOLUMES] [REGIONS] [FOLDER]")) return 0;
    const auto number = [&](int at, std::size_t fallback) {
        return count > at ? static_cast<std::size_t>(std::strtoull(given[at], nullptr, 10)) : fallback;
    };
    const std::filesystem::path folder = count > 4 ? given[4] : std::filesystem::temp_directory_path().string();
    const std::filesystem::path path = folder / "chronnect-benchmark.chronnect-cohort";
    try {
        tell("start", 0, 1, 0);
        write(path, number(1, 50000), number(2, 120), number(3, 100));
        const auto start = std::chrono::steady_clock::now();
        const auto source = openCohortStore(path);
        tell("opened", source->count(), secondsSince(start), 0);
        read(source, "read in random order");
        std::filesystem::remove(path);
    } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        std::filesystem::remove(path);
        return 1;
    }
    return 0;
}
