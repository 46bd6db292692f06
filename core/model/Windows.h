#pragma once

#include "core/learning/Specs.h"

#include <vector>

namespace chronnect {

/// First volumes of the windows of a stretch of `volumes`: 0, S, 2S, ... strictly below volumes - length, which are
/// ceil((volumes - length) / step) windows (STAGIN's rule, one more than the published formula when the step does not
/// divide). Empty when the stretch is no longer than one window.
std::vector<int> windowStarts(int volumes, const GraphSpec& spec);

/// Smallest distance, in windows, at which two windows share no volume: ceil(length / step).
int nonOverlappingGap(const GraphSpec& spec);

/// Smallest distance between a source and a target window under `rule`: non-overlapping, or the published
/// (length / step + 1) / 2 rounded up, which keeps only the two sources apart from each other.
int minimumGap(const GraphSpec& spec, GapRule rule);

}  // namespace chronnect
