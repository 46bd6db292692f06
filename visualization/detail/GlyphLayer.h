#pragma once

#include "core/data/Parcellation.h"

#include <vtkActor.h>
#include <vtkFloatArray.h>
#include <vtkGlyph3DMapper.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkUnsignedCharArray.h>

#include <array>

namespace chronnect {

/// Many copies of one shape, drawn by instancing: filling it is a matter of a few arrays, whatever the shape.
class GlyphLayer {
public:
    enum class Shape { Sphere, Tube };
    explicit GlyphLayer(Shape shape);

    void clear();
    void addSphere(const std::array<double, 3>& centre, double radius, const Rgb& colour);
    void addTube(const std::array<double, 3>& from, const std::array<double, 3>& to, double radius, const Rgb& colour);
    /// Call once after the last add.
    void finish();

    vtkIdType count() const { return m_points->GetNumberOfPoints(); }
    vtkActor* actor() const { return m_actor; }

private:
    vtkNew<vtkPoints> m_points;
    vtkNew<vtkFloatArray> m_scale, m_direction;
    vtkNew<vtkUnsignedCharArray> m_colour;
    vtkNew<vtkPolyData> m_data;
    vtkNew<vtkGlyph3DMapper> m_mapper;
    vtkNew<vtkActor> m_actor;
};

}  // namespace chronnect
