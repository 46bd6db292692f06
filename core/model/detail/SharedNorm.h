#pragma once

#include "core/model/detail/Graphs.h"

#include <torch/torch.h>

namespace chronnect::model {

/// Batch normalisation of rows x width. In training with `compute.sum` set, mean and variance are those of the rows of
/// all processes together, and so is the gradient: the result is that of one process with all the rows.
torch::Tensor normalised(torch::nn::BatchNorm1d& norm, const torch::Tensor& rows, const Compute& compute);

}  // namespace chronnect::model
