#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// Reading and writing numbers in a stated byte order.
namespace chronnect::bytes {

template <class T>
T swapped(T value) {
    char raw[sizeof(T)], turned[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    for (std::size_t i = 0; i < sizeof(T); ++i) turned[i] = raw[sizeof(T) - 1 - i];
    std::memcpy(&value, turned, sizeof(T));
    return value;
}

/// The number at `at`; the caller has checked that it lies inside.
template <class T>
T read(std::string_view bytes, std::size_t at, bool bigEndian = false) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return bigEndian == (std::endian::native == std::endian::big) ? value : swapped(value);
}

/// Appends in little-endian order.
template <class T>
void append(std::string& out, T value) {
    if constexpr (std::endian::native == std::endian::big) value = swapped(value);
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out.append(raw, sizeof(T));
}

}  // namespace chronnect::bytes
