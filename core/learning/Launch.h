#pragma once

#include <functional>
#include <optional>
#include <string>

namespace chronnect {

/// Which of how many processes this one is, as its launcher says it.
struct Launch {
    int rank = 0, size = 1;
    int localRank = 0;                  ///< among the processes of this computer: which GPU to take
    std::string address = "127.0.0.1";  ///< of process 0
    int port = 29500;
    bool launcherKeepsStore = false;  ///< torchrun answers on `port` itself
    std::string attempt = "0";        ///< how often torchrun has started us again

    bool isFirst() const { return rank == 0; }
};

/// Reads a variable of the environment; empty when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The variables of this process.
std::optional<std::string> processEnvironment(const std::string& name);

/// Understands torchrun and compatible launchers (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), srun
/// (SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID, SLURM_JOB_NODELIST) and mpirun (OMPI_COMM_WORLD_*, PMI_*); a plain start
/// is one process. Throws Error(BadInput) when they contradict each other or do not say where process 0 is.
Launch launchFrom(const Environment& environment);
Launch launchFromEnvironment();

/// How many processes share this computer, by what the launcher says; 1 where it says nothing that can be understood.
int processesHere(const Environment& environment);
/// How many threads training may use: CHRONNECT_THREADS, else OMP_NUM_THREADS, else this process's share of `cores`.
int trainingThreads(const Environment& environment, int cores);

/// First host of a list as Slurm writes it: "node[03-07,12],gpu1" is node03.
std::string firstHostOf(const std::string& nodeList);

}  // namespace chronnect
