#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace chronnect::fuzz {

/// The bytes of an input, taken from its front; zeros once they are used up.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : m_rest(data, size) {}

    bool empty() const { return m_rest.empty(); }
    std::uint8_t byte() {
        if (m_rest.empty()) return 0;
        const std::uint8_t value = m_rest.front();
        m_rest = m_rest.subspan(1);
        return value;
    }
    std::string text(std::size_t length) {
        std::string result;
        while (result.size() < length && !m_rest.empty()) result += static_cast<char>(byte());
        return result;
    }

private:
    std::span<const std::uint8_t> m_rest;
};

/// Reads the input as edits of a whole HDF5 file, which stay well-formed HDF5: parts removed, exchanged, or replaced by
/// texts, groups, links, and datasets of any type and extent, stored or only declared. Then the file may be cut off.
/// `names` are the parts that the reader under test looks for.
void editHdf5(const std::filesystem::path& path, std::span<const std::string> names, Input& input);

}  // namespace chronnect::fuzz
