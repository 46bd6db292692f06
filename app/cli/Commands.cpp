#include "app/cli/Command.h"

namespace chronnect::cli {

std::vector<std::unique_ptr<Command>> allCommands() {
    std::vector<std::unique_ptr<Command>> commands;
    for (const auto make : {makeSimulate, makeInspect, makeExtract, makeQuality, makeConnectivity, makeStore,
                            makePretrain, makeFinetune, makeExperiment, makePredict, makeExplain, makeReconstruct,
                            makeExport, makeReport, makeRender, makeDevices, makeVerify})
        commands.push_back(make());
    return commands;
}

}  // namespace chronnect::cli
