#include "core/imaging/Dicom.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/ScratchFile.h"

using namespace chronnect;

/// Headers of every kind and the pixels of what is not compressed (compressed pictures are decoded by ITK's own
/// library).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".dcm");
    const std::string_view content = fuzz::textOf(data, size);
    for (const std::string_view compressed : {"1.2.840.10008.1.2.4", "1.2.840.10008.1.2.5"})
        if (content.find(compressed) != content.npos) return 0;
    return fuzz::refuseOrAccept([&] {
        const DicomSeries series = findDicomSeries(file.fill(content));
        if (series.slices.size() != series.volumes * series.grid.size[2]) __builtin_trap();
        if (series.grid.voxelCount() > (std::size_t{1} << 22)) return;
        std::size_t volumes = 0;
        forEachDicomVolume(series, {}, [&](std::size_t, std::span<const float> voxels) {
            if (voxels.size() != series.grid.voxelCount()) __builtin_trap();
            ++volumes;
        });
        if (volumes != series.volumes) __builtin_trap();
    });
}
