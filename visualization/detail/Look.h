#pragma once

#include "core/data/Parcellation.h"

#include <vtkActor.h>
#include <vtkProperty.h>

namespace chronnect {

/// The scene's own colours on a dark and on a light background.
struct SceneColours {
    Rgb background, glass, text, faint, accent, dim, left, right;
};
inline constexpr SceneColours darkColours{{20, 23, 29},   {176, 200, 232}, {232, 236, 242}, {136, 146, 160},
                                          {255, 196, 61}, {58, 64, 75},    {110, 170, 255}, {255, 120, 110}};
inline constexpr SceneColours lightColours{{255, 255, 255}, {64, 84, 116},   {28, 34, 44},  {120, 130, 145},
                                           {214, 119, 0},   {206, 211, 219}, {32, 92, 200}, {200, 40, 40}};

/// Lights a surface by a fixed key and fill light that move with the camera, in a few operations per pixel: VTK's own
/// lighting takes half of the frame in software rendering.
void makeMatte(vtkActor* actor, double gloss);

/// Makes a surface look like thin glass: clear where it faces the viewer, dense where it turns away.
void makeGlass(vtkActor* actor, double facing, double rim);

void setColour(vtkProperty* property, const Rgb& colour);

}  // namespace chronnect
