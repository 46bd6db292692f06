#pragma once

#include "core/data/Volume.h"

#include <array>
#include <optional>

namespace chronnect::detail {

using Affine = std::array<double, 12>;  ///< row-major 3 x 4

inline double determinant(const Affine& m) {
    return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
           m[2] * (m[4] * m[9] - m[5] * m[8]);
}

inline std::array<double, 3> apply(const Affine& m, const std::array<double, 3>& p) {
    return {m[0] * p[0] + m[1] * p[1] + m[2] * p[2] + m[3], m[4] * p[0] + m[5] * p[1] + m[6] * p[2] + m[7],
            m[8] * p[0] + m[9] * p[1] + m[10] * p[2] + m[11]};
}

/// Empty when the affine has no inverse.
std::optional<Affine> inverse(const Affine& affine);

/// outer(inner(p)).
Affine compose(const Affine& outer, const Affine& inner);

/// Same size, and corners at the same place to a hundredth of a voxel.
bool sameGrid(const VoxelGrid& a, const VoxelGrid& b);

/// Index of the voxel of `to` nearest to each voxel of `from` by world coordinates, or -1 outside `to`.
/// Ties go to the lower index. Throws Error(BadInput) when `to` has no inverse.
class NearestVoxel {
public:
    NearestVoxel(const VoxelGrid& from, const VoxelGrid& to);
    std::ptrdiff_t operator()(std::size_t i, std::size_t j, std::size_t k) const;

private:
    Affine m_map;
    std::array<std::size_t, 3> m_size;
};

}  // namespace chronnect::detail
