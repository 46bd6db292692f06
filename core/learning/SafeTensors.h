#pragma once

#include "core/learning/Learning.h"
#include "core/learning/TensorArchive.h"

#include <string>
#include <vector>

namespace chronnect {

/// Tensors in the safetensors format (float32; 8 bytes header length, JSON header, data), which Python's `safetensors`
/// and a dozen lines of NumPy read. `about` rides along as text in the header's metadata.
std::string safeTensors(const std::vector<NamedTensor>& tensors, const Json& about);

/// What a reader of bare weights must know: name, kind, classes, regions, scale of the number, passport.
Json aboutModel(const Model& model);

}  // namespace chronnect
