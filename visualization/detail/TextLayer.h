#pragma once

#include "core/data/Parcellation.h"

#include <vtkNew.h>
#include <vtkSmartPointer.h>
#include <vtkTextActor.h>

#include <array>
#include <string>
#include <vector>

class vtkRenderer;

namespace chronnect {

/// Texts that stand at places in the world and keep their size on the screen.
/// Where two would overlap the one listed later is left out.
class TextLayer {
public:
    struct Text {
        std::string text;
        std::array<double, 3> place{};       ///< world mm
        std::array<double, 2> offset{0, 0};  ///< pixels at 96 dpi, right and up
        Rgb colour{255, 255, 255};
        bool bold = false;
        bool centred = false;  ///< else it starts at the place
        bool plate = false;    ///< a translucent plate behind it
        int size = 12;         ///< points at 96 dpi
    };

    explicit TextLayer(vtkRenderer* renderer) : m_renderer(renderer) {}

    void setTexts(std::vector<Text> texts) { m_texts = std::move(texts); }
    void setScale(double scale) { m_scale = scale; }
    void setPlateColour(const Rgb& colour) { m_plate = colour; }
    /// Puts the texts where the camera has their places now; call before each frame.
    void place();

private:
    vtkTextActor* actor(std::size_t index);

    vtkRenderer* m_renderer;
    std::vector<Text> m_texts;
    std::vector<vtkSmartPointer<vtkTextActor>> m_actors;
    Rgb m_plate{0, 0, 0};
    double m_scale = 1.0;
};

/// World to display (pixels from the bottom left, depth along the view in mm) for the renderer's camera and size.
class Projection {
public:
    explicit Projection(vtkRenderer* renderer);
    std::array<double, 3> operator()(const std::array<double, 3>& world) const;
    /// Pixels per millimetre at this depth.
    double scaleAt(double depth) const;

private:
    std::array<double, 16> m_matrix{};
    std::array<double, 3> m_eye{}, m_forward{};
    double m_width, m_height, m_tangent;
};

}  // namespace chronnect
