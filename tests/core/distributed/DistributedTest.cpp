#include "core/base/Error.h"
#include "core/distributed/detail/ProcessGroup.h"
#include "tests/core/distributed/Processes.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>

using namespace chronnect;
using namespace chronnect::distributed;

namespace {

/// Runs `body` in that many processes; true when all returned true.
bool inProcesses(int size, const std::function<bool(ProcessGroup&)>& body) {
    return test::inProcesses(size, [&](int rank, int port) {
               Launch launch;
               launch.rank = rank;
               launch.size = size;
               launch.port = port;
               return body(*makeProcessGroup(launch, torch::kCPU));
           }) == size;
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
