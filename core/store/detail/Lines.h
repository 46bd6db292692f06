#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chronnect::detail {

/// Texts as lines of one text; backslash, line break and NUL become \\, \n, \0. Ends with a line break unless empty.
std::string joinLines(const std::vector<std::string>& texts);

/// The inverse. Throws Error(BadInput), begun with `where`, for another escape or a last line without its end.
std::vector<std::string> splitLines(std::string_view joined, const std::string& where);

}  // namespace chronnect::detail
