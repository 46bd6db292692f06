#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/base/Files.h"

namespace chronnect::cli {

namespace {

/// x.json for x.tsv, as BIDS has it; x.tsv.json where x.json tells of another file.
std::filesystem::path sidecarOf(const std::filesystem::path& output) {
    std::filesystem::path beside = output;
    beside.replace_extension(".json");
    std::error_code ignored;
    if (beside != output && !std::filesystem::exists(beside, ignored)) return beside;
    try {
        const Json there = Json::parse(readFile(beside));
        if (beside != output && there.contains("describes") && there["describes"].text() == output.filename().string())
            return beside;
    } catch (const Error&) {  // no JSON, so not ours
    }
    beside = output;
    return beside += ".json";
}

}  // namespace

Json Command::keptBeside(const std::filesystem::path& output, Json answer) const {
    Json kept = answer;
    kept.set("describes", output.filename().string())
        .set("command", "chronnect-cli " + name())
        .set("version", versionText());
    writeFileAtomically(sidecarOf(output), kept.dump());
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
