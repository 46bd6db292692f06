#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// Where voxels lie: index (i, j, k) to world RAS+ mm by a row-major 3x4 affine.
struct VoxelGrid {
    std::array<std::size_t, 3> size{0, 0, 0};
    std::array<double, 12> affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};

    std::size_t voxelCount() const { return size[0] * size[1] * size[2]; }
    std::array<double, 3> world(double i, double j, double k) const {
        const auto& m = affine;
        return {m[0] * i + m[1] * j + m[2] * k + m[3], m[4] * i + m[5] * j + m[6] * k + m[7],
                m[8] * i + m[9] * j + m[10] * k + m[11]};
    }
    bool operator==(const VoxelGrid&) const = default;
};

/// A 3-D image of float values; index i runs fastest.
struct Volume {
    VoxelGrid grid;
    std::vector<float> values;
};

/// A 3-D image of region labels; index i runs fastest, 0 is background.
struct LabelVolume {
    VoxelGrid grid;
    std::vector<std::int32_t> labels;
};

}  // namespace chronnect
