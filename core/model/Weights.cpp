#include "core/model/detail/Weights.h"

#include "core/base/Error.h"
#include "core/model/TorchPickle.h"

#include <cstring>
#include <map>
#include <set>
#include <string_view>

namespace chronnect::model {

namespace {

NamedTensor named(const std::string& name, const torch::Tensor& tensor) {
    const auto values = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
    return {name, values.sizes().vec(), {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()}};
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + ")";
}

}  // namespace

std::vector<NamedTensor> namedTensors(const torch::nn::Module& module, const std::string& prefix) {
    std::vector<NamedTensor> tensors;
    for (const auto& item : module.named_parameters()) tensors.push_back(named(prefix + item.key(), item.value()));
    for (const auto& item : module.named_buffers()) tensors.push_back(named(prefix + item.key(), item.value()));
    return tensors;
}

void assignTensors(torch::nn::Module& module, const std::vector<NamedTensor>& tensors, const std::string& prefix) {
    const torch::NoGradGuard noGradient;
    std::map<std::string, const NamedTensor*> byName;
    for (const NamedTensor& tensor : tensors) byName[tensor.name] = &tensor;
    const auto assign = [&](const std::string& key, torch::Tensor target) {
        const auto found = byName.find(prefix + key);
        if (found == byName.end())
            throw Error(ErrorKind::BadInput, "The model lacks the weights '" + prefix + key + "'");
        const NamedTensor& source = *found->second;
        if (source.shape != target.sizes().vec())
            throw Error(ErrorKind::BadInput, "The weights '" + prefix + key + "' have shape " +
                                                 shapeText(source.shape) + ", this network needs " +
                                                 shapeText(target.sizes().vec()));
        target.copy_(torch::from_blob(const_cast<float*>(source.values.data()), source.shape));
    };
    for (auto& item : module.named_parameters()) assign(item.key(), item.value());
    for (auto& item : module.named_buffers()) assign(item.key(), item.value());
}

namespace {

/// "gnn_layers.2.mlp.0.weight" -> "encoder.gin_2.linear1.weight"; empty when the name is unknown.
std::string ownName(const std::string& name) {
    const auto begins = [&](std::string_view start) { return name.rfind(start, 0) == 0; };
    if (name == "token_parameter") return "tokens";
    if (begins("timestamp_encoder.rnn.")) return "encoder.time_code." + name.substr(22);
    if (begins("initial_linear.")) return "encoder.region_map." + name.substr(15);
    static const std::vector<std::tuple<std::string, std::string, std::map<std::string, std::string>>> groups = {
        {"gnn_layers.",
         "encoder.gin_",
         {{"epsilon", "eps"},
          {"mlp.0.", "linear1."},
          {"mlp.1.", "norm1."},
          {"mlp.3.", "linear2."},
          {"mlp.4.", "norm2."}}},
        {"readout_modules.",
         "readout_",
         {{"embed.0.", "embed."},
          {"embed.1.", "norm."},
          {"attend.", "attend."},
          {"embed_query.", "query."},
          {"embed_key.", "key."}}},
        {"transformer_modules.",
         "transformer_",
         {{"multihead_attn.", "attention."},
          {"layer_norm1.", "norm1."},
          {"layer_norm2.", "norm2."},
          {"mlp.0.", "linear1."},
          {"mlp.3.", "linear2."}}},
        {"linear_layers.", "head_", {{"weight", "weight"}, {"bias", "bias"}}}};
    for (const auto& [theirs, ours, parts] : groups) {
        if (!begins(theirs)) continue;
        const auto dot = name.find('.', theirs.size());
        if (dot == std::string::npos) return {};
        const std::string rest = name.substr(dot + 1);
        for (const auto& [from, to] : parts)
            if (rest.rfind(from, 0) == 0)
                return ours + name.substr(theirs.size(), dot - theirs.size()) + "." + to + rest.substr(from.size());
    }
    return {};
}

const NamedTensor& require(const std::vector<NamedTensor>& tensors, std::string_view name, std::size_t axes) {
    for (const NamedTensor& tensor : tensors)
        if (tensor.name == name && tensor.shape.size() == axes) return tensor;
    throw Error(ErrorKind::BadInput,
                "The checkpoint has no '" + std::string(name) + "'; it is no state dict of a STAGIN model");
}

void readShapes(StaginWeights& weights) {
    std::set<std::string> names;
    for (const NamedTensor& tensor : weights.tensors) names.insert(tensor.name);
    const auto& map = require(weights.tensors, "encoder.region_map.weight", 2);
    weights.network.hidden = static_cast<int>(map.shape[0]);
    weights.regions = map.shape[1] - map.shape[0];
    weights.outputs = require(weights.tensors, "head_0.weight", 2).shape[0];
    weights.network.layers = 0;
    while (names.contains("encoder.gin_" + std::to_string(weights.network.layers) + ".eps")) ++weights.network.layers;
    weights.network.readout = names.contains("readout_0.attend.weight")  ? Readout::Sero
                              : names.contains("readout_0.query.weight") ? Readout::Garo
                                                                         : Readout::Mean;
    // Sum and mean leave the same weights; the public code's own default is the sum.
    weights.network.pooling = names.contains("tokens") ? TimePooling::Param : TimePooling::Sum;
    if (weights.regions < 2 || weights.network.layers < 1)
        throw Error(ErrorKind::BadInput, "The checkpoint's shapes are not those of a STAGIN model");
}

}  // namespace

StaginWeights readStaginCheckpoint(const std::filesystem::path& path) try {
    StaginWeights weights;
    for (NamedTensor& tensor : readTorchStateDict(path)) {
        // Training checkpoints of the public code keep the state dict under "model".
        std::string name = tensor.name;
        for (const std::string prefix : {"model.", "state_dict.", "module."})
            if (name.rfind(prefix, 0) == 0) name.erase(0, prefix.size());
        const std::string own = ownName(name);
        if (own.empty() && name != tensor.name) continue;
        if (own.empty()) throw Error(ErrorKind::BadInput, "'" + name + "' is unknown in a STAGIN model");
        weights.tensors.push_back({own, std::move(tensor.shape), std::move(tensor.values)});
    }
    readShapes(weights);
    return weights;
} catch (const Error& error) {
    throw Error("Cannot import " + path.string(), error);
}

}  // namespace chronnect::model
