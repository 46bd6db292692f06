#pragma once

#include "core/imaging/detail/NiftiFile.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chronnect::detail {

/// Voxels in a row that belong to one region. Regions are blobs, so runs are several voxels long and the sums of a
/// volume need one pass over the voxels in memory order.
struct RegionRun {
    std::uint32_t start, length, region;
};

/// `regionOfVoxel` is the region's index per voxel, or -1.
std::vector<RegionRun> regionRuns(std::span<const std::int32_t> regionOfVoxel);

/// How the numbers of a volume are stored and scaled.
struct VoxelCoding {
    VoxelType type = VoxelType::Float32;
    double slope = 1.0, intercept = 0.0;
};

/// Mean of each region's finite voxels in one raw volume, scaled; NaN for a region without any.
/// Returns how many voxels of the regions were not finite.
std::size_t regionMeans(const VoxelCoding& coding, std::span<const std::byte> volume, std::span<const RegionRun> runs,
                        std::span<const std::size_t> voxelCounts, std::span<double> means);

}  // namespace chronnect::detail
