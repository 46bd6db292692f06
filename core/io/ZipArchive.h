#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronnect {

/// One file inside a zip archive, as its central directory tells.
struct ZipEntry {
    std::string name;
    std::size_t dataStart = 0, storedSize = 0, size = 0;
    std::uint32_t crc = 0;
    bool deflated = false;
};

/// The entries of an archive held in memory, every size checked against it. Throws Error(BadInput / Unsupported).
std::vector<ZipEntry> zipEntries(std::string_view archive);

/// The bytes of one entry; CRC-32 and length are checked. Deflated entries need zlib.
std::string zipContent(std::string_view archive, const ZipEntry& entry);

/// An archive of stored (uncompressed) files, dated 1980-01-01 so that the same content gives the same bytes.
std::string zipArchive(std::span<const std::pair<std::string, std::string>> files);

/// CRC-32 of ISO 3309, as zip and gzip use it.
std::uint32_t crc32Of(std::string_view bytes);

}  // namespace chronnect
