#pragma once

#include "core/learning/Learning.h"

#include <vector>

namespace chronnect::train {

/// The NVIDIA GPUs that LibTorch can use here, by name and memory; else one entry that says why there is none and what
/// to do.
std::vector<DeviceInfo> describeGpus();

}  // namespace chronnect::train
