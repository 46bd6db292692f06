#pragma once

#include "core/data/Table.h"

#include <span>
#include <vector>

namespace chronnect {

/// Framewise displacement after Power 2012 in mm: sum of |change| of three translations (mm) and of three rotations
/// (rad) as arcs on a sphere of 50 mm. `motion` is volumes x 6, row-major, translations first. The first volume is 0.
std::vector<double> framewiseDisplacement(std::span<const double> motion);

/// The `framewise_displacement` column, or the same computed from the six motion columns. Empty when neither is there.
std::vector<double> framewiseDisplacement(const Confounds& confounds);

}  // namespace chronnect
