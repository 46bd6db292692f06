#pragma once

#include "core/data/Parcellation.h"

#include <vtkActor.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>

namespace chronnect {

/// The scene's own colours on a dark and on a light background.
struct SceneColours {
    Rgb background, glass, text, faint, accent, dim;
};
inline constexpr SceneColours darkColours{{20, 23, 29}, {176, 200, 232}, {232, 236, 242}, {136, 146, 160}, {255, 196, 61}, {58, 64, 75}};
inline constexpr SceneColours lightColours{{255, 255, 255}, {74, 92, 120}, {28, 34, 44}, {120, 130, 145}, {214, 119, 0}, {206, 211, 219}};

/// Makes a surface look like thin glass: clear where it faces the viewer, dense where it turns away.
void makeGlass(vtkActor* actor, double facing, double rim);

/// A light that moves with the camera; the position is in the camera's frame (right, up, towards the viewer).
void addLight(vtkRenderer* renderer, double x, double y, double z, double intensity);

void setColour(vtkProperty* property, const Rgb& colour);

}  // namespace chronnect
