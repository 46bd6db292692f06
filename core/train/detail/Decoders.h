#pragma once

#include "core/learning/Specs.h"
#include "core/model/detail/Functions.h"

#include <torch/torch.h>

namespace chronnect::train {

/// One decoder layer over the regions of each window (windows x regions x width, same shape out). Windows do not mix.
/// Mixer: pre-norm token mixing across regions and channel mixing, GELU, residuals (Tolstikhin et al. 2021);
/// GIN: neighbour sums of the given graph, then an MLP; MLP: region by region.
class DecoderBlockImpl : public torch::nn::Module {
public:
    DecoderBlockImpl(Decoder kind, std::int64_t regions, std::int64_t width);
    torch::Tensor forward(const torch::Tensor& z, const model::Graphs& visible, const model::Compute& compute);

private:
    Decoder m_kind;
    torch::nn::LayerNorm m_norm1{nullptr}, m_norm2{nullptr};
    torch::nn::Linear m_token1{nullptr}, m_token2{nullptr}, m_channel1{nullptr}, m_channel2{nullptr};
    torch::Tensor m_eps;
};
TORCH_MODULE(DecoderBlock);

}  // namespace chronnect::train
