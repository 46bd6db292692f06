#pragma once

#include "core/base/JobContext.h"
#include "core/base/Notice.h"
#include "core/data/Volume.h"

#include <filesystem>
#include <vector>

namespace chronnect {

/// One series of a DICOM folder, ordered into volumes. Nothing that may name a person is kept.
struct DicomSeries {
    VoxelGrid grid;
    std::size_t volumes = 0;
    double repetitionTime = 0.0;  ///< s; 0 when not stated or not plausible
    std::vector<std::filesystem::path> files;  ///< volumes x slices, in the order of the voxels
    Notices notices;
};

/// True when there is a DICOM file among the first few hundred of the folder and those inside it.
bool holdsDicom(const std::filesystem::path& folder);

/// The largest series of the folder. Throws Error(BadInput) when its slices do not make whole volumes, Error(Unsupported) for
/// mosaics and multi-frame files, Error(FileAccess) when there is no DICOM file.
DicomSeries findDicomSeries(const std::filesystem::path& folder, const JobContext& context = {});

/// Writes the series as a 4-D (or 3-D) .nii or .nii.gz.
void convertDicom(const DicomSeries& series, const std::filesystem::path& image, const JobContext& context = {});

}  // namespace chronnect
