#include "core/train/detail/Passport.h"

#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/model/detail/Weights.h"

#include <torch/version.h>

#include <cmath>

namespace chronnect::train {

namespace {

std::string regionHash(const std::vector<std::string>& regions) {
    std::string all;
    for (const std::string& name : regions) all += name + '\n';
    return sha256(all);
}

}  // namespace

Json basicPassport(const ScanSource& scans, const GraphSpec& graph, const NetworkSpec& network) {
    Json passport = Json::object();
    passport.set("repetition_time", scans.repetitionTime()).set("regions_hash", regionHash(scans.regions()));
    passport.set("regions", scans.regions().size()).set("normalisation", "z-score per region over the scan, ddof 0");
    passport.set("graph", toJson(graph)).set("network", toJson(network));
    Json versions = Json::object();
    versions.set("program", versionText()).set("libtorch", TORCH_VERSION);
    return passport.set("versions", versions);
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
    if (model.regions.size() != scans.regions().size())
        throw Error(ErrorKind::BadInput, "The model '" + model.name + "' was trained on " +
                                             std::to_string(model.regions.size()) + " regions, the data have " +
                                             std::to_string(scans.regions().size()) + "; use the same atlas");
    Notices notices;
    if (model.passport["regions_hash"].isString() &&
        model.passport["regions_hash"].text() != regionHash(scans.regions()))
        notices.push_back({Severity::Warning, "The regions have other names or another order than those the model was "
                                              "trained on; results are only right when the atlas is the same"});
    const double trained = model.passport["repetition_time"].number(), here = scans.repetitionTime();
    if (trained > 0 && here > 0 && std::abs(trained - here) > 0.02 * trained)
        notices.push_back({Severity::Warning, "The model was trained at a repetition time of " + Json(trained).dump(-1) +
                                                  " s, the data have " + Json(here).dump(-1) +
                                                  " s, so a window covers another stretch of time"});
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
        throw Error(ErrorKind::BadInput, "'" + model.name + "' is a pretrained model; fine-tune it on a phenotype first");
    const auto outputs = static_cast<std::int64_t>(std::max<std::size_t>(1, model.classes.size()));
    model::Network network(static_cast<std::int64_t>(model.regions.size()), outputs, networkOf(model));
    model::assignTensors(*network, unpackTensors(model.weights));
    network->to(device);
    network->eval();
    return network;
}

}  // namespace chronnect::train
