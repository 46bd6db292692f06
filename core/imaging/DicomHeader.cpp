#include "core/imaging/detail/DicomHeader.h"

#include "core/base/Error.h"
#include "core/io/Bytes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>

namespace chronnect::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t undefinedLength = 0xffffffff;
constexpr DicomTag itemTag = 0xfffee000, itemEnd = 0xfffee00d, sequenceEnd = 0xfffee0dd, pixelTag = 0x7fe00010;
constexpr DicomTag csaImageHeader = 0x00291010;
constexpr int deepestNesting = 10;
constexpr std::size_t longestValue = 4096, longestCsa = std::size_t{1} << 22, mostItems = 1'000'000;

/// Sequences that are looked into; without stated types only the tag tells that they are sequences.
constexpr std::array<DicomTag, 9> knownSequences{0x52009229, 0x52009230, 0x00209111, 0x00209113, 0x00209116,
                                                 0x00289110, 0x00289145, 0x00189112, 0x00189114};

bool isKnownSequence(DicomTag tag) {
    return std::find(knownSequences.begin(), knownSequences.end(), tag) != knownSequences.end();
}

/// Thrown when an element reaches beyond the bytes that have been read so far.
struct Beyond {};

class Parser {
public:
    Parser(std::string_view bytes, std::string what) : m_bytes(bytes), m_what(std::move(what)) {}

    DicomHeader parse() {
        DicomHeader header;
        m_at = 132;
        m_explicit = true;
        // The first group is always written this way and says how the rest is written.
        while (m_at + 4 <= m_bytes.size() && peekGroup() == 2) readElement(header.data, 0);
        header.transferSyntax = header.data.text(0x00020010);
        if (header.transferSyntax == "1.2.840.10008.1.2.1.99")
            throw Error(ErrorKind::Unsupported,
                        m_what + " is a deflated DICOM file; convert the folder with dcm2niix first");
        m_explicit = header.transferSyntax != "1.2.840.10008.1.2";
        m_bigEndian = header.transferSyntax == "1.2.840.10008.1.2.2";
        header.encapsulated = m_explicit && !m_bigEndian && header.transferSyntax != "1.2.840.10008.1.2.1" &&
                              !header.transferSyntax.empty();
        header.data.bigEndian = m_bigEndian;
        while (m_at < m_bytes.size()) {
            need(8);
            if (peekTag() == pixelTag) {
                const Element pixels = readHead();
                header.pixelOffset = m_at;
                if (pixels.length == undefinedLength)
                    header.encapsulated = true;
                else
                    header.pixelBytes = pixels.length;
                break;
            }
            readElement(header.data, 0);
        }
        return header;
    }

private:
    struct Element {
        DicomTag tag = 0;
        std::string_view type;  ///< empty where types are not written
        std::uint32_t length = 0;
    };

    [[noreturn]] void refuse(const std::string& why) const {
        throw Error(ErrorKind::BadInput, m_what + " is damaged: " + why);
    }
    void need(std::uint64_t count) const {
        if (count > m_bytes.size() - m_at) throw Beyond{};
    }
    std::uint16_t peekGroup() const { return bytes::read<std::uint16_t>(m_bytes, m_at); }
    DicomTag peekTag() const {
        return static_cast<DicomTag>(bytes::read<std::uint16_t>(m_bytes, m_at, m_bigEndian)) << 16 |
               bytes::read<std::uint16_t>(m_bytes, m_at + 2, m_bigEndian);
    }

    Element readHead() {
        need(8);
        Element element;
        element.tag = peekTag();
        m_at += 4;
        const bool delimiter = element.tag >> 16 == 0xfffe;
        if (!m_explicit || delimiter) {
            element.length = bytes::read<std::uint32_t>(m_bytes, m_at, m_bigEndian);
            m_at += 4;
            return element;
        }
        element.type = m_bytes.substr(m_at, 2);
        const bool longForm =
            std::string_view("OB OW OF OD OL OV SQ UN UT UC UR SV UV").find(element.type) != std::string_view::npos;
        if (!longForm) {
            element.length = bytes::read<std::uint16_t>(m_bytes, m_at + 2, m_bigEndian);
            m_at += 4;
            return element;
        }
        m_at += 4;
        need(4);
        element.length = bytes::read<std::uint32_t>(m_bytes, m_at, m_bigEndian);
        m_at += 4;
        return element;
    }

    void readElement(DicomItem& into, int depth) {
        const Element element = readHead();
        const bool sequence = element.type == "SQ" || element.length == undefinedLength ||
                              (element.type.empty() && isKnownSequence(element.tag));
        if (element.length == undefinedLength && (element.tag == pixelTag || element.type == "OB")) {
            skipFragments();  // a compressed icon
            return;
        }
        if (sequence) {
            // What is written as unknown with unknown length is a sequence without types inside (PS3.5, 6.2.2).
            const bool before = m_explicit;
            if (element.type == "UN") m_explicit = false;
            readSequence(element, into, depth);
            m_explicit = before;
            return;
        }
        need(element.length);
        if (element.length <= longestValue || (element.tag == csaImageHeader && element.length <= longestCsa))
            into.values[element.tag] = std::string(m_bytes.substr(m_at, element.length));
        m_at += element.length;
    }

    /// Compressed pictures are items of bytes, not of elements.
    void skipFragments() {
        while (true) {
            const Element item = readHead();
            if (item.tag == sequenceEnd) return;
            if (item.tag != itemTag || item.length == undefinedLength) refuse("an icon is not made of fragments");
            need(item.length);
            m_at += item.length;
        }
    }

    void readSequence(const Element& element, DicomItem& into, int depth) {
        if (depth >= deepestNesting) refuse("its sequences are nested too deeply");
        const bool endless = element.length == undefinedLength;
        if (!endless) need(element.length);
        const std::size_t end = endless ? m_bytes.size() : m_at + element.length;
        const bool wanted = isKnownSequence(element.tag);
        while (m_at < end || endless) {
            const Element item = readHead();
            if (item.tag == sequenceEnd) return;
            if (item.tag != itemTag) refuse("a sequence holds something else than items");
            if (++m_items > mostItems) refuse("it has more items than any scanner writes");
            DicomItem content;
            content.bigEndian = m_bigEndian;
            readItem(item, content, depth + 1);
            if (wanted) into.sequences[element.tag].push_back(std::move(content));
        }
        if (m_at != end) refuse("a sequence is longer than it states");
    }

    void readItem(const Element& item, DicomItem& content, int depth) {
        const bool endless = item.length == undefinedLength;
        if (!endless) need(item.length);
        const std::size_t end = endless ? m_bytes.size() : m_at + item.length;
        while (m_at < end || endless) {
            need(8);
            if (peekTag() == itemEnd) {
                m_at += 8;
                return;
            }
            readElement(content, depth);
        }
        if (m_at != end) refuse("an item is longer than it states");
    }

    std::string_view m_bytes;
    std::string m_what;
    std::size_t m_at = 0, m_items = 0;
    bool m_explicit = true, m_bigEndian = false;
};

std::string_view withoutPadding(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return text;
}

}  // namespace

std::string DicomItem::text(DicomTag tag) const {
    const auto found = values.find(tag);
    return found == values.end() ? std::string() : std::string(withoutPadding(found->second));
}

std::vector<double> DicomItem::numbers(DicomTag tag) const {
    std::vector<double> result;
    const std::string all = text(tag);
    for (std::size_t start = 0; start < all.size();) {
        const std::size_t end = std::min(all.find('\\', start), all.size());
        const double number = std::strtod(all.substr(start, end - start).c_str(), nullptr);
        result.push_back(std::isfinite(number) ? number : 0.0);
        start = end + 1;
    }
    return result;
}

double DicomItem::number(DicomTag tag) const {
    const auto all = numbers(tag);
    return all.empty() ? 0.0 : all.front();
}

std::size_t DicomItem::whole(DicomTag tag) const {
    const auto found = values.find(tag);
    if (found == values.end()) return 0;
    if (found->second.size() == 4) return bytes::read<std::uint32_t>(found->second, 0, bigEndian);
    return found->second.size() >= 2 ? bytes::read<std::uint16_t>(found->second, 0, bigEndian) : 0;
}

std::vector<double> DicomItem::doubles(DicomTag tag) const {
    std::vector<double> result;
    const auto found = values.find(tag);
    if (found != values.end())
        for (std::size_t at = 0; at + 8 <= found->second.size(); at += 8)
            result.push_back(bytes::read<double>(found->second, at, bigEndian));
    return result;
}

const DicomItem* DicomItem::first(DicomTag sequence) const {
    const auto found = sequences.find(sequence);
    return found == sequences.end() || found->second.empty() ? nullptr : &found->second.front();
}

DicomHeader parseDicomHeader(std::string_view bytes, bool complete, bool& needsMore, const std::string& what) {
    needsMore = false;
    if (bytes.size() < 132 || bytes.substr(128, 4) != "DICM")
        throw Error(ErrorKind::BadInput, what + " is not a DICOM file");
    try {
        return Parser(bytes, what).parse();
    } catch (const Beyond&) {
        if (complete) throw Error(ErrorKind::BadInput, what + " is damaged: it ends inside its header; copy it again");
        needsMore = true;
        return {};
    }
}

DicomHeader readDicomHeader(const fs::path& path) {
    const std::string what = path.filename().string();  // the folders above are often named after the person
    std::ifstream file(path, std::ios::binary);
    std::string bytes;
    for (std::size_t wanted = std::size_t{1} << 18;; wanted *= 4) {
        const std::size_t before = bytes.size();
        bytes.resize(wanted);
        file.read(bytes.data() + before, static_cast<std::streamsize>(wanted - before));
        bytes.resize(before + static_cast<std::size_t>(file.gcount()));
        bool needsMore = false;
        DicomHeader header = parseDicomHeader(bytes, bytes.size() < wanted, needsMore, what);
        if (!needsMore) return header;
    }
}

std::vector<std::string> csaValues(std::string_view csa, std::string_view name) {
    // "SV10", 4 bytes, number of tags, 77; a tag: name (64), number of values, type (4), type number, number of items,
    // 77; an item: four lengths, of which the second counts, and the text padded to a multiple of 4. All little endian.
    std::vector<std::string> values;
    if (csa.size() < 16 || csa.substr(0, 4) != "SV10") return values;
    const auto number = [&](std::size_t at) { return bytes::read<std::uint32_t>(csa, at); };
    std::size_t at = 16;
    for (std::uint32_t tags = number(8); tags > 0 && at + 84 <= csa.size(); --tags) {
        const std::string_view head = csa.substr(at, 64);
        const bool wanted = head.substr(0, std::min(head.find('\0'), head.size())) == name;
        std::uint32_t items = number(at + 76);
        for (at += 84; items > 0; --items) {
            if (at + 16 > csa.size()) return values;
            const std::size_t length = number(at + 4);
            at += 16;
            if (length > csa.size() - at) return values;
            if (wanted && length > 0) {
                const std::string_view text = csa.substr(at, length);
                values.emplace_back(withoutPadding(text.substr(0, std::min(text.find('\0'), text.size()))));
            }
            at += std::min((length + 3) / 4 * 4, csa.size() - at);
        }
        if (wanted) return values;
    }
    return values;
}

}  // namespace chronnect::detail
