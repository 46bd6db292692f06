#include "visualization/detail/TextLayer.h"

#include <vtkCamera.h>
#include <vtkMath.h>
#include <vtkMatrix4x4.h>
#include <vtkRenderer.h>
#include <vtkTextProperty.h>

#include <algorithm>
#include <cmath>

namespace chronnect {

Projection::Projection(vtkRenderer* renderer) {
    vtkCamera* camera = renderer->GetActiveCamera();
    const int* size = renderer->GetSize();
    m_width = std::max(1, size[0]);
    m_height = std::max(1, size[1]);
    const vtkMatrix4x4* matrix = camera->GetCompositeProjectionTransformMatrix(m_width / m_height, -1, 1);
    std::copy(&matrix->Element[0][0], &matrix->Element[0][0] + 16, m_matrix.begin());
    camera->GetPosition(m_eye.data());
    camera->GetDirectionOfProjection(m_forward.data());
    m_tangent = std::tan(vtkMath::RadiansFromDegrees(camera->GetViewAngle()) / 2);
}

std::array<double, 3> Projection::operator()(const std::array<double, 3>& world) const {
    std::array<double, 4> clip{};
    for (int row = 0; row < 4; ++row)
        clip[row] = m_matrix[row * 4] * world[0] + m_matrix[row * 4 + 1] * world[1] + m_matrix[row * 4 + 2] * world[2] +
                    m_matrix[row * 4 + 3];
    double depth = 0;
    for (int i = 0; i < 3; ++i) depth += (world[i] - m_eye[i]) * m_forward[i];
    const double w = clip[3] == 0 ? 1e-12 : clip[3];
    return {(clip[0] / w + 1) / 2 * m_width, (clip[1] / w + 1) / 2 * m_height, depth};
}

double Projection::scaleAt(double depth) const { return m_height / (2 * m_tangent * std::max(depth, 1e-6)); }

vtkTextActor* TextLayer::actor(std::size_t index) {
    while (m_actors.size() <= index) {
        auto fresh = vtkSmartPointer<vtkTextActor>::New();
        fresh->PickableOff();
        fresh->GetTextProperty()->SetFontFamilyToArial();
        m_renderer->AddActor2D(fresh);
        m_actors.push_back(fresh);
    }
    return m_actors[index];
}

void TextLayer::place() {
    const Projection project(m_renderer);
    struct Box {
        double left, bottom, right, top;
    };
    std::vector<Box> taken;
    std::size_t used = 0;
    for (const Text& text : m_texts) {
        const auto at = project(text.place);
        if (at[2] <= 0) continue;
        const double size = text.size * m_scale, x = at[0] + text.offset[0] * m_scale,
                     y = at[1] + text.offset[1] * m_scale;
        const double width = 0.62 * size * static_cast<double>(text.text.size()), half = 0.75 * size;
        const double left = text.centred ? x - width / 2 : x;
        const Box box{left - 2, y - half, left + width + 2, y + half};
        const bool overlaps = std::any_of(taken.begin(), taken.end(), [&](const Box& other) {
            return box.left < other.right && other.left < box.right && box.bottom < other.top && other.bottom < box.top;
        });
        if (overlaps) continue;
        taken.push_back(box);

        vtkTextActor* shown = actor(used++);
        shown->SetInput(text.text.c_str());
        shown->SetDisplayPosition(static_cast<int>(std::lround(x)), static_cast<int>(std::lround(y)));
        vtkTextProperty* style = shown->GetTextProperty();
        style->SetFontSize(static_cast<int>(std::lround(size)));
        style->SetBold(text.bold);
        style->SetJustification(text.centred ? VTK_TEXT_CENTERED : VTK_TEXT_LEFT);
        style->SetVerticalJustificationToCentered();
        style->SetColor(text.colour[0] / 255.0, text.colour[1] / 255.0, text.colour[2] / 255.0);
        style->SetBackgroundColor(m_plate[0] / 255.0, m_plate[1] / 255.0, m_plate[2] / 255.0);
        style->SetBackgroundOpacity(text.plate ? 0.72 : 0.0);
        shown->VisibilityOn();
    }
    for (; used < m_actors.size(); ++used) m_actors[used]->VisibilityOff();
}

}  // namespace chronnect
