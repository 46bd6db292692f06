#pragma once

#include "core/data/Parcellation.h"

#include <string_view>
#include <vector>

namespace chronnect {

/// Customary colour maps. RedBlue is "RdBu_r": blue below the middle, white there, red above. All but Grey keep their
/// order for readers with the common colour-vision deficiencies; Grey has none to lose.
enum class ColorMap { RedBlue, Viridis, Magma, Grey };

/// The colour at `position` 0 to 1 (clamped; NaN gives mid grey).
Rgb colorAt(ColorMap map, double position);

/// `count` evenly spaced colours from 0 to 1, for look-up tables and colour bars.
std::vector<Rgb> colorTable(ColorMap map, int count = 256);

/// The colour of a correlation or another signed value: RedBlue from -range to +range.
Rgb signedColor(double value, double range);

/// The colour of a tube of weight `weight` (range as above): never so pale or so dark that it sinks into the
/// background.
Rgb edgeColor(double weight, double range, bool darkBackground);

/// `a` moved towards `b` by `share` 0 to 1.
Rgb mixed(const Rgb& a, const Rgb& b, double share);

}  // namespace chronnect
