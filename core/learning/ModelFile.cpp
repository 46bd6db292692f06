#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Random.h"
#include "core/learning/Learning.h"
#include "core/learning/detail/Bytes.h"

namespace chronnect {

namespace {

constexpr std::string_view magic = "CHRMODL1";
constexpr std::size_t largestFile = std::size_t{1} << 34;

Json toJson(const TrainingSnapshot& snapshot) {
    Json losses = Json::object();
    for (const auto& [name, value] : snapshot.losses) losses.set(name, value);
    Json json = Json::object();
    json.set("step", snapshot.step)
        .set("steps", snapshot.steps)
        .set("fold", snapshot.fold)
        .set("folds", snapshot.folds);
    json.set("phase", snapshot.phase).set("losses", losses).set("learning_rate", snapshot.learningRate);
    json.set("gradient_norm", snapshot.gradientNorm).set("scans_per_second", snapshot.scansPerSecond);
    if (snapshot.effectiveRank > 0) json.set("effective_rank", snapshot.effectiveRank);
    if (!snapshot.alarm.empty()) json.set("alarm", snapshot.alarm);
    return json;
}

TrainingSnapshot snapshotOf(const Json& json) {
    TrainingSnapshot snapshot;
    snapshot.step = static_cast<int>(json["step"].number());
    snapshot.steps = static_cast<int>(json["steps"].number());
    snapshot.fold = static_cast<int>(json["fold"].number());
    snapshot.folds = static_cast<int>(json["folds"].number());
    snapshot.phase = json["phase"].text();
    const Json& losses = json["losses"];
    for (const std::string& name : losses.keys()) snapshot.losses[name] = losses[name].number();
    snapshot.learningRate = json["learning_rate"].number();
    snapshot.gradientNorm = json["gradient_norm"].number();
    snapshot.scansPerSecond = json["scans_per_second"].number();
    snapshot.effectiveRank = json["effective_rank"].number();
    snapshot.alarm = json["alarm"].text();
    return snapshot;
}

Json headerOf(const Model& model) {
    Json history = Json::array();
    for (const TrainingSnapshot& snapshot : model.history) history.push(toJson(snapshot));
    Json header = Json::object();
    header.set("kind", model.kind == Model::Kind::Pretrained ? "pretrained" : "finetuned");
    header.set("name", model.name).set("passport", model.passport).set("regions", Json(model.regions));
    header.set("classes", Json(model.classes)).set("target_mean", model.targetMean);
    header.set("target_scale", model.targetScale).set("history", history);
    return header;
}

std::vector<std::string> textsOf(const Json& json) {
    std::vector<std::string> texts;
    for (const Json& item : json.items()) texts.push_back(item.text());
    return texts;
}

}  // namespace

std::vector<std::byte> serializeModel(const Model& model) {
    const std::string header = headerOf(model).dump(-1);
    detail::ByteWriter writer;
    writer.text(magic);
    writer.number<std::uint64_t>(header.size());
    writer.text(header);
    writer.number<std::uint64_t>(model.weights.size());
    writer.raw(model.weights.data(), model.weights.size());
    writer.number<std::uint64_t>(
        stableHash({reinterpret_cast<const char*>(model.weights.data()), model.weights.size()}));
    return writer.take();
}

Model deserializeModel(const std::vector<std::byte>& bytes) {
    detail::ByteReader reader(bytes, "The model's bytes");
    if (bytes.size() < magic.size() || reader.text(magic.size()) != magic)
        throw Error(ErrorKind::BadInput,
                    "This is not a Chronnect model file (its first bytes are not " + std::string(magic) + ")");
    const Json header = Json::parse(reader.text(reader.number<std::uint64_t>()));
    Model model;
    model.kind = header["kind"].text() == "finetuned" ? Model::Kind::Finetuned : Model::Kind::Pretrained;
    model.name = header["name"].text();
    model.passport = header["passport"];
    model.regions = textsOf(header["regions"]);
    model.classes = textsOf(header["classes"]);
    model.targetMean = header["target_mean"].number(0.0);
    model.targetScale = header["target_scale"].number(1.0);
    for (const Json& item : header["history"].items()) model.history.push_back(snapshotOf(item));
    const auto size = reader.number<std::uint64_t>();
    reader.require(size);
    model.weights.resize(size);
    reader.raw(model.weights.data(), size);
    if (reader.number<std::uint64_t>() !=
        stableHash({reinterpret_cast<const char*>(model.weights.data()), model.weights.size()}))
        throw Error(ErrorKind::BadInput, "The model's weights do not match their checksum; the file is damaged");
    return model;
}

void saveModel(const std::filesystem::path& path, const Model& model) {
    const std::vector<std::byte> bytes = serializeModel(model);
    writeFileAtomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Model loadModel(const std::filesystem::path& path) try {
    const std::string text = readFile(path, largestFile);
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return deserializeModel({begin, begin + text.size()});
} catch (const Error& error) {
    throw Error("Cannot open the model " + path.string(), error);
}

}  // namespace chronnect
