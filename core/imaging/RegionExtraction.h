#pragma once

#include "core/base/JobContext.h"
#include "core/base/Notice.h"
#include "core/base/Parameters.h"
#include "core/data/Parcellation.h"
#include "core/data/Study.h"
#include "core/data/TimeSeries.h"
#include "core/data/Volume.h"

#include <optional>
#include <vector>

namespace chronnect {

/// How region means are taken from a 4-D image.
struct ExtractionSpec {
    double minimumCoverage = 0.5;  ///< below this share of a region's voxels inside the mask: NaN
    bool useMask = true;

    bool operator==(const ExtractionSpec&) const = default;
};

template <SpecOf<ExtractionSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.minimumCoverage, {"minimum_coverage", "Minimum coverage", "",
                                 "Regions with a smaller share of voxels inside the brain mask become n/a", 0, 1});
    visit(spec.useMask, {"use_mask", "Use brain mask", "", "Average only voxels inside the run's brain mask"});
}

/// How well an atlas fits one run; one entry per region, in the order of the parcellation.
struct RegionCoverage {
    std::vector<std::size_t> atlasVoxels;  ///< on the atlas' own grid
    std::vector<std::size_t> gridVoxels;   ///< after resampling to the run's grid
    std::vector<std::size_t> usedVoxels;   ///< also inside the mask
    std::vector<double> coverage;          ///< used / grid; 0 when the region vanished
};

struct ExtractedSeries {
    TimeSeries series;
    RegionCoverage coverage;
    Notices notices;
};

/// Labels on another grid by world coordinates, nearest neighbour (ties to the lower index).
LabelVolume resampleLabels(const LabelVolume& labels, const VoxelGrid& grid);

/// Reads label image and table together: every label gets a row, rows without voxels stay with a notice.
/// Centres come from the table, else from the image.
struct Atlas {
    LabelVolume image;
    Parcellation parcellation;
    Notices notices;
    bool centresFromTable = false;  ///< the regions' centres are stated by the table, not taken from the image
};
Atlas readAtlas(const std::filesystem::path& image, const std::filesystem::path& table);

/// Mean over each region's voxels, accumulated in double; non-finite voxels are left out and counted.
ExtractedSeries extractRegionSeries(const RunInput& run, const Atlas& atlas, const ExtractionSpec& spec,
                                    const JobContext& context = {});

}  // namespace chronnect
