#pragma once

#include "core/imaging/Gifti.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect::detail {

/// `what` names the file in messages; data in other files are looked for in `folder`, and nowhere when it is empty.
GiftiFile parseGifti(std::string_view xml, const std::string& what, const std::filesystem::path& folder = {});

/// RFC 4648, white space ignored. Throws Error(BadInput) on any other character.
std::vector<std::byte> decodeBase64(std::string_view text, const std::string& what);

/// Inflates zlib or gzip data to at most `size` bytes. Throws Error(BadInput) when damaged or of another length.
std::vector<std::byte> inflateExactly(std::span<const std::byte> packed, std::size_t size, const std::string& what);

}  // namespace chronnect::detail
