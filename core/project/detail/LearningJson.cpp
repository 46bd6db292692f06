#include "core/project/detail/LearningJson.h"

#include "core/base/Parameters.h"
#include "core/project/detail/ValueJson.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

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

/// The members of a value by the name they have in the file; one list for both directions.
template <SpecOf<ReconstructionScore> T, class Visit>
void visitFields(T& score, Visit&& visit) {
    visit("question", score.question);
    visit("metric", score.metric);
    visit("model", score.model);
    visit("low", score.low);
    visit("high", score.high);
    visit("baselines", score.baselines);
    visit("against", score.against);
    visit("gain", score.gain);
    visit("gain_low", score.gainLow);
    visit("gain_high", score.gainHigh);
    visit("subjects", score.subjects);
}

template <SpecOf<MethodScore> T, class Visit>
void visitFields(T& score, Visit&& visit) {
    visit("method", score.method);
    visit("metric", score.metric);
    visit("per_fold", score.perFold);
    visit("mean", score.mean);
    visit("spread", score.spread);
    visit("low", score.low);
    visit("high", score.high);
    visit("pooled", score.pooled);
    visit("p", score.p);
    visit("permutations", score.permutations);
}

template <SpecOf<PairedGain> T, class Visit>
void visitFields(T& gain, Visit&& visit) {
    visit("method", gain.method);
    visit("against", gain.against);
    visit("metric", gain.metric);
    visit("gain", gain.gain);
    visit("low", gain.low);
    visit("high", gain.high);
    visit("subjects", gain.subjects);
}

template <SpecOf<ScanPrediction> T, class Visit>
void visitFields(T& prediction, Visit&& visit) {
    visit("scan", prediction.scan);
    visit("subject", prediction.subject);
    visit("fold", prediction.fold);
    visit("truth", prediction.truth);
    visit("output", prediction.output);
}

template <SpecOf<CalibrationBin> T, class Visit>
void visitFields(T& bin, Visit&& visit) {
    visit("predicted", bin.predicted);
    visit("observed", bin.observed);
    visit("count", bin.count);
}

Json fieldToJson(const std::map<std::string, double>& values) {
    Json json = Json::object();
    for (const auto& [name, value] : values) json.set(name, value);
    return json;
}

template <class T>
Json fieldToJson(const T& value) {
    return Json(value);
}

void readField(std::string& value, const Json& json) { value = json.text(); }
void readField(double& value, const Json& json) { value = json.number(nan); }
void readField(int& value, const Json& json) { value = static_cast<int>(std::clamp(json.number(), -2e9, 2e9)); }
void readField(std::vector<double>& values, const Json& json) { values = numbersFromJson(json); }
void readField(std::map<std::string, double>& values, const Json& json) {
    for (std::size_t i = 0; i < json.keys().size(); ++i) values[json.keys()[i]] = json.items()[i].number(nan);
}

template <class T>
Json listToJson(const std::vector<T>& values) {
    Json result = Json::array();
    for (const T& value : values) {
        Json item = Json::object();
        visitFields(value, [&](const char* name, const auto& field) { item.set(name, fieldToJson(field)); });
        result.push(std::move(item));
    }
    return result;
}

template <class T>
void readList(std::vector<T>& values, const Json& json) {
    for (const Json& item : json.items()) {
        T value;
        visitFields(value, [&](const char* name, auto& field) {
            if (const Json* member = item.find(name)) readField(field, *member);
        });
        values.push_back(std::move(value));
    }
}

Json curvesToJson(const std::vector<CurvePoint>& points) {
    Json result = Json::array();
    for (const CurvePoint& point : points) {
        const Json score = listToJson(std::vector<MethodScore>{point.score}).items().front();
        result.push(Json::object().set("curve", point.curve).set("share", point.share).set("score", score));
    }
    return result;
}

std::vector<CurvePoint> curvesFromJson(const Json& json) {
    std::vector<CurvePoint> points;
    for (const Json& item : json.items()) {
        std::vector<MethodScore> scores;
        Json list = Json::array();
        list.push(item["score"]);
        readList(scores, list);
        points.push_back({item["curve"].text(), item["share"].number(nan), scores.front()});
    }
    return points;
}

Json methodsToJson(const std::vector<MethodPredictions>& methods) {
    Json result = Json::array();
    for (const MethodPredictions& method : methods)
        result.push(Json::object().set("method", method.method).set("predictions", listToJson(method.scans)));
    return result;
}

std::vector<MethodPredictions> methodsFromJson(const Json& json) {
    std::vector<MethodPredictions> methods;
    for (const Json& item : json.items()) {
        methods.push_back({item["method"].text(), {}});
        readList(methods.back().scans, item["predictions"]);
    }
    return methods;
}

}  // namespace

void writePretrained(const H5Group& parent, const PretrainResult& result) {
    const H5Group group = parent.create("pretrained");
    Json json = Json::object();
    json.set("scores", listToJson(result.scores)).set("effective_rank", result.effectiveRank);
    json.set("held_out", Json(result.heldOut))
        .set("chose_weights", Json(result.watched))
        .set("notices", notesToJson(result.notices));
    json.set("stopped_early", result.stoppedEarly);
    json.set("handed_out_step", result.handedOutStep).set("handed_out_loss", result.handedOutLoss);
    group.writeText("result", json.dump());
    writeModel(group, "model", result.model);
}

PretrainResult readPretrained(const H5Group& parent) {
    const H5Group group = parent.open("pretrained");
    const Json json = Json::parse(group.readText("result"));
    PretrainResult result;
    result.model = readModel(group, "model");
    readList(result.scores, json["scores"]);
    result.effectiveRank = json["effective_rank"].number(nan);
    result.heldOut = textsFromJson(json["held_out"]);
    result.watched = textsFromJson(json["chose_weights"]);
    result.notices = notesFromJson(json["notices"]);
    result.stoppedEarly = json["stopped_early"].boolean();
    result.handedOutStep = static_cast<int>(json["handed_out_step"].number());
    result.handedOutLoss = json["handed_out_loss"].number();
    return result;
}

void writeFinetuned(const H5Group& parent, const FinetuneResult& result) {
    const H5Group group = parent.create("finetuned");
    Json json = Json::object();
    json.set("scores", listToJson(result.scores)).set("predictions", listToJson(result.predictions));
    json.set("calibration", listToJson(result.calibration)).set("gains", listToJson(result.gains));
    json.set("curves", curvesToJson(result.curves)).set("sites", listToJson(result.sites));
    json.set("methods", methodsToJson(result.methods)).set("record", result.record);
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
    readList(result.scores, json["scores"]);
    readList(result.calibration, json["calibration"]);
    readList(result.predictions, json["predictions"]);
    readList(result.gains, json["gains"]);
    readList(result.sites, json["sites"]);
    result.curves = curvesFromJson(json["curves"]);
    result.methods = methodsFromJson(json["methods"]);
    result.record = json["record"];
    result.verdict = json["verdict"].text();
    result.notices = notesFromJson(json["notices"]);
    return result;
}

namespace {

Light lightOf(const std::string& text) {
    for (const Light light : {Light::Green, Light::Amber})
        if (text == lightText(light)) return light;
    return Light::Red;
}

PassportCheck fitFromJson(const Json& json) {
    PassportCheck fit;
    for (const Json& item : json["items"].items())
        fit.items.push_back({item["name"].text(), lightOf(item["light"].text()), item["model"].text(),
                             item["data"].text(), item["sentence"].text(), item["not_stated"].boolean(), false});
    return fit;
}

}  // namespace

void writeApplied(const H5Group& parent, const Application& application) {
    const H5Group group = parent.create("applied");
    Json seen = Json::array();
    for (const Seen each : application.seen) seen.push(Json(seenText(each)));
    Json json = Json::object();
    json.set("model", application.model).set("target", application.target).set("classes", Json(application.classes));
    json.set("predictions", listToJson(application.predictions)).set("trained_on", seen);
    json.set("fit", toJson(application.fit)).set("notices", notesToJson(application.notices));
    group.writeText("result", json.dump());
}

Application readApplied(const H5Group& parent) {
    const Json json = Json::parse(parent.open("applied").readText("result"));
    Application application;
    application.model = json["model"].text();
    application.target = json["target"].text();
    application.classes = textsFromJson(json["classes"]);
    readList(application.predictions, json["predictions"]);
    for (const Json& each : json["trained_on"].items())
        application.seen.push_back(each.text() == seenText(Seen::No)    ? Seen::No
                                   : each.text() == seenText(Seen::Yes) ? Seen::Yes
                                                                        : Seen::Unknown);
    application.seen.resize(application.predictions.size(), Seen::Unknown);
    application.fit = fitFromJson(json["fit"]);
    application.notices = notesFromJson(json["notices"]);
    return application;
}

}  // namespace chronnect::detail
