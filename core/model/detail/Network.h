#pragma once

#include "core/learning/Specs.h"
#include "core/model/detail/FeatureBuffers.h"
#include "core/model/detail/Functions.h"
#include "core/model/detail/Graphs.h"
#include "core/model/detail/RegionCodes.h"

#include <torch/torch.h>

#include <memory>
#include <vector>

namespace chronnect::model {

/// Region features of many windows before the first layer, in factors: x_i = table_i + code_w, and token + code_w
/// where `hidden` says so. Equal to multiplying a one-hot identity joined with the time code.
struct NodeInput {
    torch::Tensor table;   ///< regions x width
    torch::Tensor code;    ///< windows x width
    torch::Tensor hidden;  ///< windows x regions, bool; undefined = nothing hidden
    torch::Tensor token;   ///< width; needed when `hidden` is defined

    torch::Tensor dense() const;  ///< windows x regions x width
};

/// v = A h + eps h, then twice Linear - BatchNorm - ReLU.
class GinLayerImpl : public torch::nn::Module {
public:
    explicit GinLayerImpl(std::int64_t width);
    torch::Tensor forward(const Graphs& graphs, const torch::Tensor& h, const Compute& compute);

    torch::Tensor eps;
    torch::nn::Linear linear1{nullptr}, linear2{nullptr};
    torch::nn::BatchNorm1d norm1{nullptr}, norm2{nullptr};
};
TORCH_MODULE(GinLayer);

/// What the encoder shall give besides the codes of its layers.
struct EncodingWish {
    bool orthogonality = false;
    bool last = false;  ///< the last layer's output as one tensor
};

struct Encoding {
    std::vector<std::shared_ptr<const RegionCodes>> layers;
    torch::Tensor orthogonality;  ///< summed over layers, before its weight; undefined unless wished for
    torch::Tensor last;           ///< windows x regions x width; undefined unless wished for
};

/// GRU time code, region table and the GIN layers: what pretraining hands to fine-tuning.
class EncoderImpl : public torch::nn::Module {
public:
    EncoderImpl(std::int64_t regions, const NetworkSpec& spec);

    /// GRU states at the volumes `ends` of scans x volumes x regions: scans x windows x width. The series must begin
    /// where the scan does; it is run in stretches so that it can be stopped.
    torch::Tensor timeCode(const torch::Tensor& series, const std::vector<int>& ends, const Compute& compute);
    /// From time codes (windows x width) to the factors of the node features.
    NodeInput nodeInput(const torch::Tensor& codes) const;
    /// All layers by the fastest form that serves: fused when training on the CPU, plain operations otherwise.
    Encoding encode(const Graphs& graphs, const NodeInput& input, const EncodingWish& wish, const Compute& compute);
    /// Output of every layer, windows x regions x width, by plain operations; gradients in evaluation mode too.
    std::vector<torch::Tensor> layers(const Graphs& graphs, const NodeInput& input, const Compute& compute);
    /// The same from any node features, windows x regions x width.
    std::vector<torch::Tensor> layers(const Graphs& graphs, torch::Tensor features, const Compute& compute);

    torch::nn::GRU gru{nullptr};
    torch::nn::Linear regionMap{nullptr};  ///< input: one-hot region joined with the time code
    std::vector<GinLayer> gin;
    std::shared_ptr<FeatureBuffers> buffers = std::make_shared<FeatureBuffers>();  ///< of the fused form

private:
    std::int64_t m_regions;
};
TORCH_MODULE(Encoder);

/// Weights of the regions of one layer and the weighted mean.
class RegionReadoutImpl : public torch::nn::Module {
public:
    RegionReadoutImpl(std::int64_t regions, const NetworkSpec& spec);
    /// h: windows x regions x width. Returns the window vectors (windows x width) and the attention (windows x
    /// regions).
    std::pair<torch::Tensor, torch::Tensor> forward(const torch::Tensor& h) { return read(*plainCodes(h)); }
    std::pair<torch::Tensor, torch::Tensor> read(const RegionCodes& codes);

private:
    Readout m_kind;
    double m_dropout;
    torch::nn::Linear m_embed{nullptr}, m_attend{nullptr}, m_query{nullptr}, m_key{nullptr};
    torch::nn::BatchNorm1d m_norm{nullptr};
};
TORCH_MODULE(RegionReadout);

/// Self-attention over windows; no skip around the attention, one around the feed-forward part.
class TemporalBlockImpl : public torch::nn::Module {
public:
    explicit TemporalBlockImpl(const NetworkSpec& spec);
    /// g: windows x scans x width. Returns the same shape and the attention (scans x windows x windows).
    std::pair<torch::Tensor, torch::Tensor> forward(const torch::Tensor& g);

private:
    torch::nn::MultiheadAttention m_attention{nullptr};
    torch::nn::LayerNorm m_norm1{nullptr}, m_norm2{nullptr};
    torch::nn::Linear m_linear1{nullptr}, m_linear2{nullptr};
    torch::nn::Dropout m_dropout1{nullptr}, m_dropout2{nullptr}, m_dropout3{nullptr};
};
TORCH_MODULE(TemporalBlock);

struct NetworkOutput {
    torch::Tensor logits;         ///< scans x outputs
    torch::Tensor nodeAttention;  ///< scans x layers x windows x regions (1 x 1 for Mean)
    torch::Tensor timeAttention;  ///< scans x layers x keys x keys
    torch::Tensor latent;         ///< scans x layers x width
    torch::Tensor orthogonality;  ///< one number, before its weight; undefined unless asked for
};

/// STAGIN: the encoder, and per layer a readout, a temporal Transformer, pooling over time and a linear head whose
/// outputs are added up. Source: public STAGIN code as described in the method notes.
class NetworkImpl : public torch::nn::Module {
public:
    NetworkImpl(std::int64_t regions, std::int64_t outputs, const NetworkSpec& spec);

    /// `series`: scans x volumes x regions from the scan's first volume; `starts`: windows inside it.
    NetworkOutput forward(const torch::Tensor& series, const std::vector<int>& starts, int windowLength,
                          const Graphs& graphs, bool withOrthogonality, const Compute& compute);
    /// The part after the encoder, from layer outputs of scans x windows windows.
    NetworkOutput head(const std::vector<torch::Tensor>& layers, std::int64_t scans);
    NetworkOutput head(const std::vector<std::shared_ptr<const RegionCodes>>& layers, std::int64_t scans);

    Encoder encoder{nullptr};
    std::int64_t outputs() const { return m_outputs; }
    const NetworkSpec& spec() const { return m_spec; }

private:
    torch::Tensor pooled(const torch::Tensor& sequence) const;

    NetworkSpec m_spec;
    std::int64_t m_outputs;
    std::vector<RegionReadout> m_readouts;
    std::vector<TemporalBlock> m_blocks;
    std::vector<torch::nn::Linear> m_heads;
    torch::Tensor m_tokens;
};
TORCH_MODULE(Network);

/// Numbers of trainable parameters.
std::int64_t parameterCount(const torch::nn::Module& module);

}  // namespace chronnect::model
