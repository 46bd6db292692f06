#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <vector>

namespace chronnect::test {

/// A port that is free now.
inline int freePort() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

/// Runs `body(rank, port)` in that many processes and returns how many came back with true. The caller must not have
/// computed anything with LibTorch before: its threads do not survive a fork.
inline int inProcesses(int size, const std::function<bool(int rank, int port)>& body) {
    const int port = freePort();
    std::vector<pid_t> children;
    for (int rank = 0; rank < size; ++rank) {
        const pid_t child = ::fork();
        if (child == 0) {
            bool good = false;
            try {
                good = body(rank, port);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "process %d: %s\n", rank, error.what());
            }
            ::_exit(good ? 0 : 1);
        }
        children.push_back(child);
    }
    int good = 0;
    for (const pid_t child : children) {
        int status = 1;
        ::waitpid(child, &status, 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}

}  // namespace chronnect::test
