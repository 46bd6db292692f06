#include "core/train/detail/Passport.h"

#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/learning/Passport.h"
#include "core/model/detail/Weights.h"

#include <torch/version.h>

namespace chronnect::train {

Json basicPassport(const ScanSource& scans, const GraphSpec& graph, const NetworkSpec& network) {
    Json passport = dataPassport(scans);
    passport.set("graph", toJson(graph)).set("network", toJson(network));
    Json versions = Json::object();
    versions.set("program", versionText()).set("libtorch", TORCH_VERSION);
    return passport.set("versions", versions);
}

bool isOutOfMemory(const std::exception& error) {
    if (const auto* own = dynamic_cast<const Error*>(&error)) return own->kind() == ErrorKind::OutOfMemory;
    const std::string text = error.what();
    return dynamic_cast<const std::bad_alloc*>(&error) || text.find("out of memory") != std::string::npos ||
           text.find("can't allocate memory") != std::string::npos;
}

int partsOfHalf(int batch, int parts) {
    const auto atATime = [&] { return (batch + parts - 1) / parts; };
    const int before = atATime();
    if (before < 2) return 0;
    while (atATime() > before / 2) ++parts;
    return parts;
}

GraphSpec graphOf(const Model& model) {
    GraphSpec spec;
    readJson(spec, model.passport["graph"]);
    return spec;
}

NetworkSpec networkOf(const Model& model) {
    NetworkSpec spec;
    readJson(spec, model.passport["network"]);
    return spec;
}

PretrainSpec pretrainSpecOf(const Model& model) {
    PretrainSpec spec;
    readJson(spec, model.passport["spec"]);
    return spec;
}

Notices compare(const Model& model, const ScanSource& scans) {
    Notices notices;
    for (const auto& item : checkPassport(model, scans).items) {
        if (item.final) throw Error(ErrorKind::BadInput, item.sentence);
        if (item.light != Light::Green && !item.notStated) notices.push_back({Severity::Warning, item.sentence});
    }
    return notices;
}

Pretrained revivePretrained(const Model& model, const torch::Device& device) {
    if (model.kind != Model::Kind::Pretrained)
        throw Error(ErrorKind::BadInput, "'" + model.name + "' is a fine-tuned model; this needs a pretrained one");
    Pretrained revived;
    revived.spec = pretrainSpecOf(model);
    const auto regions = static_cast<std::int64_t>(model.regions.size());
    const auto tensors = unpackTensors(model.weights);
    revived.encoder = model::Encoder(regions, revived.spec.network);
    revived.objective = makeObjective(revived.spec, regions);
    model::assignTensors(*revived.encoder, tensors, "encoder.");
    model::assignTensors(*revived.objective, tensors, "objective.");
    revived.encoder->to(device);
    revived.objective->to(device);
    revived.encoder->eval();
    revived.objective->eval();
    return revived;
}

model::Network reviveFinetuned(const Model& model, const torch::Device& device) {
    if (model.kind != Model::Kind::Finetuned)
        throw Error(ErrorKind::BadInput,
                    "'" + model.name + "' is a pretrained model; fine-tune it on a phenotype first");
    const auto outputs = static_cast<std::int64_t>(std::max<std::size_t>(1, model.classes.size()));
    model::Network network(static_cast<std::int64_t>(model.regions.size()), outputs, networkOf(model));
    model::assignTensors(*network, unpackTensors(model.weights));
    network->to(device);
    network->eval();
    return network;
}

}  // namespace chronnect::train
