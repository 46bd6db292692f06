#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace chronnect {

/// Drops kept stretches shorter than `minimumSegment` volumes too, also at the head and tail of the run
/// (nilearn's scrubbing rule). `keep` has one entry per volume.
std::vector<bool> withoutShortSegments(std::vector<bool> keep, int minimumSegment);

/// Replaces the volumes that are not kept by a not-a-knot cubic spline through the kept ones (a parabola, line or
/// constant when there are fewer than four). Volumes before the first and after the last kept one repeat it.
void bridgeCensored(std::span<double> signal, const std::vector<bool>& keep);

}  // namespace chronnect
