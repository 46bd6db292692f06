#include "core/base/ParallelFor.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Explain.h"
#include "core/train/detail/Gpus.h"

#include <ATen/Parallel.h>
#ifdef __linux__
#include <dlfcn.h>
#endif
#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
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

/// The path of this process's LibTorch library; empty where that cannot be seen.
std::string torchLibrary() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (const auto slash = line.find('/');
            slash != std::string::npos && line.find("libtorch_cpu") != std::string::npos)
            return line.substr(slash);
    return {};
}

#ifdef __linux__
/// The BLAS that LibTorch's calls reach, from the library that holds the product's symbol: several may be loaded, and
/// what is loaded need not be what is called.
std::string boundBlas() {
    void* symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    void* library = nullptr;
    if (!symbol) {  // LibTorch came in by a module and is not in the global scope
        library = dlopen(torchLibrary().c_str(), RTLD_LAZY | RTLD_NOLOAD);
        if (library) symbol = dlsym(library, "sgemm_");
    }
    Dl_info where{};
    if (library) dlclose(library);
    if (!symbol || dladdr(symbol, &where) == 0 || !where.dli_fname) return {};
    std::error_code ignored;
    const std::string path = std::filesystem::canonical(where.dli_fname, ignored).string();
    if (path.find("libmkl") != std::string::npos) return "Intel MKL";
    if (path.find("openblas") == std::string::npos)
        return path.find("libblas.so") != std::string::npos ? "reference BLAS" : "";
    std::string name = "OpenBLAS";
    if (void* own = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD)) {
        using CoreName = char* (*)();
        if (const auto core = reinterpret_cast<CoreName>(dlsym(own, "openblas_get_corename")))
            name += " (" + std::string(core()) + " kernels)";
        dlclose(own);
    }
    return name;
}
#else
std::string boundBlas() { return {}; }
#endif

/// A remark when products are far slower than the BLAS that should be there makes them.
void warnOfSlowProducts(const std::string& name, double speed, Notices& notices) {
    const std::string rate = std::to_string(static_cast<int>(std::lround(speed))) + " GFLOP/s";
    const bool fastLibrary = name.starts_with("OpenBLAS") || name == "Intel MKL";
    if (name == "reference BLAS" || (speed < 12 && !fastLibrary))
        notices.push_back({Severity::Warning, "Matrix products run at " + rate + " (" + name +
                                                  "), about 18 times slower than "
                                                  "with OpenBLAS; install the package libopenblas0-openmp"});
    else if (speed < 12)
        notices.push_back({Severity::Information, "Matrix products run at only " + rate + " although " + name +
                                                      " is in use; another program may be using the processor"});
}

std::string gibibytes(std::size_t bytes) {
    return std::to_string(static_cast<int>(std::lround(double(bytes) / (1 << 30)))) + " GiB";
}

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
    std::string name = boundBlas();
    if (name.empty()) name = torch::hasMKL() ? "Intel MKL" : "BLAS";
    report.blas = name + ", " + std::to_string(static_cast<int>(std::lround(speed))) + " GFLOP/s on one thread";
    warnOfSlowProducts(name, speed, report.notices);
    const auto gpus = describeGpus();
    report.devices.insert(report.devices.end(), gpus.begin(), gpus.end());
    return report;
}

}  // namespace chronnect::train
