#include "core/base/Error.h"
#include "core/learning/Launch.h"

#include <gtest/gtest.h>

#include <map>

using namespace chronnect;

namespace {

Launch launchWith(std::map<std::string, std::string> variables) {
    return launchFrom([&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

std::optional<std::string> noVariable(const std::string&) { return {}; }

}  // namespace

TEST(Launch, CoresAreSharedByTheProcessesOfAComputer) {
    const auto threads = [](std::map<std::string, std::string> variables) {
        return trainingThreads(
            [&](const std::string& name) -> std::optional<std::string> {
                const auto found = variables.find(name);
                return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            16);
    };
    EXPECT_EQ(trainingThreads(noVariable, 16), 16);
    EXPECT_EQ(threads({{"LOCAL_WORLD_SIZE", "4"}}), 4);
    EXPECT_EQ(threads({{"LOCAL_WORLD_SIZE", "40"}}), 1);
    EXPECT_EQ(threads({{"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}}), 8);
    EXPECT_EQ(threads({{"SLURM_NTASKS_PER_NODE", "2"}}), 16) << "a batch script that srun did not start";
    EXPECT_EQ(threads({{"SLURM_NTASKS_PER_NODE", "2"}, {"SLURM_STEP_ID", "0"}}), 8);
    EXPECT_EQ(threads({{"LOCAL_WORLD_SIZE", "many"}}), 16);
    EXPECT_EQ(threads({{"OMP_NUM_THREADS", "3"}}), 3);
    EXPECT_EQ(threads({{"OMP_NUM_THREADS", "3"}, {"CHRONNECT_THREADS", "5"}}), 5);
}

TEST(Launch, UnderstandsLaunchers) {
    EXPECT_EQ(launchWith({}).size, 1);
    const Launch torchrun = launchWith({{"RANK", "3"},
                                        {"WORLD_SIZE", "8"},
                                        {"LOCAL_RANK", "1"},
                                        {"MASTER_ADDR", "gpu7"},
                                        {"MASTER_PORT", "1234"},
                                        {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                        {"TORCHELASTIC_RESTART_COUNT", "2"}});
    EXPECT_EQ(torchrun.rank, 3);
    EXPECT_EQ(torchrun.size, 8);
    EXPECT_EQ(torchrun.localRank, 1);
    EXPECT_EQ(torchrun.address, "gpu7");
    EXPECT_EQ(torchrun.port, 1234);
    EXPECT_TRUE(torchrun.launcherKeepsStore);
    EXPECT_EQ(torchrun.attempt, "2");
    const Launch slurm = launchWith({{"SLURM_PROCID", "5"},
                                     {"SLURM_NTASKS", "6"},
                                     {"SLURM_LOCALID", "1"},
                                     {"SLURM_STEP_ID", "0"},
                                     {"SLURM_JOB_NODELIST", "node[03-05]"}});
    EXPECT_EQ(slurm.rank, 5);
    EXPECT_EQ(slurm.address, "node03");
    EXPECT_EQ(launchWith({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "6"}}).size, 1) << "in a batch script, without srun";
    const Launch mpi = launchWith({{"OMPI_COMM_WORLD_RANK", "1"},
                                   {"OMPI_COMM_WORLD_SIZE", "2"},
                                   {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                   {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
    EXPECT_EQ(mpi.size, 2);
    EXPECT_EQ(mpi.address, "127.0.0.1");
}

TEST(Launch, RefusesContradictions) {
    EXPECT_THROW(launchWith({{"RANK", "2"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}}), Error);
    EXPECT_THROW(launchWith({{"RANK", "0"}}), Error);
    EXPECT_THROW(launchWith({{"RANK", "x"}, {"WORLD_SIZE", "2"}}), Error);
    EXPECT_THROW(launchWith({{"RANK", "0"}, {"WORLD_SIZE", "2"}}), Error) << "where is process 0?";
    EXPECT_THROW(launchWith({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "0"}}), Error);
}

TEST(Launch, ReadsHostLists) {
    EXPECT_EQ(firstHostOf("node01"), "node01");
    EXPECT_EQ(firstHostOf("node[03-07,12],gpu1"), "node03");
    EXPECT_EQ(firstHostOf("node[9]"), "node9");
    EXPECT_EQ(firstHostOf("a,b"), "a");
}
