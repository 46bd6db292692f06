#pragma once

#include "core/base/JobContext.h"
#include "core/base/Notice.h"
#include "core/data/Volume.h"

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace chronnect {

struct DicomPixels;  ///< how one file stores its numbers

/// Where the pixels of one slice are.
struct DicomSlice {
    std::filesystem::path file;
    std::size_t frame = 0;                    ///< of a file with several
    std::array<std::size_t, 2> corner{0, 0};  ///< first column and row inside a mosaic
    double slope = 1.0, intercept = 0.0;      ///< stored number to measurement
    std::shared_ptr<const DicomPixels> pixels;
};

/// One series of DICOM files, ordered into volumes. Nothing that may name a person is kept.
struct DicomSeries {
    VoxelGrid grid;
    std::size_t volumes = 0;
    double repetitionTime = 0.0;     ///< s; 0 when not stated or not plausible
    std::vector<DicomSlice> slices;  ///< volumes x slices, in the order of the voxels
    Notices notices;
};

/// The largest series of a folder (and the folders inside it), or of one file: slices, Siemens mosaics and multi-frame
/// files. Echoes and phase images count as series of their own. Throws Error(BadInput) when slices do not make whole
/// volumes at equal distances, Error(FileAccess) when there is no DICOM image.
DicomSeries findDicomSeries(const std::filesystem::path& folderOrFile, const JobContext& context = {});

/// Calls `volume(index, voxels)` for each volume in turn, rescaled. Throws Error(BadInput) when a file cannot be read.
void forEachDicomVolume(const DicomSeries& series, const JobContext& context,
                        const std::function<void(std::size_t index, std::span<const float> voxels)>& volume);

/// Writes the series as a 4-D (or 3-D) .nii or .nii.gz.
void convertDicom(const DicomSeries& series, const std::filesystem::path& image, const JobContext& context = {});

}  // namespace chronnect
