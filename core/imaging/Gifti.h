#pragma once

#include "core/base/JobContext.h"
#include "core/imaging/RegionExtraction.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chronnect {

/// One data array of a GIFTI file, whatever its encoding.
struct GiftiArray {
    std::string intent;              ///< "POINTSET", "TRIANGLE", "TIME_SERIES", "LABEL", "SHAPE", ...
    std::vector<std::size_t> shape;  ///< one or two axes
    std::vector<double> values;      ///< row-major

    std::size_t rows() const { return shape.empty() ? 0 : shape[0]; }
};

struct GiftiLabel {
    int key = 0;
    std::string name;
    Rgb colour{160, 160, 160};
};

struct GiftiFile {
    std::vector<GiftiArray> arrays;
    std::vector<GiftiLabel> labels;
    Hemisphere hemisphere = Hemisphere::Unknown;  ///< AnatomicalStructurePrimary
    double timeStep = 0.0;                        ///< s; 0 when not stated
    Notices notices;

    /// "GIFTI surface", "GIFTI labels", "GIFTI series" or "GIFTI data".
    std::string kind() const;
};

/// GIFTI (.gii, also compressed): ASCII, Base64, compressed Base64 and data in a file of the same folder; both byte
/// orders and both index orders. Throws Error; no array is allocated before its text is known to hold as much.
GiftiFile readGifti(const std::filesystem::path& path);

/// A triangle mesh in RAS+ mm.
struct SurfaceMesh {
    std::vector<std::array<float, 3>> points;
    std::vector<std::array<std::int32_t, 3>> triangles;  ///< indices into points
    Hemisphere hemisphere = Hemisphere::Unknown;
};

/// Throws Error(BadInput) when the file holds no surface or a triangle names a point that is not there.
SurfaceMesh readSurface(const std::filesystem::path& path);

/// True when the name ends in .gii or .gii.gz.
bool isGifti(const std::filesystem::path& path);

/// The file of the other side of the brain beside it (hemi-L and hemi-R, .L. and .R., lh. and rh.), or an empty path.
std::filesystem::path otherHemisphere(const std::filesystem::path& path);

/// The regions of a .label.gii, and of that of the other hemisphere where it lies beside it: left first, by key.
/// Unlabelled vertices (key 0, "???", "unknown", medial wall) are no region.
Parcellation readGiftiParcellation(const std::filesystem::path& labels);

/// Region means of the series on a surface (.func.gii) by labels on the same mesh (.label.gii or .annot as .gii), in
/// the order of readGiftiParcellation; each hemisphere of the labels takes the series of its own side.
ExtractedSeries extractGiftiSeries(const std::filesystem::path& series, const std::filesystem::path& labels,
                                   const ExtractionSpec& spec = {}, const JobContext& context = {});

}  // namespace chronnect
