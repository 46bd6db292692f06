#include "core/pipeline/Inspect.h"

#include "core/base/Error.h"
#include "core/io/DicomFiles.h"
#include "core/pipeline/InspectKinds.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

std::string_view nameOf(Severity severity) {
    switch (severity) {
        case Severity::Information: return "information";
        case Severity::Warning: return "warning";
        case Severity::Question: return "question";
        case Severity::Blocking: return "blocking";
    }
    return "warning";
}

bool endsWithAny(const std::string& name, std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

/// Images that others can convert; told apart from texts so that nobody is told which column is no number.
void refuseForeignImage(const fs::path& path, const std::string& name) {
    bool foreign =
        endsWithAny(name, {".mgh", ".mgz", ".mnc", ".mnc.gz", ".brik", ".brik.gz", ".head", ".rec", ".nrrd", ".mha"});
    if (!foreign && name.ends_with(".par")) {
        // Motion parameters of FSL are called so too, and are numbers only.
        std::ifstream file(path, std::ios::binary);
        foreign = file.get() == '#';
    }
    if (foreign)
        throw Error(ErrorKind::Unsupported,
                    path.string() + " is an image in a format of another program; convert it to NIfTI first");
}

std::string shown(const Json& value) {
    if (value.isString()) return value.text();
    if (!value.isArray()) return value.dump(-1);
    std::string text;
    const auto& items = value.items();
    for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 12); ++i) text += (i ? ", " : "") + shown(items[i]);
    if (items.size() > 12) text += ", ... (" + std::to_string(items.size()) + ")";
    return text;
}

}  // namespace

std::string detail::lowerName(const fs::path& path) {
    std::string name = path.filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
}

FileReport inspectFile(const fs::path& path, const JobContext& context) {
    std::error_code error;
    if (!fs::exists(path, error)) throw Error(ErrorKind::FileAccess, "There is no file or folder " + path.string());
    if (fs::is_directory(path, error)) return detail::inspectFolder(path, context);
    if (isDicomFile(path)) return detail::inspectDicom(path, context);
    const std::string name = detail::lowerName(path);
    if (endsWithAny(name, {".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz"}))
        return detail::inspectImage(path, context);
    if (endsWithAny(name, {".gii", ".gii.gz"})) return detail::inspectGifti(path);
    if (endsWithAny(name, {".npy", ".npz", ".mat", ".1d"})) return detail::inspectSeries(path);
    refuseForeignImage(path, name);
    return detail::inspectText(path);
}

Json toJson(const FileReport& report) {
    Json notices = Json::array();
    for (const Notice& notice : report.notices) {
        Json item = Json::object();
        item.set("severity", nameOf(notice.severity)).set("text", notice.text);
        notices.push(std::move(item));
    }
    Json json = Json::object();
    json.set("kind", report.kind).set("facts", report.facts).set("notices", std::move(notices));
    return json;
}

std::string describe(const FileReport& report) {
    std::string text = report.kind + "\n";
    std::size_t width = 0;
    for (const std::string& key : report.facts.keys()) width = std::max(width, key.size());
    for (std::size_t i = 0; i < report.facts.size(); ++i) {
        std::string label = report.facts.keys()[i];
        std::replace(label.begin(), label.end(), '_', ' ');
        label.resize(width + 2, ' ');
        text += "  " + label + shown(report.facts.items()[i]) + "\n";
    }
    for (const Notice& notice : report.notices)
        text += std::string(nameOf(notice.severity)) + ": " + notice.text + "\n";
    return text;
}

}  // namespace chronnect
