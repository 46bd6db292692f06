#include "core/imaging/Nifti.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/ScratchFile.h"

using namespace chronnect;

/// Plain and compressed images; what the header promises must be what the volumes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".nii");
    return fuzz::refuseOrAccept([&] {
        const auto& path = file.fill(fuzz::textOf(data, size));
        const NiftiHeader header = readNiftiHeader(path);
        std::size_t volumes = 0;
        forEachVolume(path, {}, [&](std::size_t, std::span<const float> voxels) {
            if (voxels.size() != header.grid.voxelCount()) __builtin_trap();
            ++volumes;
        });
        if (volumes != header.volumes) __builtin_trap();
        if (volumes == 1 && readLabels(path).labels.size() != header.grid.voxelCount()) __builtin_trap();
    });
}
