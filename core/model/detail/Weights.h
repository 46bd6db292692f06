#pragma once

#include "core/learning/Specs.h"
#include "core/learning/TensorArchive.h"

#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

namespace chronnect::model {

/// Parameters and buffers of a module on the CPU, names prefixed.
std::vector<NamedTensor> namedTensors(const torch::nn::Module& module, const std::string& prefix = {});

/// Copies tensors of the same prefixed names into the module. Every parameter and buffer must be there in its shape;
/// throws Error(BadInput) naming the first that is not. Other tensors are left alone.
void assignTensors(torch::nn::Module& module, const std::vector<NamedTensor>& tensors, const std::string& prefix = {});

/// A state dict of the public STAGIN code under our names, with what its shapes say about the network.
struct StaginWeights {
    std::vector<NamedTensor> tensors;
    std::int64_t regions = 0, outputs = 0;
    NetworkSpec network;
};
StaginWeights readStaginCheckpoint(const std::filesystem::path& path);

}  // namespace chronnect::model
