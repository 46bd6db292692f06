// The whole engine on cuda:0: a real GPU where LibTorch has CUDA, else the simulated one (tests/support), which shows
// that what runs there is right, not that it is fast.

#include "core/learning/Learning.h"
#include "core/model/detail/Functions.h"
#include "core/model/detail/Network.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Objective.h"
#include "tests/core/learning/QuickSpecs.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

using namespace chronnect;
using test::twoGroups;
namespace fs = std::filesystem;

#ifdef CHRONNECT_SIMULATED_GPU
extern "C" long chronnectSimulatedOperations();
extern "C" long chronnectSimulatedWaits();
extern "C" void chronnectSimulatedMemory(std::size_t bytes);
#endif

namespace {

#define CHRONNECT_NEEDS_GPU() \
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch sees no NVIDIA GPU here"

double difference(const torch::Tensor& found, const torch::Tensor& expected) {
    const auto a = found.detach().to(torch::kCPU, torch::kDouble),
               b = expected.detach().to(torch::kCPU, torch::kDouble);
    if (a.numel() == 0) return 0;
    return (a - b).abs().max().item<double>() / std::max(1.0, b.abs().max().item<double>());
}

std::vector<std::string> groupsOf(const ScanSource& scans) {
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < scans.count(); ++i) groups.push_back(i % 2 ? "woven" : "halves");
    return groups;
}

/// Without dropout, whose numbers a GPU draws otherwise.
NetworkSpec steadyNetwork() {
    NetworkSpec network = test::smallNetwork(16);
    network.dropout = network.attentionDropout = 0;
    return network;
}

model::Compute onGpu() {
    model::Compute compute;
    compute.device = torch::Device(torch::kCUDA, 0);
    return compute;
}

/// The loss of every step.
std::vector<double> curveOf(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan = {}) {
    std::vector<double> values;
    const auto watch = [&](const TrainingSnapshot& snapshot) { values.push_back(snapshot.losses.at("total")); };
    createLearningEngine()->pretrain(scans, spec, plan, watch, {});
    return values;
}

PretrainSpec steadyPretraining(const std::string& device) {
    PretrainSpec spec = test::shortPretraining(16);
    spec.network = steadyNetwork();
    spec.gap = GapRule::Published;
    spec.validationShare = 0.25;
    spec.device = device;
    return spec;
}

FinetuneSpec steadyFinetuning(const std::string& device) {
    FinetuneSpec spec = test::shortFinetuning(16, 2, 2);
    spec.network = steadyNetwork();
    spec.device = device;
    return spec;
}

}  // namespace

TEST(Gpu, IsReportedAsUsable) {
    CHRONNECT_NEEDS_GPU();
    const auto report = createLearningEngine()->devices();
    const auto found = std::ranges::find_if(report.devices, [](const auto& device) { return device.name == "cuda:0"; });
    ASSERT_NE(found, report.devices.end());
    EXPECT_TRUE(found->usable);
}

TEST(Gpu, BuildsTheGraphsThatTheProcessorBuilds) {
    CHRONNECT_NEEDS_GPU();
    for (const int regions : {20, 63, 64, 65, 130}) {
        torch::manual_seed(regions);
        auto series = torch::randn({2, 90, regions});
        series.select(2, 3).fill_(0);  // a region without signal
        const std::vector<int> starts{0, 7, 21, 40};
        GraphSpec spec;
        spec.windowLength = 40;
        const auto expected = model::unpackGraphs(model::buildGraphs(series, starts, spec, {}).bits, regions);
        const auto compute = onGpu();
        const auto found = model::buildGraphs(series.to(compute.device), starts, spec, compute);
        EXPECT_TRUE(found.bits.is_cuda());
        const auto dense = model::unpackGraphs(found.bits, regions);
        // A correlation within rounding of the threshold may fall on either side.
        EXPECT_LE((dense.to(torch::kCPU) - expected).abs().sum().item<double>(), 4) << regions;
        EXPECT_TRUE(torch::equal(model::packGraphs(dense).bits.to(torch::kCPU), found.bits.to(torch::kCPU)));
        const auto profiles = model::windowProfiles(series.to(compute.device), {{0, 7}, {1, 21}}, 40);
        EXPECT_LT(difference(profiles, model::windowProfiles(series, {{0, 7}, {1, 21}}, 40)), 1e-5);
    }
}

TEST(Gpu, TheNetworkAnswersAndLearnsAsOnTheProcessor) {
    CHRONNECT_NEEDS_GPU();
    const std::vector<int> starts{0, 10, 20};
    for (const Readout readout : {Readout::Sero, Readout::Garo, Readout::Mean})
        for (const TimePooling pooling : {TimePooling::Sum, TimePooling::Mean, TimePooling::Param}) {
            NetworkSpec spec = steadyNetwork();
            spec.readout = readout;
            spec.pooling = pooling;
            GraphSpec graph = test::coarseGraph();
            torch::manual_seed(2);
            const auto series = torch::randn({2, 60, 21});
            std::vector<torch::Tensor> answers, gradients;
            for (const bool gpu : {false, true}) {
                const auto compute = gpu ? onGpu() : model::Compute{};
                torch::manual_seed(1);
                model::Network network(21, 2, spec);
                network->to(compute.device);
                const auto there = series.to(compute.device);
                const auto graphs = model::buildGraphs(series, starts, graph, {});
                const auto output = network->forward(there, starts, graph.windowLength,
                                                     {graphs.bits.to(compute.device), graphs.regions}, true, compute);
                (output.logits.square().sum() + 0.1 * output.orthogonality).backward();
                for (const auto& tensor : {output.logits, output.nodeAttention, output.timeAttention, output.latent})
                    answers.push_back(tensor.detach().to(torch::kCPU));
                for (const auto& parameter : network->parameters())
                    if (parameter.grad().defined()) gradients.push_back(parameter.grad().to(torch::kCPU));
            }
            for (std::size_t i = 0; i < answers.size() / 2; ++i)
                EXPECT_LT(difference(answers[answers.size() / 2 + i], answers[i]), 1e-4);
            ASSERT_EQ(gradients.size() % 2, 0u);
            for (std::size_t i = 0; i < gradients.size() / 2; ++i)
                EXPECT_LT(difference(gradients[gradients.size() / 2 + i], gradients[i]), 1e-3) << i;
        }
}

TEST(Gpu, EveryObjectiveHasTheSameLossesAndGradients) {
    CHRONNECT_NEEDS_GPU();
    const auto source = twoGroups(3, 100, 18, 4);
    for (const std::string& name : train::objectiveNames())
        for (const Decoder decoder : {Decoder::Mixer, Decoder::Gin, Decoder::Mlp}) {
            PretrainSpec spec = steadyPretraining("cpu");
            spec.objective = name;
            spec.decoder = decoder;
            std::vector<std::map<std::string, double>> values;
            std::vector<torch::Tensor> gradients;
            for (const bool gpu : {false, true}) {
                const auto compute = gpu ? onGpu() : model::Compute{};
                torch::manual_seed(5);
                model::Encoder encoder(18, spec.network);
                const auto objective = train::makeObjective(spec, 18);
                encoder->to(compute.device);
                objective->to(compute.device);
                const train::Cohort cohort(*source);
                const auto batch = train::makeBatch(cohort, {0, 1, 2}, 0, 0, spec.graph, compute);
                Random random(6);
                const auto losses = objective->losses(encoder, batch, random, compute);
                losses.total.backward();
                values.push_back(losses.values());
                for (const auto& parameter : encoder->parameters())
                    gradients.push_back(parameter.grad().defined() ? parameter.grad().to(torch::kCPU)
                                                                   : torch::zeros({1}));
            }
            for (const auto& [part, value] : values[0])
                EXPECT_NEAR(values[1].at(part), value, 1e-4 * std::max(1.0, std::abs(value))) << name << " " << part;
            for (std::size_t i = 0; i < gradients.size() / 2; ++i)
                EXPECT_LT(difference(gradients[gradients.size() / 2 + i], gradients[i]), 2e-3) << name << " " << i;
        }
}

TEST(Gpu, PretrainingFollowsTheSameCurve) {
    CHRONNECT_NEEDS_GPU();
    const auto scans = twoGroups(8, 100, 16, 2);
    const auto expected = curveOf(*scans, steadyPretraining("cpu"));
    for (const char* device : {"auto", "cuda", "cuda:0"}) {
        const auto found = curveOf(*scans, steadyPretraining(device));
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 2e-3 * expected[i]) << device;
    }
}

TEST(Gpu, PretrainsInEveryPrecision) {
    CHRONNECT_NEEDS_GPU();
    const auto scans = twoGroups(6, 100, 16, 2);
    const auto exact = curveOf(*scans, steadyPretraining("cpu"));
    for (const Precision precision : {Precision::TensorFloat32, Precision::BFloat16}) {
        PretrainSpec spec = steadyPretraining("cuda:0");
        spec.precision = precision;
        const auto found = curveOf(*scans, spec);
        ASSERT_EQ(found.size(), exact.size());
        for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], exact[i], 0.05 * exact[i]);
    }
}

TEST(Gpu, FinetunesInEveryPrecision) {
    CHRONNECT_NEEDS_GPU();
    const auto scans = twoGroups(8, 100, 16, 2);
    std::vector<double> losses;
    for (const Precision precision : {Precision::Float32, Precision::TensorFloat32, Precision::BFloat16}) {
        FinetuneSpec spec = steadyFinetuning("cuda:0");
        spec.precision = precision;
        spec.baselines = false;
        double last = 0;
        const auto watch = [&](const TrainingSnapshot& snapshot) { last = snapshot.losses.at("total"); };
        createLearningEngine()->finetune(*scans, groupsOf(*scans), nullptr, spec, {}, watch, {});
        losses.push_back(last);
    }
    EXPECT_NEAR(losses[1], losses[0], 0.05);
    EXPECT_NEAR(losses[2], losses[0], 0.1);
}

TEST(Gpu, ACheckpointGoesOnOnEitherDevice) {
    CHRONNECT_NEEDS_GPU();
    const auto scans = twoGroups(8, 100, 16, 2);
    const auto whole = curveOf(*scans, steadyPretraining("cpu"));
    for (const bool beginsOnGpu : {true, false}) {
        const fs::path folder = fs::path(testing::TempDir()) / (beginsOnGpu ? "from-gpu" : "to-gpu");
        fs::remove_all(folder);
        CheckpointPlan first;
        first.folder = folder;
        std::stop_source stop;
        first.finish = stop.get_token();
        const auto stopAtTwo = [&](const TrainingSnapshot& snapshot) {
            if (snapshot.step == 2) stop.request_stop();
        };
        createLearningEngine()->pretrain(*scans, steadyPretraining(beginsOnGpu ? "cuda:0" : "cpu"), first, stopAtTwo,
                                         {});
        CheckpointPlan second;
        second.folder = folder;
        second.resume = true;
        const auto rest = curveOf(*scans, steadyPretraining(beginsOnGpu ? "cpu" : "cuda:0"), second);
        ASSERT_EQ(rest.size(), 2u);
        EXPECT_NEAR(rest.back(), whole.back(), 2e-3 * whole.back());
    }
}

TEST(Gpu, FinetunesPredictsExplainsAndRebuilds) {
    CHRONNECT_NEEDS_GPU();
    const auto scans = twoGroups(12, 100, 16, 3);
    const auto engine = createLearningEngine();
    const auto pretrained = engine->pretrain(*scans, steadyPretraining("cuda:0"), {}, {}, {}).model;
    FinetuneSpec spec = steadyFinetuning("cuda:0");
    spec.finalModel = spec.linearProbe = true;
    const auto result = engine->finetune(*scans, groupsOf(*scans), &pretrained, spec, {}, {}, {});
    EXPECT_FALSE(result.scores.empty());
    const auto here = engine->predict(*scans, result.model, "cpu", {});
    const auto there = engine->predict(*scans, result.model, "cuda:0", {});
    ASSERT_EQ(here.size(), there.size());
    for (std::size_t i = 0; i < here.size(); ++i)
        for (std::size_t k = 0; k < here[i].output.size(); ++k)
            EXPECT_NEAR(there[i].output[k], here[i].output[k], 1e-4);
    const auto cpu = engine->explain(*scans, 1, result.model, "cpu", {});
    const auto gpu = engine->explain(*scans, 1, result.model, "cuda:0", {});
    ASSERT_EQ(cpu.spatial.size(), gpu.spatial.size());
    for (std::size_t i = 0; i < cpu.spatial.size(); ++i) EXPECT_NEAR(gpu.spatial[i], cpu.spatial[i], 1e-4);
    ASSERT_EQ(cpu.checks.size(), gpu.checks.size());
    MaskRequest request;
    request.window = 2;
    const auto rebuilt = engine->reconstruct(*scans, 1, pretrained, request, "cuda:0", {});
    const auto expected = engine->reconstruct(*scans, 1, pretrained, request, "cpu", {});
    ASSERT_EQ(rebuilt.predicted.size(), expected.predicted.size());
    for (std::size_t i = 0; i < rebuilt.predicted.size(); ++i)
        EXPECT_NEAR(rebuilt.predicted[i], expected.predicted[i], 1e-4);
}

#ifdef CHRONNECT_SIMULATED_GPU

TEST(SimulatedGpu, RefusesTensorsOfBothDevices) {
    const auto there = torch::ones({3}, torch::kCUDA), here = torch::ones({3});
    EXPECT_THROW(there + here, std::exception);
    EXPECT_THROW(torch::cat({there, here}), std::exception);
    EXPECT_NO_THROW(there + torch::tensor(2.0f));
    EXPECT_DEATH(EXPECT_EQ(*there.data_ptr<float>(), 1), "");
}

// Every time a GPU is waited for it has nothing to do until the next operation reaches it.
TEST(SimulatedGpu, ATrainingStepHardlyWaitsForIt) {
    const auto scans = twoGroups(8, 100, 16, 2);
    PretrainSpec spec = steadyPretraining("cuda:0");
    spec.steps = 6;
    spec.evaluateEvery = spec.checkpointEvery = 100;
    std::vector<long> waits;
    const auto watch = [&](const TrainingSnapshot&) { waits.push_back(chronnectSimulatedWaits()); };
    createLearningEngine()->pretrain(*scans, spec, {}, watch, {});
    ASSERT_GE(waits.size(), 5u);
    EXPECT_LE(waits[4] - waits[3], 30);
}

TEST(SimulatedGpu, ASmallerBatchWhenItsMemoryRunsOut) {
    const auto scans = twoGroups(16, 200, 64, 2);
    PretrainSpec spec = steadyPretraining("cuda:0");
    spec.batch = 16;
    spec.steps = 2;
    const auto engine = createLearningEngine();
    chronnectSimulatedMemory(std::size_t{12} << 20);
    const auto result = engine->pretrain(*scans, spec, {}, {}, {});
    chronnectSimulatedMemory(0);
    EXPECT_TRUE(std::ranges::any_of(
        result.notices, [](const Notice& notice) { return notice.text.find("Memory ran out") != std::string::npos; }));
}

TEST(SimulatedGpu, FinetuningGoesOnWithFewerScansWhenItsMemoryRunsOut) {
    const auto scans = twoGroups(16, 200, 64, 2);
    FinetuneSpec spec = steadyFinetuning("cuda:0");
    spec.baselines = false;
    spec.batch = 16;
    chronnectSimulatedMemory(std::size_t{6} << 20);
    const auto result = createLearningEngine()->finetune(*scans, groupsOf(*scans), nullptr, spec, {}, {}, {});
    chronnectSimulatedMemory(0);
    EXPECT_TRUE(std::ranges::any_of(result.notices, [](const Notice& notice) {
        return notice.text.find("Memory ran out; fine-tuning goes on") != std::string::npos;
    }));
}

#endif
