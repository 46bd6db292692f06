#pragma once

#include "core/base/JobContext.h"
#include "core/imaging/Nifti.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace chronnect {

/// What the voxels of an image hold, found by reading all of them once.
struct ImageScan {
    NiftiHeader header;
    double minimum = 0.0, maximum = 0.0;  ///< of the finite values
    std::size_t notFinite = 0;            ///< values that are NaN or infinite
    std::size_t constantVoxels = 0;       ///< of a 4-D image: voxels that never change
    bool wholeNumbers = true;
    std::size_t distinctValues = 0;  ///< of the first volume, counted up to 5000
    double equalNeighbours = 0.0;    ///< of the first volume: share of neighbours along i, not both 0, that are equal
};

/// Throws Error as readNiftiHeader and forEachVolume do.
ImageScan scanImage(const std::filesystem::path& path, const JobContext& context = {});

/// "4-D image", "brain mask", "label image" or "3-D image", as the voxels let one think.
std::string imageKind(const ImageScan& scan);

/// The directions in which the three axes grow, e.g. "RAS" or "LPI"; "oblique" angles go to the nearest axis.
std::string axisCodes(const VoxelGrid& grid);

}  // namespace chronnect
