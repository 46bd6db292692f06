#pragma once

#include "visualization/detail/TextLayer.h"

#include <vtkActor2D.h>
#include <vtkCellArray.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkUnsignedCharArray.h>

namespace chronnect {

/// The colours of left and right, and of the other directions.
struct OrientationColours {
    Rgb left, right, other;
};

/// Adds an L and an R beside the box from `low` to `high` (world mm), unless the camera looks along the left-right
/// axis: they would stand in front of the brain then, and the cross in the corner tells.
void addSideLetters(std::vector<TextLayer::Text>& list, vtkRenderer* renderer, const std::array<double, 3>& low,
                    const std::array<double, 3>& high, const OrientationColours& colours);

/// A small cross in the lower left corner that shows where left, right, front, back, top and bottom lie.
class OrientationMark {
public:
    explicit OrientationMark(vtkRenderer* renderer);

    /// Turns the cross to the camera; call before each frame. `scale` = pixels per pixel at 96 dpi.
    void place(double scale, const OrientationColours& colours);
    void show(bool on);

private:
    vtkRenderer* m_renderer;
    vtkNew<vtkPoints> m_points;
    vtkNew<vtkCellArray> m_lines;
    vtkNew<vtkUnsignedCharArray> m_colours;
    vtkNew<vtkPolyData> m_data;
    vtkNew<vtkActor2D> m_actor;
    std::vector<vtkSmartPointer<vtkTextActor>> m_letters;
};

}  // namespace chronnect
