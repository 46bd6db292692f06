#include "core/store/detail/PositionedFile.h"

#include "core/base/Error.h"

#include <algorithm>
#include <limits>
#include <string>

#ifdef _WIN32
#include <windows.h>
#else
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#endif

namespace chronnect::detail {

namespace {

constexpr std::size_t largestRead = std::size_t{1} << 30;

[[noreturn]] void endsEarly() { throw Error(ErrorKind::BadInput, "the file ends early; copy it again"); }

}  // namespace

#ifdef _WIN32

PositionedFile::PositionedFile(const std::filesystem::path& path)
    : m_file(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                         nullptr)) {
    if (m_file == INVALID_HANDLE_VALUE) throw Error(ErrorKind::FileAccess, "Cannot read " + path.string());
}

PositionedFile::~PositionedFile() { CloseHandle(m_file); }

void PositionedFile::read(std::uint64_t position, void* target, std::size_t size) const {
    for (auto* to = static_cast<char*>(target); size > 0;) {
        OVERLAPPED place{};
        place.Offset = static_cast<DWORD>(position);
        place.OffsetHigh = static_cast<DWORD>(position >> 32);
        DWORD got = 0;
        if (!ReadFile(m_file, to, static_cast<DWORD>(std::min(size, largestRead)), &got, &place) || got == 0)
            endsEarly();
        to += got;
        position += got;
        size -= got;
    }
}

#else

PositionedFile::PositionedFile(const std::filesystem::path& path) : m_file(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (m_file < 0) throw Error(ErrorKind::FileAccess, "Cannot read " + path.string() + ": " + std::strerror(errno));
}

PositionedFile::~PositionedFile() { ::close(m_file); }

void PositionedFile::read(std::uint64_t position, void* target, std::size_t size) const {
    if (position > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - size) endsEarly();
    for (auto* to = static_cast<char*>(target); size > 0;) {
        const ssize_t got = ::pread(m_file, to, std::min(size, largestRead), static_cast<off_t>(position));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw Error(ErrorKind::FileAccess, std::string("the disk says: ") + std::strerror(errno));
        if (got == 0) endsEarly();
        to += got;
        position += static_cast<std::uint64_t>(got);
        size -= static_cast<std::size_t>(got);
    }
}

#endif

}  // namespace chronnect::detail
