#pragma once

#include "core/data/Parcellation.h"
#include "core/data/Volume.h"

#include <vtkPolyData.h>
#include <vtkSmartPointer.h>

#include <vector>

namespace chronnect {

/// Whether a region has a centre that can be drawn.
bool isLocated(const Region& region);

/// What outlineFromCentres and outlineFromMask give, computed once for equal input: several views show one brain, and a
/// job may have prepared it. Each caller gets a surface of its own that shares points and triangles. From any thread.
vtkSmartPointer<vtkPolyData> keptOutline(const Parcellation& parcellation);
vtkSmartPointer<vtkPolyData> keptOutline(const Volume& mask);

}  // namespace chronnect
