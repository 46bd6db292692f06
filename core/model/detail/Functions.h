#pragma once

#include "core/model/detail/Graphs.h"

#include <functional>
#include <vector>

namespace chronnect::model {

/// v = A x + eps x for every window. `x` is windows x regions x width, `eps` one number. Keeps only the packed graphs
/// and x for the backward pass; on the CPU it sums neighbours, on any other device it multiplies dense chunks.
torch::Tensor aggregate(const Graphs& graphs, const torch::Tensor& x, const torch::Tensor& eps, const Compute& compute);

/// A sum over windows computed chunk by chunk, so that what a chunk needs in between is gone before the next one.
/// `perWindow` tensors are cut along their first axis, `shared` ones (weights, tokens) are handed whole. The gradients
/// are taken while the chunk is at hand and kept; nothing else is. `term` must not draw random numbers that matter
/// across chunks and must not couple windows; parameters it uses must be among `shared`.
using ChunkTerm =
    std::function<torch::Tensor(const std::vector<torch::Tensor>& slices, const std::vector<torch::Tensor>& shared,
                                std::int64_t from, std::int64_t to)>;
torch::Tensor chunkedSum(const std::vector<torch::Tensor>& perWindow, const std::vector<torch::Tensor>& shared,
                         std::int64_t chunk, const Compute& compute, const ChunkTerm& term);

/// Windows per chunk so that `matrices` regions x regions float matrices of a chunk take about 64 MB on a processor. A
/// GPU gets 1 GB: with 64 MB, starting the operations of a chunk would take longer than the chunk itself.
std::int64_t chunkFor(std::int64_t regions, std::int64_t matrices, const torch::Device& device);

/// Orthogonality of region codes (STAGIN): per window G = H H^T, each row divided by its own maximum, minus I, upper
/// triangle with diagonal, Frobenius norm; averaged over windows. `h` is windows x regions x width.
torch::Tensor orthogonality(const torch::Tensor& h, const Compute& compute);

}  // namespace chronnect::model
