#include "app/cli/Command.h"
#include "core/pipeline/Inspect.h"

namespace chronnect::cli {

namespace {

class Inspect : public Command {
public:
    std::string name() const override { return "inspect"; }
    std::string summary() const override { return "What a file or folder is, what it holds, and what to know before using it"; }
    std::string details() const override {
        return "Exit code 0: it loads, remarks are listed. Exit code 2: it cannot be used, standard error says why. Images "
               "are read to the end, so that damaged checksums and values that are no numbers are found.";
    }
    std::string example() const override { return "chronnect-cli inspect sub-01_task-rest_bold.nii.gz --json"; }

    void declare(Arguments& arguments) override {
        arguments.positional("PATH", "an image, a series file, a table, a model, a project or a study folder", m_path);
    }

    std::string missing() const override {
#ifdef CHRONNECT_HAS_PIPELINE
        return {};
#else
        return "This build inspects no files: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    Json run(const Arguments&, Console& console) override {
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
    std::vector<std::filesystem::path> m_path;
};

}  // namespace

std::unique_ptr<Command> makeInspect() { return std::make_unique<Inspect>(); }

}  // namespace chronnect::cli
