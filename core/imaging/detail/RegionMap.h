#pragma once

#include "core/imaging/RegionExtraction.h"

#include <cstdint>
#include <vector>

namespace chronnect::detail {

/// Which region each voxel counts for (-1: none), and how well the regions are covered.
struct RegionMap {
    std::vector<std::int32_t> regionOfVoxel;
    RegionCoverage coverage;
};

/// 1 inside, 0 outside, on `grid`.
std::vector<char> maskOnGrid(const Volume& mask, const VoxelGrid& grid);

/// `labels` is the atlas image on the run's grid; an empty mask takes every voxel.
RegionMap mapRegions(const Atlas& atlas, const LabelVolume& labels, const std::vector<char>& mask);

}  // namespace chronnect::detail
