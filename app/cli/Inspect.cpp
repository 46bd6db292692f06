#include "app/cli/Command.h"
#include "app/cli/InspectOwn.h"
#include "app/cli/Learning.h"
#include "core/pipeline/Inspect.h"

#include <algorithm>

namespace chronnect::cli {

namespace {

class Inspect : public Command {
public:
    std::string name() const override { return "inspect"; }
    std::string summary() const override {
        return "What a file or folder is, what it holds, and what to know before using it";
    }
    std::string details() const override {
        return "Exit code 0: it loads, remarks are listed. Exit code 2: it cannot be used, standard error says why. Images "
               "are read to the end, so that damaged checksums and values that are no numbers are found.";
    }
    std::string example() const override { return "chronnect-cli inspect sub-01_task-rest_bold.nii.gz --json"; }

    void declare(Arguments& arguments) override {
        arguments.positional("PATH",
                             "an image, a series file, a table, a model (.chm, .pth), a cohort, a checkpoint, results "
                             "(.json), a project or a study folder",
                             m_path);
        arguments.group("Model");
        arguments.path("--model", "FILE", m_model,
                       "Hold this model's passport against the series at PATH: green, amber or red, item by item");
    }

    Json run(const Arguments& arguments, Console& console) override {
        if (!m_model.empty()) return holdAgainst(arguments, console);
        if (m_path.front().extension() == ".chm") return tellModel(console);
        if (const auto own = inspectOwn(m_path.front())) return tell(*own, console);
#ifdef CHRONNECT_HAS_PIPELINE
        const FileReport report = inspectFile(m_path.front(), console.context());
        console.say(describe(report));
        return toJson(report).set("path", m_path.front().string());
#else
        return tell(inspectWithoutImages(m_path.front()), console);
#endif
    }

private:
    /// The kind, then one fact a line.
    Json tell(const Json& report, Console& console) const {
        console.say(report["kind"].text());
        const Json& facts = report["facts"];
        std::size_t width = 0;
        for (const std::string& key : facts.keys()) width = std::max(width, key.size());
        for (std::string key : facts.keys()) {
            const Json& value = facts[key];
            std::string text = value.isString()  ? value.text()
                               : value.isArray() ? std::string()
                                                 : shortened(value).dump(-1);
            for (const Json& item : value.isArray() && value.size() <= 12 ? value.items() : std::vector<Json>())
                text += (text.empty() ? "" : ", ") + (item.isString() ? item.text() : item.dump(-1));
            if (value.isArray() && value.size() > 12) text = std::to_string(value.size()) + ", listed by --json";
            std::replace(key.begin(), key.end(), '_', ' ');
            key.resize(width + 2, ' ');
            console.say("  " + key + text);
        }
        return Json(report).set("path", m_path.front().string());
    }

    /// Without long lists, such as the marks of everybody trained on: --json has them.
    static Json shortened(const Json& value) {
        if (value.isArray() && value.size() > 12) return Json(std::to_string(value.size()) + ", listed by --json");
        if (!value.isObject()) return value;
        Json result = Json::object();
        for (const std::string& key : value.keys()) result.set(key, shortened(value[key]));
        return result;
    }

    Json tellModel(Console& console) const {
        const Model model = loadModel(m_path.front());
        const bool pretrained = model.kind == Model::Kind::Pretrained;
        console.say(m_path.front().string() + ": a " + (pretrained ? "pretrained" : "fine-tuned") + " model of " +
                    std::to_string(model.regions.size()) + " regions. Its passport:");
        console.say(shortened(model.passport).dump());
        return Json::object()
            .set("path", m_path.front().string())
            .set("kind", pretrained ? "pretrained model" : "fine-tuned model")
            .set("regions", model.regions.size())
            .set("classes", Json(model.classes))
            .set("passport", model.passport);
    }

    Json holdAgainst(const Arguments& arguments, Console& console) const {
        const Model model = loadModel(m_model);
        InputOptions options;
        options.inputs = m_path;
        options.reading.expectedRegions = model.regions.size();
        const Scans scans = loadScans(options, arguments, console, console.context());
        const PassportCheck check = checkPassport(model, *scans.source);
        console.say(m_model.string() + " on " + std::to_string(scans.source->count()) +
                    " scans: " + std::string(lightText(check.worst())));
        cli::say(console, check);
        return toJson(check).set("path", m_path.front().string()).set("model", m_model.string());
    }

    std::vector<std::filesystem::path> m_path;
    std::filesystem::path m_model;
};

}  // namespace

std::unique_ptr<Command> makeInspect() { return std::make_unique<Inspect>(); }

}  // namespace chronnect::cli
