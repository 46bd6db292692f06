#pragma once

#include "core/learning/Learning.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

/// Equal windows at equal steps: window w holds the volumes from w * step to w * step + length, the last one excluded.
struct WindowGrid {
    int length = 1, step = 1, count = 0;

    int start(int window) const { return window * step; }
    int end(int window) const { return start(window) + length; }
    int clamped(double window) const { return static_cast<int>(std::clamp(window, 0.0, std::max(0.0, count - 1.0))); }
};

/// The same request with its windows, counted in `shown`, counted in `model`. The window asked for is the one whose
/// middle lies nearest. The hidden stretch grows to whole windows of the model: hiding less than was asked for would
/// leave the network volumes that it must not see.
inline MaskRequest inWindowsOf(MaskRequest request, const WindowGrid& shown, const WindowGrid& model) {
    const int asked = request.window;
    const double middle = shown.start(asked) + shown.length / 2.0;
    request.window = model.clamped(std::round((middle - model.length / 2.0) / model.step));
    if (request.hiddenFrom < 0 || request.hiddenTo < request.hiddenFrom) return request;
    const double first = shown.start(request.hiddenFrom), end = shown.end(request.hiddenTo);
    // Where one window of the model already holds the whole stretch, that is the window asked for.
    request.hiddenFrom = std::min(model.clamped(std::floor(first / model.step)), request.window);
    request.hiddenTo = std::max(model.clamped(std::ceil((end - model.length) / model.step)), request.window);
    return request;
}

}  // namespace chronnect
