#pragma once

#include "app/cli/Arguments.h"
#include "app/cli/Console.h"
#include "core/base/Json.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chronnect::cli {

/// What `chronnect-cli` can be asked to do. One object serves one call.
class Command {
public:
    virtual ~Command() = default;

    virtual std::string name() const = 0;
    virtual std::string summary() const = 0;            ///< one line of the list of commands
    virtual std::string details() const { return {}; }  ///< a paragraph under the usage line
    virtual std::string example() const { return {}; }  ///< one line to copy
    virtual void declare(Arguments& arguments) = 0;

    /// Why this build cannot do it, as a sentence; empty when it can.
    virtual std::string missing() const { return {}; }

    /// Whether the result lies in files, so that --quiet leaves nothing to say.
    virtual bool writesFiles(const Arguments& arguments) const {
        return arguments.given("--output") && !arguments.given("--dry-run");
    }

    /// Does it. The result is printed by --json; people read what was said to the console meanwhile.
    virtual Json run(const Arguments& arguments, Console& console) = 0;

    /// The exit code of a run that ended without an error.
    virtual int exitCode() const { return 0; }

protected:
    /// Writes `answer` as a JSON file beside `output`, with this command and the program's version, so that arrays and
    /// tables tell how they were computed: x.json for x.tsv, or x.tsv.json where x.json tells of something else.
    /// Returns the answer.
    Json keptBeside(const std::filesystem::path& output, Json answer) const;
};

/// Every command in the order of the help.
std::vector<std::unique_ptr<Command>> allCommands();

std::unique_ptr<Command> makeSimulate();
std::unique_ptr<Command> makeInspect();
std::unique_ptr<Command> makeExtract();
std::unique_ptr<Command> makeQuality();
std::unique_ptr<Command> makeConnectivity();
std::unique_ptr<Command> makeStore();
std::unique_ptr<Command> makePretrain();
std::unique_ptr<Command> makeFinetune();
std::unique_ptr<Command> makeExperiment();
std::unique_ptr<Command> makePredict();
std::unique_ptr<Command> makeExplain();
std::unique_ptr<Command> makeReconstruct();
std::unique_ptr<Command> makeExport();
std::unique_ptr<Command> makeReport();
std::unique_ptr<Command> makeRender();
std::unique_ptr<Command> makeDevices();
std::unique_ptr<Command> makeVerify();

}  // namespace chronnect::cli
