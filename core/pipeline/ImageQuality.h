#pragma once

#include "core/base/JobContext.h"
#include "core/data/Study.h"
#include "core/data/Volume.h"

#include <cstddef>
#include <vector>

namespace chronnect {

/// Some voxels over time, for a carpet plot (Power 2017).
struct Carpet {
    std::size_t rows = 0, volumes = 0;
    std::vector<float> values;        ///< rows x volumes, each row with its line removed and scaled to sd 1
    std::vector<std::int32_t> label;  ///< per row: region of the voxel, 0 between regions; rows are sorted by it
};

/// What one pass over a run's image tells. Only voxels inside the mask count; without a mask those above a fifth of the
/// largest mean (a crude outline of the head).
struct ImageQuality {
    Volume mean;                        ///< over volumes
    Volume tsnr;                        ///< mean / sd (ddof 1) after the linear trend is taken out; 0 outside the mask
    Volume mask;                        ///< the voxels that counted, 0 or 1
    double medianTsnr = 0;              ///< over voxels of the mask
    std::vector<double> dvars;          ///< root mean square change over the mask, image units; NaN in the first volume
    std::vector<double> standardDvars;  ///< divided by its median over the run
    std::vector<double> globalSignal;   ///< mean over the mask
    Carpet carpet;
    std::size_t voxels = 0;  ///< in the mask
};

/// Reads the image once, one volume in memory at a time. `labels` (on the image's own grid, may be null) sort the
/// carpet. `carpetRows` voxels are taken at even distances. Throws Error as forEachVolume does, and Error(BadInput)
/// with fewer than 3 volumes, an empty mask, or a mask on another grid.
ImageQuality measureImage(const RunInput& run, const LabelVolume* labels = nullptr, std::size_t carpetRows = 400,
                          const JobContext& context = {});

}  // namespace chronnect
