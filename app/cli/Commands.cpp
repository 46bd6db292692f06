#include "app/cli/Command.h"
#include "core/base/Files.h"

namespace chronnect::cli {

Json Command::keptBeside(const std::filesystem::path& output, Json answer) const {
    Json kept = answer;
    kept.set("command", "chronnect-cli " + name()).set("version", versionText());
    std::filesystem::path beside = output;
    writeFileAtomically(beside.replace_extension(".json"), kept.dump());
    return answer;
}

std::vector<std::unique_ptr<Command>> allCommands() {
    std::vector<std::unique_ptr<Command>> commands;
    for (const auto make : {makeSimulate, makeInspect, makeExtract, makeQuality, makeConnectivity, makeStore,
                            makePretrain, makeFinetune, makeExperiment, makePredict, makeExplain, makeReconstruct,
                            makeExport, makeReport, makeRender, makeDevices, makeVerify})
        commands.push_back(make());
    return commands;
}

}  // namespace chronnect::cli
