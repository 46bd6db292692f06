#pragma once

#include "core/data/Parcellation.h"
#include "visualization/Render.h"

#include <string>
#include <vector>

namespace chronnect {

/// What a picture of a connectivity matrix shows.
struct MatrixRequest {
    Parcellation parcellation;
    std::vector<float> weights;  ///< upper triangle (edgeIndex), NaN where there is no number
    std::string title;           ///< above the matrix: which run, which window
    std::string measure;         ///< what a cell is, e.g. "Pearson r"; stands over the colour bar
    int width = 1200, height = 900;
    bool dark = false;
};

/// Regions in the order of their networks (left before right), a line between networks and their names beside; without
/// networks as many names of regions as have room. Blue to red from -range to range, where range is 1 or, for what is
/// no correlation, the largest size; grey where there is no number; the bar says so. Needs neither window nor OpenGL.
/// Throws Error(BadInput) for impossible sizes and lengths that do not fit.
Picture renderMatrix(const MatrixRequest& request);

}  // namespace chronnect
