#pragma once

#include <charconv>
#include <string>

namespace chronnect {

/// A number with a decimal point whatever the locale says (a Qt program takes over the locale of the desktop).
inline std::string numberText(double value, int significantDigits = 6) {
    char buffer[64];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, significantDigits).ptr;
    return std::string(buffer, end);
}

/// The same with a fixed number of digits after the point.
inline std::string fixedText(double value, int decimals) {
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals).ptr;
    return std::string(buffer, end);
}

/// "1 window", "3 windows".
inline std::string countText(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace chronnect
