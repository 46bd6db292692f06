#pragma once

#include "core/base/SpecJson.h"

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect::cli {

/// The command line itself is wrong; the message says how to put it right.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One `--name VALUE` as help, manual and completion show it.
struct Option {
    std::string name;         ///< with its dashes
    std::string alias;        ///< a second name, or empty
    std::string placeholder;  ///< "VOLUMES"; empty for a switch
    std::string help;
    std::string standard;  ///< text of the value when it is not given; empty when there is none
    std::string group;     ///< heading in the help
    std::vector<std::string> choices;
    bool isSwitch = false;
    bool required = false;
    std::function<void(const std::string&)> read;
    bool given = false;
};

/// What stands on the line without a name.
struct Positional {
    std::string name;
    std::string help;
    std::size_t minimum = 1;
    std::size_t maximum = 1;
    std::vector<std::filesystem::path>* target = nullptr;
};

/// The options of one subcommand: declared once, read from the line, shown in help, manual and completion.
/// The variables handed in must outlive the object; they keep their value when the option is not given.
class Arguments {
public:
    void group(std::string heading) { m_group = std::move(heading); }
    void positional(std::string name, std::string help, std::vector<std::filesystem::path>& target,
                    std::size_t minimum = 1, std::size_t maximum = 1);
    void flag(std::string name, bool& target, std::string help);
    void text(std::string name, std::string placeholder, std::string& target, std::string help);
    /// One of a few names; empty when not given.
    void choice(std::string name, std::string placeholder, std::string& target, std::vector<std::string> choices,
                std::string help);
    void path(std::string name, std::string placeholder, std::filesystem::path& target, std::string help,
              bool required = false);
    void alias(const std::string& name, std::string second);
    void require(const std::string& name);

    /// Adds `--settings FILE`: options by name ('_' for '-') in a JSON object, objects inside it included, or what
    /// `--json` printed of an earlier call. Options on the line win.
    void settingsFile();

    /// Any single setting with its description, as addSpec adds them.
    template <class Value>
    void setting(Value& value, const ParameterInfo& info, const std::string& prefix = {});

    /// Every setting of a spec as `--[prefix-]name value`, '-' for '_', with its range, choices and default.
    /// A truth value may stand alone (= true), be followed by true or false, or be turned off by `--no-name`.
    template <class Spec>
    void spec(Spec& spec, const std::string& heading, const std::string& prefix = {}) {
        group(heading);
        visitParameters(spec, [&](auto& value, const ParameterInfo& info) { setting(value, info, prefix); });
    }

    /// Reads the line and then checks what is required. Throws UsageError; an unknown name is answered by the nearest
    /// one.
    void parse(const std::vector<std::string>& words);

    bool given(std::string_view name) const;
    bool anyGivenIn(std::string_view heading) const;
    const std::vector<Option>& options() const { return m_options; }
    const std::vector<Positional>& positionals() const { return m_positionals; }

private:
    Option& add(Option option);
    Option* find(const std::string& name);
    std::size_t readOption(const std::vector<std::string>& words, std::size_t at);
    void distribute(const std::vector<std::string>& loose);
    void readSettingsNamedIn(const std::vector<std::string>& words);
    void apply(const Json& settings);
    [[noreturn]] void refuseUnknown(const std::string& name) const;

    std::vector<Option> m_options;
    std::vector<Positional> m_positionals;
    std::string m_group = "Options";
};

/// `--window-length` for `window_length`.
std::string optionName(std::string_view parameter, const std::string& prefix);

/// The candidate with the fewest single-letter changes, if it is near enough to be meant; else empty.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// true, yes, on, 1 / false, no, off, 0. Throws UsageError.
bool parseBool(const std::string& option, const std::string& text);

/// A finite number in full. Throws UsageError.
double parseNumber(const std::string& option, const std::string& text);

/// "between 3 and 5000", "at least 0", or empty when there is no bound.
std::string rangeText(const ParameterInfo& info);

template <class Value>
void Arguments::setting(Value& value, const ParameterInfo& info, const std::string& prefix) {
    Option option;
    option.name = optionName(info.name, prefix);
    option.help = std::string(info.help.empty() ? info.label : info.help);
    Value* const target = &value;
    const std::string name = option.name;
    if constexpr (std::is_same_v<Value, bool>) {
        option.isSwitch = true;
        option.standard = value ? "true" : "false";
        option.read = [target, name](const std::string& text) { *target = parseBool(name, text); };
    } else if constexpr (std::is_enum_v<Value>) {
        option.placeholder = "NAME";
        for (const auto choice : EnumNames<Value>::names) option.choices.emplace_back(choice);
        option.standard = std::string(nameOf(value));
        option.read = [target, name, choices = option.choices](const std::string& text) {
            for (std::size_t i = 0; i < choices.size(); ++i)
                if (choices[i] == text) return void(*target = static_cast<Value>(i));
            std::string all;
            for (const auto& choice : choices) all += (all.empty() ? "" : ", ") + choice;
            const std::string meant = nearest(text, choices);
            throw UsageError(name + " knows no '" + text + "'" +
                             (meant.empty() ? "" : ", did you mean '" + meant + "'?") + " It takes one of: " + all);
        };
    } else if constexpr (std::is_arithmetic_v<Value>) {
        option.placeholder =
            info.unit.empty() ? (std::is_integral_v<Value> ? "COUNT" : "NUMBER") : std::string(info.unit);
        if (const std::string range = rangeText(info); !range.empty()) option.help += " (" + range + ")";
        option.standard = Json(static_cast<double>(value)).dump(-1);
        option.read = [target, name, low = info.minimum, high = info.maximum](const std::string& text) {
            const double number = parseNumber(name, text);
            if (!(number >= low && number <= high))
                throw UsageError(name + " must be " + rangeText({{}, {}, {}, {}, low, high}) + ", not " + text);
            if (std::is_integral_v<Value> && std::floor(number) != number)
                throw UsageError(name + " must be a whole number, not " + text);
            *target = static_cast<Value>(number);
        };
    } else {
        option.placeholder = "TEXT";
        option.standard = value;
        option.read = [target](const std::string& text) { *target = text; };
    }
    add(std::move(option));
}

}  // namespace chronnect::cli
