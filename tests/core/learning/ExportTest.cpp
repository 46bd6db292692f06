#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/io/SeriesFiles.h"
#include "core/learning/Learning.h"
#include "core/learning/SafeTensors.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Passport.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/Peer.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

using namespace chronnect;

namespace {

double largestDifference(const std::filesystem::path& file, const std::vector<float>& ours) {
    const Array array = readNpy(file);
    if (array.values.size() != ours.size()) return 1e9;
    double largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i)
        largest = std::max(largest, std::abs(array.values[i] - double{ours[i]}));
    return largest;
}

FinetuneSpec trainingOf(Readout readout, TimePooling pooling) {
    FinetuneSpec spec;
    spec.target = "t";
    spec.network.hidden = 12;
    spec.network.heads = 2;
    spec.network.layers = 2;
    spec.network.readout = readout;
    spec.network.pooling = pooling;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 7;
    spec.folds = 2;
    spec.epochs = 1;
    spec.labelPermutation = spec.baselines = false;
    return spec;
}

}  // namespace

TEST(Export, PythonRunsTheNetworkWithTheSameNumbers) {
    CHRONNECT_NEEDS_PYTHON("torch");
    const test::TemporaryFolder folder;
    const auto scans = test::twoGroups(14, 70, 15, 4);
    const auto engine = createLearningEngine();
    std::vector<float> series, values;
    for (const std::size_t scan : {0, 3}) {
        scans->read(scan, values);
        for (float& value : values) value = 100 + 7 * value;  // raw units: z-scoring must be part of it
        series.insert(series.end(), values.begin(), values.end());
    }
    for (std::size_t volume = 0; volume < 70; ++volume) series[volume * 15 + 4] = 5;  // a dead region
    writeNpy(folder.path() / "series.npy", std::vector<std::size_t>{2, 70, 15}, series);
    std::vector<std::string> groups, numbers;
    for (int i = 0; i < 14; ++i) {
        groups.push_back(i % 2 ? "woven" : "halves");
        numbers.push_back(std::to_string(10 + i));
    }
    std::map<std::string, Model> models;
    models["sero_mean"] =
        engine->finetune(*scans, groups, nullptr, trainingOf(Readout::Sero, TimePooling::Mean), {}, {}, {}).model;
    models["garo_sum"] =
        engine->finetune(*scans, groups, nullptr, trainingOf(Readout::Garo, TimePooling::Sum), {}, {}, {}).model;
    models["number"] =
        engine->finetune(*scans, numbers, nullptr, trainingOf(Readout::Mean, TimePooling::Param), {}, {}, {}).model;
    for (const auto& [name, model] : models) {
        writeFileAtomically(folder.path() / (name + ".pt"), engine->torchScript(model));
        writeFileAtomically(folder.path() / (name + ".safetensors"),
                            safeTensors(unpackTensors(model.weights), aboutModel(model)));
    }
    ASSERT_TRUE(test::runPython("tests/core/learning/torchscript_peer.py", folder.path()));
    for (const auto& [name, model] : models) {
        const NetworkArrays ours = engine->forward(series, 2, 70, true, model, "cpu", {});
        const auto file = [&](const std::string& what) { return folder.path() / (name + "_" + what + ".npy"); };
        EXPECT_EQ(largestDifference(file("graphs"), {ours.adjacency.begin(), ours.adjacency.end()}), 0) << name;
        EXPECT_EQ(largestDifference(file("starts"), {ours.windowStarts.begin(), ours.windowStarts.end()}), 0) << name;
        EXPECT_LT(largestDifference(file("logits"), ours.logits), 1e-5) << name;
        EXPECT_LT(largestDifference(file("node_attention"), ours.nodeAttention), 1e-5) << name;
        EXPECT_LT(largestDifference(file("time_attention"), ours.timeAttention), 1e-5) << name;
        EXPECT_LT(largestDifference(file("latent"), ours.latent), 1e-4) << name;
        const Array predicted = readNpy(file("predicted"));
        if (model.classes.empty())
            EXPECT_NEAR(predicted.values[0], ours.logits[0] * model.targetScale + model.targetMean, 1e-4);
        else
            EXPECT_NEAR(predicted.values[1], 1 / (1 + std::exp(double{ours.logits[0]} - ours.logits[1])), 1e-5);
    }
}

TEST(Export, PythonRunsThePretrainedEncoder) {
    CHRONNECT_NEEDS_PYTHON("torch");
    const test::TemporaryFolder folder;
    const auto scans = test::twoGroups(6, 120, 15, 4);
    PretrainSpec spec;
    spec.network.hidden = 12;
    spec.network.layers = 2;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 7;
    spec.steps = 2;
    spec.batch = 2;
    const auto engine = createLearningEngine();
    const Model model = engine->pretrain(*scans, spec, {}, {}, {}).model;
    std::vector<float> series;
    scans->read(2, series);
    writeNpy(folder.path() / "series.npy", std::vector<std::size_t>{1, 120, 15}, series);
    writeFileAtomically(folder.path() / "encoder.pt", engine->torchScript(model));
    ASSERT_TRUE(test::runPython("tests/core/learning/torchscript_peer.py", folder.path()));
    const torch::NoGradGuard noGradient;
    auto encoder = train::revivePretrained(model, torch::kCPU).encoder;
    const train::Cohort cohort(*scans);
    const train::Batch batch = train::makeBatch(cohort, {2}, 0, 0, spec.graph, {});
    const auto time = encoder->timeCode(batch.series, batch.ends(), {}).flatten(0, 1);
    const auto codes = encoder->layers(batch.graphs, encoder->nodeInput(time), {}).back().flatten().contiguous();
    EXPECT_EQ(readNpy(folder.path() / "encoder_codes.npy").shape, (std::vector<std::size_t>{1, 15, 15, 12}));
    EXPECT_LT(largestDifference(folder.path() / "encoder_codes.npy",
                                {codes.data_ptr<float>(), codes.data_ptr<float>() + codes.numel()}),
              1e-5);
}
