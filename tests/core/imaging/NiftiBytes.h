#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <type_traits>
#include <vector>

#include <zlib.h>

namespace chronnect::test {

/// The bytes of a NIfTI-1 file, field by field, so that a test can write what no library would.
class NiftiBytes {
public:
    NiftiBytes(std::array<std::int16_t, 4> size, std::int16_t dataType, std::int16_t bits, bool bigEndian = false)
        : m_bytes(352, '\0'), m_bigEndian(bigEndian) {
        set<std::int32_t>(0, 348);
        set<std::int16_t>(40, size[3] > 1 ? 4 : 3);
        for (std::size_t i = 0; i < 4; ++i) set<std::int16_t>(42 + 2 * i, size[i]);
        for (std::size_t i = 4; i < 7; ++i) set<std::int16_t>(42 + 2 * i, 1);
        set<std::int16_t>(70, dataType);
        set<std::int16_t>(72, bits);
        set<float>(76, 1.0f);
        for (std::size_t i = 1; i < 5; ++i) set<float>(76 + 4 * i, 2.0f);
        set<float>(108, 352.0f);
        m_bytes[123] = 2 | 8;
        set<std::int16_t>(254, 1);
        const float rows[12] = {2, 0, 0, -10, 0, 2, 0, -20, 0, 0, 2, -30};
        for (std::size_t i = 0; i < 12; ++i) set<float>(280 + 4 * i, rows[i]);
        std::memcpy(m_bytes.data() + 344, "n+1", 4);
    }

    template <class T>
    NiftiBytes& set(std::size_t offset, T value) {
        std::memcpy(m_bytes.data() + offset, encoded(value).data(), sizeof(T));
        return *this;
    }
    template <class T>
    NiftiBytes& append(const std::vector<T>& values) {
        for (const T value : values) m_bytes += encoded(value);
        return *this;
    }
    std::string bytes() const { return m_bytes; }
    std::filesystem::path write(const std::filesystem::path& path) const {
        std::ofstream(path, std::ios::binary) << m_bytes;
        return path;
    }

private:
    template <class T>
    std::string encoded(T value) const {
        std::string raw(sizeof(T), '\0');
        std::memcpy(raw.data(), &value, sizeof(T));
        if (m_bigEndian) std::reverse(raw.begin(), raw.end());
        return raw;
    }
    std::string m_bytes;
    bool m_bigEndian;
};

inline std::string gzipOf(const std::string& bytes) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::filesystem::path writeBytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

inline std::string readBytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace chronnect::test
