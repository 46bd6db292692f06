#include "core/imaging/detail/ByteSource.h"

#include "core/base/Error.h"
#include "core/imaging/detail/Inflater.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace chronnect::detail {

namespace fs = std::filesystem;

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

FileHandle openForReading(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error))
        throw Error(ErrorKind::FileAccess, "Cannot read " + path.string() + ": it is a folder");
#ifdef _WIN32
    FileHandle file(_wfopen(path.c_str(), L"rb"));
#else
    FileHandle file(std::fopen(path.c_str(), "rbe"));
#endif
    if (!file) throw Error(ErrorKind::FileAccess, "Cannot read " + path.string() + ": " + std::strerror(errno));
    // Callers read in large pieces; a second buffer would only copy every byte once more.
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
    return file;
}

std::size_t readFrom(std::FILE* file, std::span<std::byte> out, const fs::path& path) {
    const std::size_t got = std::fread(out.data(), 1, out.size(), file);
    if (got < out.size() && std::ferror(file))
        throw Error(ErrorKind::FileAccess, "Cannot read " + path.string() + ": " + std::strerror(errno));
    return got;
}

class PlainSource final : public ByteSource {
public:
    PlainSource(FileHandle file, fs::path path) : m_file(std::move(file)), m_path(std::move(path)) {}

    std::size_t read(std::span<std::byte> out) override { return readFrom(m_file.get(), out, m_path); }
    bool compressed() const override { return false; }
    std::uint64_t skip(std::uint64_t count) override {
        const std::uint64_t size = fs::file_size(m_path);
        const std::uint64_t here = static_cast<std::uint64_t>(tell());
        const std::uint64_t possible = std::min(count, size > here ? size - here : 0);
        if (seek(here + possible) != 0)
            throw Error(ErrorKind::FileAccess, "Cannot read " + m_path.string() + ": " + std::strerror(errno));
        return possible;
    }

private:
#ifdef _WIN32
    std::int64_t tell() const { return _ftelli64(m_file.get()); }
    int seek(std::uint64_t to) { return _fseeki64(m_file.get(), static_cast<std::int64_t>(to), SEEK_SET); }
#else
    std::int64_t tell() const { return ftello(m_file.get()); }
    int seek(std::uint64_t to) { return fseeko(m_file.get(), static_cast<off_t>(to), SEEK_SET); }
#endif

    FileHandle m_file;
    fs::path m_path;
};

class GzipSource final : public ByteSource {
public:
    GzipSource(FileHandle file, fs::path path)
        : m_file(std::move(file)), m_path(std::move(path)), m_inflater(makeInflater()), m_input(1 << 18) {}

    std::size_t read(std::span<std::byte> out) override {
        std::size_t filled = 0;
        while (filled < out.size() && !m_ended) {
            const InflateStep step = inflateSome(out.subspan(filled));
            m_pending = m_pending.subspan(step.consumed);
            filled += step.produced;
            if (step.state == InflateState::Damaged)
                throw Error(ErrorKind::BadInput, m_path.string() +
                                                     " is damaged: its compressed data do not match "
                                                     "their checksum; copy or download the file again");
            if (step.state == InflateState::MemberEnd)
                nextMember();
            else if (step.produced == 0 && step.consumed == 0 && !refill())
                throw Error(ErrorKind::BadInput, m_path.string() +
                                                     " is incomplete: the compressed data end in the middle; copy or "
                                                     "download the file again");
        }
        return filled;
    }
    bool compressed() const override { return true; }

private:
    InflateStep inflateSome(std::span<std::byte> out) {
        if (m_pending.empty()) refill();
        return m_inflater->inflate(m_pending, out);
    }

    /// Appends the next piece of the file to what is left of the last; false at the end of the file.
    bool refill() {
        std::vector<std::byte> rest(m_pending.begin(), m_pending.end());
        if (rest.size() >= m_input.size()) return false;
        std::copy(rest.begin(), rest.end(), m_input.begin());
        const std::size_t got = readFrom(m_file.get(), std::span(m_input).subspan(rest.size()), m_path);
        m_pending = std::span<const std::byte>(m_input.data(), rest.size() + got);
        return got > 0;
    }

    /// A gzip file may hold several members in a row; anything else after a member is padding (RFC 1952, 2.2).
    void nextMember() {
        if (m_pending.size() < 2) refill();
        m_ended = m_pending.size() < 2 || m_pending[0] != std::byte{0x1f} || m_pending[1] != std::byte{0x8b};
        if (!m_ended) m_inflater->restart();
    }

    FileHandle m_file;
    fs::path m_path;
    std::unique_ptr<Inflater> m_inflater;
    std::vector<std::byte> m_input;
    std::span<const std::byte> m_pending;
    bool m_ended = false;
};

}  // namespace

std::uint64_t ByteSource::skip(std::uint64_t count) {
    std::vector<std::byte> scratch(static_cast<std::size_t>(std::min<std::uint64_t>(count, 1 << 16)));
    std::uint64_t skipped = 0;
    while (skipped < count) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count - skipped, scratch.size()));
        const std::size_t got = read(std::span(scratch).first(wanted));
        skipped += got;
        if (got < wanted) break;
    }
    return skipped;
}

bool isGzip(const fs::path& path) {
    const FileHandle file = openForReading(path);
    std::array<std::byte, 2> magic{};
    return readFrom(file.get(), magic, path) == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b};
}

std::unique_ptr<ByteSource> openBytes(const fs::path& path) {
    const bool gzip = isGzip(path);
    FileHandle file = openForReading(path);
    if (gzip) return std::make_unique<GzipSource>(std::move(file), path);
    return std::make_unique<PlainSource>(std::move(file), path);
}

}  // namespace chronnect::detail
