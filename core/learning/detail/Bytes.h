#pragma once

#include "core/base/Error.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace chronnect::detail {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

/// Appends numbers and text to a byte string.
class ByteWriter {
public:
    template <class T>
    void number(T value) {
        static_assert(std::is_arithmetic_v<T>);
        raw(&value, sizeof value);
    }
    void text(std::string_view value) { raw(value.data(), value.size()); }
    void raw(const void* data, std::size_t size) {
        const std::size_t at = m_bytes.size();
        m_bytes.resize(at + size);
        if (size) std::memcpy(m_bytes.data() + at, data, size);
    }
    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    std::vector<std::byte> m_bytes;
};

/// Reads them back; every read is checked against the end. `what` begins the message of the Error.
class ByteReader {
public:
    ByteReader(const std::vector<std::byte>& bytes, std::string what) : m_bytes(bytes), m_what(std::move(what)) {}

    void require(std::size_t size) const {
        if (size > m_bytes.size() - m_at)
            throw Error(ErrorKind::BadInput,
                        m_what + " end early at byte " + std::to_string(m_at) + "; the file is truncated or damaged");
    }
    template <class T>
    T number() {
        T value{};
        raw(&value, sizeof value);
        return value;
    }
    std::string text(std::size_t size) {
        require(size);
        std::string result(reinterpret_cast<const char*>(m_bytes.data()) + m_at, size);
        m_at += size;
        return result;
    }
    void raw(void* target, std::size_t size) {
        require(size);
        if (size) std::memcpy(target, m_bytes.data() + m_at, size);
        m_at += size;
    }
    bool atEnd() const { return m_at == m_bytes.size(); }

private:
    const std::vector<std::byte>& m_bytes;
    std::size_t m_at = 0;
    std::string m_what;
};

}  // namespace chronnect::detail
