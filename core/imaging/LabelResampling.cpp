#include "core/imaging/RegionExtraction.h"
#include "core/imaging/detail/Affine.h"

namespace chronnect {

LabelVolume resampleLabels(const LabelVolume& labels, const VoxelGrid& grid) {
    if (detail::sameGrid(labels.grid, grid)) return {grid, labels.labels};
    const detail::NearestVoxel nearest(grid, labels.grid);
    LabelVolume result{grid, std::vector<std::int32_t>(grid.voxelCount(), 0)};
    std::size_t voxel = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel)
                if (const auto source = nearest(i, j, k); source >= 0)
                    result.labels[voxel] = labels.labels[static_cast<std::size_t>(source)];
    return result;
}

}  // namespace chronnect
