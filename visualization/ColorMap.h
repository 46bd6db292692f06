#pragma once

#include "core/data/Parcellation.h"

#include <string_view>
#include <vector>

namespace chronnect {

/// Customary colour maps. RedBlue is "RdBu_r": blue below zero, white at zero, red above, with a dark middle variant for
/// drawing on dark backgrounds. All are readable with the common colour-vision deficiencies.
enum class ColorMap { RedBlue, Viridis, Magma, Grey };

/// The colour at `position` 0 to 1 (clamped; NaN gives mid grey).
Rgb colorAt(ColorMap map, double position);

/// `count` evenly spaced colours from 0 to 1, for look-up tables and colour bars.
std::vector<Rgb> colorTable(ColorMap map, int count = 256);

/// The colour of a correlation or another signed value: RedBlue from -range to +range.
Rgb signedColor(double value, double range);

/// `a` moved towards `b` by `share` 0 to 1.
Rgb mixed(const Rgb& a, const Rgb& b, double share);

}  // namespace chronnect
