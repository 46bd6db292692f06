#include "visualization/detail/GlyphLayer.h"

#include <vtkCellArray.h>
#include <vtkPointData.h>
#include <vtkProperty.h>
#include <vtkSmartPointer.h>
#include <vtkSphereSource.h>

#include <cmath>
#include <numbers>

namespace chronnect {
namespace {

/// An open tube of length and radius 1 along x, centred at the origin, with smooth normals.
vtkSmartPointer<vtkPolyData> unitTube() {
    constexpr int sides = 6;  // smooth normals hide the corners; software rendering pays for each long triangle
    vtkNew<vtkPoints> points;
    vtkNew<vtkFloatArray> normals;
    normals->SetNumberOfComponents(3);
    vtkNew<vtkCellArray> strip;
    strip->InsertNextCell(2 * (sides + 1));
    for (int i = 0; i <= sides; ++i) {
        const double angle = 2 * std::numbers::pi * i / sides, y = std::cos(angle), z = std::sin(angle);
        for (const double x : {0.5, -0.5}) {  // this order turns the outside of the strip to the front
            strip->InsertCellPoint(points->InsertNextPoint(x, y, z));
            normals->InsertNextTuple3(0, y, z);
        }
    }
    auto tube = vtkSmartPointer<vtkPolyData>::New();
    tube->SetPoints(points);
    tube->SetStrips(strip);
    tube->GetPointData()->SetNormals(normals);
    return tube;
}

vtkSmartPointer<vtkPolyData> unitSphere() {
    vtkNew<vtkSphereSource> sphere;
    sphere->SetRadius(1.0);
    sphere->SetThetaResolution(18);
    sphere->SetPhiResolution(12);
    sphere->Update();
    return sphere->GetOutput();
}

}  // namespace

GlyphLayer::GlyphLayer(Shape shape) {
    m_scale->SetName("scale");
    m_scale->SetNumberOfComponents(3);
    m_direction->SetName("direction");
    m_direction->SetNumberOfComponents(3);
    m_colour->SetName("colour");
    m_colour->SetNumberOfComponents(3);
    m_data->SetPoints(m_points);
    m_data->GetPointData()->AddArray(m_scale);
    m_data->GetPointData()->AddArray(m_direction);
    m_data->GetPointData()->AddArray(m_colour);

    m_mapper->SetInputData(m_data);
    m_mapper->SetSourceData(shape == Shape::Sphere ? unitSphere() : unitTube());
    m_mapper->SetScaleArray("scale");
    m_mapper->SetScaleModeToScaleByVectorComponents();
    m_mapper->SetOrientationArray("direction");
    m_mapper->SetOrientationModeToDirection();
    m_mapper->SetOrient(shape == Shape::Tube);
    m_mapper->SetScalarModeToUsePointFieldData();
    m_mapper->SelectColorArray("colour");
    m_mapper->SetColorModeToDirectScalars();
    m_mapper->ScalarVisibilityOn();

    m_actor->SetMapper(m_mapper);
    m_actor->GetProperty()->BackfaceCullingOn();
}

void GlyphLayer::clear() {
    m_points->Reset();
    m_scale->Reset();
    m_direction->Reset();
    m_colour->Reset();
}

void GlyphLayer::addSphere(const std::array<double, 3>& centre, double radius, const Rgb& colour) {
    m_points->InsertNextPoint(centre.data());
    m_scale->InsertNextTuple3(radius, radius, radius);
    m_direction->InsertNextTuple3(1, 0, 0);
    m_colour->InsertNextTypedTuple(colour.data());
}

void GlyphLayer::addTube(const std::array<double, 3>& from, const std::array<double, 3>& to, double radius,
                         const Rgb& colour) {
    const std::array d{to[0] - from[0], to[1] - from[1], to[2] - from[2]};
    m_points->InsertNextPoint((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, (from[2] + to[2]) / 2);
    m_scale->InsertNextTuple3(std::hypot(d[0], d[1], d[2]), radius, radius);
    m_direction->InsertNextTuple3(d[0], d[1], d[2]);
    m_colour->InsertNextTypedTuple(colour.data());
}

void GlyphLayer::finish() {
    m_points->Modified();
    m_scale->Modified();
    m_direction->Modified();
    m_colour->Modified();
    m_data->Modified();
    m_actor->SetVisibility(count() > 0);
}

}  // namespace chronnect
