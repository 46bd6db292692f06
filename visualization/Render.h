#pragma once

#include "core/data/Parcellation.h"
#include "visualization/ConnectomeScene.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace chronnect {

/// A picture: rows from the top, red green blue per pixel.
struct Picture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;  ///< height x width x 3

    Rgb at(int x, int y) const {
        const auto i = (static_cast<std::size_t>(y) * width + x) * 3;
        return {rgb[i], rgb[i + 1], rgb[i + 2]};
    }
};

/// What a picture of a connectome shows.
struct RenderRequest {
    Parcellation parcellation;
    std::vector<float> weights;       ///< upper triangle (edgeIndex); empty = no edges
    double threshold = 0.5;           ///< smallest |weight| drawn
    std::vector<float> regionValues;  ///< one per region; empty = network colours
    Volume outline;                   ///< brain mask; empty = outline from the region centres
    StandardView view = StandardView::Oblique;
    std::optional<CameraPose> camera;  ///< instead of `view`
    int width = 1200, height = 900;
    bool dark = false;
    bool showOutline = true, showLabels = false;
    int selectedRegion = -1;
};

/// Draws without a window on the screen. Throws Error(BadInput) for impossible sizes and lengths that do not fit,
/// Error(Unsupported) where no region has a centre or no OpenGL can be had (run under xvfb-run).
Picture renderConnectome(const RenderRequest& request);

/// A PNG file's bytes of the picture.
std::vector<std::uint8_t> encodePng(const Picture& picture);

}  // namespace chronnect
