#include "core/train/detail/Export.h"

#include "core/base/Error.h"
#include "core/learning/SafeTensors.h"
#include "core/train/detail/Passport.h"

#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

namespace chronnect::train {

namespace {

// The network once more, in the language that TorchScript compiles. What stands in braces is filled in. It follows
// core/model line by line; the round trip against our own forward pass is a test.
const std::string preparation = R"(
def standardise(self, series: Tensor) -> Tensor:
    finite = torch.isfinite(series).all(1, True)
    x = torch.to(torch.where(finite, series, torch.zeros_like(series)), {double})
    mean = x.mean(1, True)
    deviation = x.std(1, False, True)
    constant = deviation <= 1e-12 * (1.0 + mean.abs())
    return torch.to(torch.where(constant, torch.zeros_like(x), (x - mean) / (deviation + 1e-9)), {float})

def windows(self, volumes: int) -> Tensor:
    return torch.arange(0, max(0, volumes - {window}), {step})

def graph(self, block: Tensor) -> Tensor:
    centred = (block - block.mean(0, True)).t()
    norm = centred.square().sum(1, True).sqrt()
    floor = 1e-8 * {root}
    dead = (norm <= floor).squeeze(1)
    rows = (centred / norm.clamp_min(floor)).contiguous()
    product = torch.matmul(rows, rows.t())
    matrix = (0.5 * (product + product.t())).clamp(-1, 1)
    matrix.fill_diagonal_(1)
    flat = torch.to(matrix.flatten(), {double})
    place = {percent} / 100.0 * ({regions} * {regions} - 1)
    below = int(place)
    low, at = torch.kthvalue(flat, below + 1)
    high, at = torch.kthvalue(flat, min(below + 2, {regions} * {regions}))
    cut = low + (place - below) * (high - low)
    alive = torch.logical_not(dead)
    both = torch.logical_and(alive.unsqueeze(0), alive.unsqueeze(1))
    edges = torch.to(torch.logical_and(torch.to(matrix, {double}) > cut, both), {float})
    edges.fill_diagonal_(1)
    return edges

def graphs(self, series: Tensor, starts: Tensor) -> Tensor:
    scans: List[Tensor] = []
    for scan in range(series.size(0)):
        found: List[Tensor] = []
        for window in range(starts.size(0)):
            start = int(starts[window])
            found.append(self.graph(series[scan].slice(0, start, start + {window})))
        scans.append(torch.stack(found))
    return torch.stack(scans)

def norm(self, x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return torch.batch_norm(x, weight, bias, mean, variance, False, 0.1, 1e-5, False)

def features(self, series: Tensor, starts: Tensor) -> Tensor:
    end = int(starts[-1]) + {window}
    begin = torch.zeros([1, series.size(0), {hidden}], dtype=series.dtype, device=series.device)
    states, last = torch.gru(series.slice(1, 0, end), begin, [self.{time}_weight_ih_l0, self.{time}_weight_hh_l0,
        self.{time}_bias_ih_l0, self.{time}_bias_hh_l0], True, 1, 0.0, False, False, True)
    eta = states.index_select(1, starts + ({window} - 1))
    table = self.{map}_weight.slice(1, 0, {regions}).t()
    code = torch.linear(eta, self.{map}_weight.slice(1, {regions}), self.{map}_bias)
    return table.unsqueeze(0).unsqueeze(0) + code.unsqueeze(2)
)";

const std::string ginLayer = R"(
def {gin}(self, graphs: Tensor, h: Tensor) -> Tensor:
    v = (torch.matmul(graphs, h) + self.{gin}_eps * h).flatten(0, 2)
    v = torch.relu(self.norm(torch.linear(v, self.{gin}_linear1_weight, self.{gin}_linear1_bias), self.{gin}_norm1_weight,
        self.{gin}_norm1_bias, self.{gin}_norm1_running_mean, self.{gin}_norm1_running_var))
    v = torch.relu(self.norm(torch.linear(v, self.{gin}_linear2_weight, self.{gin}_linear2_bias), self.{gin}_norm2_weight,
        self.{gin}_norm2_bias, self.{gin}_norm2_running_mean, self.{gin}_norm2_running_var))
    return v.view_as(h)
)";

const std::string seroReadout = R"(
def attention_{k}(self, h: Tensor) -> Tensor:
    mean = h.mean(2)
    x = torch.linear(mean.flatten(0, 1), self.readout_{k}_embed_weight, self.readout_{k}_embed_bias)
    x = torch.gelu(self.norm(x, self.readout_{k}_norm_weight, self.readout_{k}_norm_bias, self.readout_{k}_norm_running_mean,
        self.readout_{k}_norm_running_var))
    x = torch.sigmoid(torch.linear(x, self.readout_{k}_attend_weight, self.readout_{k}_attend_bias))
    return x.view([h.size(0), h.size(1), {regions}])
)";

const std::string garoReadout = R"(
def attention_{k}(self, h: Tensor) -> Tensor:
    query = torch.linear(h.mean(2), self.readout_{k}_query_weight, self.readout_{k}_query_bias)
    key = torch.linear(h, self.readout_{k}_key_weight, self.readout_{k}_key_bias)
    return torch.sigmoid(torch.matmul(key, query.unsqueeze(-1)).squeeze(-1) / {rootHidden})
)";

const std::string meanReadout = R"(
def attention_{k}(self, h: Tensor) -> Tensor:
    return torch.ones([h.size(0), h.size(1), {regions}], dtype=h.dtype, device=h.device)
)";

const std::string temporalBlock = R"(
def over_time_{k}(self, x: Tensor) -> Tuple[Tensor, Tensor]:
    mixed = torch.linear(x, self.transformer_{k}_attention_in_proj_weight, self.transformer_{k}_attention_in_proj_bias)
    split = mixed.view([x.size(0), x.size(1), 3, {heads}, {width}]).permute([2, 0, 3, 1, 4])
    weights = torch.softmax(torch.matmul(split[0] / {rootWidth}, split[1].transpose(2, 3)), -1)
    seen = torch.matmul(weights, split[2]).permute([0, 2, 1, 3]).flatten(2)
    y = torch.linear(seen, self.transformer_{k}_attention_out_proj_weight, self.transformer_{k}_attention_out_proj_bias)
    y = torch.layer_norm(y, [{hidden}], self.transformer_{k}_norm1_weight, self.transformer_{k}_norm1_bias, 1e-5, False)
    z = torch.relu(torch.linear(y, self.transformer_{k}_linear1_weight, self.transformer_{k}_linear1_bias))
    z = y + torch.linear(z, self.transformer_{k}_linear2_weight, self.transformer_{k}_linear2_bias)
    z = torch.layer_norm(z, [{hidden}], self.transformer_{k}_norm2_weight, self.transformer_{k}_norm2_bias, 1e-5, False)
    return z, weights.mean(1)
)";

const std::string headOfLayer = R"(
    h = self.encoder_gin_{k}(graphs, h)
    a = self.attention_{k}(h)
    g = torch.matmul(a.unsqueeze(2), h).squeeze(2) / {regions}
    {append}
    z, w = self.over_time_{k}(g)
    p = {pool}
    logits = logits + torch.linear(p, self.head_{k}_weight, self.head_{k}_bias)
    nodes.append({nodes})
    times.append(w)
    latents.append(p)
)";

using Values = std::map<std::string, std::string>;

std::string filled(std::string text, const Values& values) {
    for (const auto& [name, value] : values)
        for (std::size_t at = 0; (at = text.find("{" + name + "}", at)) != std::string::npos; at += value.size())
            text.replace(at, name.size() + 2, value);
    return text;
}

/// All digits, as a floating-point literal.
std::string literal(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    return std::string(text).find_first_of(".en") == std::string::npos ? std::string(text) + ".0" : std::string(text);
}

Values valuesOf(const Model& model) {
    const GraphSpec graph = graphOf(model);
    const NetworkSpec network = networkOf(model);
    Values values;
    values["window"] = std::to_string(graph.windowLength);
    values["step"] = std::to_string(graph.windowStep);
    values["percent"] = literal(100 - graph.density);
    values["root"] = literal(std::sqrt(graph.windowLength - 1.0));
    values["regions"] = std::to_string(model.regions.size());
    values["hidden"] = std::to_string(network.hidden);
    values["rootHidden"] = literal(std::sqrt(double(network.hidden)));
    values["heads"] = std::to_string(network.heads);
    values["width"] = std::to_string(network.hidden / network.heads);
    values["rootWidth"] = literal(std::sqrt(double(network.hidden / network.heads)));
    // Types go by number in this language.
    values["float"] = std::to_string(static_cast<int>(torch::kFloat));
    values["double"] = std::to_string(static_cast<int>(torch::kDouble));
    values["time"] = "encoder_time_code";
    values["map"] = "encoder_region_map";
    values["append"] =
        network.pooling == TimePooling::Param
            ? "g = torch.cat([g, self.tokens[{k}].view([1, 1, {hidden}]).expand([g.size(0), 1, {hidden}])], 1)"
            : "g = g";
    values["pool"] = network.pooling == TimePooling::Param ? "z.select(1, -1)"
                     : network.pooling == TimePooling::Sum ? "z.sum(1)"
                                                           : "z.mean(1)";
    values["nodes"] =
        network.readout == Readout::Mean ? "torch.ones([h.size(0), 1, 1], dtype=h.dtype, device=h.device)" : "a";
    return values;
}

void addWeights(torch::jit::Module& module, const Model& model) {
    for (const NamedTensor& tensor : unpackTensors(model.weights)) {
        if (tensor.name.find("num_batches") != std::string::npos || tensor.name.starts_with("objective.")) continue;
        std::string name = tensor.name;
        std::ranges::replace(name, '.', '_');
        const auto values = torch::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape).clone();
        module.register_buffer(name, values);
    }
}

std::string finetunedSource(const Model& model, const Values& values) {
    const NetworkSpec network = networkOf(model);
    const std::string outputs = std::to_string(std::max<std::size_t>(1, model.classes.size()));
    std::string source, layers;
    const std::string& readout = network.readout == Readout::Sero   ? seroReadout
                                 : network.readout == Readout::Garo ? garoReadout
                                                                    : meanReadout;
    for (int k = 0; k < network.layers; ++k) {
        const Values layer{{"k", std::to_string(k)}, {"gin", "encoder_gin_" + std::to_string(k)}};
        for (const std::string& part : {ginLayer, readout, temporalBlock})
            source += filled(filled(part, values), layer);
        layers += filled(filled(headOfLayer, values), layer);
    }
    source +=
        "\ndef forward_graphs(self, series: Tensor, starts: Tensor, graphs: Tensor) -> "
        "Tuple[Tensor, Tensor, Tensor, Tensor]:\n"
        "    h = self.features(series, starts)\n"
        "    logits = torch.zeros([series.size(0), " +
        outputs +
        "], dtype=series.dtype, device=series.device)\n"
        "    nodes: List[Tensor] = []\n    times: List[Tensor] = []\n    latents: List[Tensor] = []\n" +
        layers +
        "    return logits, torch.stack(nodes, 1), torch.stack(times, 1), torch.stack(latents, 1)\n"
        "\ndef forward(self, series: Tensor, starts: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:\n"
        "    return self.forward_graphs(series, starts, self.graphs(series, starts))\n"
        "\ndef predict(self, series: Tensor) -> Tensor:\n"
        "    z = self.standardise(series)\n"
        "    logits, nodes, times, latents = self.forward(z, self.windows(series.size(1)))\n";
    if (!model.classes.empty()) return source + "    return torch.softmax(logits, 1)\n";
    return source + "    return logits * " + literal(model.targetScale) + " + " + literal(model.targetMean) + "\n";
}

std::string pretrainedSource(const Model& model, const Values& values) {
    std::string source, layers;
    for (int k = 0; k < networkOf(model).layers; ++k) {
        const std::string name = "encoder_gin_" + std::to_string(k);
        source += filled(filled(ginLayer, values), {{"gin", name}});
        layers += "    h = self." + name + "(graphs, h)\n";
    }
    return source +
           "\ndef forward_graphs(self, series: Tensor, starts: Tensor, graphs: Tensor) -> Tensor:\n"
           "    h = self.features(series, starts)\n" +
           layers +
           "    return h\n"
           "\ndef forward(self, series: Tensor, starts: Tensor) -> Tensor:\n"
           "    return self.forward_graphs(series, starts, self.graphs(series, starts))\n"
           "\ndef predict(self, series: Tensor) -> Tensor:\n"
           "    return self.forward(self.standardise(series), self.windows(series.size(1)))\n";
}

}  // namespace

std::string torchScript(const Model& model) {
    const Values values = valuesOf(model);
    const bool finetuned = model.kind == Model::Kind::Finetuned;
    torch::jit::Module module(finetuned ? "ChronnectNetwork" : "ChronnectEncoder");
    addWeights(module, model);
    module.define(filled(preparation, values) +
                  (finetuned ? finetunedSource(model, values) : pretrainedSource(model, values)));
    module.eval();
    std::ostringstream bytes;
    module.save(bytes, {{"chronnect.json", aboutModel(model).dump()}});
    return bytes.str();
}

}  // namespace chronnect::train
