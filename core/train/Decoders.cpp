#include "core/train/detail/Decoders.h"

namespace chronnect::train {

DecoderBlockImpl::DecoderBlockImpl(Decoder kind, std::int64_t regions, std::int64_t width) : m_kind(kind) {
    m_norm2 = register_module("norm2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    m_channel1 = register_module("channel1", torch::nn::Linear(width, 2 * width));
    m_channel2 = register_module("channel2", torch::nn::Linear(2 * width, width));
    if (kind == Decoder::Mixer) {
        m_norm1 = register_module("norm1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
        m_token1 = register_module("token1", torch::nn::Linear(regions, 2 * width));
        m_token2 = register_module("token2", torch::nn::Linear(2 * width, regions));
    }
    if (kind == Decoder::Gin) m_eps = register_parameter("eps", torch::zeros({1, 1}));
}

torch::Tensor DecoderBlockImpl::forward(const torch::Tensor& z, const model::Graphs& visible,
                                        const model::Compute& compute) {
    auto x = z.to(m_norm2->weight.scalar_type());  // what comes before may have answered in bf16
    if (m_kind == Decoder::Mixer) {
        const auto mixed = m_token2(torch::gelu(m_token1(m_norm1(x).transpose(1, 2)))).transpose(1, 2);
        x = x + mixed;
    } else if (m_kind == Decoder::Gin) {
        // Divided by the number of regions so that sums over a third of the brain stay near the codes' own size.
        x = model::aggregate(visible, x, m_eps, compute) / static_cast<double>(z.size(1));
    }
    const auto changed = m_channel2(torch::gelu(m_channel1(m_norm2(x))));
    return m_kind == Decoder::Mixer ? x + changed : changed;
}

}  // namespace chronnect::train
