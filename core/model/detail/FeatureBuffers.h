#pragma once

#include <torch/torch.h>

#include <mutex>
#include <vector>

namespace chronnect::model {

/// Large float tensors that pass from one training step to the next: asking the system for a gigabyte of fresh memory
/// at every step costs a page fault per 4 kB, a quarter of the step. Keeps tensors of one size only. Thread-safe.
class FeatureBuffers {
public:
    /// A tensor of this shape with any content.
    torch::Tensor take(std::initializer_list<std::int64_t> shape);
    /// Takes back what nobody else holds any more.
    void giveBack(torch::Tensor buffer);
    /// Returns what is kept to the system.
    void clear();

private:
    std::mutex m_mutex;
    std::vector<torch::Tensor> m_free;
};

}  // namespace chronnect::model
