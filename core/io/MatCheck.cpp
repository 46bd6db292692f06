#include "core/io/MatCheck.h"

#include "core/base/Error.h"
#include "core/io/Bytes.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

#ifdef CHRONNECT_HAVE_ZLIB
#include <zlib.h>
#endif

namespace chronnect {

namespace {

constexpr std::uint32_t matrixType = 14, compressedType = 15;
/// MATLAB's own names have at most 63 letters.
constexpr std::size_t longestName = 4096, prefixBytes = 8192;

/// MATLAB 4 files have no magic: header after header of five numbers. The library asks for as much memory as one of them
/// says a name is long, so the chain is walked first. Throws Error(BadInput) when it does not fit the file.
void checkVersion4(std::ifstream& file, std::uintmax_t fileSize) {
    for (std::uintmax_t at = 0; at < fileSize;) {
        char raw[20] = {};
        file.seekg(static_cast<std::streamoff>(at));
        const bool whole = static_cast<bool>(file.read(raw, sizeof raw));
        const auto refuse = [] { throw Error(ErrorKind::BadInput, "The MATLAB 4 file is damaged or cut off"); };
        if (!whole) refuse();
        const std::string_view head(raw, sizeof raw);
        const bool big = bytes::read<std::uint32_t>(head, 0) > 9999;
        const auto number = [&](std::size_t field) { return std::uintmax_t{bytes::read<std::uint32_t>(head, 4 * field, big)}; };
        constexpr std::uintmax_t sizes[] = {8, 4, 4, 2, 2, 1};
        const std::uintmax_t kind = number(0), form = kind / 10 % 10, rest = fileSize - at - sizeof raw;
        if (kind > 9999 || form > 5 || number(4) == 0 || number(4) > rest) refuse();
        const std::uintmax_t one = sizes[form] * (number(3) ? 2 : 1), left = (rest - number(4)) / one;
        if (number(1) != 0 && number(2) > left / number(1)) refuse();
        at += sizeof raw + number(4) + number(1) * number(2) * one;
    }
}

[[noreturn]] void refuse() { throw Error(ErrorKind::BadInput, "The MATLAB file is damaged: a variable's header does not fit the file"); }

/// A tag: normal (type, length) or small (both in one word, data in the next).
struct Tag {
    std::size_t length = 0, bytes = 0;  ///< of the data; of tag and padded data together
};

Tag tagAt(std::string_view content, std::size_t at, bool big) {
    if (at + 8 > content.size()) refuse();
    const auto word = bytes::read<std::uint32_t>(content, at, big);
    if (word >> 16) return {word >> 16, 8};
    const std::size_t length = bytes::read<std::uint32_t>(content, at + 4, big);
    return {length, 8 + (length + 7) / 8 * 8};
}

/// Flags, dimensions and name at the start of a variable.
void checkMatrix(std::string_view content, bool big) {
    std::size_t at = 0;
    for (const std::size_t longest : {std::size_t{16}, std::size_t{256}, longestName}) {
        const Tag tag = tagAt(content, at, big);
        if (tag.length > longest) refuse();
        at += tag.bytes;
    }
}

#ifdef CHRONNECT_HAVE_ZLIB
/// What the first bytes of a compressed variable say.
std::string inflatedPrefix(std::string_view packed) {
    std::string out(prefixBytes, '\0');
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) throw Error(ErrorKind::OutOfMemory, "Not enough memory to read the MATLAB file");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflate(&stream, Z_SYNC_FLUSH);
    out.resize(out.size() - stream.avail_out);
    inflateEnd(&stream);
    return out;
}
#endif

void checkVersion5(std::ifstream& file, std::uintmax_t fileSize) {
    char head[128] = {};
    file.seekg(0);
    if (!file.read(head, sizeof head)) return;  // the library says what is wrong
    const bool big = head[126] == 'M' && head[127] == 'I';
    for (std::uintmax_t at = sizeof head; at + 8 <= fileSize;) {
        std::string content(static_cast<std::size_t>(std::min<std::uintmax_t>(fileSize - at, 8 + prefixBytes)), '\0');
        file.clear();
        file.seekg(static_cast<std::streamoff>(at));
        if (!file.read(content.data(), static_cast<std::streamsize>(content.size()))) refuse();
        const auto type = bytes::read<std::uint32_t>(content, 0, big), length = bytes::read<std::uint32_t>(content, 4, big);
        if (length > fileSize - at - 8) refuse();
        const std::string_view inside = std::string_view(content).substr(8, length);
        if (type == matrixType && length > 0) checkMatrix(inside, big);
#ifdef CHRONNECT_HAVE_ZLIB
        if (type == compressedType) {
            const std::string prefix = inflatedPrefix(inside);
            if (prefix.size() < 8) refuse();
            if (bytes::read<std::uint32_t>(prefix, 0, big) == matrixType && prefix.size() > 8) checkMatrix(std::string_view(prefix).substr(8), big);
        }
#endif
        at += 8 + std::uintmax_t{length};
    }
}

}  // namespace

void checkMatFile(const std::filesystem::path& path) {
    std::error_code error;
    const auto fileSize = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    char start[4] = {};
    if (error || !file.read(start, sizeof start)) return;  // whoever opens it says why
    const bool text = start[0] && start[1] && start[2] && start[3];
    if (text) checkVersion5(file, fileSize);
    else checkVersion4(file, fileSize);
}

}  // namespace chronnect
