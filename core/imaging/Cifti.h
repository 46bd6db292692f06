#pragma once

#include "core/base/JobContext.h"
#include "core/data/Connectivity.h"
#include "core/imaging/RegionExtraction.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chronnect {

/// A stretch of brainordinates in one structure: vertices of a surface or voxels of a volume.
struct CiftiBlock {
    std::string structure;  ///< "CORTEX_LEFT", "THALAMUS_RIGHT", ...
    bool surface = false;
    std::size_t first = 0;            ///< index along the axis
    std::size_t surfaceVertices = 0;  ///< of the whole surface
    std::vector<std::uint32_t> vertices;
    std::vector<std::array<std::int32_t, 3>> voxels;

    std::size_t count() const { return surface ? vertices.size() : voxels.size(); }
};

struct CiftiLabel {
    int key = 0;
    std::string name;
    Rgb colour{160, 160, 160};
};

/// What one side of a CIFTI matrix means.
struct CiftiAxis {
    enum class Kind { Series, BrainModels, Parcels, Labels, Scalars };
    Kind kind = Kind::Series;
    std::size_t size = 0;
    double step = 0.0;                            ///< Series: s between volumes; 0 when it is not time
    std::vector<CiftiBlock> blocks;               ///< BrainModels
    std::vector<std::string> names;               ///< Parcels, Labels, Scalars
    std::vector<std::vector<CiftiLabel>> tables;  ///< Labels: one table per map
    VoxelGrid grid;                               ///< of the voxels; size 0 without a volume
};

/// The two sides of a CIFTI-2 matrix; a row is contiguous in the file.
struct CiftiHeader {
    CiftiAxis along;  ///< along a row
    CiftiAxis down;   ///< from row to row
    std::string dataType;
    Notices notices;

    /// "ptseries", "dtseries", "dlabel", "dscalar", "pconn", ... or "CIFTI matrix".
    std::string kind() const;
};

/// CIFTI-2 (.nii, also compressed). Throws Error; sizes are checked against the file before memory is asked for.
CiftiHeader readCiftiHeader(const std::filesystem::path& path);

/// True when the file is a NIfTI whose intent code says CIFTI. False for everything else, also what cannot be read.
bool isCifti(const std::filesystem::path& path);

/// Parcel series (.ptseries.nii). Throws Error(BadInput) for another kind.
TimeSeries readCiftiSeries(const std::filesystem::path& path);

/// Parcel by parcel connectivity (.pconn.nii); the mean of both triangles. Throws Error(BadInput) for another kind.
ConnectivityMatrix readCiftiConnectivity(const std::filesystem::path& path);

/// True when the name says that the file is such a matrix.
bool isCiftiConnectivity(const std::filesystem::path& path);

/// The regions of one map of a .dlabel.nii, sorted by key; the key of unlabelled brainordinates (0 or "???") is left
/// out.
Parcellation readCiftiParcellation(const std::filesystem::path& path, std::size_t map = 0);

/// Region means of a dense series (.dtseries.nii) by a label file (.dlabel.nii). Brainordinates are matched by
/// structure and vertex or voxel, so that the two files may leave out different ones; coverage as for volumes.
ExtractedSeries extractCiftiSeries(const std::filesystem::path& series, const std::filesystem::path& labels,
                                   const ExtractionSpec& spec = {}, const JobContext& context = {});

}  // namespace chronnect
