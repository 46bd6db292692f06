#pragma once

#include "core/base/Error.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace chronnect {

/// What the system said of a file: "Cannot write a.tsv: Permission denied", DiskFull where that was the reason and
/// FileAccess otherwise.
Error fileError(const std::string& what, const std::filesystem::path& path, std::error_code why);

/// Writes through a temporary file in the same folder, flushed and renamed over `path`, so that a crash
/// leaves either the old or the new file. Throws Error(FileAccess/DiskFull).
void writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);

/// The same for writers that need a path: `write(temporary)` makes the file, which is then moved into place.
void writeAtomically(const std::filesystem::path& path,
                     const std::function<void(const std::filesystem::path& temporary)>& write);

/// The whole file. Throws Error(FileAccess), or Error(BadInput) when it is larger than `limit` bytes.
std::string readFile(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 30);

/// SHA-256 of a file's bytes (FIPS 180-4), as 64 hexadecimal digits.
std::string sha256OfFile(const std::filesystem::path& path);
std::string sha256(std::string_view bytes);

/// "chronnect 0.1.0".
std::string_view versionText();

}  // namespace chronnect
