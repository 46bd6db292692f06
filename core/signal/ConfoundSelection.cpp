#include "core/signal/ConfoundSelection.h"

#include "core/base/Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <regex>

namespace chronnect {

namespace {

using Names = std::vector<std::string>;

const Names motionNames{"trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"};

void append(Names& names, const Names& more) { names.insert(names.end(), more.begin(), more.end()); }

Names withEnding(const Names& names, const std::string& ending) {
    Names result;
    for (const auto& name : names) result.push_back(name + ending);
    return result;
}

Names expanded(const Names& names, bool squares) {
    Names result = names;
    append(result, withEnding(names, "_derivative1"));
    if (squares) {
        append(result, withEnding(names, "_power2"));
        append(result, withEnding(names, "_derivative1_power2"));
    }
    return result;
}

Names starting(const Confounds& confounds, std::string_view prefix) {
    Names result;
    for (const auto& name : confounds.names)
        if (name.starts_with(prefix)) result.push_back(name);
    return result;
}

std::string listed(const Names& names, std::size_t most) {
    std::string result;
    for (std::size_t i = 0; i < names.size() && i < most; ++i) result += (i ? ", " : "") + names[i];
    return names.size() > most ? result + ", ..." : result;
}

/// The components of one mask in order, as names or the JSON file tell.
Names componentsOf(const Confounds& confounds, const std::string& mask) {
    const Names own = starting(confounds, mask == "CSF" ? "c_comp_cor_" : "w_comp_cor_");
    if (!own.empty()) return own;
    Names result;
    for (const auto& name : starting(confounds, "a_comp_cor_"))
        if (const auto found = confounds.components.find(name);
            found != confounds.components.end() && found->second.mask == mask)
            result.push_back(name);
    return result;
}

void keepFirst(Names& names, std::size_t count) {
    if (names.size() > count) names.resize(count);
}

/// The components up to and with the one that reaches half of the variance. fMRIPrep's variances count within a mask.
void keepHalfOfVariance(Names& names, const Confounds& confounds, Notices& notices) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = confounds.components.find(names[i]);
        if (found == confounds.components.end()) {
            notices.push_back({Severity::Warning, "The confounds' JSON file says nothing about " + names[i] + "; all " +
                                                      std::to_string(names.size()) + " components are used"});
            return;
        }
        if (found->second.cumulativeVariance >= 0.5) return keepFirst(names, i + 1);
    }
}

Names compCorNames(const Confounds& confounds, ConfoundStrategy strategy, Notices& notices) {
    const bool ten = strategy == ConfoundStrategy::ACompCor10;
    Names white = componentsOf(confounds, "WM"), fluid = componentsOf(confounds, "CSF"), result;
    if (!white.empty() && !fluid.empty()) {
        for (Names* names : {&white, &fluid}) {
            if (ten && names->size() < 5)
                notices.push_back({Severity::Warning, "The confounds have only " + std::to_string(names->size()) +
                                                          " of five components of " +
                                                          (names == &white ? "white matter" : "CSF")});
            if (ten)
                keepFirst(*names, 5);
            else
                keepHalfOfVariance(*names, confounds, notices);
            append(result, *names);
        }
        return result;
    }
    result = starting(confounds, "a_comp_cor_");
    if (result.empty())
        throw Error(ErrorKind::BadInput, "The confounds have no a_comp_cor columns; choose another strategy");
    if (ten)
        keepFirst(result, 10);
    else
        keepHalfOfVariance(result, confounds, notices);
    notices.push_back({Severity::Information,
                       "White matter and CSF components are not told apart in this confounds file; the first " +
                           std::to_string(result.size()) + " combined ones were used"});
    return result;
}

Names customNames(const Confounds& confounds, const std::string& pattern) {
    if (pattern.empty())
        throw Error(ErrorKind::BadInput, "The custom strategy needs a pattern, for example 'trans_.|rot_.'");
    Names result;
    try {
        const std::regex expression(pattern, std::regex::ECMAScript | std::regex::optimize);
        for (const auto& name : confounds.names)
            if (name.size() < 200 && std::regex_match(name, expression)) result.push_back(name);
    } catch (const std::regex_error&) {
        throw Error(ErrorKind::BadInput, "'" + pattern + "' is not a regular expression");
    }
    if (result.empty())
        throw Error(ErrorKind::BadInput,
                    "No confound fits '" + pattern + "'; the columns are " + listed(confounds.names, 12));
    return result;
}

Names aromaNames(const Confounds& confounds, Notices& notices) {
    Names result = starting(confounds, "aroma_motion_");
    if (result.empty())
        throw Error(ErrorKind::BadInput,
                    "The confounds have no aroma_motion columns: fMRIPrep must run with ICA-AROMA");
    notices.push_back({Severity::Information, "AROMA components are regressed out in full (aggressive denoising)"});
    append(result, {"csf", "white_matter"});
    return result;
}

Names wantedNames(const Confounds& confounds, const CleanSpec& spec, Notices& notices) {
    Names names;
    switch (spec.confounds) {
        case ConfoundStrategy::None: break;
        case ConfoundStrategy::Minimal: names = {"csf", "white_matter"}; break;
        case ConfoundStrategy::Motion6: names = motionNames; break;
        case ConfoundStrategy::Motion12: names = expanded(motionNames, false); break;
        case ConfoundStrategy::Motion24: names = expanded(motionNames, true); break;
        case ConfoundStrategy::Params36:
            names = expanded(motionNames, true);
            append(names, expanded({"csf", "white_matter", "global_signal"}, true));
            break;
        case ConfoundStrategy::ACompCor10:
        case ConfoundStrategy::ACompCor50: {
            names = expanded(motionNames, false);
            append(names, compCorNames(confounds, spec.confounds, notices));
            const bool highPass = spec.filter != TemporalFilter::None && spec.highPassHz > 0;
            if (!highPass) append(names, starting(confounds, "cosine"));
            break;
        }
        case ConfoundStrategy::Aroma: names = aromaNames(confounds, notices); break;
        case ConfoundStrategy::Custom: names = customNames(confounds, spec.confoundPattern); break;
    }
    if (spec.globalSignal && std::find(names.begin(), names.end(), "global_signal") == names.end())
        names.push_back("global_signal");
    return names;
}

/// A column of the file, or the derivative or square of one; nothing when that is missing too.
std::optional<std::vector<double>> columnOrDerived(const Confounds& confounds, const std::string& name) {
    const std::size_t volumes = confounds.volumeCount();
    std::vector<double> values(volumes);
    if (const auto column = confounds.column(name)) {
        for (std::size_t v = 0; v < volumes; ++v) values[v] = confounds.at(v, *column);
        return values;
    }
    constexpr std::string_view square = "_power2", derivative = "_derivative1";
    if (name.ends_with(square)) {
        auto base = columnOrDerived(confounds, name.substr(0, name.size() - square.size()));
        if (base)
            for (double& value : *base) value *= value;
        return base;
    }
    if (!name.ends_with(derivative)) return std::nullopt;
    const auto base = columnOrDerived(confounds, name.substr(0, name.size() - derivative.size()));
    if (!base) return std::nullopt;
    for (std::size_t v = 1; v < volumes; ++v) values[v] = (*base)[v] - (*base)[v - 1];
    if (volumes) values[0] = std::numeric_limits<double>::quiet_NaN();
    return values;
}

/// Fills what is missing with the column's mean; how many values that were, and whether only the first row was hit.
struct Filled {
    std::size_t count = 0;
    bool inFirstRowOnly = true;
};
Filled fillMissing(std::vector<double>& values) {
    Filled filled;
    double sum = 0;
    for (std::size_t v = 0; v < values.size(); ++v) {
        if (std::isfinite(values[v])) {
            sum += values[v];
            continue;
        }
        ++filled.count;
        filled.inFirstRowOnly = filled.inFirstRowOnly && v == 0;
    }
    const std::size_t finite = values.size() - filled.count;
    const double mean = finite ? sum / static_cast<double>(finite) : 0.0;
    for (double& value : values)
        if (!std::isfinite(value)) value = mean;
    return filled;
}

}  // namespace

SelectedConfounds selectConfounds(const Confounds& confounds, const CleanSpec& spec) {
    SelectedConfounds result;
    result.values = SignalMatrix(confounds.volumeCount(), 0);
    Names missing, gappy;
    for (const auto& name : wantedNames(confounds, spec, result.notices)) {
        auto values = columnOrDerived(confounds, name);
        if (!values) {
            missing.push_back(name);
            continue;
        }
        const Filled filled = fillMissing(*values);
        if (filled.count && !filled.inFirstRowOnly) gappy.push_back(name);
        result.names.push_back(name);
        result.values.append(*values);
    }
    if (!missing.empty())
        throw Error(ErrorKind::BadInput, "Strategy '" + std::string(nameOf(spec.confounds)) +
                                             "' needs confounds that the file lacks: " + listed(missing, 8) +
                                             "; choose another strategy");
    if (!gappy.empty())
        result.notices.push_back(
            {Severity::Warning, "Missing values inside " + listed(gappy, 6) + " were replaced by the column's mean"});
    return result;
}

}  // namespace chronnect
