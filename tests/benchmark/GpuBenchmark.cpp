// One training step of the STAGIN network and pretraining throughput on a GPU, in fp32, TF32 and bf16, beside the
// matrix products that the same card does. Says so and ends where there is no GPU; `cpu` measures the processor.
//
//   chronnect-gpu-benchmark [device] [regions] [crop] [window] [step] [batch] [repeats]
//   chronnect-gpu-benchmark host    what the processor must do per scan meanwhile (HostSide.cpp); needs no GPU
//
// The share of the peak counts only the arithmetic that the mathematics needs (see usefulFlops), so time spent on
// anything else lowers it. PyTorch eager on the same card: tests/benchmark/peers/stagin_step.py --device cuda.

#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/learning/Learning.h"
#include "core/model/Windows.h"
#include "core/model/detail/Network.h"
#include "core/model/detail/Precision.h"
#include "core/train/detail/Adam.h"
#include "tests/benchmark/HostSide.h"
#include "tests/benchmark/Usage.h"

#include <dlfcn.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

using namespace chronnect;

namespace {

struct Settings {
    torch::Device device = torch::kCPU;
    std::int64_t regions = 400, crop = 600, batch = 3;
    GraphSpec graph;
    int repeats = 5;
};

void waitFor(const torch::Device& device) {
    if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

double seconds(const torch::Device& device, const std::function<void()>& work) {
    waitFor(device);
    const auto start = std::chrono::steady_clock::now();
    work();
    waitFor(device);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double bestOf(int repeats, const std::function<double()>& measure) {
    double best = measure();  // also warms up
    for (int i = 0; i < repeats; ++i) best = std::min(best, measure());
    return best;
}

/// FLOP/s of a large matrix product: what this device can do at all.
double measuredPeak(const Settings& settings) {
    const std::int64_t size = settings.device.is_cuda() ? 8192 : 2048;
    const auto options = torch::device(settings.device);
    const auto a = torch::randn({size, size}, options), b = torch::randn({size, size}, options);
    const double best = bestOf(3, [&] { return seconds(settings.device, [&] { torch::matmul(a, b); }); });
    return 2.0 * std::pow(static_cast<double>(size), 3) / best;
}

/// Multiplications and additions of forward and backward that no form of the network can do without, graphs as dense
/// matrices: per window and layer two products with the graph, three with each of two square layers, and the Gram
/// matrix of the orthogonality term with its gradient.
double usefulFlops(const Settings& settings, std::int64_t windows, const NetworkSpec& network) {
    const double n = static_cast<double>(settings.regions), d = network.hidden;
    const double perLayer = 2 * (2 * n * n * d) + 3 * (2 * 2 * n * d * d) + 3 * (2 * n * n * d);
    return perLayer * network.layers * static_cast<double>(windows * settings.batch);
}

/// Memory in use in megabytes: of the card as its driver tells, else the peak of this process.
double memoryInUse(const torch::Device& device) {
    if (!device.is_cuda()) {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);)
            if (line.rfind("VmHWM:", 0) == 0) return std::atof(line.c_str() + 6) / 1000;
        return 0;
    }
    const std::string command = "nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -i " +
                                std::to_string(std::max<int>(0, device.index()));
    char text[64] = "";
    if (std::FILE* pipe = ::popen(command.c_str(), "r")) {
        if (!std::fgets(text, sizeof text, pipe)) text[0] = '\0';
        ::pclose(pipe);
    }
    return std::atof(text);
}

/// What a simulated GPU (tests/support/SimulatedGpu.cpp, loaded by LD_PRELOAD) has counted; nothing on a real one.
struct Counts {
    long operations = 0, waits = 0;

    static Counts now() {
        using Count = long (*)();
        const auto read = [](const char* name) {
            const auto count = reinterpret_cast<Count>(dlsym(RTLD_DEFAULT, name));
            return count ? count() : 0;
        };
        return {read("chronnectSimulatedOperations"), read("chronnectSimulatedWaits")};
    }
    void tellSince(const Counts& before, int steps) const {
        if (operations == 0) return;
        std::printf("  simulated GPU: %ld operations and %ld waits a step; times mean nothing\n",
                    (operations - before.operations) / steps, (waits - before.waits) / steps);
    }
};

void trainingStep(const Settings& settings, Precision precision) {
    const model::InPrecision guard(precision, settings.device);
    const double peak = measuredPeak(settings);
    model::Compute compute;
    compute.device = settings.device;
    compute.precision = precision;
    NetworkSpec spec;
    spec.pooling = TimePooling::Sum;
    torch::manual_seed(0);
    model::Network network(settings.regions, 2, spec);
    network->to(settings.device);
    train::Adam adam(network->parameters(), 0);
    const auto series = torch::randn({settings.batch, settings.crop, settings.regions}).to(settings.device);
    const auto labels = (torch::arange(settings.batch) % 2).to(settings.device);
    const std::vector<int> starts = windowStarts(static_cast<int>(settings.crop), settings.graph);
    model::Graphs graphs;
    const double graphTime = bestOf(1, [&] {
        return seconds(settings.device, [&] { graphs = model::buildGraphs(series, starts, settings.graph, compute); });
    });
    const Counts before = Counts::now();
    const double stepTime = bestOf(settings.repeats, [&] {
        return seconds(settings.device, [&] {
            adam.clearGradients();
            const auto output = network->forward(series, starts, settings.graph.windowLength, graphs, true, compute);
            (torch::nn::functional::cross_entropy(output.logits, labels) + 1e-5 * output.orthogonality).backward();
            adam.step(5e-4);
        });
    });
    const double flops = usefulFlops(settings, static_cast<std::int64_t>(starts.size()), spec);
    std::printf(
        "%s training step: %zu windows x %lld scans, graphs %.4f s, step %.4f s, %.1f scans/s, %.2f TFLOP, "
        "%.2f of %.2f TFLOP/s = %.1f %% of the measured peak, memory %.0f MB\n",
        std::string(nameOf(precision)).c_str(), starts.size(), static_cast<long long>(settings.batch), graphTime,
        stepTime, static_cast<double>(settings.batch) / (graphTime + stepTime), flops / 1e12, flops / stepTime / 1e12,
        peak / 1e12, 100 * flops / stepTime / peak, memoryInUse(settings.device));
    Counts::now().tellSince(before, settings.repeats + 1);
    std::fflush(stdout);
}

/// Scans a second of ST-MAE pretraining at its defaults on scans of 490 volumes, windows every 16.
void pretraining(const Settings& settings, Precision precision) {
    std::vector<MemoryScan> scans(64);
    Random random(1);
    for (std::size_t i = 0; i < scans.size(); ++i) {
        scans[i].info.id = "scan " + std::to_string(i);
        scans[i].values.resize(490 * static_cast<std::size_t>(settings.regions));
        for (float& value : scans[i].values) value = static_cast<float>(random.uniform(-1, 1));
    }
    std::vector<std::string> names(static_cast<std::size_t>(settings.regions), "R");
    const auto source = memoryScanSource(std::move(scans), std::move(names), {}, 0.735);
    PretrainSpec spec;
    spec.graph.windowStep = 16;
    spec.steps = 2 + 2 * settings.repeats;
    spec.evaluateEvery = spec.checkpointEvery = spec.steps + 1;
    spec.device = settings.device.str();
    spec.precision = precision;
    const int warm = 2;
    std::chrono::steady_clock::time_point start;
    double rate = 0;
    Counts before, after;
    const auto watch = [&](const TrainingSnapshot& snapshot) {
        const auto now = std::chrono::steady_clock::now();
        if (snapshot.step == warm) before = Counts::now();
        if (snapshot.step == spec.steps) after = Counts::now();
        if (snapshot.step == warm) start = now;
        if (snapshot.step > warm)
            rate = (snapshot.step - warm) * spec.batch / std::chrono::duration<double>(now - start).count();
    };
    createLearningEngine()->pretrain(*source, spec, {}, watch, {});
    std::printf(
        "%s pretraining: batch %d, 28 windows of 490 volumes, %.1f scans/s, 50,000 scans in %.0f s, "
        "memory %.0f MB\n",
        std::string(nameOf(precision)).c_str(), spec.batch, rate, 50000 / rate, memoryInUse(settings.device));
    after.tellSince(before, spec.steps - warm);
    std::fflush(stdout);
}

void measure(const Settings& settings) {
    for (const Precision precision : {Precision::Float32, Precision::TensorFloat32, Precision::BFloat16}) {
        if (precision == Precision::TensorFloat32 && !settings.device.is_cuda()) continue;
        for (const auto& part : {trainingStep, pretraining}) {
            try {
                part(settings, precision);
            } catch (const std::exception& error) {
                const std::string text = error.what();
                std::printf("%s: not measured: %s\n", std::string(nameOf(precision)).c_str(),
                            text.substr(0, text.find('\n')).c_str());
            }
        }
    }
}

}  // namespace

int main(int count, char** given) {
    if (asksForHelp(count, given,
                    "chronnect-gpu-benchmark [DEVICE] [REGIONS] [CROP] [LENGTH] [STEP] [BATCH] [REPEATS]"))
        return 0;
    const auto number = [&](int at, std::int64_t fallback) {
        return count > at ? std::strtoll(given[at], nullptr, 10) : fallback;
    };
    const std::string device = count > 1 ? given[1] : "cuda:0";
    if (device == "host") return measureHostSide(number(2, 400));
    if (device != "cpu" && !torch::cuda::is_available()) {
        std::printf(
            "Nothing was measured: LibTorch %s sees no NVIDIA GPU here. Build with a LibTorch for CUDA "
            "(Torch_DIR), or give 'cpu' or 'host'.\n",
            TORCH_VERSION);
        return 0;
    }
    try {
        Settings settings;
        settings.device = torch::Device(device);
        settings.regions = number(2, settings.regions);
        settings.crop = number(3, settings.crop);
        settings.graph.windowLength = static_cast<int>(number(4, settings.graph.windowLength));
        settings.graph.windowStep = static_cast<int>(number(5, settings.graph.windowStep));
        settings.batch = number(6, settings.batch);
        settings.repeats = static_cast<int>(number(7, settings.repeats));
        std::printf("LibTorch %s, device %s, %d threads\n", TORCH_VERSION, device.c_str(), torch::get_num_threads());
        measure(settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
