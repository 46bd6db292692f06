#include "core/pipeline/QualityPictures.h"

#include <algorithm>
#include <array>

namespace chronnect {

namespace {

std::uint32_t crcOf(std::string_view bytes) {
    static constexpr auto table = [] {
        std::array<std::uint32_t, 256> result{};
        for (std::uint32_t n = 0; n < 256; ++n) {
            std::uint32_t c = n;
            for (int k = 0; k < 8; ++k) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            result[n] = c;
        }
        return result;
    }();
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFu] ^ (crc >> 8);
    return crc ^ 0xFFFFFFFFu;
}

std::uint32_t adlerOf(std::string_view bytes) {
    std::uint32_t a = 1, b = 0;
    for (const char byte : bytes) {
        a = (a + static_cast<unsigned char>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

std::string bigEndian(std::uint32_t value) {
    std::string result;
    for (int shift = 24; shift >= 0; shift -= 8) result += static_cast<char>(value >> shift & 0xFF);
    return result;
}

std::string chunk(const std::string& type, const std::string& data) {
    return bigEndian(static_cast<std::uint32_t>(data.size())) + type + data + bigEndian(crcOf(type + data));
}

/// A zlib stream of stored blocks (RFC 1950, 1951).
std::string stored(const std::string& bytes) {
    constexpr std::size_t largest = 65535;
    std::string result = "\x78\x01";
    for (std::size_t at = 0; at == 0 || at < bytes.size(); at += largest) {
        const std::size_t length = std::min(largest, bytes.size() - at);
        result += static_cast<char>(at + length >= bytes.size() ? 1 : 0);
        for (const std::size_t field : {length, ~length}) {
            result += static_cast<char>(field & 0xFF);
            result += static_cast<char>(field >> 8 & 0xFF);
        }
        result.append(bytes, at, length);
    }
    return result + bigEndian(adlerOf(bytes));
}

}  // namespace

std::string pngBytes(const RgbImage& image) {
    std::string rows;
    rows.reserve(image.height * (image.width * 3 + 1));
    for (std::size_t y = 0; y < image.height; ++y) {
        rows += '\0';  // no filter
        rows.append(reinterpret_cast<const char*>(image.pixels.data()) + y * image.width * 3, image.width * 3);
    }
    const std::string header = bigEndian(static_cast<std::uint32_t>(image.width)) +
                               bigEndian(static_cast<std::uint32_t>(image.height)) +
                               std::string("\x08\x02\x00\x00\x00", 5);
    return std::string("\x89PNG\r\n\x1a\n", 8) + chunk("IHDR", header) + chunk("IDAT", stored(rows)) +
           chunk("IEND", {});
}

}  // namespace chronnect
