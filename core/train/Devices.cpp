#include "core/base/ParallelFor.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Explain.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <set>
#include <thread>

namespace chronnect::train {

namespace {

/// Best of a few products of two 512 x 512 float matrices, in GFLOP/s on one thread.
double measuredGemm() {
    const torch::NoGradGuard noGradient;
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const auto a = torch::rand({512, 512}), b = torch::rand({512, 512});
    double best = 1e9;
    for (int turn = 0; turn < 4; ++turn) {
        const auto start = std::chrono::steady_clock::now();
        const auto c = torch::mm(a, b);
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    at::set_num_threads(before);
    return 2.0 * 512 * 512 * 512 / best / 1e9;
}

/// The BLAS in this process, from the libraries it has mapped; empty where that cannot be seen.
std::string mappedBlas() {
    std::ifstream maps("/proc/self/maps");
    std::string line, found;
    while (std::getline(maps, line)) {
        const auto slash = line.find('/');
        if (slash == std::string::npos) continue;
        const std::string path = line.substr(slash);
        if (path.find("mkl") != std::string::npos) return "Intel MKL";
        if (path.find("openblas") != std::string::npos) found = "OpenBLAS";
        else if (found.empty() && path.find("libblas.so") != std::string::npos) found = "reference BLAS";
    }
    return found;
}

std::string gibibytes(std::size_t bytes) { return std::to_string(static_cast<int>(std::lround(double(bytes) / (1 << 30)))) + " GiB"; }

std::size_t physicalMemory() {
    std::ifstream info("/proc/meminfo");
    std::string name;
    std::size_t kilobytes = 0;
    if (info >> name >> kilobytes && name == "MemTotal:") return kilobytes << 10;
    return 0;
}

}  // namespace

DeviceReport describeDevices() {
    DeviceReport report;
    report.library = std::string("LibTorch ") + TORCH_VERSION;
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    DeviceInfo cpu{"cpu", std::to_string(cores) + (cores == 1 ? " core" : " cores"), true, ""};
    if (const std::size_t memory = physicalMemory()) cpu.description += ", " + gibibytes(memory);
    report.devices.push_back(cpu);
    const double speed = measuredGemm();
    std::string name = mappedBlas();
    if (name.empty()) name = torch::hasMKL() ? "Intel MKL" : "BLAS";
    report.blas = name + ", " + std::to_string(static_cast<int>(std::lround(speed))) + " GFLOP/s on one thread";
    if (name == "reference BLAS" || speed < 12)
        report.notices.push_back({Severity::Warning, "Matrix products run at " + std::to_string(static_cast<int>(std::lround(speed))) +
                                                         " GFLOP/s (" + name + "), about 18 times slower than with OpenBLAS; "
                                                         "install the package libopenblas0-openmp"});
    if (!torch::cuda::is_available()) {
        std::error_code ignored;
        const bool driver = std::filesystem::exists("/proc/driver/nvidia/version", ignored);
        report.devices.push_back({"cuda:0", "NVIDIA GPU", false,
                                  driver ? "An NVIDIA GPU is here, but this LibTorch has no CUDA; build the learning module "
                                           "against a CUDA LibTorch (Torch_DIR, or the one inside an installed Python torch)"
                                         : "No NVIDIA GPU or driver was found"});
        return report;
    }
    for (int i = 0; i < static_cast<int>(torch::cuda::device_count()); ++i)
        report.devices.push_back({"cuda:" + std::to_string(i), "NVIDIA GPU " + std::to_string(i), true, ""});
    return report;
}

}  // namespace chronnect::train
