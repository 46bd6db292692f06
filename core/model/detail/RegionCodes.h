#pragma once

#include <torch/types.h>

#include <memory>

namespace chronnect::model {

/// The output h of one encoder layer (windows x regions x width) as readouts use it. Who holds it need not keep it as
/// one tensor: the fused encoder makes it anew, window by window, from what it stores.
class RegionCodes {
public:
    virtual ~RegionCodes() = default;
    virtual torch::Tensor mean() const = 0;  ///< over regions: windows x width
    /// Sum over regions of weight times code. `weights`: windows x regions; windows x width.
    virtual torch::Tensor weighted(const torch::Tensor& weights) const = 0;
    /// Dot product of every region's code with its window's vector (windows x width): windows x regions.
    virtual torch::Tensor scores(const torch::Tensor& vectors) const = 0;
    virtual std::int64_t regions() const = 0;
};

/// The same by PyTorch's own operations on the whole tensor, on any device.
std::shared_ptr<const RegionCodes> plainCodes(const torch::Tensor& h);

}  // namespace chronnect::model
