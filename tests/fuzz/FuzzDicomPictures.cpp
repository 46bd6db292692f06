#include "core/imaging/Dicom.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/ScratchFile.h"

using namespace chronnect;

/// Compressed pictures (JPEG, JPEG-LS, JPEG 2000, run lengths): what our header reader lets through to the decoders of
/// ITK and GDCM, which are not watched by the sanitizers themselves.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".dcm");
    const std::string_view content = fuzz::textOf(data, size);
    return fuzz::refuseOrAccept([&] {
        const DicomSeries series = findDicomSeries(file.fill(content));
        if (series.grid.voxelCount() > (std::size_t{1} << 22)) return;
        forEachDicomVolume(series, {}, [&](std::size_t, std::span<const float> voxels) {
            if (voxels.size() != series.grid.voxelCount()) __builtin_trap();
        });
    });
}
