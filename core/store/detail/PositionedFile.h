#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace chronnect::detail {

/// An open file from which several threads read at given places.
class PositionedFile {
public:
    explicit PositionedFile(const std::filesystem::path& path);  ///< throws Error(FileAccess)
    ~PositionedFile();
    PositionedFile(const PositionedFile&) = delete;
    PositionedFile& operator=(const PositionedFile&) = delete;

    /// Throws Error(BadInput) when the file ends before, Error(FileAccess) when it cannot be read.
    void read(std::uint64_t position, void* target, std::size_t size) const;

private:
#ifdef _WIN32
    void* m_file = nullptr;
#else
    int m_file = -1;
#endif
};

}  // namespace chronnect::detail
