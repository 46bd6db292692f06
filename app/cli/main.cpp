#include "app/cli/Command.h"
#include "app/cli/Interrupt.h"
#include "app/cli/Manual.h"
#include "core/base/Error.h"
#include "core/base/Files.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>

namespace chronnect::cli {
namespace {

enum ExitCode { done = 0, failed = 1, badInput = 2, wrongUsage = 3, interrupted = 130 };

ExitCode codeOf(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::BadInput:
        case ErrorKind::Unsupported:
        case ErrorKind::FileAccess:
        case ErrorKind::DiskFull: return badInput;
        default: return failed;
    }
}

/// Takes the options that every command understands out of the line.
Console::Options takeCommon(std::vector<std::string>& words, bool& help) {
    Console::Options options;
    std::vector<std::string> rest;
    bool onlyLoose = false;
    for (auto& word : words) {
        onlyLoose = onlyLoose || word == "--";
        if (onlyLoose)
            rest.push_back(std::move(word));
        else if (word == "--json")
            options.json = true;
        else if (word == "--progress")
            options.progress = true;
        else if (word == "--quiet")
            options.quiet = true;
        else if (word == "--help" || word == "-h")
            help = true;
        else
            rest.push_back(std::move(word));
    }
    words = std::move(rest);
    return options;
}

int printManual(const Commands& commands, const std::vector<std::string>& words) {
    std::string format = "text";
    std::vector<std::filesystem::path> about;
    Arguments arguments;
    arguments.positional("COMMAND", "the command to explain", about, 0, 1);
    arguments.text("--format", "FORMAT", format, "text, markdown, man or bash");
    arguments.parse(words);
    if (format == "markdown")
        std::cout << manualMarkdown(commands);
    else if (format == "man")
        std::cout << manualRoff(commands);
    else if (format == "bash")
        std::cout << completionBash(commands);
    else if (format != "text")
        throw UsageError("--format takes text, markdown, man or bash, not '" + format + "'");
    else if (about.empty())
        std::cout << overviewText(commands);
    else {
        for (const auto& command : commands)
            if (command->name() == about.front()) {
                std::cout << helpText(*command);
                return done;
            }
        throw UsageError("There is no command '" + about.front().string() + "'");
    }
    return done;
}

Command& commandNamed(const Commands& commands, const std::string& name) {
    std::vector<std::string> names{"help"};
    for (const auto& command : commands) {
        if (command->name() == name) return *command;
        names.push_back(command->name());
    }
    const std::string meant = nearest(name, names);
    throw UsageError("There is no command '" + name + "'" +
                     (meant.empty() ? "; chronnect-cli --help lists them" : ", did you mean '" + meant + "'?"));
}

int runCommand(Command& command, std::vector<std::string> words, std::stop_token stop) {
    bool help = false;
    Console::Options options = takeCommon(words, help);
    if (help) {
        std::cout << helpText(command);
        return done;
    }
    Arguments arguments;
    command.declare(arguments);
    arguments.parse(words);
    if (!command.missing().empty()) throw Error(ErrorKind::Unsupported, command.missing());
    options.inFiles = command.writesFiles(arguments);
    Console console(options, std::move(stop));
    const Json result = command.run(arguments, console);
    console.clearProgress();
    if (options.json) std::cout << result.dump() << '\n';
    return command.exitCode();
}

int dispatch(std::vector<std::string> words, std::stop_token stop) {
    const Commands commands = allCommands();
    if (words.empty()) {
        std::cerr << overviewText(commands);
        return wrongUsage;
    }
    const std::string name = words.front();
    words.erase(words.begin());
    if (name == "--help" || name == "-h")
        std::cout << overviewText(commands);
    else if (name == "--version")
        std::cout << versionText() << '\n';
    else if (name == "help")
        return printManual(commands, words);
    else
        return runCommand(commandNamed(commands, name), std::move(words), std::move(stop));
    return done;
}

/// Every way a run can end, as an exit code and at most one sentence on standard error.
int guarded(const std::vector<std::string>& words, const std::stop_token& stop) {
    const auto tell = [](std::string_view sentence) { std::cerr << "chronnect-cli: " << sentence << '\n'; };
    try {
        const int code = dispatch(words, stop);
        if (!std::cout.flush()) {
            tell("Standard output cannot be written, the disk may be full or the reader gone");
            return failed;
        }
        return code;
    } catch (const UsageError& error) {
        tell(error.what());
        return wrongUsage;
    } catch (const Cancelled&) {
        tell("interrupted");
        return interrupted;
    } catch (const Error& error) {
        if (stop.stop_requested()) {
            tell("interrupted");
            return interrupted;
        }
        tell(error.what());
        return codeOf(error.kind());
    } catch (const std::bad_alloc&) {
        tell("There is not enough memory for this; use fewer runs, shorter windows or a smaller batch");
    } catch (const std::exception& error) {
        tell(std::string("Internal failure: ") + error.what());
    }
    return failed;
}

}  // namespace
}  // namespace chronnect::cli

int main(int count, char** values) {
    const chronnect::cli::Interrupt interrupt;
    const int code = chronnect::cli::guarded({values + 1, values + count}, interrupt.token());
    if (code != chronnect::cli::interrupted) return code;
    // Who interrupts waits for the prompt. All of ours is written and closed by now; the libraries' own farewell, most
    // of it LibTorch's, would take another 0.15 s.
    std::cout.flush();
    std::fflush(nullptr);
    std::_Exit(code);
}
