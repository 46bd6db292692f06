#pragma once

#include <filesystem>

namespace chronnect {

/// Holds what the headers of a MATLAB 4 to 7 file promise against the file before matio reads it, which asks for as
/// much memory as a damaged header says a name is long. Looks at the outermost variables. Throws Error(BadInput).
void checkMatFile(const std::filesystem::path& path);

}  // namespace chronnect
