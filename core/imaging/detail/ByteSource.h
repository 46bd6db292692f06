#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace chronnect::detail {

/// The bytes of a file in order. A file that starts with the gzip magic is inflated on the way, whatever its name is;
/// a damaged one throws Error(BadInput) at the latest when its last byte has been read.
class ByteSource {
public:
    virtual ~ByteSource() = default;

    /// Fills as much of `out` as there is; fewer bytes than asked for mean the end.
    virtual std::size_t read(std::span<std::byte> out) = 0;
    virtual bool compressed() const = 0;

    /// Reads and drops `count` bytes; returns how many there were.
    virtual std::uint64_t skip(std::uint64_t count);
};

/// Throws Error(FileAccess) when the file cannot be opened.
std::unique_ptr<ByteSource> openBytes(const std::filesystem::path& path);

/// True when the file starts with the gzip magic. Throws Error(FileAccess).
bool isGzip(const std::filesystem::path& path);

}  // namespace chronnect::detail
