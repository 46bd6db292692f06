#pragma once

#include "core/learning/Specs.h"

namespace chronnect::train {

/// How much of the target encoder stays after a step, with `progress` of the training done (0 to 1).
double emaMomentum(const PretrainSpec& spec, double progress);

}  // namespace chronnect::train
