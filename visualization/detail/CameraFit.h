#pragma once

#include "visualization/ConnectomeScene.h"

namespace chronnect {

/// The camera of a standard view that shows the box `low`..`high` (mm) whole, with room for letters beside it, in a
/// picture `aspect` times as wide as high.
CameraPose fittedPose(StandardView view, const std::array<double, 3>& low, const std::array<double, 3>& high,
                      double aspect);

}  // namespace chronnect
