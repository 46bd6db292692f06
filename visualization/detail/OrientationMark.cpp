#include "visualization/detail/OrientationMark.h"

#include <vtkCamera.h>
#include <vtkCellData.h>
#include <vtkPolyDataMapper2D.h>
#include <vtkProperty2D.h>
#include <vtkRenderer.h>
#include <vtkTextProperty.h>

#include <cmath>

namespace chronnect {
namespace {

struct Direction {
    const char* letter;
    int axis, sign;
};
constexpr Direction directions[] = {{"L", 0, -1}, {"R", 0, 1}, {"P", 1, -1}, {"A", 1, 1}, {"I", 2, -1}, {"S", 2, 1}};

const Rgb& colourOf(const Direction& d, const OrientationColours& colours) {
    return d.axis != 0 ? colours.other : d.sign < 0 ? colours.left : colours.right;
}

}  // namespace

OrientationMark::OrientationMark(vtkRenderer* renderer) : m_renderer(renderer) {
    m_colours->SetNumberOfComponents(3);
    m_data->SetPoints(m_points);
    m_data->SetLines(m_lines);
    m_data->GetCellData()->SetScalars(m_colours);
    vtkNew<vtkPolyDataMapper2D> mapper;
    mapper->SetInputData(m_data);
    m_actor->SetMapper(mapper);
    m_actor->PickableOff();
    renderer->AddActor2D(m_actor);
    for (const Direction& d : directions) {
        auto letter = vtkSmartPointer<vtkTextActor>::New();
        letter->SetInput(d.letter);
        letter->PickableOff();
        letter->GetTextProperty()->SetFontFamilyToArial();
        letter->GetTextProperty()->SetBold(d.axis == 0);
        letter->GetTextProperty()->SetJustificationToCentered();
        letter->GetTextProperty()->SetVerticalJustificationToCentered();
        renderer->AddActor2D(letter);
        m_letters.push_back(letter);
    }
}

void OrientationMark::show(bool on) {
    m_actor->SetVisibility(on);
    for (auto& letter : m_letters) letter->SetVisibility(on);
}

void OrientationMark::place(double scale, const OrientationColours& colours) {
    vtkCamera* camera = m_renderer->GetActiveCamera();
    double forward[3], up[3];
    camera->GetDirectionOfProjection(forward);
    camera->OrthogonalizeViewUp();
    camera->GetViewUp(up);
    const double right[3] = {forward[1] * up[2] - forward[2] * up[1], forward[2] * up[0] - forward[0] * up[2],
                             forward[0] * up[1] - forward[1] * up[0]};
    const double arm = 25 * scale, centre[2] = {44 * scale, 44 * scale};
    m_points->Reset();
    m_lines->Reset();
    m_colours->Reset();
    const vtkIdType middle = m_points->InsertNextPoint(centre[0], centre[1], 0);
    for (std::size_t i = 0; i < m_letters.size(); ++i) {
        const Direction& d = directions[i];
        const Rgb& colour = colourOf(d, colours);
        const double x = d.sign * right[d.axis], y = d.sign * up[d.axis];
        const vtkIdType ends[] = {middle, m_points->InsertNextPoint(centre[0] + arm * x, centre[1] + arm * y, 0)};
        m_lines->InsertNextCell(2, ends);
        m_colours->InsertNextTypedTuple(colour.data());
        vtkTextActor* letter = m_letters[i];
        letter->SetVisibility(std::hypot(x, y) > 0.4);  // else it points at the viewer or away
        const double reach = arm + 10 * scale;
        letter->SetDisplayPosition(static_cast<int>(std::lround(centre[0] + reach * x)),
                                   static_cast<int>(std::lround(centre[1] + reach * y)));
        letter->GetTextProperty()->SetFontSize(static_cast<int>(std::lround(12 * scale)));
        letter->GetTextProperty()->SetColor(colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0);
    }
    m_points->Modified();
    m_data->Modified();
    m_actor->GetProperty()->SetLineWidth(static_cast<float>(1.6 * scale));
    m_actor->VisibilityOn();
}

void addSideLetters(std::vector<TextLayer::Text>& list, vtkRenderer* renderer, const std::array<double, 3>& low,
                    const std::array<double, 3>& high, const OrientationColours& colours) {
    double forward[3];
    renderer->GetActiveCamera()->GetDirectionOfProjection(forward);
    if (std::abs(forward[0]) > 0.4) return;
    for (const int sign : {-1, 1})
        list.push_back({.text = sign < 0 ? "L" : "R",
                        .place = {sign < 0 ? low[0] - 9 : high[0] + 9, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2},
                        .colour = sign < 0 ? colours.left : colours.right,
                        .bold = true,
                        .centred = true,
                        .size = 20});
}

}  // namespace chronnect
