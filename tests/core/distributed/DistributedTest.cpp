#include "core/base/Error.h"
#include "core/distributed/detail/ProcessGroup.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

using namespace chronnect;
using namespace chronnect::distributed;

namespace {

/// A port that is free now.
int freePort() {
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

/// Runs `body` in that many processes; true when all returned true.
bool inProcesses(int size, const std::function<bool(ProcessGroup&)>& body) {
    const int port = freePort();
    std::vector<pid_t> children;
    for (int rank = 0; rank < size; ++rank) {
        const pid_t child = ::fork();
        if (child == 0) {
            bool good = false;
            try {
                Launch launch;
                launch.rank = rank;
                launch.size = size;
                launch.port = port;
                good = body(*makeProcessGroup(launch, torch::kCPU));
            } catch (const std::exception& error) {
                std::fprintf(stderr, "process %d: %s\n", rank, error.what());
            }
            ::_exit(good ? 0 : 1);
        }
        children.push_back(child);
    }
    bool good = true;
    for (const pid_t child : children) {
        int status = 1;
        ::waitpid(child, &status, 0);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}

}  // namespace

TEST(Shard, CoversEverythingOnceAndEvenly) {
    for (std::size_t count : {0u, 1u, 7u, 16u, 101u})
        for (int size : {1, 2, 3, 8}) {
            std::size_t at = 0;
            for (int rank = 0; rank < size; ++rank) {
                const Shard shard = shardOf(count, rank, size);
                EXPECT_EQ(shard.from, at);
                EXPECT_LE(shard.to - shard.from, count / static_cast<std::size_t>(size) + 1);
                at = shard.to;
            }
            EXPECT_EQ(at, count);
        }
}

TEST(ProcessGroup, OneProcessChangesNothing) {
    const auto group = makeProcessGroup(Launch{}, torch::kCPU);
    auto tensor = torch::arange(4, torch::kFloat);
    group->allReduceSum({tensor});
    group->broadcast({tensor});
    group->barrier();
    EXPECT_EQ(tensor[3].item<float>(), 3);
}

TEST(ProcessGroup, SumsAndBroadcastsOverThreeProcesses) {
    if (!hasGloo) GTEST_SKIP() << "this build has no Gloo";
    EXPECT_TRUE(inProcesses(3, [](ProcessGroup& group) {
        const float own = static_cast<float>(group.rank() + 1);
        auto matrix = torch::full({2, 3}, own), strided = torch::full({4, 2}, own).t();
        auto counts = torch::full({2}, group.rank(), torch::kLong);
        auto weight = torch::full({3}, own, torch::requires_grad());
        group.allReduceSum({matrix, strided, counts, weight});
        bool good = matrix.eq(6).all().item<bool>() && strided.eq(6).all().item<bool>() &&
                    counts.eq(3).all().item<bool>() && weight.detach().eq(6).all().item<bool>();
        auto sent = torch::full({5}, own);
        group.broadcast({sent});
        group.barrier();
        return good && sent.eq(1).all().item<bool>();
    }));
}

TEST(ProcessGroup, SumsAreTheSameBitsEverywhere) {
    if (!hasGloo) GTEST_SKIP() << "this build has no Gloo";
    EXPECT_TRUE(inProcesses(2, [](ProcessGroup& group) {
        torch::manual_seed(static_cast<std::uint64_t>(group.rank()));
        auto sum = torch::randn({10007});
        group.allReduceSum({sum});
        auto first = sum.clone();
        group.broadcast({first});
        return sum.equal(first);
    }));
}

TEST(ProcessGroup, ALostProcessIsToldAndNotWaitedFor) {
    if (!hasGloo) GTEST_SKIP() << "this build has no Gloo";
    EXPECT_TRUE(inProcesses(2, [](ProcessGroup& group) {
        auto tensor = torch::ones({4});
        group.allReduceSum({tensor});
        if (group.rank() == 1) return true;  // leaves without a word
        try {
            for (int i = 0; i < 3; ++i) group.allReduceSum({tensor});
        } catch (const Error& error) {
            return std::string(error.what()).find("lost contact") != std::string::npos;
        }
        return false;
    }));
}
