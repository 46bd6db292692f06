#include "core/imaging/Smoothing.h"

#include "core/base/Error.h"
#include "core/imaging/detail/Affine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

/// The half of a sampled Gaussian from its middle on, cut off at four deviations and normalised to sum 1: the kernel
/// that scipy, nilearn and SPM use. (ITK's discrete Gaussian is another one, of Bessel functions, and 7 % narrower at a
/// deviation of 1.7 voxels.)
std::vector<float> kernelOf(double sigmaVoxels) {
    const auto radius = static_cast<std::size_t>(4.0 * sigmaVoxels + 0.5);
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t i = 0; i <= radius; ++i) {
        weights.push_back(std::exp(-0.5 * std::pow(static_cast<double>(i) / sigmaVoxels, 2)));
        sum += (i ? 2 : 1) * weights.back();
    }
    std::vector<float> kernel;
    for (const double weight : weights) kernel.push_back(static_cast<float>(weight / sum));
    return kernel;
}

/// Convolves along one axis; beyond the image there is nothing. Neighbours along the axis are `stride` apart.
void convolveAxis(const std::vector<float>& from, std::vector<float>& to, const std::array<std::size_t, 3>& size,
                  std::size_t axis, const std::vector<float>& kernel) {
    const std::size_t stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
    const std::size_t length = size[axis], block = stride * length, blocks = from.size() / block;
    std::fill(to.begin(), to.end(), 0.0f);
    for (std::size_t b = 0; b < blocks; ++b)
        for (std::size_t at = 0; at < length; ++at)
            for (std::size_t offset = 0; offset < kernel.size(); ++offset) {
                const auto add = [&](std::size_t source) {
                    const float* in = from.data() + b * block + source * stride;
                    float* out = to.data() + b * block + at * stride;
                    for (std::size_t i = 0; i < stride; ++i) out[i] += kernel[offset] * in[i];
                };
                if (at + offset < length) add(at + offset);
                if (offset > 0 && offset <= at) add(at - offset);
            }
}

}  // namespace

struct Smoother::Work {
    VoxelGrid grid;
    std::array<std::vector<float>, 3> kernels;
    bool active = false;
    std::vector<char> mask;
    std::vector<float> use, weights;  ///< of a volume without gaps

    std::vector<float> convolve(std::vector<float> values) const {
        std::vector<float> other(values.size());
        for (std::size_t axis = 0; axis < 3; ++axis) {
            convolveAxis(values, other, grid.size, axis, kernels[axis]);
            values.swap(other);
        }
        return values;
    }
};

Smoother::Smoother(const VoxelGrid& grid, double fullWidthMm, std::vector<char> mask) {
    if (!(fullWidthMm >= 0) || !std::isfinite(fullWidthMm))
        throw Error(ErrorKind::BadInput, "The width of smoothing must be 0 or a positive number of millimetres");
    if (!mask.empty() && mask.size() != grid.voxelCount())
        throw Error(ErrorKind::BadInput, "The mask of smoothing is on another grid than the volume");
    auto work = std::make_unique<Work>();
    work->grid = grid;
    work->active = fullWidthMm > 0;
    work->mask = std::move(mask);
    if (work->active) {
        const double sigma = fullWidthMm / (2.0 * std::sqrt(2.0 * std::log(2.0)));
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const double spacing = std::hypot(grid.affine[axis], grid.affine[4 + axis], grid.affine[8 + axis]);
            if (!(spacing > 0))
                throw Error(ErrorKind::BadInput,
                            "The image states no size of its voxels, so it cannot be smoothed in millimetres");
            // Wider than the image changes nothing more.
            work->kernels[axis] = kernelOf(std::min(sigma / spacing, 4.0 * static_cast<double>(grid.size[axis])));
        }
        work->use.assign(grid.voxelCount(), 1.0f);
        for (std::size_t i = 0; i < work->mask.size(); ++i) work->use[i] = work->mask[i] ? 1.0f : 0.0f;
        work->weights = work->convolve(work->use);
    }
    m_work = std::move(work);
}

Smoother::~Smoother() = default;

void Smoother::smooth(std::span<float> voxels) const {
    if (!m_work->active) return;
    std::vector<float> known(voxels.size()), gaps;
    for (std::size_t i = 0; i < voxels.size(); ++i) {
        if (m_work->use[i] > 0 && std::isfinite(voxels[i])) {
            known[i] = voxels[i];
        } else if (m_work->use[i] > 0) {
            if (gaps.empty()) gaps = m_work->use;
            gaps[i] = 0.0f;
        }
    }
    const std::vector<float> smooth = m_work->convolve(std::move(known));
    const std::vector<float> own = gaps.empty() ? std::vector<float>() : m_work->convolve(gaps);
    const std::vector<float>& use = gaps.empty() ? m_work->use : gaps;
    const std::vector<float>& weight = gaps.empty() ? m_work->weights : own;
    for (std::size_t i = 0; i < voxels.size(); ++i) {
        if (use[i] > 0)
            voxels[i] = smooth[i] / weight[i];
        else
            voxels[i] = std::isfinite(voxels[i]) ? 0.0f : std::numeric_limits<float>::quiet_NaN();
    }
}

Volume smoothVolume(const Volume& volume, double fullWidthMm, const Volume* mask) {
    if (mask && !detail::sameGrid(mask->grid, volume.grid))
        throw Error(ErrorKind::BadInput, "The mask of smoothing is on another grid than the volume");
    std::vector<char> inside;
    if (mask)
        for (const float value : mask->values) inside.push_back(value > 0.5f);
    Volume result = volume;
    Smoother(volume.grid, fullWidthMm, std::move(inside)).smooth(result.values);
    return result;
}

}  // namespace chronnect
