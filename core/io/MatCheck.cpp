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
/// Types of a variable's parts: one of another type would not be read as that part but as the next.
constexpr unsigned int8 = 1, int32 = 5, uint32 = 6;
/// MATLAB's own names have at most 63 letters.
constexpr std::size_t longestName = 4096, prefixBytes = std::size_t{1} << 20;

/// MATLAB 4 files have no magic: header after header of five numbers. The library asks for as much memory as one of
/// them says a name is long, so the chain is walked first. Throws Error(BadInput) when it does not fit the file.
void checkVersion4(std::ifstream& file, std::uintmax_t fileSize) {
    for (std::uintmax_t at = 0; at < fileSize;) {
        char raw[20] = {};
        file.seekg(static_cast<std::streamoff>(at));
        const bool whole = static_cast<bool>(file.read(raw, sizeof raw));
        const auto refuse = [] { throw Error(ErrorKind::BadInput, "The MATLAB 4 file is damaged or cut off"); };
        if (!whole) refuse();
        const std::string_view head(raw, sizeof raw);
        const bool big = bytes::read<std::uint32_t>(head, 0) > 9999;
        const auto number = [&](std::size_t field) {
            return std::uintmax_t{bytes::read<std::uint32_t>(head, 4 * field, big)};
        };
        constexpr std::uintmax_t sizes[] = {8, 4, 4, 2, 2, 1};
        const std::uintmax_t kind = number(0), form = kind / 10 % 10, rest = fileSize - at - sizeof raw;
        if (kind > 9999 || form > 5 || number(4) == 0 || number(4) > rest) refuse();
        const std::uintmax_t one = sizes[form] * (number(3) ? 2 : 1), left = (rest - number(4)) / one;
        if (number(1) != 0 && number(2) > left / number(1)) refuse();
        at += sizeof raw + number(4) + number(1) * number(2) * one;
    }
}

[[noreturn]] void refuse() {
    throw Error(ErrorKind::BadInput, "The MATLAB file is damaged: a variable's header does not fit the file");
}

/// A tag: normal (type, length) or small (both in one word, data in the next).
struct Tag {
    std::size_t length = 0, bytes = 0;  ///< of the data; of tag and padded data together
    std::size_t data = 0;               ///< where the data begin
    unsigned type = 0;                  ///< of the numbers
};

Tag tagAt(std::string_view content, std::size_t at, bool big) {
    if (at + 8 > content.size()) refuse();
    const auto word = bytes::read<std::uint32_t>(content, at, big);
    if (word >> 16) return {std::min<std::size_t>(word >> 16, 4), 8, at + 4, word & 0xffff};
    const std::size_t length = bytes::read<std::uint32_t>(content, at + 4, big);
    return {length, 8 + (length + 7) / 8 * 8, at + 8, word};
}

/// A variable as far as it was read: `stated` bytes long, of which `content` holds the first.
class MatrixCheck {
public:
    MatrixCheck(std::string_view content, std::uintmax_t stated, bool big)
        : m_content(content), m_stated(stated), m_big(big) {}

    /// Flags, dimensions and name; for cells and structures also what they hold.
    void check(int depth = 0) {
        if (depth > 8) refuse();
        const Tag flags = take(8);
        if (flags.length != 8 || flags.type != uint32) refuse();
        const auto kind = static_cast<unsigned char>(m_content[flags.data + (m_big ? 3 : 0)]);
        const Tag dimensions = take(256);
        if (dimensions.length < 8 || dimensions.length % 4 != 0 || dimensions.type != int32) refuse();
        m_cells = 1;
        for (std::size_t i = 0; i + 4 <= dimensions.length; i += 4) {
            const std::uintmax_t length = bytes::read<std::uint32_t>(m_content, dimensions.data + i, m_big);
            if (length != 0 && m_cells > (std::uintmax_t{1} << 60) / length) refuse();
            m_cells *= length;
        }
        if (take(longestName).type != int8) refuse();
        constexpr unsigned char cell = 1, structure = 2, letters = 4, sparse = 5, firstNumeric = 6;
        // Numbers and letters take a byte each at least.
        if ((kind == letters || kind >= firstNumeric) && m_cells > m_stated) refuse();
        const bool complex = static_cast<unsigned char>(m_content[flags.data + (m_big ? 2 : 1)]) & 8;
        if (kind == letters || kind == sparse || kind >= firstNumeric)
            checkData((kind == sparse ? 3 : m_cells > 0 ? 1 : 0) + (complex ? 1 : 0));
        if (kind == structure) m_cells *= fieldCount();
        if (kind == cell || kind == structure) checkInside(depth);
    }

private:
    Tag take(std::size_t longest) {
        const Tag tag = tagAt(m_content, m_at, m_big);
        if (tag.length > longest || tag.data + tag.length > m_content.size()) refuse();
        m_at += tag.bytes;
        return tag;
    }

    /// Real and imaginary parts, indices of sparse matrices: tag after tag, none longer than what is left, and so many
    /// that the library does not take what follows the variable for one.
    void checkData(int needed) {
        for (; m_at + 8 <= m_content.size(); --needed) {
            const Tag tag = tagAt(m_content, m_at, m_big);
            if (tag.length > m_stated - tag.data) refuse();
            m_at += tag.bytes;
        }
        if (needed > 0 && m_content.size() == m_stated) refuse();
    }

    std::uintmax_t fieldCount() {
        const Tag size = take(4);
        if (size.length < 4 || size.type != int32) refuse();
        const std::uintmax_t length = bytes::read<std::uint32_t>(m_content, size.data, m_big);
        const Tag names = take(std::size_t{1} << 16);
        if (length == 0 || names.length % length != 0 || names.type != int8) refuse();
        const std::uintmax_t count = names.length / length;
        if (count != 0 && m_cells > (std::uintmax_t{1} << 60) / count) refuse();
        return count;
    }

    /// Each cell takes a tag of eight bytes at least.
    void checkInside(int depth) {
        if (m_cells > m_stated / 8) refuse();
        for (std::uintmax_t i = 0; i < m_cells; ++i) {
            if (m_at + 8 > m_content.size()) {
                if (m_content.size() < m_stated) return;  // beyond what was read
                refuse();
            }
            const std::size_t length = bytes::read<std::uint32_t>(m_content, m_at + 4, m_big);
            if (bytes::read<std::uint32_t>(m_content, m_at, m_big) != matrixType || length > m_stated - m_at - 8)
                refuse();
            m_at += 8;
            const std::string_view inside = m_content.substr(m_at, length);
            if (length > 0 && inside.size() < std::min<std::size_t>(length, 64 + longestName))
                return;  // beyond what was read
            if (length > 0) MatrixCheck(inside, length, m_big).check(depth + 1);
            m_at += length;
            if (m_at > m_content.size()) return;
        }
    }

    std::string_view m_content;
    std::uintmax_t m_stated, m_cells = 1;
    std::size_t m_at = 0;
    bool m_big;
};

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
        const auto type = bytes::read<std::uint32_t>(content, 0, big),
                   length = bytes::read<std::uint32_t>(content, 4, big);
        if (length > fileSize - at - 8) refuse();
        const std::string_view inside = std::string_view(content).substr(8, length);
        if (type == matrixType && length > 0) MatrixCheck(inside, length, big).check();
#ifdef CHRONNECT_HAVE_ZLIB
        if (type == compressedType) {
            const std::string prefix = inflatedPrefix(inside);
            if (prefix.size() < 8) refuse();
            const std::uintmax_t stated = bytes::read<std::uint32_t>(prefix, 4, big);
            if (stated > std::uintmax_t{length} * 1032 + 8) refuse();  // more than DEFLATE can shrink
            if (bytes::read<std::uint32_t>(prefix, 0, big) == matrixType && stated > 0)
                MatrixCheck(std::string_view(prefix).substr(8, static_cast<std::size_t>(stated)), stated, big).check();
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
    if (text)
        checkVersion5(file, fileSize);
    else
        checkVersion4(file, fileSize);
}

}  // namespace chronnect
