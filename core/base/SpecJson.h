#pragma once

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/base/Parameters.h"

#include <cmath>
#include <string>

namespace chronnect {

/// A spec as a JSON object, by the names of its parameter list.
template <class Spec>
Json toJson(const Spec& spec) {
    Json result = Json::object();
    visitParameters(spec, [&](const auto& value, const ParameterInfo& info) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_enum_v<Value>)
            result.set(std::string(info.name), Json(nameOf(value)));
        else
            result.set(std::string(info.name), Json(value));
    });
    return result;
}

namespace detail {

template <class Value>
void readParameter(Value& value, const Json& json, const ParameterInfo& info) {
    const auto refuse = [&](const std::string& expected) {
        throw Error(ErrorKind::BadInput, "Setting '" + std::string(info.name) + "' must be " + expected);
    };
    if constexpr (std::is_same_v<Value, bool>) {
        if (json.type() != Json::Type::Bool) refuse("true or false");
        value = json.boolean();
    } else if constexpr (std::is_enum_v<Value>) {
        std::string choices;
        for (std::size_t i = 0; i < EnumNames<Value>::names.size(); ++i) {
            if (EnumNames<Value>::names[i] == json.text()) {
                value = static_cast<Value>(i);
                return;
            }
            choices += (i ? ", " : "") + std::string(EnumNames<Value>::names[i]);
        }
        refuse("one of: " + choices);
    } else if constexpr (std::is_arithmetic_v<Value>) {
        if (!json.isNumber()) refuse("a number");
        const double number = json.number();
        if (!(number >= info.minimum && number <= info.maximum))
            refuse("between " + Json(info.minimum).dump(-1) + " and " + Json(info.maximum).dump(-1));
        if (std::is_integral_v<Value> && std::floor(number) != number) refuse("a whole number");
        value = static_cast<Value>(number);
    } else {
        if (!json.isString()) refuse("text");
        value = json.text();
    }
}

}  // namespace detail

/// Reads the members of `spec` that `json` names; others keep their value, so old files open with defaults.
/// Throws Error(BadInput) when a value has the wrong type or is out of range.
template <class Spec>
void readJson(Spec& spec, const Json& json) {
    visitParameters(spec, [&](auto& value, const ParameterInfo& info) {
        if (const Json* member = json.find(info.name)) detail::readParameter(value, *member, info);
    });
}

}  // namespace chronnect
