#pragma once

#include "core/learning/Launch.h"

#include <torch/types.h>

#include <memory>
#include <vector>

namespace chronnect::distributed {

/// Processes that train one model together. Every process must make the same calls in the same order; when one is
/// lost, the others get Error(Unsupported) telling so instead of waiting for ever.
class ProcessGroup {
public:
    virtual ~ProcessGroup() = default;
    virtual int rank() const = 0;
    virtual int size() const = 0;
    /// Each tensor becomes the sum of all processes' tensors, in place and bit for bit the same everywhere. They travel
    /// together, so one call for many small ones.
    virtual void allReduceSum(const std::vector<torch::Tensor>& tensors) = 0;
    /// Each tensor becomes that of process 0.
    virtual void broadcast(const std::vector<torch::Tensor>& tensors) = 0;
    virtual void barrier() = 0;
};

/// Whether this build can train in several processes.
extern const bool hasGloo;

/// Gloo through c10d over TCP; tensors of a GPU go through the host, or by NCCL where it was built in. One process gets
/// a group that does nothing. Throws Error(Unsupported) when this build has no Gloo or the others do not appear.
std::shared_ptr<ProcessGroup> makeProcessGroup(const Launch& launch, const torch::Device& device);

/// The share of `count` items that belongs to process `rank`: consecutive, in order, sizes differing by one at most.
struct Shard {
    std::size_t from = 0, to = 0;
};
Shard shardOf(std::size_t count, int rank, int size);

}  // namespace chronnect::distributed
