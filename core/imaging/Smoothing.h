#pragma once

#include "core/data/Volume.h"

namespace chronnect {

/// Gaussian smoothing of a volume by a full width at half maximum in mm along its axes. Voxels that are not finite, and
/// those outside `mask` (null: none), give nothing and get NaN or 0: the others are weighted means of what is there
/// (normalised convolution), so that a constant brain stays constant up to its edge. 0 mm returns the volume.
/// Throws Error(BadInput) when the width is negative or not finite, or the mask is on another grid.
Volume smoothVolume(const Volume& volume, double fullWidthMm, const Volume* mask = nullptr);

}  // namespace chronnect
