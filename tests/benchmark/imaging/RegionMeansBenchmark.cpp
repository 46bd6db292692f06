// Region means of a 4-D image beside what the machine needs anyway (gzip -dc, reading the file) and beside nibabel with
// NumPy and Connectome Workbench (CHRONNECT_WB_COMMAND names its program). Every measurement is a process of its own,
// in turns, so that the table is paired and the memory is the process'.
#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/RegionExtraction.h"
#include "core/imaging/detail/Inflater.h"
#include "tests/benchmark/Usage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace chronnect;

namespace {

constexpr VoxelGrid grid{{64, 64, 36}, {-3, 0, 0, 96, 0, 3, 0, -96, 0, 0, 4, -60}};
constexpr std::size_t volumes = 1200;

/// Inside the ellipsoid that stands for the brain: 400 regions in blocks; 0 outside.
LabelVolume makeLabels() {
    LabelVolume labels{grid, std::vector<std::int32_t>(grid.voxelCount(), 0)};
    std::size_t voxel = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel) {
                const double x = (static_cast<double>(i) - 31.5) / 26, y = (static_cast<double>(j) - 31.5) / 30;
                const double z = (static_cast<double>(k) - 17.5) / 16;
                if (x * x + y * y + z * z < 1)
                    labels.labels[voxel] = static_cast<std::int32_t>(1 + (i / 6) + 11 * (j / 6) + 121 * (k / 9) % 400);
            }
    return labels;
}

/// Noise of about the entropy of a scan: 16-bit values around 800 in the brain, small ones around it.
void makeImages(const fs::path& folder, const LabelVolume& labels) {
    for (const char* name : {"bold.nii", "bold.nii.gz"}) {
        std::uint64_t state = 88172645463325252ull;
        writeBold(folder / name, {.grid = grid, .volumes = volumes, .repetitionTime = 0.72},
                  [&](std::size_t, std::span<float> voxels) {
                      for (std::size_t v = 0; v < voxels.size(); ++v) {
                          state ^= state << 13, state ^= state >> 7, state ^= state << 17;
                          const auto noise = static_cast<float>((state & 31) + ((state >> 8) & 31)) - 31.0f;
                          voxels[v] = labels.labels[v] ? 800.0f + static_cast<float>(labels.labels[v] % 50) * 4 + noise
                                                       : std::fabs(noise) * 0.3f;
                      }
                  });
    }
}

struct Measurement {
    double seconds = 0;
    double megabytes = 0;
    bool ran = false;
};

/// Wall time and peak memory of a command.
Measurement measure(const std::string& command) {
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
        _exit(127);
    }
    int status = 0;
    rusage usage{};
    wait4(child, &status, 0, &usage);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    return {wall.count(), static_cast<double>(usage.ru_maxrss) / 1024.0, WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

int extractMeans(const fs::path& bold, const fs::path& labelsPath) {
    Atlas atlas{readLabels(labelsPath), {}, {}, false};
    std::set<std::int32_t> labels(atlas.image.labels.begin(), atlas.image.labels.end());
    labels.erase(0);
    for (const std::int32_t label : labels) {
        Region region;
        region.label = label;
        region.name = std::to_string(label);
        atlas.parcellation.regions.push_back(region);
    }
    RunInput run;
    run.bold = bold;
    const auto result = extractRegionSeries(run, atlas, {});
    return result.series.volumeCount() == volumes ? 0 : 1;
}

int readOnly(const fs::path& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) return 1;
    std::vector<char> buffer(1 << 20);
    while (read(fileno(file), buffer.data(), buffer.size()) > 0) {
    }
    std::fclose(file);
    return 0;
}

const char* const nibabelScript = R"(
import sys, numpy, nibabel
image = nibabel.load(sys.argv[1])
labels = numpy.asarray(nibabel.load(sys.argv[2]).dataobj).ravel(order='F').astype(int)
counts = numpy.bincount(labels)
data = numpy.asarray(image.dataobj)
means = numpy.array([numpy.bincount(labels, weights=data[..., t].ravel(order='F')) for t in range(data.shape[3])]) / numpy.maximum(counts, 1)
)";

struct Row {
    std::string name, command;
    std::vector<Measurement> runs;

    double medianSeconds() const {
        std::vector<double> seconds;
        for (const auto& run : runs) seconds.push_back(run.seconds);
        std::sort(seconds.begin(), seconds.end());
        return seconds[seconds.size() / 2];
    }
    double megabytes() const {
        double most = 0;
        for (const auto& run : runs) most = std::max(most, run.megabytes);
        return most;
    }
    bool ran() const {
        return std::all_of(runs.begin(), runs.end(), [](const Measurement& m) { return m.ran; });
    }
};

bool judge(const char* what, double value, double limit, const char* unit) {
    const bool holds = value <= limit;
    std::printf("  %-52s %7.2f %-3s limit %6.2f  %s\n", what, value, unit, limit, holds ? "holds" : "BROKEN");
    return holds;
}

int runBenchmark(const fs::path& self, int turns) {
    const fs::path folder = fs::temp_directory_path() / ("chronnect-benchmark-" + std::to_string(getpid()));
    fs::create_directories(folder);
    const LabelVolume labels = makeLabels();
    writeLabels(folder / "labels.nii.gz", labels);
    makeImages(folder, labels);
    std::ofstream(folder / "peer.py") << nibabelScript;
    const std::string at = folder.string() + "/", me = self.string();
    std::vector<Row> rows{
        {"gzip -dc bold.nii.gz > /dev/null", "gzip -dc " + at + "bold.nii.gz > /dev/null", {}},
        {"region means, .nii.gz", me + " --extract " + at + "bold.nii.gz " + at + "labels.nii.gz", {}},
        {"nibabel + NumPy, .nii.gz",
         "/usr/bin/python3 " + at + "peer.py " + at + "bold.nii.gz " + at + "labels.nii.gz",
         {}},
        {"reading bold.nii from page cache", me + " --read " + at + "bold.nii", {}},
        {"region means, .nii", me + " --extract " + at + "bold.nii " + at + "labels.nii.gz", {}},
        {"nibabel + NumPy, .nii", "/usr/bin/python3 " + at + "peer.py " + at + "bold.nii " + at + "labels.nii.gz", {}}};
    // Connectome Workbench takes one region at a time from a volume: here all voxels of the brain as one.
    const char* workbench = std::getenv("CHRONNECT_WB_COMMAND");
    const std::string wb = workbench ? workbench : "wb_command";
    Volume brain{grid, {}};
    for (const std::int32_t label : labels.labels) brain.values.push_back(label ? 1.0f : 0.0f);
    writeVolume(folder / "brain.nii.gz", brain);
    for (const char* name : {"bold.nii.gz", "bold.nii"})
        rows.push_back(
            {"wb_command -volume-stats, one region, " +
                 std::string(fs::path(name).extension() == ".gz" ? ".nii.gz" : ".nii"),
             wb + " -volume-stats " + at + name + " -reduce MEAN -roi " + at + "brain.nii.gz > /dev/null 2>&1",
             {}});
    measure(rows[3].command);  // fills the page cache
    for (int turn = 0; turn < turns; ++turn)
        for (Row& row : rows) row.runs.push_back(measure(row.command));
    std::printf(
        "Region means of %zux%zux%zux%zu int16 (%.0f MB, %.0f MB compressed), inflating with %s, median of %d turns\n",
        grid.size[0], grid.size[1], grid.size[2], volumes,
        static_cast<double>(fs::file_size(folder / "bold.nii")) / 1e6,
        static_cast<double>(fs::file_size(folder / "bold.nii.gz")) / 1e6, std::string(detail::inflaterName()).c_str(),
        turns);
    for (const Row& row : rows)
        if (row.ran())
            std::printf("  %-46s %7.3f s  %7.1f MB\n", row.name.c_str(), row.medianSeconds(), row.megabytes());
        else
            std::printf("  %-46s did not run\n", row.name.c_str());
    bool holds = rows[0].ran() && rows[1].ran() && rows[3].ran() && rows[4].ran();
    holds &= judge("time of .nii.gz over gzip -dc", rows[1].medianSeconds() / rows[0].medianSeconds(), 0.7, "");
    holds &= judge("time of .nii over reading it from page cache", rows[4].medianSeconds() / rows[3].medianSeconds(),
                   1.5, "");
    holds &= judge("peak memory", std::max(rows[1].megabytes(), rows[4].megabytes()), 150, "MB");
    fs::remove_all(folder);
    return holds ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (asksForHelp(argc, argv, "region_means_benchmark [REPEATS], or --extract IMAGE ATLAS, or --read IMAGE"))
        return 0;
    try {
        const std::string mode = argc > 1 ? argv[1] : "";
        if (mode == "--extract" && argc == 4) return extractMeans(argv[2], argv[3]);
        if (mode == "--read" && argc == 3) return readOnly(argv[2]);
        return runBenchmark(fs::read_symlink("/proc/self/exe"), argc > 1 ? std::max(1, std::atoi(argv[1])) : 5);
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
