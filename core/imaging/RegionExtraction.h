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

/// How region means are taken from a 4-D image, in this order: mask - smooth - average.
struct ExtractionSpec {
    double minimumCoverage = 0.5;  ///< below this share of a region's voxels inside the mask: NaN
    bool useMask = true;
    double smoothingMm = 0.0;  ///< full width at half maximum of a Gaussian inside the mask; 0 = off

    bool operator==(const ExtractionSpec&) const = default;
};

template <SpecOf<ExtractionSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.minimumCoverage, {"minimum_coverage", "Minimum coverage", "",
                                 "Regions with a smaller share of voxels inside the brain mask become n/a", 0, 1});
    visit(spec.useMask, {"use_mask", "Use brain mask", "", "Average only voxels inside the run's brain mask"});
    visit(spec.smoothingMm,
          {"smoothing_fwhm_mm", "Smoothing", "mm",
           "Width (FWHM) of a Gaussian over each volume, inside the mask, before averaging; 0 = off", 0, 30});
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
/// Centres come from the table, else from the image. Labels on surfaces (.label.gii, .dlabel.nii) bring their own
/// names; they have no image and are read where a series is averaged.
struct Atlas {
    LabelVolume image;
    Parcellation parcellation;
    Notices notices;
    bool centresFromTable = false;  ///< the regions' centres are stated by the table, not taken from the image
    std::filesystem::path surfaceLabels = {};  ///< the file, where the labels lie on surfaces; else empty
};
Atlas readAtlas(const std::filesystem::path& image, const std::filesystem::path& table);

/// Mean over each region's voxels, accumulated in double; non-finite voxels are left out and counted. The run's image
/// is a NIfTI or Analyze file or a DICOM series (a folder or a multi-frame file); with labels on surfaces a .func.gii
/// or .dtseries.nii. Throws Error(BadInput) when image and labels are of different kinds.
ExtractedSeries extractRegionSeries(const RunInput& run, const Atlas& atlas, const ExtractionSpec& spec,
                                    const JobContext& context = {});

}  // namespace chronnect
