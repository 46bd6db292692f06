#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace chronnect::detail {

/// Size of the plain-text block before the HDF5 part of a project file.
constexpr std::size_t userBlockSize = 512;

/// Writes the block "CHRONNECT PROJECT <version>\nsha256 <digest of the rest>\n" over the first bytes of a file.
/// HDF5 is not built to withstand damaged input, so a file is shown to it only after this digest was compared.
void sealFile(const std::filesystem::path& path, int version);

/// The version the block names. Throws Error(BadInput) when the file is no project or its digest differs;
/// the digest of a newer version is not looked at.
int checkSeal(const std::filesystem::path& path, int newestVersion);

}  // namespace chronnect::detail
