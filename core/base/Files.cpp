#include "core/base/Files.h"

#include "core/base/Error.h"
#include "core/base/Random.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#ifdef _WIN32
#include <io.h>
#include <process.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace chronnect {

namespace fs = std::filesystem;

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void failOn(const fs::path& path, const std::string& what) {
    throw fileError(what, path, {errno, std::generic_category()});
}

FileHandle openFile(const fs::path& path, const char* mode) {
#ifdef _WIN32
    const std::wstring wide(mode, mode + std::strlen(mode));
    return FileHandle(_wfopen(path.c_str(), wide.c_str()));
#else
    return FileHandle(std::fopen(path.c_str(), mode));
#endif
}

fs::path temporaryBeside(const fs::path& path) {
    static std::atomic<unsigned> counter{0};
#ifdef _WIN32
    const int process = _getpid();
#else
    const int process = ::getpid();
#endif
    // The ending stays last so that writers which look at it (".nii.gz") behave the same.
    const std::string unique = ".tmp" + std::to_string(process) + "-" + std::to_string(counter++) + "-";
    return path.parent_path() / (unique + path.filename().string());
}

/// The data must be on disk before the name points to it.
void flushToDisk(const fs::path& path) {
#ifndef _WIN32
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) failOn(path, "Cannot flush");
    ::fsync(descriptor);
    ::close(descriptor);
#else
    (void)path;
#endif
}

}  // namespace

Error fileError(const std::string& what, const fs::path& path, std::error_code why) {
    bool full = why == std::errc::no_space_on_device;
#ifdef EDQUOT
    full = full || (why.category() == std::generic_category() && why.value() == EDQUOT) ||
           (why.category() == std::system_category() && why.value() == EDQUOT);
#endif
    return {full ? ErrorKind::DiskFull : ErrorKind::FileAccess, what + " " + path.string() + ": " + why.message()};
}

void writeAtomically(const fs::path& path, const std::function<void(const fs::path&)>& write) {
    const fs::path temporary = temporaryBeside(path);
    try {
        write(temporary);
        flushToDisk(temporary);
        std::error_code error;
        fs::rename(temporary, path, error);
        if (error) throw fileError("Cannot write", path, error);
    } catch (...) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        throw;
    }
}

void writeFileAtomically(const fs::path& path, std::string_view bytes) {
    writeAtomically(path, [&](const fs::path& temporary) {
        const FileHandle file = openFile(temporary, "wb");
        if (!file) failOn(path, "Cannot write");
        if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() || std::fflush(file.get()) != 0)
            failOn(path, "Cannot write");
    });
}

std::string readFile(const fs::path& path, std::size_t limit) {
    std::error_code error;
    if (fs::is_directory(path, error))
        throw Error(ErrorKind::FileAccess, "Cannot read " + path.string() + ": it is a folder");
    const FileHandle file = openFile(path, "rb");
    if (!file) failOn(path, "Cannot read");
    std::string bytes;
    char buffer[1 << 16];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get())) {
        if (bytes.size() + got > limit)
            throw Error(ErrorKind::BadInput,
                        path.string() + " is larger than the " + std::to_string(limit) + " bytes such a file may have");
        bytes.append(buffer, got);
    }
    if (std::ferror(file.get())) failOn(path, "Cannot read");
    return bytes;
}

std::string_view versionText() { return "chronnect " CHRONNECT_VERSION; }

}  // namespace chronnect
