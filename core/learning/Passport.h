#pragma once

#include "core/base/Json.h"
#include "core/base/Notice.h"
#include "core/learning/ScanSource.h"

#include <string>
#include <string_view>
#include <vector>

namespace chronnect {

struct Model;

enum class Light { Green, Amber, Red };
std::string_view lightText(Light light);  ///< "green", "amber", "red"

/// One thing a model says about the data it was trained on, held against the data at hand.
struct PassportItem {
    std::string name;  ///< "repetition time", "atlas", ...
    Light light = Light::Green;
    std::string model, data;  ///< what each of them says, for a table; empty = it does not say
    std::string sentence;     ///< what that means
    bool notStated = false;   ///< amber only because one of them does not say
    bool final = false;       ///< red, and nothing can be computed, forced or not
};

/// Whether a model may be applied to data.
struct PassportCheck {
    std::vector<PassportItem> items;  ///< always the same eight, in the same order

    Light worst() const;
    std::vector<const PassportItem*> with(Light light) const;
    /// The sentences of the red items in one; empty when there is none.
    std::string refusal() const;
};

/// Repetition time: within 2 % green, within 25 % amber. Atlas: names in order; names that only count ("R1", "R2")
/// cannot be told apart. Normalisation; length of scans; cleaning (another filter or global signal regression is red);
/// objective, seed and versions, which tell where the model comes from.
PassportCheck checkPassport(const Model& model, const ScanSource& data);

/// What the engine does to every region before windows are cut; the passport of a model says the same.
extern const std::string_view scanNormalisation;

/// SHA-256 of the region names in order.
std::string regionsHash(const std::vector<std::string>& regions);

/// The facts about training data that a passport holds: TR, regions, normalisation, length, cleaning, program version.
Json dataPassport(const ScanSource& data);

Json toJson(const PassportCheck& check);

}  // namespace chronnect
