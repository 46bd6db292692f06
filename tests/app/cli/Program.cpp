#include "tests/app/cli/Program.h"

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "tests/core/distributed/Processes.h"

#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace chronnect::test {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void becomeProgram(const std::vector<std::string>& words, const std::string& out, const std::string& err) {
    const int outFile = open(out.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    const int errFile = open(err.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(outFile, STDOUT_FILENO);
    dup2(errFile, STDERR_FILENO);
    std::vector<char*> arguments{const_cast<char*>("chronnect-cli")};
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execv(CHRONNECT_CLI, arguments.data());
    _exit(126);
}

int codeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/// Waits for the process, interrupting it once when that is due.
int waitFor(pid_t process, const std::optional<Interruption>& interruption, Outcome& outcome) {
    int status = 0;
    std::optional<Clock::time_point> sent;
    rusage usage{};
    while (wait4(process, &status, WNOHANG, &usage) == 0) {
        if (interruption && !sent && interruption->due()) {
            kill(process, interruption->signal);
            sent = Clock::now();
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    outcome.peakMegabytes = static_cast<double>(usage.ru_maxrss) / 1024.0;
    if (sent) outcome.secondsAfterSignal = std::chrono::duration<double>(Clock::now() - *sent).count();
    return codeOf(status);
}

/// Files of this test program that live until it ends.
const std::filesystem::path& sharedTemporary() {
    static const TemporaryFolder folder;
    return folder.path();
}

std::filesystem::path made(const std::string& name, const std::vector<std::string>& words) {
    const auto path = sharedTemporary() / name;
    std::vector<std::string> all{words};
    for (auto& word : all)
        if (word == "@") word = path.string();
    const Outcome outcome = chronnectCli(all);
    if (outcome.code != 0)
        throw Error(ErrorKind::Internal, "chronnect-cli " + words.front() + " failed: " + outcome.err);
    return path;
}

}  // namespace

bool python(const std::string& script) {
    static const std::string interpreter = std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") == 0
                                               ? "/usr/bin/python3"
                                               : "/usr/bin/env python3";
    return std::system((interpreter + " -c '" + script + "' 2>/dev/null").c_str()) == 0;
}

bool can(const std::string& command) {
    for (const auto& each : cli::allCommands())
        if (each->name() == command) return each->missing().empty();
    return false;
}

Outcome chronnectCli(const std::vector<std::string>& words, const std::optional<Interruption>& interruption) {
    const TemporaryFolder folder;
    const std::string out = folder.path() / "out", err = folder.path() / "err";
    const pid_t process = fork();
    if (process == 0) becomeProgram(words, out, err);
    Outcome outcome;
    outcome.code = waitFor(process, interruption, outcome);
    outcome.out = readFile(out);
    outcome.err = readFile(err);
    return outcome;
}

std::vector<Outcome> chronnectCliTogether(int size, const std::vector<std::string>& words,
                                          const std::optional<Interruption>& interruption) {
    const TemporaryFolder folder;
    const std::string port = std::to_string(freePort());
    const auto file = [&](int rank, const char* name) {
        return (folder.path() / (name + std::to_string(rank))).string();
    };
    std::vector<pid_t> processes;
    for (int rank = 0; rank < size; ++rank) {
        processes.push_back(fork());
        if (processes.back() != 0) continue;
        setenv("RANK", std::to_string(rank).c_str(), 1);
        setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
        setenv("WORLD_SIZE", std::to_string(size).c_str(), 1);
        setenv("MASTER_ADDR", "127.0.0.1", 1);
        setenv("MASTER_PORT", port.c_str(), 1);
        setenv("CHRONNECT_THREADS", "1", 1);
        becomeProgram(words, file(rank, "out"), file(rank, "err"));
    }
    std::vector<Outcome> outcomes(processes.size());
    for (int rank = size - 1; rank >= 0; --rank) {
        Outcome& outcome = outcomes[static_cast<std::size_t>(rank)];
        const bool last = rank == size - 1;
        outcome.code = waitFor(processes[static_cast<std::size_t>(rank)], last ? interruption : std::nullopt, outcome);
        outcome.out = readFile(file(rank, "out"));
        outcome.err = readFile(file(rank, "err"));
    }
    return outcomes;
}

const std::filesystem::path& smallStudy() {
    static const std::filesystem::path study = made(
        "study", {"simulate", "@", "--subjects", "6", "--second-sessions", "2", "--volumes", "80", "--voxel-mm", "9"});
    return study;
}

const std::filesystem::path& smallSeries() {
    static const std::filesystem::path series =
        made("series", {"extract", smallStudy().string(), "--output", "@", "--confounds", "6p"});
    return series;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    double meanA = 0, meanB = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) meanA += a[i], meanB += b[i];
    meanA /= static_cast<double>(a.size());
    meanB /= static_cast<double>(b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - meanA) * (b[i] - meanB);
        aa += (a[i] - meanA) * (a[i] - meanA);
        bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return ab / std::sqrt(aa * bb);
}

}  // namespace chronnect::test
