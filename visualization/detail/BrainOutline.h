#pragma once

#include "core/data/Volume.h"

#include <vtkPolyData.h>
#include <vtkSmartPointer.h>

#include <array>
#include <vector>

namespace chronnect {

/// A smooth closed surface around region centres (mm): the morphological closing of the points, so that it follows
/// lobes but bridges the gaps between regions. Where both hemispheres have regions the surface is symmetric, with a
/// cleft between them. Null for fewer than 8 points or points in a plane.
vtkSmartPointer<vtkPolyData> outlineFromCentres(std::vector<std::array<double, 3>> centres);

/// The smoothed boundary of a mask (voxels above half of its maximum), in world mm. Null where there is none.
vtkSmartPointer<vtkPolyData> outlineFromMask(const Volume& mask);

}  // namespace chronnect
