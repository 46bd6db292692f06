#include "core/io/ZipArchive.h"

#include "core/base/Error.h"
#include "core/io/Bytes.h"

#include <array>
#include <limits>

#ifdef CHRONNECT_HAVE_ZLIB
#include <zlib.h>
#endif

namespace chronnect {

namespace {

constexpr std::uint32_t localSignature = 0x04034b50, centralSignature = 0x02014b50, endSignature = 0x06054b50;
constexpr std::uint32_t end64Signature = 0x06064b50, locator64Signature = 0x07064b50;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::BadInput, "The zip archive is not valid: " + why + "; it may be cut off, copy it again");
}

constexpr std::array<std::uint32_t, 256> makeCrcTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = value & 1 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
        table[i] = value;
    }
    return table;
}
constexpr auto crcTable = makeCrcTable();

template <class T>
T readInside(std::string_view archive, std::size_t at) {
    if (at > archive.size() || archive.size() - at < sizeof(T)) refuse("a field lies outside the file");
    return bytes::read<T>(archive, at);
}

/// Where the central directory starts and how many entries it has.
struct Directory {
    std::size_t start = 0, count = 0;
};

Directory directoryOf(std::string_view archive) {
    constexpr std::size_t endSize = 22, longestComment = 65535;
    if (archive.size() < endSize) refuse("it has no directory");
    const std::size_t lowest = archive.size() - std::min(archive.size(), endSize + longestComment);
    for (std::size_t at = archive.size() - endSize + 1; at-- > lowest;) {
        if (bytes::read<std::uint32_t>(archive, at) != endSignature) continue;
        Directory directory{bytes::read<std::uint32_t>(archive, at + 16), bytes::read<std::uint16_t>(archive, at + 10)};
        const bool needs64 = directory.start == 0xFFFFFFFFu || directory.count == 0xFFFFu;
        if (needs64 && at >= 20 && bytes::read<std::uint32_t>(archive, at - 20) == locator64Signature) {
            const auto end64 = bytes::read<std::uint64_t>(archive, at - 20 + 8);
            if (readInside<std::uint32_t>(archive, end64) != end64Signature) refuse("its 64-bit directory is missing");
            directory.count = readInside<std::uint64_t>(archive, end64 + 32);
            directory.start = readInside<std::uint64_t>(archive, end64 + 48);
        }
        return directory;
    }
    refuse("it has no directory");
}

/// Sizes that do not fit 32 bits stand in an extra field (id 1).
void readZip64Extra(std::string_view extra, ZipEntry& entry, std::size_t& headerStart) {
    while (extra.size() >= 4) {
        const auto id = bytes::read<std::uint16_t>(extra, 0);
        const std::size_t length = bytes::read<std::uint16_t>(extra, 2);
        if (length > extra.size() - 4) return;
        if (id == 1) {
            std::string_view fields = extra.substr(4, length);
            for (std::size_t* value : {&entry.size, &entry.storedSize, &headerStart}) {
                if (*value != 0xFFFFFFFFu || fields.size() < 8) continue;
                *value = bytes::read<std::uint64_t>(fields, 0);
                fields.remove_prefix(8);
            }
        }
        extra.remove_prefix(4 + length);
    }
}

void checkEntry(std::string_view archive, ZipEntry& entry, std::size_t headerStart, int method) {
    if (readInside<std::uint32_t>(archive, headerStart) != localSignature)
        refuse("entry '" + entry.name + "' is missing");
    entry.dataStart = headerStart + 30 + readInside<std::uint16_t>(archive, headerStart + 26) +
                      readInside<std::uint16_t>(archive, headerStart + 28);
    if (entry.dataStart > archive.size() || entry.storedSize > archive.size() - entry.dataStart)
        refuse("entry '" + entry.name + "' reaches past the end of the file");
    if (method != 0 && method != 8)
        throw Error(ErrorKind::Unsupported, "Entry '" + entry.name + "' uses zip method " + std::to_string(method) +
                                                "; save it with numpy.savez or numpy.savez_compressed");
    entry.deflated = method == 8;
    if (!entry.deflated && entry.size != entry.storedSize) refuse("entry '" + entry.name + "' has two different sizes");
    // Deflate cannot shrink data by more than 1032 to 1, so a larger claim is a lie that would only allocate memory.
    if (entry.deflated && entry.size / 1032 > entry.storedSize)
        refuse("entry '" + entry.name + "' claims an impossible size");
}

#ifdef CHRONNECT_HAVE_ZLIB
std::string inflated(std::string_view stored, const ZipEntry& entry) {
    if (entry.size > std::numeric_limits<uInt>::max() || stored.size() > std::numeric_limits<uInt>::max())
        throw Error(ErrorKind::Unsupported, "Entry '" + entry.name + "' is larger than 4 GB; save it with numpy.savez");
    std::string out(entry.size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error(ErrorKind::OutOfMemory, "Not enough memory to inflate");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data()));
    stream.avail_in = static_cast<uInt>(stored.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_FINISH);
    const auto made = stream.total_out;
    inflateEnd(&stream);
    if (result != Z_STREAM_END || made != entry.size) refuse("entry '" + entry.name + "' does not inflate to its size");
    return out;
}
#else
std::string inflated(std::string_view, const ZipEntry& entry) {
    throw Error(ErrorKind::Unsupported,
                "Entry '" + entry.name + "' is compressed and this build has no zlib; save it with numpy.savez");
}
#endif

}  // namespace

std::uint32_t crc32Of(std::string_view data) {
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char c : data) crc = crcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
    return crc ^ 0xFFFFFFFFu;
}

std::vector<ZipEntry> zipEntries(std::string_view archive) {
    const Directory directory = directoryOf(archive);
    std::vector<ZipEntry> entries;
    std::size_t at = directory.start;
    for (std::size_t i = 0; i < directory.count; ++i) {
        if (readInside<std::uint32_t>(archive, at) != centralSignature) refuse("its directory is damaged");
        if (archive.size() - at < 46) refuse("its directory is cut off");
        ZipEntry entry;
        const int method = bytes::read<std::uint16_t>(archive, at + 10);
        if (bytes::read<std::uint16_t>(archive, at + 8) & 1)
            throw Error(ErrorKind::Unsupported, "The zip archive is encrypted; save it without a password");
        entry.crc = bytes::read<std::uint32_t>(archive, at + 16);
        entry.storedSize = bytes::read<std::uint32_t>(archive, at + 20);
        entry.size = bytes::read<std::uint32_t>(archive, at + 24);
        const std::size_t nameLength = bytes::read<std::uint16_t>(archive, at + 28);
        const std::size_t extraLength = bytes::read<std::uint16_t>(archive, at + 30);
        const std::size_t commentLength = bytes::read<std::uint16_t>(archive, at + 32);
        std::size_t headerStart = bytes::read<std::uint32_t>(archive, at + 42);
        if (nameLength + extraLength + commentLength > archive.size() - at - 46) refuse("its directory is cut off");
        entry.name = std::string(archive.substr(at + 46, nameLength));
        readZip64Extra(archive.substr(at + 46 + nameLength, extraLength), entry, headerStart);
        checkEntry(archive, entry, headerStart, method);
        entries.push_back(std::move(entry));
        at += 46 + nameLength + extraLength + commentLength;
    }
    return entries;
}

std::string zipContent(std::string_view archive, const ZipEntry& entry) {
    const std::string_view stored = archive.substr(entry.dataStart, entry.storedSize);
    std::string content = entry.deflated ? inflated(stored, entry) : std::string(stored);
    if (crc32Of(content) != entry.crc) refuse("the checksum of entry '" + entry.name + "' does not fit");
    return content;
}

std::string zipArchive(std::span<const std::pair<std::string, std::string>> files) {
    std::string out, directory;
    for (const auto& [name, content] : files) {
        if (content.size() > 0xFFFFFFF0u || out.size() > 0xF0000000u)
            throw Error(ErrorKind::Unsupported, "The arrays are larger than 4 GB; write them as .npy files");
        const auto offset = static_cast<std::uint32_t>(out.size());
        std::string common;  // the fields that local header and directory share, from "version needed" on
        bytes::append(common, std::uint16_t{20});
        bytes::append(common, std::uint16_t{0});
        bytes::append(common, std::uint16_t{0});
        bytes::append(common, std::uint16_t{0});
        bytes::append(common, std::uint16_t{(1 << 5) | 1});  // 1 January 1980
        bytes::append(common, crc32Of(content));
        bytes::append(common, static_cast<std::uint32_t>(content.size()));
        bytes::append(common, static_cast<std::uint32_t>(content.size()));
        bytes::append(common, static_cast<std::uint16_t>(name.size()));
        bytes::append(common, std::uint16_t{0});
        bytes::append(out, localSignature);
        out += common + name + content;
        bytes::append(directory, centralSignature);
        bytes::append(directory, std::uint16_t{20});
        directory += common;
        directory.append(2 + 2 + 2 + 4, '\0');
        bytes::append(directory, offset);
        directory += name;
    }
    const auto start = static_cast<std::uint32_t>(out.size());
    out += directory;
    bytes::append(out, endSignature);
    bytes::append(out, std::uint32_t{0});
    bytes::append(out, static_cast<std::uint16_t>(files.size()));
    bytes::append(out, static_cast<std::uint16_t>(files.size()));
    bytes::append(out, static_cast<std::uint32_t>(directory.size()));
    bytes::append(out, start);
    bytes::append(out, std::uint16_t{0});
    return out;
}

}  // namespace chronnect
