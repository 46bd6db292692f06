#include "core/train/detail/Gpus.h"

#ifdef __linux__
#include <dlfcn.h>
#endif
#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

namespace chronnect::train {

namespace {

std::string firstLineOf(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

#ifdef __linux__
/// The driver's own library, whose functions have kept their form since CUDA 3.2. LibTorch's headers that would say the
/// same need a CUDA toolkit.
class Driver {
public:
    Driver() : m_library(dlopen("libcuda.so.1", RTLD_LAZY)) {
        using Init = int (*)(unsigned);
        const auto init = m_library ? reinterpret_cast<Init>(dlsym(m_library, "cuInit")) : nullptr;
        m_ready = init && init(0) == 0;
    }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    ~Driver() {
        if (m_library) dlclose(m_library);
    }

    /// "NVIDIA H100 80GB HBM3, 80 GiB"; empty where the driver does not tell.
    std::string describe(int number) const {
        using Get = int (*)(int*, int);
        using Name = int (*)(char*, int, int);
        using Memory = int (*)(std::size_t*, int);
        if (!m_ready) return {};
        const auto get = reinterpret_cast<Get>(dlsym(m_library, "cuDeviceGet"));
        const auto name = reinterpret_cast<Name>(dlsym(m_library, "cuDeviceGetName"));
        const auto memory = reinterpret_cast<Memory>(dlsym(m_library, "cuDeviceTotalMem_v2"));
        int device = 0;
        char text[256] = "";
        std::size_t bytes = 0;
        if (!get || get(&device, number) != 0 || !name || name(text, sizeof text - 1, device) != 0) return {};
        std::string description = text;
        if (memory && memory(&bytes, device) == 0)
            description +=
                ", " + std::to_string(std::lround(static_cast<double>(bytes) / (std::size_t{1} << 30))) + " GiB";
        return description;
    }

private:
    void* m_library = nullptr;
    bool m_ready = false;
};

bool torchHasCuda() {
    void* const library = dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
    if (library) dlclose(library);
    return library != nullptr;
}
#else
struct Driver {
    std::string describe(int) const { return {}; }
};
bool torchHasCuda() { return false; }
#endif

/// Whether the machine has one, with or without a driver.
bool isThereACard() {
    std::error_code ignored;
    const auto entries = std::filesystem::directory_iterator("/sys/bus/pci/devices", ignored);
    return std::any_of(begin(entries), end(entries), [](const auto& entry) {
        return firstLineOf(entry.path() / "vendor") == "0x10de" &&
               firstLineOf(entry.path() / "class").rfind("0x03", 0) == 0;
    });
}

std::string whyThereIsNone() {
    std::error_code ignored;
    const bool driver = std::filesystem::exists("/proc/driver/nvidia/version", ignored);
    const std::string library = std::string("LibTorch ") + TORCH_VERSION;
    if (!driver && !isThereACard()) return "No NVIDIA GPU was found";
    if (!driver) return "An NVIDIA GPU is here, but not its driver; install NVIDIA's driver (Debian: nvidia-driver)";
    if (!torchHasCuda())
        return "An NVIDIA GPU is here, but this " + library +
               " has no CUDA; build the learning module against a LibTorch with CUDA (Torch_DIR, an unpacked libtorch, "
               "or the one inside an installed Python torch)";
    return "This " + library +
           " has CUDA, but the NVIDIA driver here does not serve it; is it older than that CUDA, or is the GPU in use "
           "by another program alone? nvidia-smi tells";
}

}  // namespace

std::vector<DeviceInfo> describeGpus() {
    if (!torch::cuda::is_available()) return {{"cuda:0", "NVIDIA GPU", false, whyThereIsNone()}};
    const Driver driver;
    std::vector<DeviceInfo> gpus;
    for (int number = 0; number < static_cast<int>(torch::cuda::device_count()); ++number) {
        std::string description = driver.describe(number);
        if (description.empty()) description = "NVIDIA GPU " + std::to_string(number);
        gpus.push_back({"cuda:" + std::to_string(number), description, true, ""});
    }
    return gpus;
}

}  // namespace chronnect::train
