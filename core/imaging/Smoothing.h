#pragma once

#include "core/data/Volume.h"

#include <memory>
#include <span>
#include <vector>

namespace chronnect {

/// Gaussian smoothing of volumes by a full width at half maximum in mm along the axes of the voxels. Voxels that are
/// not finite, and those outside the mask, give nothing and get NaN or 0: the others are weighted means of what is
/// there (normalised convolution), so that a constant brain stays constant up to its edge.
class Smoother {
public:
    /// An empty mask takes every voxel; else it has one entry per voxel. 0 mm leaves volumes as they are.
    /// Throws Error(BadInput) when the width is negative or not finite.
    Smoother(const VoxelGrid& grid, double fullWidthMm, std::vector<char> mask = {});
    ~Smoother();

    /// Smooths one volume in place. Several threads may call it at a time.
    void smooth(std::span<float> voxels) const;

private:
    struct Work;
    std::unique_ptr<const Work> m_work;
};

/// One volume. Throws Error(BadInput) as Smoother does, and when the mask is on another grid.
Volume smoothVolume(const Volume& volume, double fullWidthMm, const Volume* mask = nullptr);

}  // namespace chronnect
