#pragma once

#include "core/base/JobContext.h"
#include "core/base/Notice.h"
#include "core/data/Volume.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace chronnect {

/// What the header of an image says, after validation.
struct NiftiHeader {
    VoxelGrid grid;
    std::size_t volumes = 1;
    double repetitionTime = 0.0;  ///< s (converted from the stated unit); 0 when not stated or implausible
    std::string dataType;         ///< "int16", "float32", ...
    std::size_t bytesPerVoxel = 0;
    double slope = 1.0, intercept = 0.0;
    bool bigEndian = false;
    bool compressed = false;
    int version = 1;              ///< 1 or 2; 0 for Analyze, -1 for DICOM
    std::string orientationFrom;  ///< "sform", "qform", "dicom" or "none"
    Notices notices;
};

/// True for a folder with DICOM files and for a DICOM file.
bool isDicom(const std::filesystem::path& path, const JobContext& context = {});

/// Header only, of a NIfTI or Analyze file or a DICOM series. Throws Error(BadInput/Unsupported/FileAccess) as
/// tests/data malformed cases require; allocates nothing that the header declares before it has been checked against
/// the file.
/// Of a DICOM series every file is looked at, which takes a while and can be cancelled.
NiftiHeader readNiftiHeader(const std::filesystem::path& path, const JobContext& context = {});

/// Calls `volume(index, voxels)` for each volume in turn, with scaling applied; memory holds a few volumes only.
/// `.gz` is inflated as a stream, its CRC and length are checked at the end.
void forEachVolume(const std::filesystem::path& path, const JobContext& context,
                   const std::function<void(std::size_t index, std::span<const float> voxels)>& volume);

Volume readVolume(const std::filesystem::path& path);       ///< 3-D, or the only volume of a 4-D image
LabelVolume readLabels(const std::filesystem::path& path);  ///< integers; Error(BadInput) on fractions

/// Writes .nii or .nii.gz (int16 with scl_slope for 4-D BOLD). Same input, same bytes. Atomic.
void writeVolume(const std::filesystem::path& path, const Volume& volume);
void writeLabels(const std::filesystem::path& path, const LabelVolume& labels);

/// Writes a 4-D int16 image volume by volume; `volume(index, voxels)` fills the voxels.
struct BoldWriteSpec {
    VoxelGrid grid;
    std::size_t volumes = 0;
    double repetitionTime = 0.0;
    double slope = 1.0;  ///< stored = round(value / slope)
};
void writeBold(const std::filesystem::path& path, const BoldWriteSpec& spec,
               const std::function<void(std::size_t index, std::span<float> voxels)>& volume);

}  // namespace chronnect
