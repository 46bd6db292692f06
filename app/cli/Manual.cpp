#include "app/cli/Manual.h"

#include <algorithm>

namespace chronnect::cli {

namespace {

constexpr std::string_view purpose =
    "Dynamic functional connectivity and self-supervised models of it, without a window.";

constexpr std::string_view exitCodes[][2] = {
    {"0", "done"},
    {"1", "the program failed (numerical trouble, out of memory, a fault of its own)"},
    {"2", "the input cannot be used; standard error says what, where and what to do in one sentence"},
    {"3", "the command line is wrong"},
    {"130", "interrupted (Ctrl-C or a terminate signal); finished files and checkpoints are kept"},
};

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return c == ' ' ? '-' : std::toupper(c); });
    return text;
}

/// "--step, --stride VOLUMES"
std::string signature(const Option& option) {
    std::string result = option.name;
    if (!option.alias.empty()) result += ", " + option.alias;
    if (!option.isSwitch) result += " " + upper(option.placeholder);
    return result;
}

/// Help, choices and default in one sentence.
std::string explanation(const Option& option) {
    std::string result = option.help;
    if (!option.choices.empty()) {
        result += result.empty() ? "one of: " : "; one of: ";
        for (std::size_t i = 0; i < option.choices.size(); ++i) result += (i ? ", " : "") + option.choices[i];
    }
    if (option.required)
        result += " [required]";
    else if (!option.standard.empty())
        result += " [" + option.standard + "]";
    return result;
}

std::string usageLine(const Command& command, const Arguments& arguments) {
    std::string line = "chronnect-cli " + command.name();
    for (const auto& positional : arguments.positionals()) {
        std::string name = positional.name + (positional.maximum > 1 ? "..." : "");
        line += positional.minimum == 0 ? " [" + name + "]" : " " + name;
    }
    for (const auto& option : arguments.options())
        if (option.required) line += " " + option.name + " " + upper(option.placeholder);
    return line + " [options]";
}

/// Breaks a text at spaces so that no line is longer than `width`; lines after the first start with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent, std::size_t used) {
    std::string result;
    std::size_t column = used;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (column > indent && column + 1 + end - at > width) {
            result += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (at > 0) {
            result += ' ';
            ++column;
        }
        result += text.substr(at, end - at);
        column += end - at;
        at = end + 1;
    }
    return result;
}

void appendEntry(std::string& out, const std::string& left, const std::string& right, std::size_t indent) {
    out += "  " + left;
    const std::size_t used = 2 + left.size();
    if (used + 2 > indent)
        out += "\n" + std::string(indent, ' ');
    else
        out += std::string(indent - used, ' ');
    out += wrapped(right, 110, indent, indent) + "\n";
}

std::vector<std::string> groupsOf(const std::vector<Option>& options) {
    std::vector<std::string> groups;
    for (const auto& option : options)
        if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) groups.push_back(option.group);
    return groups;
}

std::string escapedRoff(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\')
            result += "\\e";
        else if (c == '-')
            result += "\\-";
        else
            result += c;
    }
    if (!result.empty() && (result.front() == '.' || result.front() == '\'')) result.insert(0, "\\&");
    return result;
}

std::string escapedCell(const std::string& text) {
    std::string result;
    for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
    return result;
}

void appendMarkdown(std::string& out, Command& command) {
    Arguments arguments;
    command.declare(arguments);
    out += "\n## " + command.name() + "\n\n" + command.summary() + ".\n\n    " + usageLine(command, arguments) + "\n";
    if (!command.details().empty()) out += "\n" + command.details() + "\n";
    if (!command.example().empty()) out += "\n    " + command.example() + "\n";
    for (const auto& positional : arguments.positionals())
        out += "\n* `" + positional.name + "`: " + positional.help + "\n";
    for (const auto& group : groupsOf(arguments.options())) {
        out += "\n| " + group + " | |\n| --- | --- |\n";
        for (const auto& option : arguments.options())
            if (option.group == group)
                out += "| `" + escapedCell(signature(option)) + "` | " + escapedCell(explanation(option)) + " |\n";
    }
}

void appendRoff(std::string& out, Command& command) {
    Arguments arguments;
    command.declare(arguments);
    out += ".SS " + escapedRoff(command.name()) + "\n" + escapedRoff(command.summary()) + ".\n.PP\n.B " +
           escapedRoff(usageLine(command, arguments)) + "\n";
    if (!command.details().empty()) out += ".PP\n" + escapedRoff(command.details()) + "\n";
    for (const auto& positional : arguments.positionals())
        out += ".TP\n.I " + escapedRoff(positional.name) + "\n" + escapedRoff(positional.help) + "\n";
    for (const auto& option : arguments.options())
        out += ".TP\n.B " + escapedRoff(signature(option)) + "\n" + escapedRoff(explanation(option)) + "\n";
}

}  // namespace

const std::vector<Option>& commonOptions() {
    static const std::vector<Option> options = [] {
        const auto make = [](const char* name, const char* help) {
            Option option;
            option.name = name;
            option.help = help;
            option.isSwitch = true;
            return option;
        };
        return std::vector<Option>{
            make("--json", "Print the result as one JSON value on standard output"),
            make("--progress", "Report progress although standard error is no terminal"),
            make("--quiet", "No remarks and no progress; where the result goes to files, nothing but errors"),
            make("--help", "Explain the command and its options")};
    }();
    return options;
}

std::string overviewText(const Commands& commands) {
    std::string out = "chronnect-cli: " + std::string(purpose) +
                      "\n\nUsage: chronnect-cli COMMAND [arguments] [options]\n\nCommands:\n";
    for (const auto& command : commands)
        appendEntry(out, command->name(),
                    command->summary() + (command->missing().empty() ? "" : " (not in this build)"), 18);
    out += "\nEvery command:\n";
    for (const auto& option : commonOptions()) appendEntry(out, signature(option), option.help, 18);
    out += "\nExit codes:\n";
    for (const auto& code : exitCodes) appendEntry(out, std::string(code[0]), std::string(code[1]), 8);
    out +=
        "\n'chronnect-cli COMMAND --help' explains one command. 'chronnect-cli --version' names the version.\n"
        "'chronnect-cli help --format markdown|man|bash' writes the manual or the shell completion.\n";
    return out;
}

std::string helpText(Command& command) {
    Arguments arguments;
    command.declare(arguments);
    std::string out = command.summary() + ".\n\nUsage: " + usageLine(command, arguments) + "\n";
    if (!command.details().empty()) out += "\n" + wrapped(command.details(), 110, 0, 0) + "\n";
    if (!command.example().empty()) out += "\nExample:\n  " + command.example() + "\n";
    if (!command.missing().empty()) out += "\n" + wrapped(command.missing(), 110, 0, 0) + "\n";
    if (!arguments.positionals().empty()) out += "\nArguments:\n";
    for (const auto& positional : arguments.positionals()) appendEntry(out, positional.name, positional.help, 34);
    for (const auto& group : groupsOf(arguments.options())) {
        out += "\n" + group + ":\n";
        for (const auto& option : arguments.options())
            if (option.group == group) appendEntry(out, signature(option), explanation(option), 34);
    }
    out += "\nEvery command:\n";
    for (const auto& option : commonOptions()) appendEntry(out, signature(option), option.help, 34);
    return out;
}

std::string manualMarkdown(const Commands& commands) {
    std::string out =
        "# chronnect-cli\n\n" + std::string(purpose) +
        "\n\nThis page is written by `chronnect-cli help --format markdown`; a test compares the two.\n\n"
        "Results for people go to standard output, or with `--json` one JSON value and nothing else. Remarks and "
        "the progress line go to standard error; progress appears on a terminal, elsewhere only with `--progress`. "
        "A switch may be followed by `true` or `false` or turned off by `--no-NAME`. "
        "The value in square brackets is the default.\n\n| exit code | meaning |\n| --- | --- |\n";
    for (const auto& code : exitCodes) out += "| " + std::string(code[0]) + " | " + std::string(code[1]) + " |\n";
    out += "\n| every command | |\n| --- | --- |\n";
    for (const auto& option : commonOptions()) out += "| `" + signature(option) + "` | " + option.help + " |\n";
    for (const auto& command : commands) appendMarkdown(out, *command);
    return out;
}

std::string manualRoff(const Commands& commands) {
    std::string out =
        ".TH CHRONNECT\\-CLI 1 \"\" \"chronnect\" \"User Commands\"\n.SH NAME\nchronnect\\-cli \\- dynamic brain networks "
        "and models of them, without a window\n.SH SYNOPSIS\n.B chronnect\\-cli\n.I COMMAND\n[arguments] [options]\n"
        ".SH DESCRIPTION\n" +
        escapedRoff(std::string(purpose)) + "\n.SH COMMON OPTIONS\n";
    for (const auto& option : commonOptions())
        out += ".TP\n.B " + escapedRoff(option.name) + "\n" + escapedRoff(option.help) + "\n";
    out += ".SH COMMANDS\n";
    for (const auto& command : commands) appendRoff(out, *command);
    out += ".SH EXIT STATUS\n";
    for (const auto& code : exitCodes)
        out += ".TP\n.B " + std::string(code[0]) + "\n" + escapedRoff(std::string(code[1])) + "\n";
    out +=
        ".SH ENVIRONMENT\n.TP\n.B CHRONNECT_THREADS\nHow many threads data\\-parallel work may use.\n"
        ".TP\n.B OMP_WAIT_POLICY\npassive: threads of training sleep while they wait, which is much faster on a machine that has "
        "other work.\n"
        ".TP\n.B RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT\nThis process' place in distributed training, as torchrun sets them.\n"
        ".SH SEE ALSO\n.BR chronnect (1)\n";
    return out;
}

std::string completionBash(const Commands& commands) {
    std::string names = "help", cases, values;
    for (const auto& command : commands) {
        Arguments arguments;
        command->declare(arguments);
        names += " " + command->name();
        cases += "        " + command->name() + ") options=\"";
        for (const auto& option : arguments.options()) {
            cases += option.name + " ";
            if (option.choices.empty()) continue;
            values += "        " + command->name() + ":" + option.name + ") choices=\"";
            for (std::size_t i = 0; i < option.choices.size(); ++i) values += (i ? " " : "") + option.choices[i];
            values += "\" ;;\n";
        }
        for (const auto& option : commonOptions())
            cases += option.name + (&option == &commonOptions().back() ? "" : " ");
        cases += "\" ;;\n";
    }
    return "# bash completion for chronnect-cli, written by: chronnect-cli help --format bash\n"
           "_chronnect_cli() {\n"
           "    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" options=\"\" choices=\"\"\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"" +
           names +
           " --help --version\" -- \"$current\"))\n"
           "        return\n"
           "    fi\n"
           "    case \"${COMP_WORDS[1]}:$previous\" in\n" +
           values +
           "    esac\n"
           "    if [ -n \"$choices\" ]; then\n"
           "        COMPREPLY=($(compgen -W \"$choices\" -- \"$current\"))\n"
           "        return\n"
           "    fi\n"
           "    case \"${COMP_WORDS[1]}\" in\n" +
           cases +
           "    esac\n"
           "    if [[ \"$current\" == -* ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
           "    else\n"
           "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _chronnect_cli chronnect-cli\n";
}

}  // namespace chronnect::cli
