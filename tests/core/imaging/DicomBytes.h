#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace chronnect::test {

/// A DICOM file (explicit VR, little endian) put together byte by byte, for forms that no library at hand writes.
class DicomBytes {
public:
    /// Texts are padded to an even length; `vr` is the two letters of the standard.
    DicomBytes& set(std::uint32_t tag, const char* vr, std::string value) {
        const bool isText = std::string("OB OW UN SQ").find(vr) == std::string::npos;
        if (value.size() % 2) value += isText && std::string(vr) != "UI" ? ' ' : '\0';
        m_elements[tag] = {vr, std::move(value)};
        return *this;
    }
    template <class T>
    DicomBytes& number(std::uint32_t tag, const char* vr, T value) {
        std::string bytes(sizeof value, '\0');
        std::memcpy(bytes.data(), &value, sizeof value);
        return set(tag, vr, bytes);
    }
    DicomBytes& pixels(const std::vector<std::int16_t>& values) {
        std::string bytes(2 * values.size(), '\0');
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return set(0x7fe00010, "OW", bytes);
    }
    DicomBytes& sequence(std::uint32_t tag, const std::vector<DicomBytes>& items) {
        std::string content;
        for (const DicomBytes& item : items) {
            const std::string inside = item.elements();
            content += tagBytes(0xfffee000) + lengthBytes(inside.size()) + inside;
        }
        return set(tag, "SQ", content);
    }

    std::string elements() const {
        std::string result;
        for (const auto& [tag, element] : m_elements) {
            const auto& [vr, value] = element;
            result += tagBytes(tag) + vr;
            if (std::string("OB OW UN SQ").find(vr) != std::string::npos) {
                result += std::string(2, '\0') + lengthBytes(value.size());
            } else {
                const auto length = static_cast<std::uint16_t>(value.size());
                result += std::string{static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
            }
            result += value;
        }
        return result;
    }
    std::string bytes() const { return head("1.2.840.10008.1.2.1") + elements(); }

    /// The same file with its pixels compressed by run lengths (PS3.5, annex G), every byte as a literal.
    std::string runLengthBytes(const std::vector<std::int16_t>& pixels) const {
        std::string fragment;
        for (std::uint32_t number : {2u, 64u, 64u + static_cast<std::uint32_t>(segmentOf(pixels, 1).size())})
            fragment += lengthBytes(number);
        fragment.resize(64);
        fragment += segmentOf(pixels, 1) + segmentOf(pixels, 0);
        return head("1.2.840.10008.1.2.5") + elements() + tagBytes(0x7fe00010) + "OB" + std::string(2, '\0') +
               lengthBytes(0xffffffff) + tagBytes(0xfffee000) + lengthBytes(0) + tagBytes(0xfffee000) +
               lengthBytes(fragment.size()) + fragment + tagBytes(0xfffee0dd) + lengthBytes(0);
    }

private:
    /// The high (1) or low (0) bytes of at most 128 pixels.
    static std::string segmentOf(const std::vector<std::int16_t>& pixels, int byte) {
        std::string segment(1, static_cast<char>(pixels.size() - 1));
        for (const std::int16_t pixel : pixels)
            segment += static_cast<char>(static_cast<std::uint16_t>(pixel) >> (8 * byte) & 0xff);
        if (segment.size() % 2) segment += '\0';
        return segment;
    }

    static std::string head(const std::string& transferSyntax) {
        DicomBytes meta;
        meta.set(0x00020001, "OB", std::string("\0\1", 2)).set(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.4");
        meta.set(0x00020003, "UI", "1.2.3.4.5").set(0x00020010, "UI", transferSyntax);
        const std::string inside = meta.elements();
        DicomBytes length;
        length.number(0x00020000, "UL", static_cast<std::uint32_t>(inside.size()));
        return std::string(128, '\0') + "DICM" + length.elements() + inside;
    }

    static std::string tagBytes(std::uint32_t tag) {
        const auto group = tag >> 16, element = tag & 0xffff;
        return {static_cast<char>(group & 0xff), static_cast<char>(group >> 8), static_cast<char>(element & 0xff),
                static_cast<char>(element >> 8)};
    }
    static std::string lengthBytes(std::size_t length) {
        std::string bytes(4, '\0');
        const auto value = static_cast<std::uint32_t>(length);
        std::memcpy(bytes.data(), &value, 4);
        return bytes;
    }

    std::map<std::uint32_t, std::pair<std::string, std::string>> m_elements;
};

/// The header that every slice below shares: `columns` x `rows` pixels of 2 x 3 mm.
inline DicomBytes dicomPicture(std::uint16_t columns, std::uint16_t rows) {
    DicomBytes file;
    file.set(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4")
        .set(0x00080018, "UI", "1.2.3.4.5")
        .set(0x00080060, "CS", "MR");
    file.set(0x00100010, "PN", "Doe^Jane").set(0x00100020, "LO", "Doe4711").set(0x00104000, "LT", "Doe is a patient");
    file.set(0x0020000d, "UI", "1.2.3").set(0x0020000e, "UI", "1.2.3.4").set(0x00180080, "DS", "1500");
    file.number<std::uint16_t>(0x00280002, "US", 1).set(0x00280004, "CS", "MONOCHROME2");
    file.number(0x00280010, "US", rows).number(0x00280011, "US", columns).set(0x00280030, "DS", "3\\2");
    file.number<std::uint16_t>(0x00280100, "US", 16).number<std::uint16_t>(0x00280101, "US", 16);
    file.number<std::uint16_t>(0x00280102, "US", 15).number<std::uint16_t>(0x00280103, "US", 1);
    return file;
}

/// Slice k of volume t, of two slices of 4 x 2 pixels that lie 3 mm apart.
inline DicomBytes dicomSliceOfTwo(int t, int k) {
    DicomBytes file = dicomPicture(4, 2);
    file.set(0x00200012, "IS", std::to_string(t + 1)).set(0x00200013, "IS", std::to_string(2 * t + k + 1));
    file.set(0x00200032, "DS", "0\\0\\" + std::to_string(3 * k)).set(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    return file;
}

}  // namespace chronnect::test
