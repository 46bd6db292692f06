#include "core/imaging/Smoothing.h"

#include "core/base/Error.h"
#include "core/imaging/detail/Affine.h"

#include <cmath>
#include <limits>
#include <vector>

#include <itkDiscreteGaussianImageFilter.h>
#include <itkImage.h>

namespace chronnect {

namespace {

using ItkVolume = itk::Image<float, 3>;

/// Only sizes and spacing: a Gaussian that is the same along each axis of the voxels needs no orientation.
ItkVolume::Pointer toItk(const VoxelGrid& grid, const std::vector<float>& values) {
    auto image = ItkVolume::New();
    ItkVolume::SizeType size;
    ItkVolume::SpacingType spacing;
    for (unsigned axis = 0; axis < 3; ++axis) {
        size[axis] = grid.size[axis];
        spacing[axis] = std::hypot(grid.affine[axis], grid.affine[4 + axis], grid.affine[8 + axis]);
    }
    image->SetRegions(size);
    image->SetSpacing(spacing);
    image->Allocate();
    std::copy(values.begin(), values.end(), image->GetBufferPointer());
    return image;
}

std::vector<float> convolve(const VoxelGrid& grid, const std::vector<float>& values, double sigma) {
    auto filter = itk::DiscreteGaussianImageFilter<ItkVolume, ItkVolume>::New();
    filter->SetInput(toItk(grid, values));
    filter->SetVariance(sigma * sigma);
    filter->SetUseImageSpacing(true);
    filter->SetMaximumError(1e-4);
    filter->SetMaximumKernelWidth(256);
    filter->Update();
    const float* first = filter->GetOutput()->GetBufferPointer();
    return {first, first + grid.voxelCount()};
}

}  // namespace

Volume smoothVolume(const Volume& volume, double fullWidthMm, const Volume* mask) {
    if (!(fullWidthMm >= 0) || !std::isfinite(fullWidthMm))
        throw Error(ErrorKind::BadInput, "The width of smoothing must be 0 or a positive number of millimetres");
    if (mask && !detail::sameGrid(mask->grid, volume.grid))
        throw Error(ErrorKind::BadInput, "The mask of smoothing is on another grid than the volume");
    if (fullWidthMm == 0) return volume;
    const double sigma = fullWidthMm / (2.0 * std::sqrt(2.0 * std::log(2.0)));
    std::vector<float> known(volume.values.size()), weight(volume.values.size());
    for (std::size_t i = 0; i < known.size(); ++i) {
        const bool use = std::isfinite(volume.values[i]) && (!mask || mask->values[i] > 0.5f);
        known[i] = use ? volume.values[i] : 0.0f;
        weight[i] = use ? 1.0f : 0.0f;
    }
    Volume result{volume.grid, {}};
    try {
        result.values = convolve(volume.grid, known, sigma);
        const std::vector<float> weights = convolve(volume.grid, weight, sigma);
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (weight[i] > 0) result.values[i] /= weights[i];
            else result.values[i] = std::isfinite(volume.values[i]) ? 0.0f : std::numeric_limits<float>::quiet_NaN();
        }
    } catch (const itk::ExceptionObject& problem) {
        throw Error(ErrorKind::Internal, std::string("Smoothing failed: ") + problem.GetDescription());
    }
    return result;
}

}  // namespace chronnect
