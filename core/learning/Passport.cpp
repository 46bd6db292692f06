#include "core/learning/Passport.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/Learning.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace chronnect {

const std::string_view scanNormalisation = "z-score per region over the scan, ddof 0";

namespace {

std::string text(double value) { return Json(value).dump(-1); }

PassportItem notStated(std::string name, std::string model, std::string data, std::string sentence) {
    return {std::move(name), Light::Amber, std::move(model), std::move(data), std::move(sentence), true, false};
}

PassportItem repetitionTime(const Json& passport, const ScanSource& scans) {
    constexpr double same = 0.02, near = 0.25;
    const double trained = passport["repetition_time"].number(), here = scans.repetitionTime();
    const std::string name = "repetition time", model = trained > 0 ? text(trained) + " s" : "",
                      data = here > 0 ? text(here) + " s" : "";
    if (trained <= 0)
        return notStated(name, model, data, "The model does not say at which repetition time it was trained");
    if (here <= 0)
        return notStated(name, model, data, "The data do not say their repetition time; the model needs " + model);
    const double apart = std::abs(trained - here) / trained;
    if (apart <= same) return {name, Light::Green, model, data, "Both have a volume every " + data};
    const std::string both = "The model was trained at a repetition time of " + model + ", the data have " + data +
                             ", so a window covers another stretch of time";
    return {name, apart <= near ? Light::Amber : Light::Red, model, data, both};
}

/// "R1", "R2", ...: one beginning and a running number, which says nothing about places in the brain.
bool onlyNumbered(const std::vector<std::string>& regions) {
    const auto digits = [](const std::string& name) {
        std::size_t at = name.size();
        while (at > 0 && std::isdigit(static_cast<unsigned char>(name[at - 1]))) --at;
        return at;
    };
    if (regions.empty()) return true;
    const std::size_t start = digits(regions.front());
    long expected = -1;
    for (const auto& name : regions) {
        const std::size_t at = digits(name);
        if (at == name.size() || name.size() - at > 9 || name.compare(0, at, regions.front(), 0, start) != 0)
            return false;
        const long number = std::stol(name.substr(at));
        if (expected >= 0 && number != expected) return false;
        expected = number + 1;
    }
    return true;
}

PassportItem atlas(const Model& model, const ScanSource& scans) {
    const auto countOf = [](const std::vector<std::string>& names) {
        return std::to_string(names.size()) + " regions";
    };
    const std::string name = "atlas", trained = countOf(model.regions), here = countOf(scans.regions());
    if (model.regions.size() != scans.regions().size())
        return {name,
                Light::Red,
                trained,
                here,
                "The model '" + model.name + "' was trained on " + trained + ", the data have " +
                    std::to_string(scans.regions().size()) + "; use the same atlas",
                false,
                true};
    const std::string stored = model.passport["regions_hash"].text(regionsHash(model.regions));
    if (onlyNumbered(model.regions) || onlyNumbered(scans.regions()))
        return notStated(name, trained, here,
                         "The regions are only numbered, so whether the atlas is the same cannot be seen");
    if (stored == regionsHash(scans.regions()))
        return {name, Light::Green, trained, here, "Both have the same " + here + " in the same order"};
    return {name, Light::Red, trained, here,
            "The regions have other names or another order than those the model was trained on; "
            "results are only right when the atlas is the same"};
}

PassportItem normalisation(const Json& passport) {
    const std::string name = "normalisation", trained = passport["normalisation"].text(), here(scanNormalisation);
    if (trained.empty())
        return notStated(name, trained, here, "The model does not say how its series were scaled; here it is: " + here);
    if (trained == here) return {name, Light::Green, trained, here, "Both: " + here};
    return {name, Light::Red, trained, here,
            "The model was trained on series scaled by '" + trained + "', here they are scaled by '" + here + "'"};
}

PassportItem length(const Json& passport, const ScanSource& scans) {
    std::size_t shortest = scans.count() ? scans.info(0).volumes : 0, longest = shortest, tooShort = 0;
    const auto window = static_cast<std::size_t>(passport["graph"]["window_length"].number());
    for (std::size_t scan = 0; scan < scans.count(); ++scan) {
        shortest = std::min(shortest, scans.info(scan).volumes);
        longest = std::max(longest, scans.info(scan).volumes);
        tooShort += scans.info(scan).volumes <= window;
    }
    const auto span = [](double from, double to) {
        return text(from) + (from == to ? "" : " to " + text(to)) + " volumes";
    };
    const Json& volumes = passport["volumes"];
    const double from = volumes["shortest"].number(), to = volumes["longest"].number();
    const std::string name = "length", trained = to > 0 ? span(from, to) : "",
                      here = span(static_cast<double>(shortest), static_cast<double>(longest));
    if (tooShort > 0)
        return {name,
                tooShort == scans.count() ? Light::Red : Light::Amber,
                trained,
                here,
                std::to_string(tooShort) + " of " + std::to_string(scans.count()) +
                    " scans are no longer than one window of " + std::to_string(window) + " volumes",
                false,
                tooShort == scans.count()};
    if (to <= 0)
        return notStated(name, trained, here, "The model does not say how long the scans were that it was trained on");
    if (static_cast<double>(shortest) >= 0.5 * from && static_cast<double>(longest) <= 2 * to)
        return {name, Light::Green, trained, here,
                "The scans of " + here + " are about as long as those in training (" + trained + ")"};
    const bool sums = passport["network"]["pooling"].text() == "sum";
    return {name, Light::Amber, trained, here,
            "The scans of " + here + " are of another length than those in training (" + trained + ")" +
                (sums ? ", and the model adds up over time, so its outputs grow with the length" : "")};
}

PassportItem cleaning(const Json& passport, const ScanSource& scans) {
    const std::string name = "cleaning", trained = passport["cleaning"].text(), here = scans.cleaning();
    if (trained.empty()) return notStated(name, trained, here, "The model does not say how its series were cleaned");
    if (here.empty())
        return notStated(name, trained, here,
                         "The data do not say how they were cleaned; hold that against the model's passport");
    if (trained == here) return {name, Light::Green, trained, here, "Both were cleaned with the same settings"};
    Json then, now;
    try {
        then = Json::parse(trained), now = Json::parse(here);
    } catch (const Error&) {
        return {name, Light::Amber, trained, here,
                "The series were cleaned in another way than those the model was trained on"};
    }
    std::string differences;
    bool grave = false;
    for (const auto& key : now.keys()) {
        if (then[key].dump(-1) == now[key].dump(-1)) continue;
        differences += (differences.empty() ? "" : ", ") + key + " " + then[key].dump(-1) + " -> " + now[key].dump(-1);
        grave |= key == "filter" || key == "global_signal" || key == "high_pass_hz" || key == "low_pass_hz";
    }
    if (differences.empty()) return {name, Light::Green, trained, here, "Both were cleaned with the same settings"};
    return {name, grave ? Light::Red : Light::Amber, trained, here,
            "The series were cleaned with other settings than those the model was trained on (" + differences + ")" +
                (grave ? ", which changes correlations themselves" : "")};
}

PassportItem origin(const std::string& name, const std::string& stated, const std::string& here) {
    if (stated.empty()) return notStated(name, stated, here, "The model does not say its " + name);
    return {name, Light::Green, stated, here, "The model's " + name + ": " + stated};
}

/// "st-mae", "fine-tuned to group after st-mae", "fine-tuned to group from scratch", or empty.
std::string objectiveOf(const Json& passport) {
    if (passport["objective"].isString()) return passport["objective"].text();
    if (!passport["target"].isString()) return {};
    const std::string before = passport["pretrained"]["objective"].text();
    return "fine-tuned to " + passport["target"].text() + (before.empty() ? " from scratch" : " after " + before);
}

PassportItem versions(const Json& passport) {
    const std::string stated = passport["versions"]["program"].text(), here(versionText());
    if (stated.empty() || stated == here) return origin("versions", stated, here);
    return {"versions", Light::Amber, stated, here, "The model was made by " + stated + ", this is " + here};
}

}  // namespace

std::string_view lightText(Light light) {
    return light == Light::Green ? "green" : light == Light::Amber ? "amber" : "red";
}

Light PassportCheck::worst() const {
    Light worst = Light::Green;
    for (const auto& item : items) worst = std::max(worst, item.light);
    return worst;
}

std::vector<const PassportItem*> PassportCheck::with(Light light) const {
    std::vector<const PassportItem*> found;
    for (const auto& item : items)
        if (item.light == light) found.push_back(&item);
    return found;
}

std::string PassportCheck::refusal() const {
    std::string all;
    for (const auto* item : with(Light::Red)) all += (all.empty() ? "" : "; ") + item->sentence;
    return all;
}

std::string regionsHash(const std::vector<std::string>& regions) {
    std::string all;
    for (const std::string& name : regions) all += name + '\n';
    return sha256(all);
}

PassportCheck checkPassport(const Model& model, const ScanSource& data) {
    const Json& passport = model.passport;
    const Json& seed = passport["seed"];
    PassportCheck check;
    check.items = {repetitionTime(passport, data),
                   atlas(model, data),
                   normalisation(passport),
                   length(passport, data),
                   cleaning(passport, data),
                   origin("objective", objectiveOf(passport), {}),
                   origin("seed", seed.isNumber() ? seed.dump(-1) : std::string(), {}),
                   versions(passport)};
    return check;
}

Json dataPassport(const ScanSource& data) {
    std::size_t shortest = data.count() ? data.info(0).volumes : 0, longest = shortest;
    for (std::size_t scan = 0; scan < data.count(); ++scan) {
        shortest = std::min(shortest, data.info(scan).volumes);
        longest = std::max(longest, data.info(scan).volumes);
    }
    return Json::object()
        .set("repetition_time", data.repetitionTime())
        .set("regions_hash", regionsHash(data.regions()))
        .set("regions", data.regions().size())
        .set("normalisation", scanNormalisation)
        .set("volumes", Json::object().set("shortest", shortest).set("longest", longest))
        .set("cleaning", data.cleaning());
}

Json toJson(const PassportCheck& check) {
    Json items = Json::array();
    for (const auto& item : check.items)
        items.push(Json::object()
                       .set("name", item.name)
                       .set("light", lightText(item.light))
                       .set("model", item.model)
                       .set("data", item.data)
                       .set("sentence", item.sentence)
                       .set("not_stated", Json(item.notStated)));
    return Json::object().set("light", lightText(check.worst())).set("items", std::move(items));
}

}  // namespace chronnect
