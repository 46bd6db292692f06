#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Learning.h"
#include "tests/core/distributed/Processes.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

PretrainSpec quickPretrain() {
    PretrainSpec spec;
    spec.network.hidden = 16;
    spec.network.layers = 2;
    spec.graph.windowLength = 20;
    spec.graph.windowStep = 5;
    spec.steps = 8;
    spec.batch = 5;  // not a multiple of two: the shares differ
    spec.cropVolumes = 100;
    spec.evaluateEvery = 4;
    spec.checkpointEvery = 1;
    spec.seed = 3;
    spec.device = "cpu";
    return spec;
}

void pretendLaunch(int rank, int size, int port) {
    ::setenv("RANK", std::to_string(rank).c_str(), 1);
    ::setenv("WORLD_SIZE", std::to_string(size).c_str(), 1);
    ::setenv("MASTER_ADDR", "127.0.0.1", 1);
    ::setenv("MASTER_PORT", std::to_string(port).c_str(), 1);
    ::setenv("CHRONNECT_THREADS", "1", 1);
}

/// Pretrains in `size` processes, each leaving its model in `folder`; returns how many finished.
int pretrain(int size, const fs::path& folder, const CheckpointPlan& plan = {}, int killAt = -1) {
    return test::inProcesses(size, [&](int rank, int port) {
        pretendLaunch(rank, size, port);
        const auto scans = test::twoGroups(12, 120, 24, 5);
        const auto watch = [&](const TrainingSnapshot& snapshot) {
            if (rank == 1 && snapshot.step == killAt) ::raise(SIGKILL);
        };
        const auto result = createLearningEngine()->pretrain(*scans, quickPretrain(), plan, watch, {});
        saveModel(folder / ("rank" + std::to_string(rank)), result.model);
        return rank == 0 ? !result.scores.empty() : result.scores.empty();
    });
}

std::vector<double> lossesOf(const Model& model, const std::string& name = "total") {
    std::vector<double> losses;
    for (const auto& snapshot : model.history) losses.push_back(snapshot.losses.at(name));
    return losses;
}

}  // namespace

TEST(Together, TwoProcessesAreOneWithTheWholeBatch) {
    const test::TemporaryFolder alone, both;
    ASSERT_EQ(pretrain(1, alone.path()), 1);
    ASSERT_EQ(pretrain(2, both.path()), 2);
    const Model one = loadModel(alone.path() / "rank0");
    const Model first = loadModel(both.path() / "rank0"), second = loadModel(both.path() / "rank1");
    EXPECT_EQ(first.weights, second.weights) << "all processes hold the same weights, bit for bit";
    for (const char* name : {"total", "spatial node", "spatial edge", "temporal node", "temporal edge"}) {
        const auto expected = lossesOf(one, name), found = lossesOf(first, name);
        ASSERT_EQ(expected.size(), 8u);
        ASSERT_EQ(found.size(), 8u);
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_NEAR(found[i], expected[i], 2e-4 * expected[i]) << name << " at step " << i + 1;
    }
    EXPECT_NEAR(first.history.back().losses.at("validation total"), one.history.back().losses.at("validation total"),
                1e-3);
    EXPECT_NEAR(first.history[3].gradientNorm, one.history[3].gradientNorm, 1e-3 * one.history[3].gradientNorm);
}

TEST(Together, GoesOnFromTheCheckpointAfterAProcessIsLost) {
    const test::TemporaryFolder unbroken, broken, checkpoints;
    ASSERT_EQ(pretrain(2, unbroken.path()), 2);
    CheckpointPlan plan;
    plan.folder = checkpoints.path();
    EXPECT_EQ(pretrain(2, broken.path(), plan, 4), 0) << "the lost process takes the other one with it";
    plan.resume = true;
    ASSERT_EQ(pretrain(2, broken.path(), plan), 2);
    EXPECT_EQ(lossesOf(loadModel(broken.path() / "rank0")), lossesOf(loadModel(unbroken.path() / "rank0")));
}

TEST(Together, EveryObjectiveIsTheSameInTwoProcesses) {
    const auto run = [](int size, const fs::path& folder, const std::string& objective, int parts) {
        return test::inProcesses(size, [&](int rank, int port) {
            pretendLaunch(rank, size, port);
            PretrainSpec spec = quickPretrain();
            spec.objective = objective;
            spec.accumulate = parts;
            spec.steps = 5;
            spec.evaluateEvery = 1;
            const auto result = createLearningEngine()->pretrain(*test::twoGroups(12, 120, 24, 5), spec, {}, {}, {});
            saveModel(folder / ("rank" + std::to_string(rank)), result.model);
            return result.handedOutStep > 0;
        });
    };
    for (const std::string objective : {"st-jema", "graphmae"}) {
        const test::TemporaryFolder alone, both, inParts;
        ASSERT_EQ(run(1, alone.path(), objective, 1), 1);
        ASSERT_EQ(run(2, both.path(), objective, 1), 2);
        ASSERT_EQ(run(2, inParts.path(), objective, 2), 2);
        const auto expected = lossesOf(loadModel(alone.path() / "rank0")),
                   found = lossesOf(loadModel(both.path() / "rank0"));
        ASSERT_EQ(expected.size(), 5u);
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_NEAR(found[i], expected[i], 2e-4 * expected[i]) << objective << " at step " << i + 1;
        for (const auto* folder : {&both, &inParts}) {
            const Model first = loadModel(folder->path() / "rank0"), second = loadModel(folder->path() / "rank1");
            EXPECT_EQ(first.weights, second.weights) << objective << ": the best ones, chosen by each for itself";
            EXPECT_EQ(first.passport["handed_out_step"].number(), second.passport["handed_out_step"].number());
        }
    }
}

TEST(Forecast, TellsTimeMemoryAndDiskOfATrainingWithinAFactor) {
    const test::TemporaryFolder folder;
    PretrainSpec spec = quickPretrain();
    spec.network.hidden = 64;
    spec.steps = 30;
    spec.evaluateEvery = spec.checkpointEvery = 10;
    const auto scans = [] { return test::twoGroups(12, 200, 60, 5); };
    const auto peak = [] {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1024;
        return 0.0;
    };
    ::unsetenv("RANK"), ::unsetenv("WORLD_SIZE"), ::unsetenv("MASTER_ADDR"), ::unsetenv("MASTER_PORT");
    ASSERT_EQ(test::inProcesses(1,
                                [&](int, int) {
                                    ::setenv("CHRONNECT_THREADS", "1", 1);
                                    writeFileAtomically(
                                        folder.path() / "forecast",
                                        toJson(createLearningEngine()->forecast(*scans(), spec, {})).dump());
                                    return true;
                                }),
              1);
    ASSERT_EQ(
        test::inProcesses(1,
                          [&](int, int) {
                              ::setenv("CHRONNECT_THREADS", "1", 1);
                              CheckpointPlan plan;
                              plan.folder = folder.path();
                              const auto source = scans();
                              const auto started = std::chrono::steady_clock::now();
                              const auto result = createLearningEngine()->pretrain(*source, spec, plan, {}, {});
                              const double seconds =
                                  std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
                              writeFileAtomically(folder.path() / "truth",
                                                  Json::object()
                                                      .set("seconds", seconds)
                                                      .set("peak", peak())
                                                      .set("model", serializeModel(result.model).size())
                                                      .dump());
                              return true;
                          }),
        1);
    const Json forecast = Json::parse(readFile(folder.path() / "forecast")),
               truth = Json::parse(readFile(folder.path() / "truth"));
    const auto within = [](double told, double was, double factor) {
        return told < factor * was && was < factor * told;
    };
    EXPECT_TRUE(within(forecast["seconds"].number(), truth["seconds"].number(), 3))
        << forecast["seconds"].number() << " " << truth["seconds"].number();
    EXPECT_TRUE(within(forecast["peak_memory_bytes"].number(), truth["peak"].number(), 1.5))
        << forecast["peak_memory_bytes"].number() << " " << truth["peak"].number();
    const auto checkpoint = static_cast<double>(fs::file_size(folder.path() / "pretrain.chronnect-checkpoint"));
    EXPECT_TRUE(within(forecast["checkpoint_bytes"].number(), checkpoint, 1.1))
        << forecast["checkpoint_bytes"].number() << " " << checkpoint;
    EXPECT_TRUE(within(forecast["model_bytes"].number(), truth["model"].number(), 1.1));
    EXPECT_EQ(forecast["scans_at_a_time"].number(), spec.batch);
    EXPECT_EQ(forecast["windows_per_scan"].number(), 16);
}

TEST(Together, ABatchTooSmallForAllIsRefused) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(pretrain(6, folder.path()), 0);
}
