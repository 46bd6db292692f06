#pragma once

#include "core/imaging/Dicom.h"
#include "core/imaging/detail/DicomHeader.h"

#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace chronnect {

/// How the pixels of one file are stored.
struct DicomPixels {
    std::size_t columns = 0, rows = 0, frames = 1;
    std::size_t bits = 16, storedBits = 16;
    bool isSigned = false, bigEndian = false;
    bool native = true;  ///< plain numbers from `offset` on; else compressed pictures
    std::uint64_t offset = 0;
};

}  // namespace chronnect

namespace chronnect::detail {

using DicomVector = std::array<double, 3>;

inline double dot(const DicomVector& a, const DicomVector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline DicomVector cross(const DicomVector& a, const DicomVector& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// What places one slice in space and time.
struct DicomFrame {
    DicomSlice slice;
    std::string series;                                     ///< instance UID, image type and echo time: never shown
    std::array<std::size_t, 2> size{};                      ///< columns, rows
    std::array<double, 2> spacing{1, 1};                    ///< mm between columns, between rows
    DicomVector position{}, row{1, 0, 0}, column{0, 1, 0};  ///< LPS+ mm
    double thickness = 1.0;                                 ///< distance to the next slice where only one is there
    std::tuple<double, double, double> when;                ///< temporal position, acquisition, instance
    double seconds = -1.0;                                  ///< time of day of the acquisition; -1 when not stated
    double repetitionTime = 0.0;                            ///< s
    double distance = 0.0;                                  ///< along the normal of the slices
    double slope = 1.0, intercept = 0.0;
};

/// The slices that one file holds, by its header alone. Empty when it holds no measured image (reports, colour
/// pictures). Throws Error(BadInput) when the file is damaged.
std::vector<DicomFrame> readDicomFrames(const std::filesystem::path& path);

}  // namespace chronnect::detail
