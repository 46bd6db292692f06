#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <string_view>
#include <type_traits>

namespace chronnect {

/// What a person is told about one setting. Written once, next to the setting;
/// the form, the command line, the project file and the manual all read it from there.
struct ParameterInfo {
    std::string_view name;   ///< key in files and on the command line (there with '-' for '_')
    std::string_view label;  ///< text in the window
    std::string_view unit;
    std::string_view help;
    double minimum = std::numeric_limits<double>::lowest();
    double maximum = std::numeric_limits<double>::max();
    bool matters = true;  ///< whether it has an effect beside the other values of the spec being visited
};

/// A setting that has an effect under a condition only. Forms leave it out otherwise; files and the command line keep
/// it.
constexpr ParameterInfo when(bool matters, ParameterInfo info) {
    info.matters = matters;
    return info;
}

/// Specialise for an enum that is a setting: `static constexpr std::array<std::string_view, n> names{...}`, in order.
template <class Enum>
struct EnumNames;

/// A spec to read from or to write to: `T` or `const T`.
template <class Spec, class T>
concept SpecOf = std::same_as<std::remove_const_t<Spec>, T>;

/// The text of an enum value, as it stands in files and on the command line.
template <class Enum>
requires std::is_enum_v<Enum>
constexpr std::string_view nameOf(Enum value) { return EnumNames<Enum>::names.at(static_cast<std::size_t>(value)); }

}  // namespace chronnect
