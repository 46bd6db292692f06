#include "app/cli/Command.h"
#include "core/pipeline/DemoStudy.h"

namespace chronnect::cli {

namespace {

/// Size of everything in a folder, bytes.
double folderBytes(const std::filesystem::path& folder) {
    double bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
    return bytes;
}

class Simulate : public Command {
public:
    std::string name() const override { return "simulate"; }
    std::string summary() const override { return "Write a simulated study with a known answer"; }
    std::string details() const override {
        return "The folder is a BIDS derivatives dataset with fMRIPrep names: 4-D images, masks, confounds, atlas, "
               "participants and, under ground_truth, the hidden states and every parameter. Same settings, same bytes; "
               "a folder that already holds the study is left as it is.";
    }
    std::string example() const override { return "chronnect-cli simulate demo-study --subjects 24 --seed 1"; }

    void declare(Arguments& arguments) override {
        arguments.positional("FOLDER", "where the study is written", m_folder);
        arguments.spec(m_spec, "Simulation");
    }

    std::string missing() const override {
#if defined(CHRONNECT_HAS_PIPELINE) && defined(CHRONNECT_HAS_IMAGING)
        return {};
#else
        return "This build writes no images, so it cannot simulate a study: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    bool writesFiles(const Arguments&) const override { return true; }

    Json run(const Arguments&, Console& console) override {
#if defined(CHRONNECT_HAS_PIPELINE) && defined(CHRONNECT_HAS_IMAGING)
        const auto& folder = m_folder.front();
        writeSimulatedStudy(folder, m_spec, console.context());
        const int runs = m_spec.subjects + std::min(m_spec.subjects, m_spec.secondSessions);
        const double bytes = folderBytes(folder);
        console.say("Simulated " + std::to_string(m_spec.subjects) + " subjects, " + std::to_string(runs) +
                    " runs of " + std::to_string(m_spec.volumes) + " volumes (" + numberText(bytes / 1e6) + " MB) in " +
                    folder.string());
        return Json::object()
            .set("folder", folder.string())
            .set("subjects", m_spec.subjects)
            .set("runs", runs)
            .set("bytes", bytes)
            .set("settings", toJson(m_spec));
#else
        static_cast<void>(console), static_cast<void>(folderBytes);
        return {};
#endif
    }

private:
    std::vector<std::filesystem::path> m_folder;
    SimulationSpec m_spec;
};

}  // namespace

std::unique_ptr<Command> makeSimulate() { return std::make_unique<Simulate>(); }

}  // namespace chronnect::cli
