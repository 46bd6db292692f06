#include "core/learning/SafeTensors.h"

#include <cstring>

namespace chronnect {

std::string safeTensors(const std::vector<NamedTensor>& tensors, const Json& about) {
    Json header =
        Json::object().set("__metadata__", Json::object().set("format", "pt").set("chronnect", about.dump(-1)));
    std::string data;
    for (const NamedTensor& tensor : tensors) {
        Json shape = Json::array(), offsets = Json::array();
        for (const std::int64_t size : tensor.shape) shape.push(size);
        offsets.push(data.size());
        data.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
        offsets.push(data.size());
        header.set(tensor.name, Json::object().set("dtype", "F32").set("shape", shape).set("data_offsets", offsets));
    }
    std::string text = header.dump(-1);
    text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the data are aligned
    const std::uint64_t length = text.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes + text + data;
}

Json aboutModel(const Model& model) {
    Json about = Json::object().set("name", model.name);
    about.set("kind", model.kind == Model::Kind::Finetuned ? "finetuned" : "pretrained");
    about.set("classes", Json(model.classes)).set("regions", Json(model.regions));
    return about.set("target_mean", model.targetMean)
        .set("target_scale", model.targetScale)
        .set("passport", model.passport);
}

}  // namespace chronnect
