#include "core/model/detail/Network.h"

#include "core/base/Error.h"
#include "core/model/detail/FusedEncoder.h"
#include "core/model/detail/Precision.h"
#include "core/model/detail/SharedNorm.h"

#include <cmath>

namespace chronnect::model {

namespace F = torch::nn::functional;

namespace {

/// Normalisations, sums and what leaves a block stay in the type of the weights when products run in bf16.
torch::Tensor inTypeOf(const torch::Tensor& like, const torch::Tensor& value) { return value.to(like.scalar_type()); }

}  // namespace

torch::Tensor NodeInput::dense() const {
    const auto rows = table.unsqueeze(0);
    const auto time = code.unsqueeze(1);
    if (!hidden.defined()) return rows + time;
    return torch::where(hidden.unsqueeze(-1), token.view({1, 1, -1}), rows) + time;
}

GinLayerImpl::GinLayerImpl(std::int64_t width) {
    eps = register_parameter("eps", torch::zeros({1, 1}));
    linear1 = register_module("linear1", torch::nn::Linear(width, width));
    norm1 = register_module("norm1", torch::nn::BatchNorm1d(width));
    linear2 = register_module("linear2", torch::nn::Linear(width, width));
    norm2 = register_module("norm2", torch::nn::BatchNorm1d(width));
}

torch::Tensor GinLayerImpl::forward(const Graphs& graphs, const torch::Tensor& h, const Compute& compute) {
    compute.check();
    auto v = aggregate(graphs, h, eps, compute).flatten(0, 1);
    v = torch::relu(normalised(norm1, linear1(v), compute));
    compute.check();
    v = torch::relu(normalised(norm2, linear2(v), compute));
    return v.view_as(h);
}

EncoderImpl::EncoderImpl(std::int64_t regions, const NetworkSpec& spec) : m_regions(regions) {
    gru = register_module("time_code", torch::nn::GRU(torch::nn::GRUOptions(regions, spec.hidden).batch_first(true)));
    regionMap = register_module("region_map", torch::nn::Linear(regions + spec.hidden, spec.hidden));
    for (int layer = 0; layer < spec.layers; ++layer)
        gin.push_back(register_module("gin_" + std::to_string(layer), GinLayer(spec.hidden)));
}

torch::Tensor EncoderImpl::timeCode(const torch::Tensor& series, const std::vector<int>& ends, const Compute& compute) {
    constexpr std::int64_t stretch = 64;
    const std::int64_t last = ends.empty() ? 0 : ends.back() + 1;
    if (last == 0 || last > series.size(1))
        throw Error(ErrorKind::BadInput,
                    "A window ends behind the last of " + std::to_string(series.size(1)) + " volumes");
    std::vector<torch::Tensor> states;
    torch::Tensor state = torch::zeros({1, series.size(0), regionMap->options.out_features()}, series.options());
    for (std::int64_t from = 0; from < last; from += stretch) {
        compute.check();
        auto [output, next] = gru->forward(series.slice(1, from, std::min(from + stretch, last)), state);
        states.push_back(output);
        state = next;
    }
    const std::vector<std::int64_t> picked(ends.begin(), ends.end());
    return torch::cat(states, 1).index_select(1, torch::tensor(picked, torch::kLong).to(series.device()));
}

NodeInput EncoderImpl::nodeInput(const torch::Tensor& codes) const {
    const auto& weight = regionMap->weight;
    NodeInput input;
    input.table = weight.slice(1, 0, m_regions).t().contiguous();
    input.code = inTypeOf(weight, F::linear(codes, weight.slice(1, m_regions), regionMap->bias));
    return input;
}

std::vector<torch::Tensor> EncoderImpl::layers(const Graphs& graphs, const NodeInput& input, const Compute& compute) {
    return layers(graphs, input.dense(), compute);
}

std::vector<torch::Tensor> EncoderImpl::layers(const Graphs& graphs, torch::Tensor features, const Compute& compute) {
    std::vector<torch::Tensor> outputs;
    for (auto& layer : gin) {
        features = layer(graphs, features, compute);
        outputs.push_back(features);
    }
    return outputs;
}

Encoding EncoderImpl::encode(const Graphs& graphs, const NodeInput& input, const EncodingWish& wish,
                             const Compute& compute) {
    if (canFuse(*this, input)) return fusedEncoding(*this, graphs, input, wish, compute);
    buffers->clear();
    Encoding encoding;
    for (const auto& layer : layers(graphs, input, compute)) {
        encoding.layers.push_back(plainCodes(layer));
        encoding.last = layer;
        if (!wish.orthogonality) continue;
        const auto term = orthogonality(layer, compute);
        encoding.orthogonality = encoding.orthogonality.defined() ? encoding.orthogonality + term : term;
    }
    return encoding;
}

RegionReadoutImpl::RegionReadoutImpl(std::int64_t regions, const NetworkSpec& spec)
    : m_kind(spec.readout), m_dropout(spec.attentionDropout) {
    const std::int64_t width = spec.hidden;
    if (m_kind == Readout::Sero) {
        m_embed = register_module("embed", torch::nn::Linear(width, width));
        m_norm = register_module("norm", torch::nn::BatchNorm1d(width));
        m_attend = register_module("attend", torch::nn::Linear(width, regions));
    } else if (m_kind == Readout::Garo) {
        m_query = register_module("query", torch::nn::Linear(width, width));
        m_key = register_module("key", torch::nn::Linear(width, width));
    }
}

std::pair<torch::Tensor, torch::Tensor> RegionReadoutImpl::read(const RegionCodes& codes) {
    const auto mean = codes.mean();
    if (m_kind == Readout::Mean) return {mean, torch::ones({1, 1}, mean.options().requires_grad(false))};
    torch::Tensor attention;
    if (m_kind == Readout::Sero) {
        const auto embedded = m_norm(inTypeOf(m_norm->weight, m_embed(mean)));
        attention = inTypeOf(mean, torch::sigmoid(m_attend(torch::gelu(embedded))));
    } else {
        // (Wk h + bk) . q = h . (Wk^T q) + bk . q: one small product per window instead of one per region.
        const auto query = m_query(mean);
        const auto scores =
            codes.scores(torch::matmul(query, m_key->weight)) + torch::matmul(query, m_key->bias).unsqueeze(-1);
        attention = torch::sigmoid(scores / std::sqrt(static_cast<double>(mean.size(1))));
    }
    const auto weights = torch::dropout(attention, m_dropout, is_training());
    return {codes.weighted(weights) / static_cast<double>(codes.regions()), attention};
}

TemporalBlockImpl::TemporalBlockImpl(const NetworkSpec& spec) {
    const std::int64_t width = spec.hidden;
    m_attention = register_module(
        "attention", torch::nn::MultiheadAttention(torch::nn::MultiheadAttentionOptions(width, spec.heads)));
    m_norm1 = register_module("norm1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    m_norm2 = register_module("norm2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    m_linear1 = register_module("linear1", torch::nn::Linear(width, 2 * width));
    m_linear2 = register_module("linear2", torch::nn::Linear(2 * width, width));
    m_dropout1 = register_module("dropout1", torch::nn::Dropout(spec.attentionDropout));
    m_dropout2 = register_module("dropout2", torch::nn::Dropout(spec.attentionDropout));
    m_dropout3 = register_module("dropout3", torch::nn::Dropout(spec.attentionDropout));
}

std::pair<torch::Tensor, torch::Tensor> TemporalBlockImpl::forward(const torch::Tensor& g) {
    const auto [attended, weights] = m_attention(g, g, g);
    const auto x = m_norm1(inTypeOf(m_norm1->weight, m_dropout1(attended)));
    const auto forwarded = m_linear2(m_dropout2(torch::relu(m_linear1(x))));
    return {m_norm2(x + m_dropout3(forwarded)), weights};
}

NetworkImpl::NetworkImpl(std::int64_t regions, std::int64_t outputs, const NetworkSpec& spec)
    : m_spec(spec), m_outputs(outputs) {
    if (spec.hidden % spec.heads != 0)
        throw Error(ErrorKind::BadInput, "The hidden width " + std::to_string(spec.hidden) + " cannot be shared by " +
                                             std::to_string(spec.heads) + " attention heads");
    encoder = register_module("encoder", Encoder(regions, spec));
    for (int layer = 0; layer < spec.layers; ++layer) {
        const std::string number = std::to_string(layer);
        m_readouts.push_back(register_module("readout_" + number, RegionReadout(regions, spec)));
        m_blocks.push_back(register_module("transformer_" + number, TemporalBlock(spec)));
        m_heads.push_back(register_module("head_" + number, torch::nn::Linear(spec.hidden, outputs)));
    }
    if (spec.pooling == TimePooling::Param)
        m_tokens = register_parameter("tokens", torch::randn({spec.layers, 1, 1, spec.hidden}));
}

torch::Tensor NetworkImpl::pooled(const torch::Tensor& sequence) const {
    if (m_spec.pooling == TimePooling::Param) return sequence[-1];
    return m_spec.pooling == TimePooling::Sum ? sequence.sum(0) : sequence.mean(0);
}

NetworkOutput NetworkImpl::head(const std::vector<torch::Tensor>& layers, std::int64_t scans) {
    std::vector<std::shared_ptr<const RegionCodes>> codes;
    for (const auto& layer : layers) codes.push_back(plainCodes(layer));
    return head(codes, scans);
}

NetworkOutput NetworkImpl::head(const std::vector<std::shared_ptr<const RegionCodes>>& layers, std::int64_t scans) {
    NetworkOutput output;
    std::vector<torch::Tensor> nodes, times, latents;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const auto [vectors, attention] = m_readouts[layer]->read(*layers[layer]);
        auto sequence = vectors.view({scans, -1, m_spec.hidden}).transpose(0, 1);
        if (m_tokens.defined())
            sequence = torch::cat({sequence, m_tokens[static_cast<std::int64_t>(layer)].expand({1, scans, -1})}, 0);
        const auto [mixed, weights] = m_blocks[layer](sequence);
        const auto latent = pooled(mixed);
        const auto logits =
            torch::dropout(inTypeOf(m_heads[layer]->weight, m_heads[layer](latent)), m_spec.dropout, is_training());
        output.logits = output.logits.defined() ? output.logits + logits : logits;
        nodes.push_back(m_spec.readout == Readout::Mean ? attention.expand({scans, 1, 1})
                                                        : attention.view({scans, -1, attention.size(1)}));
        times.push_back(weights);
        latents.push_back(latent);
    }
    output.nodeAttention = torch::stack(nodes, 1).detach();
    output.timeAttention = torch::stack(times, 1).detach();
    output.latent = torch::stack(latents, 1);
    return output;
}

NetworkOutput NetworkImpl::forward(const torch::Tensor& series, const std::vector<int>& starts, int windowLength,
                                   const Graphs& graphs, bool withOrthogonality, const Compute& compute) {
    // On the CPU only the encoder's products gain from bf16, and it takes care of itself.
    const bool lower = is_training() && series.is_cuda();
    const InPrecision products(lower ? compute.precision : Precision::Float32, series.device());
    std::vector<int> ends;
    for (const int start : starts) ends.push_back(start + windowLength - 1);
    const auto codes = encoder->timeCode(series, ends, compute).flatten(0, 1);
    const EncodingWish wish{.orthogonality = withOrthogonality};
    const auto encoding = encoder->encode(graphs, encoder->nodeInput(codes), wish, compute);
    auto output = head(encoding.layers, series.size(0));
    output.orthogonality = encoding.orthogonality;
    return output;
}

std::int64_t parameterCount(const torch::nn::Module& module) {
    std::int64_t count = 0;
    for (const auto& parameter : module.parameters()) count += parameter.numel();
    return count;
}

}  // namespace chronnect::model
