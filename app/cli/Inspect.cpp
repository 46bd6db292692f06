#include "app/cli/Command.h"
#include "app/cli/Learning.h"
#include "core/pipeline/Inspect.h"

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
        arguments.positional("PATH", "an image, a series file, a table, a model (.chm), a project or a study folder",
                             m_path);
        arguments.group("Model");
        arguments.path("--model", "FILE", m_model,
                       "Hold this model's passport against the series at PATH: green, amber or red, item by item");
    }

    std::string missing() const override {
#ifdef CHRONNECT_HAS_PIPELINE
        return {};
#else
        return "This build inspects no files: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    Json run(const Arguments& arguments, Console& console) override {
        if (!m_model.empty()) return holdAgainst(arguments, console);
        if (m_path.front().extension() == ".chm") return tellModel(console);
#ifdef CHRONNECT_HAS_PIPELINE
        const FileReport report = inspectFile(m_path.front(), console.context());
        console.say(describe(report));
        return toJson(report).set("path", m_path.front().string());
#else
        static_cast<void>(console);
        return {};
#endif
    }

private:
    Json tellModel(Console& console) const {
        const Model model = loadModel(m_path.front());
        const bool pretrained = model.kind == Model::Kind::Pretrained;
        console.say(m_path.front().string() + ": a " + (pretrained ? "pretrained" : "fine-tuned") + " model of " +
                    std::to_string(model.regions.size()) + " regions. Its passport:");
        console.say(model.passport.dump());
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
