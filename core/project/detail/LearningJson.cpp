#include "core/project/detail/LearningJson.h"

#include "core/base/Error.h"
#include "core/project/detail/ValueJson.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace chronnect::detail {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void writeModel(const H5Group& group, const std::string& name, const Model& model) {
    const std::vector<std::byte> bytes = serializeModel(model);
    const auto* first = reinterpret_cast<const unsigned char*>(bytes.data());
    group.write<unsigned char>(name, std::span(first, bytes.size()), {bytes.size()});
}

Model readModel(const H5Group& group, const std::string& name) {
    const auto values = group.read<unsigned char>(name);
    std::vector<std::byte> bytes(values.size());
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), values.size());
    return deserializeModel(bytes);
}

Json reconstructionScores(const std::vector<ReconstructionScore>& scores) {
    Json result = Json::array();
    for (const auto& score : scores) {
        Json baselines = Json::object();
        for (const auto& [name, value] : score.baselines) baselines.set(name, value);
        Json item = Json::object();
        item.set("question", score.question).set("metric", score.metric).set("model", score.model);
        item.set("low", score.low).set("high", score.high).set("baselines", std::move(baselines));
        result.push(std::move(item));
    }
    return result;
}

std::vector<ReconstructionScore> reconstructionScores(const Json& json) {
    std::vector<ReconstructionScore> result;
    for (const Json& item : json.items()) {
        ReconstructionScore score{item["question"].text(), item["metric"].text(), item["model"].number(nan),
                                  item["low"].number(nan), item["high"].number(nan), {}};
        const Json& baselines = item["baselines"];
        for (std::size_t i = 0; i < baselines.keys().size(); ++i)
            score.baselines[baselines.keys()[i]] = baselines.items()[i].number(nan);
        result.push_back(std::move(score));
    }
    return result;
}

Json methodScores(const std::vector<MethodScore>& scores) {
    Json result = Json::array();
    for (const auto& score : scores) {
        Json item = Json::object();
        item.set("method", score.method).set("metric", score.metric).set("per_fold", Json(score.perFold));
        item.set("mean", score.mean).set("spread", score.spread).set("low", score.low).set("high", score.high);
        result.push(std::move(item));
    }
    return result;
}

std::vector<MethodScore> methodScores(const Json& json) {
    std::vector<MethodScore> result;
    for (const Json& item : json.items())
        result.push_back({item["method"].text(), item["metric"].text(), numbersFromJson(item["per_fold"]),
                          item["mean"].number(nan), item["spread"].number(nan), item["low"].number(nan),
                          item["high"].number(nan)});
    return result;
}

Json predictionsToJson(const std::vector<ScanPrediction>& predictions) {
    Json result = Json::array();
    for (const auto& prediction : predictions) {
        Json item = Json::object();
        item.set("scan", prediction.scan).set("subject", prediction.subject).set("fold", prediction.fold);
        item.set("truth", prediction.truth).set("output", Json(prediction.output));
        result.push(std::move(item));
    }
    return result;
}

std::vector<ScanPrediction> predictionsFromJson(const Json& json) {
    std::vector<ScanPrediction> result;
    for (const Json& item : json.items())
        result.push_back({item["scan"].text(), item["subject"].text(), static_cast<int>(item["fold"].number()),
                          item["truth"].number(nan), numbersFromJson(item["output"])});
    return result;
}

}  // namespace

void writePretrained(const H5Group& parent, const PretrainResult& result) {
    const H5Group group = parent.create("pretrained");
    Json json = Json::object();
    json.set("scores", reconstructionScores(result.scores)).set("effective_rank", result.effectiveRank);
    json.set("held_out", Json(result.heldOut)).set("notices", notesToJson(result.notices));
    json.set("stopped_early", result.stoppedEarly);
    group.writeText("result", json.dump());
    writeModel(group, "model", result.model);
}

PretrainResult readPretrained(const H5Group& parent) {
    const H5Group group = parent.open("pretrained");
    const Json json = Json::parse(group.readText("result"));
    PretrainResult result;
    result.model = readModel(group, "model");
    result.scores = reconstructionScores(json["scores"]);
    result.effectiveRank = json["effective_rank"].number(nan);
    result.heldOut = textsFromJson(json["held_out"]);
    result.notices = notesFromJson(json["notices"]);
    result.stoppedEarly = json["stopped_early"].boolean();
    return result;
}

void writeFinetuned(const H5Group& parent, const FinetuneResult& result) {
    const H5Group group = parent.create("finetuned");
    Json json = Json::object();
    json.set("scores", methodScores(result.scores)).set("predictions", predictionsToJson(result.predictions));
    json.set("verdict", result.verdict).set("notices", notesToJson(result.notices));
    json.set("fold_models", result.foldModels.size());
    group.writeText("result", json.dump());
    writeModel(group, "model", result.model);
    for (std::size_t i = 0; i < result.foldModels.size(); ++i)
        writeModel(group, "fold_model_" + std::to_string(i), result.foldModels[i]);
}

FinetuneResult readFinetuned(const H5Group& parent) {
    const H5Group group = parent.open("finetuned");
    const Json json = Json::parse(group.readText("result"));
    FinetuneResult result;
    result.model = readModel(group, "model");
    const auto folds = static_cast<std::size_t>(std::max(0.0, json["fold_models"].number()));
    for (std::size_t i = 0; i < folds; ++i)
        result.foldModels.push_back(readModel(group, "fold_model_" + std::to_string(i)));
    result.scores = methodScores(json["scores"]);
    result.predictions = predictionsFromJson(json["predictions"]);
    result.verdict = json["verdict"].text();
    result.notices = notesFromJson(json["notices"]);
    return result;
}

}  // namespace chronnect::detail
