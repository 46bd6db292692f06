#include "core/imaging/detail/Apart.h"

#include <array>
#include <exception>

#if defined(__unix__) || defined(__APPLE__)
#define CHRONNECT_CAN_FORK
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace chronnect::detail {

#ifdef CHRONNECT_CAN_FORK

namespace {

bool writeAll(int to, const char* data, std::size_t count) {
    while (count > 0) {
        const ssize_t written = ::write(to, data, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        count -= static_cast<std::size_t>(written);
    }
    return true;
}

/// The copy's whole life. Leaves without destructors: what they would tidy belongs to the process that goes on.
[[noreturn]] void live(const std::function<std::string()>& work, int to) {
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // A failed assertion may quote what stands in the file.
    const int nowhere = ::open("/dev/null", O_WRONLY);
    if (nowhere >= 0) ::dup2(nowhere, STDOUT_FILENO), ::dup2(nowhere, STDERR_FILENO);
    bool done = false;
    try {
        const std::string bytes = work();
        done = writeAll(to, bytes.data(), bytes.size());
    } catch (...) {  // says it by its status; nothing may leave the copy
    }
    ::_exit(done ? 0 : 1);
}

/// Everything that comes until the end; false when `end` comes first.
bool readUntil(int from, std::chrono::steady_clock::time_point end, std::string& bytes) {
    std::array<char, 65536> part{};
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
        if (left <= 0) return false;
        pollfd waiting{from, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(left)) < 0 && errno != EINTR) return false;
        if (waiting.revents == 0) continue;
        const ssize_t count = ::read(from, part.data(), part.size());
        if (count == 0) return true;
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) bytes.append(part.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

std::optional<std::string> madeApart(const std::function<std::string()>& work, std::chrono::seconds limit) {
    int ends[2];
    if (::pipe(ends) != 0) return std::nullopt;
    // Else a process started meanwhile by another thread would hold the writing end open.
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    const pid_t copy = ::fork();
    if (copy == 0) live(work, ends[1]);
    ::close(ends[1]);
    std::string bytes;
    const bool complete = copy > 0 && readUntil(ends[0], std::chrono::steady_clock::now() + limit, bytes);
    ::close(ends[0]);
    if (copy < 0) return std::nullopt;
    if (!complete) ::kill(copy, SIGKILL);
    int status = 0;
    while (::waitpid(copy, &status, 0) < 0 && errno == EINTR) {
    }
    if (!complete || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
    return bytes;
}

#else

std::optional<std::string> madeApart(const std::function<std::string()>& work, std::chrono::seconds) {
    try {
        return work();
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

#endif

}  // namespace chronnect::detail
