#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <vector>

namespace chronnect::detail {

/// The pixels of one file, decoded and rescaled: columns x rows x frames, columns fastest.
struct DicomPictures {
    std::array<std::size_t, 3> size{0, 0, 0};
    std::vector<float> values;
};

/// Decodes compressed pictures with ITK (GDCM), in a process of their own: GDCM ends the program at some damaged files.
/// Throws Error(BadInput) when they are damaged, Error(Unsupported) in a
/// build whose compiler ITK's headers do not know.
DicomPictures decodeDicomPictures(const std::filesystem::path& path);

}  // namespace chronnect::detail
