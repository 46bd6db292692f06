#include "core/imaging/detail/Affine.h"

#include "core/base/Error.h"

#include <cmath>

namespace chronnect::detail {

std::optional<Affine> inverse(const Affine& m) {
    const double d = determinant(m);
    if (!std::isfinite(d) || std::abs(d) < 1e-12) return std::nullopt;
    Affine r{(m[5] * m[10] - m[6] * m[9]) / d, (m[2] * m[9] - m[1] * m[10]) / d, (m[1] * m[6] - m[2] * m[5]) / d, 0,
             (m[6] * m[8] - m[4] * m[10]) / d, (m[0] * m[10] - m[2] * m[8]) / d, (m[2] * m[4] - m[0] * m[6]) / d, 0,
             (m[4] * m[9] - m[5] * m[8]) / d,  (m[1] * m[8] - m[0] * m[9]) / d,  (m[0] * m[5] - m[1] * m[4]) / d, 0};
    const auto shift = apply(r, {m[3], m[7], m[11]});
    for (std::size_t row = 0; row < 3; ++row) r[4 * row + 3] = -shift[row];
    return r;
}

Affine compose(const Affine& outer, const Affine& inner) {
    Affine result{};
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 4; ++column) {
            double sum = column == 3 ? outer[4 * row + 3] : 0.0;
            for (std::size_t i = 0; i < 3; ++i) sum += outer[4 * row + i] * inner[4 * i + column];
            result[4 * row + column] = sum;
        }
    return result;
}

bool sameGrid(const VoxelGrid& a, const VoxelGrid& b) {
    if (a.size != b.size) return false;
    const double voxel = std::cbrt(std::abs(determinant(a.affine)));
    for (int corner = 0; corner < 8; ++corner) {
        std::array<double, 3> index{};
        for (std::size_t axis = 0; axis < 3; ++axis)
            index[axis] = (corner >> axis) & 1 ? static_cast<double>(a.size[axis]) - 1 : 0;
        const auto p = apply(a.affine, index), q = apply(b.affine, index);
        if (!(std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) <= 0.01 * voxel)) return false;
    }
    return true;
}

NearestVoxel::NearestVoxel(const VoxelGrid& from, const VoxelGrid& to) : m_size(to.size) {
    const auto toIndex = inverse(to.affine);
    if (!toIndex)
        throw Error(ErrorKind::BadInput, "The orientation of an image is not usable: its axes lie in one plane");
    m_map = compose(*toIndex, from.affine);
}

std::ptrdiff_t NearestVoxel::operator()(std::size_t i, std::size_t j, std::size_t k) const {
    const auto place = apply(m_map, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
    std::ptrdiff_t offset = 0, stride = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        // A tie is decided before rounding errors of the affine (32-bit in the file) can decide it.
        const double nearest = std::ceil(place[axis] - 0.5 - 1e-4);
        if (!(nearest >= 0 && nearest < static_cast<double>(m_size[axis]))) return -1;
        offset += stride * static_cast<std::ptrdiff_t>(nearest);
        stride *= static_cast<std::ptrdiff_t>(m_size[axis]);
    }
    return offset;
}

}  // namespace chronnect::detail
