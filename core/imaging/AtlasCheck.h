#pragma once

#include "core/base/Notice.h"
#include "core/imaging/RegionExtraction.h"

#include <array>
#include <string>
#include <vector>

namespace chronnect {

/// What is known about one region before its series is trusted.
struct RegionCheck {
    std::size_t atlasVoxels = 0;              ///< on the atlas' own grid
    std::size_t gridVoxels = 0;               ///< after resampling to the run's grid
    std::size_t usedVoxels = 0;               ///< also inside the mask
    double coverage = 0.0;                    ///< used / grid
    std::array<double, 3> centroid{0, 0, 0};  ///< of the atlas image, RAS+ mm; meaningful where atlasVoxels > 0
    Hemisphere named = Hemisphere::Unknown;   ///< as the name or the table says
    Hemisphere placed = Hemisphere::Unknown;  ///< as the voxels lie
    std::string remark;                       ///< what is odd about it; empty when nothing is
};

/// The truth about an atlas on one run, region by region in the order of the parcellation.
struct AtlasCheck {
    std::vector<RegionCheck> regions;
    Notices notices;  ///< Blocking: must not be used as it is; Question: the person must decide

    bool blocked() const;
    bool asks() const;
};

/// Compares names, table and image of an atlas with each other and with the run: hemispheres, names shifted by one row,
/// a left-right flip, labels cut off by a small integer type, duplicates, regions lost in resampling, and whether atlas
/// and brain lie in the same place of the world. `mask` may be null; `space` is the run's template or empty.
AtlasCheck checkAtlas(const Atlas& atlas, const VoxelGrid& grid, const Volume* mask = nullptr,
                      const std::string& space = {});

}  // namespace chronnect
