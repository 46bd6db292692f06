#include "core/imaging/detail/RegionMap.h"

#include "core/imaging/detail/Affine.h"

#include <unordered_map>

namespace chronnect::detail {

std::vector<char> maskOnGrid(const Volume& mask, const VoxelGrid& grid) {
    std::vector<char> inside(grid.voxelCount(), 0);
    const bool same = sameGrid(mask.grid, grid);
    const NearestVoxel nearest(grid, mask.grid);
    std::size_t voxel = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel) {
                const auto source = same ? static_cast<std::ptrdiff_t>(voxel) : nearest(i, j, k);
                inside[voxel] = source >= 0 && mask.values[static_cast<std::size_t>(source)] > 0.5f;
            }
    return inside;
}

RegionMap mapRegions(const Atlas& atlas, const LabelVolume& labels, const std::vector<char>& mask) {
    const auto& regions = atlas.parcellation.regions;
    std::unordered_map<std::int32_t, std::int32_t> regionOfLabel;
    for (std::size_t r = 0; r < regions.size(); ++r)
        regionOfLabel.emplace(regions[r].label, static_cast<std::int32_t>(r));
    RegionMap map;
    for (auto* counts : {&map.coverage.atlasVoxels, &map.coverage.gridVoxels, &map.coverage.usedVoxels})
        counts->assign(regions.size(), 0);
    const auto regionOf = [&](std::int32_t label) {
        const auto found = label == 0 ? regionOfLabel.end() : regionOfLabel.find(label);
        return found == regionOfLabel.end() ? -1 : found->second;
    };
    for (const std::int32_t label : atlas.image.labels)
        if (const auto region = regionOf(label); region >= 0)
            ++map.coverage.atlasVoxels[static_cast<std::size_t>(region)];
    map.regionOfVoxel.assign(labels.labels.size(), -1);
    for (std::size_t voxel = 0; voxel < labels.labels.size(); ++voxel) {
        const auto region = regionOf(labels.labels[voxel]);
        if (region < 0) continue;
        ++map.coverage.gridVoxels[static_cast<std::size_t>(region)];
        if (!mask.empty() && !mask[voxel]) continue;
        ++map.coverage.usedVoxels[static_cast<std::size_t>(region)];
        map.regionOfVoxel[voxel] = region;
    }
    for (std::size_t r = 0; r < regions.size(); ++r)
        map.coverage.coverage.push_back(map.coverage.gridVoxels[r] == 0
                                            ? 0.0
                                            : static_cast<double>(map.coverage.usedVoxels[r]) /
                                                  static_cast<double>(map.coverage.gridVoxels[r]));
    return map;
}

}  // namespace chronnect::detail
