#include "visualization/detail/CameraFit.h"

#include <cmath>
#include <numbers>

namespace chronnect {
namespace {

using Point = std::array<double, 3>;

Point cross(const Point& a, const Point& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Point unit(const Point& a) {
    const double length = std::hypot(a[0], a[1], a[2]);
    return {a[0] / length, a[1] / length, a[2] / length};
}

struct ViewAxes {
    Point from, up;
};
ViewAxes axesOf(StandardView view) {
    switch (view) {
        case StandardView::Left: return {{-1, 0, 0}, {0, 0, 1}};
        case StandardView::Right: return {{1, 0, 0}, {0, 0, 1}};
        case StandardView::Top: return {{0, 0, 1}, {0, 1, 0}};
        case StandardView::Bottom: return {{0, 0, -1}, {0, 1, 0}};
        case StandardView::Front: return {{0, 1, 0}, {0, 0, 1}};
        case StandardView::Back: return {{0, -1, 0}, {0, 0, 1}};
        case StandardView::Oblique: break;
    }
    return {{-0.74, 0.50, 0.45}, {0, 0, 1}};
}

}  // namespace

CameraPose fittedPose(StandardView view, const Point& low, const Point& high, double aspect) {
    const ViewAxes axes = axesOf(view);
    const Point from = unit(axes.from), right = unit(cross(axes.up, from)), up = cross(from, right);
    // A brain does not fill the corners of its box, which stick out when it is seen obliquely.
    const double squeeze = view == StandardView::Oblique ? 0.72 : 1.0;
    double halfWidth = 15, halfHeight = 15, halfDepth = 0;  // the letters' room
    CameraPose pose{.up = axes.up, .viewAngle = 24};
    for (int i = 0; i < 3; ++i) {
        const double half = (high[i] - low[i]) / 2;
        pose.focus[i] = (low[i] + high[i]) / 2;
        halfWidth += squeeze * half * std::abs(right[i]);
        halfHeight += squeeze * half * std::abs(up[i]);
        halfDepth += 0.5 * squeeze * half * std::abs(from[i]);
    }
    const double tangent = std::tan(pose.viewAngle / 360 * std::numbers::pi);
    const double distance = std::max(halfHeight, halfWidth / aspect) / tangent + halfDepth;
    for (int i = 0; i < 3; ++i) pose.position[i] = pose.focus[i] + from[i] * distance;
    return pose;
}

}  // namespace chronnect
