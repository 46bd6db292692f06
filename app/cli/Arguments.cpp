#include "app/cli/Arguments.h"

#include "core/base/Error.h"
#include "core/base/Files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

namespace chronnect::cli {

namespace {

constexpr double noMinimum = std::numeric_limits<double>::lowest();
constexpr double noMaximum = std::numeric_limits<double>::max();

/// Number of single-letter insertions, removals and replacements between two words (Levenshtein 1966).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row.back();
}

bool isTruthWord(const std::string& word) {
    return word == "true" || word == "false" || word == "yes" || word == "no" || word == "on" || word == "off";
}

}  // namespace

std::string optionName(std::string_view parameter, const std::string& prefix) {
    std::string name = "--" + (prefix.empty() ? "" : prefix + "-") + std::string(parameter);
    std::replace(name.begin() + 2, name.end(), '_', '-');
    return name;
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t bestDistance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : candidates)
        if (const std::size_t d = distance(word, candidate); d < bestDistance) {
            best = candidate;
            bestDistance = d;
        }
    if (!best.empty()) return best;
    for (const auto& candidate : candidates)
        if (word.size() > 3 && candidate.starts_with(word)) return candidate;
    return {};
}

bool parseBool(const std::string& option, const std::string& text) {
    if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
    if (text == "false" || text == "no" || text == "off" || text == "0") return false;
    throw UsageError(option + " takes true or false, not '" + text + "'");
}

double parseNumber(const std::string& option, const std::string& text) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stop != end || !std::isfinite(value))
        throw UsageError(option + " takes a number, not '" + text + "'");
    return value;
}

std::string rangeText(const ParameterInfo& info) {
    const bool low = info.minimum != noMinimum, high = info.maximum != noMaximum;
    const auto text = [](double number) {
        const bool whole = std::abs(number) < 1e15 && number == std::floor(number);
        return whole ? std::to_string(static_cast<long long>(number)) : Json(number).dump(-1);
    };
    if (low && high) return text(info.minimum) + " to " + text(info.maximum);
    if (low) return "at least " + text(info.minimum);
    if (high) return "at most " + text(info.maximum);
    return {};
}

Option& Arguments::add(Option option) {
    if (find(option.name)) throw Error(ErrorKind::Internal, "The option " + option.name + " is declared twice");
    if (option.group.empty()) option.group = m_group;
    return m_options.emplace_back(std::move(option));
}

void Arguments::positional(std::string name, std::string help, std::vector<std::filesystem::path>& target,
                           std::size_t minimum, std::size_t maximum) {
    m_positionals.push_back({std::move(name), std::move(help), minimum, maximum, &target});
}

void Arguments::flag(std::string name, bool& target, std::string help) {
    Option option;
    option.read = [&target, name](const std::string& text) { target = parseBool(name, text); };
    option.name = std::move(name);
    option.help = std::move(help);
    option.isSwitch = true;
    add(std::move(option));
}

void Arguments::text(std::string name, std::string placeholder, std::string& target, std::string help) {
    Option option;
    option.name = std::move(name);
    option.placeholder = std::move(placeholder);
    option.help = std::move(help);
    option.standard = target;
    option.read = [&target](const std::string& value) { target = value; };
    add(std::move(option));
}

void Arguments::choice(std::string name, std::string placeholder, std::string& target, std::vector<std::string> choices,
                       std::string help) {
    Option option;
    option.name = std::move(name);
    option.placeholder = std::move(placeholder);
    option.help = std::move(help);
    option.standard = target;
    option.choices = std::move(choices);
    option.read = [&target, choices = option.choices, name = option.name](const std::string& value) {
        if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
            std::string all;
            for (const auto& each : choices) all += (all.empty() ? "" : ", ") + each;
            throw UsageError(name + " knows no '" + value + "' It takes one of: " + all);
        }
        target = value;
    };
    add(std::move(option));
}

void Arguments::path(std::string name, std::string placeholder, std::filesystem::path& target, std::string help,
                     bool required) {
    Option option;
    option.read = [&target, name](const std::string& value) {
        if (value.empty()) throw UsageError(name + " needs a file or folder, not an empty text");
        target = value;
    };
    option.name = std::move(name);
    option.placeholder = std::move(placeholder);
    option.help = std::move(help);
    option.required = required;
    add(std::move(option));
}

void Arguments::alias(const std::string& name, std::string second) {
    if (Option* option = find(name))
        option->alias = std::move(second);
    else
        throw Error(ErrorKind::Internal, "There is no option " + name + " to give a second name");
}

void Arguments::require(const std::string& name) {
    if (Option* option = find(name))
        option->required = true;
    else
        throw Error(ErrorKind::Internal, "There is no option " + name + " to require");
}

Option* Arguments::find(const std::string& name) {
    const auto found = std::find_if(m_options.begin(), m_options.end(), [&](const Option& o) {
        return o.name == name || (!o.alias.empty() && o.alias == name);
    });
    return found == m_options.end() ? nullptr : &*found;
}

bool Arguments::given(std::string_view name) const {
    return std::any_of(m_options.begin(), m_options.end(), [&](const Option& o) { return o.given && o.name == name; });
}

bool Arguments::anyGivenIn(std::string_view heading) const {
    return std::any_of(m_options.begin(), m_options.end(),
                       [&](const Option& o) { return o.given && o.group == heading; });
}

void Arguments::refuseUnknown(const std::string& name) const {
    std::vector<std::string> known{"--help", "--json", "--progress", "--quiet"};
    for (const auto& option : m_options) {
        known.push_back(option.name);
        if (!option.alias.empty()) known.push_back(option.alias);
        if (option.isSwitch) known.push_back("--no-" + option.name.substr(2));
    }
    const std::string meant = nearest(name, known);
    throw UsageError("There is no option " + name +
                     (meant.empty() ? "; --help lists them all" : ", did you mean " + meant + "?"));
}

/// Reads the option at `at` and returns the position after it and its value.
std::size_t Arguments::readOption(const std::vector<std::string>& words, std::size_t at) {
    const std::size_t equals = words[at].find('=');
    std::string name = words[at].substr(0, equals);
    Option* option = find(name);
    bool negated = false;
    if (!option && name.starts_with("--no-")) {
        option = find("--" + name.substr(5));
        negated = option && option->isSwitch;
        if (!negated) option = nullptr;
    }
    if (!option) refuseUnknown(name);
    if (negated && equals != std::string::npos) throw UsageError(name + " takes no value");
    std::string value;
    std::size_t next = at + 1;
    if (equals != std::string::npos)
        value = words[at].substr(equals + 1);
    else if (negated)
        value = "false";
    else if (option->isSwitch)
        value = next < words.size() && isTruthWord(words[next]) ? words[next++] : "true";
    else if (next < words.size())
        value = words[next++];
    else
        throw UsageError(option->name + " needs a value: " + option->name + " " + option->placeholder);
    option->read(value);
    option->given = true;
    return next;
}

/// Hands the words without a name to the positionals in order, each taking as many as it may.
void Arguments::distribute(const std::vector<std::string>& loose) {
    std::size_t at = 0;
    for (std::size_t p = 0; p < m_positionals.size(); ++p) {
        std::size_t needed = 0;
        for (std::size_t later = p + 1; later < m_positionals.size(); ++later) needed += m_positionals[later].minimum;
        const std::size_t left = loose.size() - at;
        const std::size_t take = std::min(m_positionals[p].maximum, left > needed ? left - needed : 0);
        if (take < m_positionals[p].minimum)
            throw UsageError("Missing " + m_positionals[p].name + ": " + m_positionals[p].help);
        for (std::size_t i = 0; i < take; ++i) {
            if (loose[at].empty()) throw UsageError(m_positionals[p].name + " is an empty text");
            m_positionals[p].target->push_back(loose[at++]);
        }
    }
    if (at < loose.size()) throw UsageError("'" + loose[at] + "' is one argument too many; --help shows the usage");
}

void Arguments::settingsFile() {
    Option option;
    option.name = "--settings";
    option.placeholder = "FILE";
    option.help = "Settings of an earlier call, as --json printed them, or a JSON object of option names and values";
    option.read = [](const std::string&) {};  // read before all others, see readSettingsNamedIn
    add(std::move(option));
}

/// Settings come first, so that options on the line win wherever they stand.
void Arguments::readSettingsNamedIn(const std::vector<std::string>& words) {
    if (!find("--settings")) return;
    for (std::size_t at = 0; at < words.size() && words[at] != "--"; ++at) {
        std::string file;
        if (words[at] == "--settings" && at + 1 < words.size())
            file = words[at + 1];
        else if (words[at].starts_with("--settings="))
            file = words[at].substr(11);
        else
            continue;
        try {
            const Json json = Json::parse(readFile(file, std::size_t{64} << 20));
            if (!json.isObject()) throw Error(ErrorKind::BadInput, "it holds no JSON object");
            apply(json.contains("settings") ? json["settings"] : json);
            if (json["input"].contains("cleaning")) apply(json["input"]["cleaning"]);
        } catch (const Error& error) {
            throw Error("Cannot take settings from " + file, error);
        }
    }
}

void Arguments::apply(const Json& settings) {
    for (std::size_t i = 0; i < settings.size(); ++i) {
        const Json& value = settings.items()[i];
        if (value.isObject()) {
            apply(value);
            continue;
        }
        const std::string name = optionName(settings.keys()[i], {});
        Option* const option = find(name);
        if (!option) refuseUnknown(name);
        option->read(value.isString() ? value.text() : value.dump(-1));
        option->given = true;
    }
}

void Arguments::parse(const std::vector<std::string>& words) {
    readSettingsNamedIn(words);
    std::vector<std::string> loose;
    bool onlyLoose = false;
    for (std::size_t at = 0; at < words.size();) {
        const std::string& word = words[at];
        if (!onlyLoose && word == "--") {
            onlyLoose = true;
            ++at;
        } else if (!onlyLoose && word.size() > 1 && word.front() == '-') {
            at = readOption(words, at);
        } else {
            loose.push_back(word);
            ++at;
        }
    }
    distribute(loose);
    for (const auto& option : m_options)
        if (option.required && !option.given)
            throw UsageError("Missing " + option.name + " " + option.placeholder + ": " + option.help);
}

}  // namespace chronnect::cli
