#include "core/learning/Launch.h"

#include "core/base/Error.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace chronnect {

namespace {

std::optional<int> numberOf(const Environment& environment, const std::string& name) {
    const auto text = environment(name);
    if (!text) return {};
    int value = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc() || stop != end)
        throw Error(ErrorKind::BadInput, "The launcher's variable " + name + " is '" + *text + "', not a number");
    return value;
}

/// One launcher's names. `marker` must be set as well, where the other two alone prove nothing.
struct Names {
    const char *rank, *size, *localRank, *localSize, *marker;
};

constexpr Names launchers[]{
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", nullptr},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
     nullptr},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", nullptr},
    // A batch script has rank and count too, although only srun starts the other processes.
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE", "SLURM_STEP_ID"},
};

}  // namespace

std::string firstHostOf(const std::string& nodeList) {
    const std::string head = nodeList.substr(0, nodeList.find(','));
    const std::size_t open = head.find('[');
    if (open == std::string::npos) return head;
    const std::size_t end = head.find_first_of("-]", open);
    return head.substr(0, open) + head.substr(open + 1, end == std::string::npos ? end : end - open - 1);
}

Launch launchFrom(const Environment& environment) {
    Launch launch;
    for (const Names& names : launchers) {
        const auto rank = numberOf(environment, names.rank), size = numberOf(environment, names.size);
        if (names.marker && !environment(names.marker)) continue;
        if (!rank && !size) continue;
        if (!rank || !size || *size < 1 || *rank < 0 || *rank >= *size)
            throw Error(ErrorKind::BadInput, std::string("The launcher's variables ") + names.rank + " and " +
                                                 names.size + " must be a number of processes and one below it");
        launch.rank = *rank;
        launch.size = *size;
        launch.localRank = numberOf(environment, names.localRank).value_or(0);
        if (launch.size == 1) return launch;
        const bool oneComputer = numberOf(environment, names.localSize).value_or(0) == launch.size;
        const auto address = environment("MASTER_ADDR");
        const auto nodes = names.marker ? environment("SLURM_JOB_NODELIST") : std::nullopt;
        if (address)
            launch.address = *address;
        else if (nodes && !oneComputer)
            launch.address = firstHostOf(*nodes);
        else if (!oneComputer)
            throw Error(ErrorKind::BadInput, "Set MASTER_ADDR to the host of process 0, so that the " +
                                                 std::to_string(launch.size) + " processes find each other");
        launch.port = numberOf(environment, "MASTER_PORT").value_or(launch.port);
        if (launch.port < 1 || launch.port > 65535) throw Error(ErrorKind::BadInput, "MASTER_PORT must be 1 to 65535");
        launch.launcherKeepsStore = environment("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
        launch.attempt = environment("TORCHELASTIC_RESTART_COUNT").value_or("0");
        return launch;
    }
    return launch;
}

std::optional<std::string> processEnvironment(const std::string& name) {
    if (const char* value = std::getenv(name.c_str())) return value;
    return {};
}

Launch launchFromEnvironment() { return launchFrom(processEnvironment); }

int processesHere(const Environment& environment) {
    for (const Names& names : launchers) {
        if (names.marker && !environment(names.marker)) continue;
        try {
            if (const auto size = numberOf(environment, names.localSize); size && *size > 0) return *size;
        } catch (const Error&) {
            continue;
        }
    }
    return 1;
}

int trainingThreads(const Environment& environment, int cores) {
    for (const char* name : {"CHRONNECT_THREADS", "OMP_NUM_THREADS"})
        if (const auto text = environment(name))
            if (const int asked = std::atoi(text->c_str()); asked > 0) return asked;
    return std::max(1, cores / processesHere(environment));
}

}  // namespace chronnect
