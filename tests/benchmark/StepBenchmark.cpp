// One training step of the STAGIN network by this engine: forward, loss with the orthogonality term, backward, Adam.
// Takes a step for every line it reads and answers with one line of JSON, so that training_step.py can run it and its
// peers in turn; the last line, at the end of the input, says what the step costs and what the machine can do.
//
//   chronnect-step-benchmark regions crop window step batch threads precision

#include "core/base/Json.h"
#include "core/learning/Learning.h"
#include "core/model/Windows.h"
#include "core/model/detail/Network.h"
#include "core/model/detail/Precision.h"
#include "core/train/detail/Adam.h"
#include "tests/benchmark/Usage.h"

#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

using namespace chronnect;

namespace {

struct Settings {
    std::int64_t regions = 400, crop = 600, batch = 3;
    GraphSpec graph;
    int threads = 1;
    Precision precision = Precision::Float32;
};

double seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double bestOf(int turns, const std::function<void()>& work) {
    double best = seconds(work);
    for (int turn = 1; turn < turns; ++turn) best = std::min(best, seconds(work));
    return best;
}

/// Products of two large matrices, FLOP/s.
double matrixRate(torch::ScalarType type) {
    constexpr std::int64_t size = 2048;
    const auto a = torch::randn({size, size}).to(type), b = torch::randn({size, size}).to(type);
    return 2.0 * std::pow(double{size}, 3) / bestOf(4, [&] { torch::mm(a, b); });
}

/// Reading and writing main memory, bytes/s.
double memoryRate() {
    const auto from = torch::zeros({64 << 20}), to = torch::empty({64 << 20});
    return 2.0 * static_cast<double>(from.numel()) * sizeof(float) / bestOf(4, [&] { to.copy_(from); });
}

double peakBytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) return std::atof(line.c_str() + 6) * 1024;
    return 0;
}

class Step {
public:
    explicit Step(const Settings& settings)
        : m_settings(settings),
          m_starts(windowStarts(static_cast<int>(settings.crop), settings.graph)),
          m_series(torch::randn({settings.batch, settings.crop, settings.regions})),
          m_labels(torch::arange(settings.batch) % 2) {
        NetworkSpec spec;
        spec.pooling = TimePooling::Sum;
        m_network = model::Network(settings.regions, 2, spec);
        m_network->train();
        m_adam = std::make_unique<train::Adam>(m_network->parameters(), 0.0);
        Notices notices;
        m_compute.precision = model::usablePrecision(settings.precision, m_compute.device, notices);
        m_graphSeconds = seconds([&] { m_graphs = model::buildGraphs(m_series, m_starts, settings.graph, m_compute); });
    }

    double take() {
        m_adam->clearGradients();
        const auto output =
            m_network->forward(m_series, m_starts, m_settings.graph.windowLength, m_graphs, true, m_compute);
        const auto loss = torch::nn::functional::cross_entropy(output.logits, m_labels) + 1e-5 * output.orthogonality;
        loss.backward();
        m_adam->step(5e-4);
        return loss.item<double>();
    }

    double windows() const { return static_cast<double>(m_starts.size()) * static_cast<double>(m_settings.batch); }
    double graphSeconds() const { return m_graphSeconds; }

    /// Multiplications and additions of the matrix products that the engine does: per layer and window six square maps
    /// (three each, two of them backward), the upper part of the Gram matrix forward and again backward, and its
    /// product with the codes. Neighbour sums, which are additions alone, come on top.
    double products() const {
        const double n = static_cast<double>(m_settings.regions), d = 128, upper = 0.6;
        return 4 * windows() * (6 * 2 * n * d * d + (2 * upper + 1) * 2 * n * n * d);
    }
    double neighbourSums() const {
        const double n = static_cast<double>(m_settings.regions);
        return 4 * windows() * 3 * m_settings.graph.density / 100 * n * n * 128;
    }
    /// The same step with dense adjacency, whole Gram matrices and nothing made twice.
    double plainProducts() const {
        const double n = static_cast<double>(m_settings.regions), d = 128;
        return 4 * windows() * (6 * 2 * n * d * d + (2 + 3) * 2 * n * n * d) + windows() * 2 * 2 * n * (n + d) * d;
    }
    /// Main memory: per layer 13 readings and 4 writings of the features of all windows,
    /// which are kept in float32 in either precision.
    double bytes() const { return 4 * windows() * static_cast<double>(m_settings.regions) * 128 * sizeof(float) * 17; }

private:
    Settings m_settings;
    std::vector<int> m_starts;
    torch::Tensor m_series, m_labels;
    model::Network m_network{nullptr};
    std::unique_ptr<train::Adam> m_adam;
    model::Compute m_compute;
    model::Graphs m_graphs;
    double m_graphSeconds = 0;
};

Settings read(int count, char** given) {
    const auto number = [&](int at, std::int64_t fallback) {
        return count > at ? std::strtoll(given[at], nullptr, 10) : fallback;
    };
    Settings settings;
    settings.regions = number(1, settings.regions);
    settings.crop = number(2, settings.crop);
    settings.graph.windowLength = static_cast<int>(number(3, settings.graph.windowLength));
    settings.graph.windowStep = static_cast<int>(number(4, settings.graph.windowStep));
    settings.batch = number(5, settings.batch);
    settings.threads = static_cast<int>(number(6, settings.threads));
    if (count > 7 && std::string(given[7]) == "bf16") settings.precision = Precision::BFloat16;
    return settings;
}

void serve(const Settings& settings) {
    at::set_num_threads(settings.threads);
    torch::manual_seed(0);
    Step step(settings);
    for (std::string line; std::getline(std::cin, line);) {
        double loss = 0;
        const std::clock_t before = std::clock();
        const double time = seconds([&] { loss = step.take(); });
        const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
        Json answer = Json::object();
        std::cout << answer.set("seconds", time).set("cpu_seconds", used).set("loss", loss).dump(-1) << std::endl;
    }
    const double peak = peakBytes();  // before the matrices below
    Json summary = Json::object();
    summary.set("windows", step.windows()).set("graph_seconds", step.graphSeconds()).set("peak_rss_bytes", peak);
    summary.set("products", step.products()).set("neighbour_sums", step.neighbourSums());
    summary.set("plain_products", step.plainProducts()).set("bytes", step.bytes());
    summary.set("matrix_rate", matrixRate(torch::kFloat)).set("bf16_matrix_rate", matrixRate(torch::kBFloat16));
    summary.set("memory_rate", memoryRate()).set("bf16_instructions", model::hasBFloat16Instructions());
    const DeviceReport devices = createLearningEngine()->devices();
    summary.set("library", devices.library).set("blas", devices.blas);
    std::cout << summary.dump(-1) << std::endl;
}

}  // namespace

int main(int count, char** given) {
    if (asksForHelp(
            count, given,
            "chronnect-step-benchmark [REGIONS] [CROP] [LENGTH] [STEP] [BATCH] [THREADS] [bf16]; one step for each line read"))
        return 0;
    try {
        serve(read(count, given));
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
