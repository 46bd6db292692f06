#pragma once

#include "core/learning/Learning.h"

#include <string>

namespace chronnect::train {

/// The bytes of a TorchScript file with the model's weights and the code that runs it; see LearningEngine::torchScript.
std::string torchScript(const Model& model);

}  // namespace chronnect::train
