#include "core/signal/Censoring.h"

#include <algorithm>

namespace chronnect {

namespace {

/// A piecewise cubic through knots (x, y), by its slopes at the knots.
struct CubicSpline {
    std::vector<double> x, y, slope;

    double at(std::size_t piece, double where) const {
        const double width = x[piece + 1] - x[piece], t = (where - x[piece]) / width;
        const double secant = (y[piece + 1] - y[piece]) / width;
        const double a = slope[piece] - secant, b = slope[piece + 1] - secant;
        return y[piece] + (where - x[piece]) * secant + width * t * (1 - t) * (a * (1 - t) - b * t);
    }
};

/// Solves a tridiagonal system; the diagonals are overwritten.
void solveTridiagonal(std::vector<double>& lower, std::vector<double>& middle, std::vector<double>& upper,
                      std::vector<double>& right) {
    const std::size_t n = middle.size();
    for (std::size_t i = 1; i < n; ++i) {
        const double factor = lower[i] / middle[i - 1];
        middle[i] -= factor * upper[i - 1];
        right[i] -= factor * right[i - 1];
    }
    right[n - 1] /= middle[n - 1];
    for (std::size_t i = n - 1; i-- > 0;) right[i] = (right[i] - upper[i] * right[i + 1]) / middle[i];
}

/// Slopes of the not-a-knot spline: the third derivative is continuous at the second and the last but one knot.
std::vector<double> notAKnotSlopes(const std::vector<double>& x, const std::vector<double>& y) {
    const std::size_t n = x.size();
    std::vector<double> step(n - 1), secant(n - 1);
    for (std::size_t i = 0; i + 1 < n; ++i) {
        step[i] = x[i + 1] - x[i];
        secant[i] = (y[i + 1] - y[i]) / step[i];
    }
    if (n == 2) return {secant[0], secant[0]};
    if (n == 3) {  // the parabola through three points
        const double curve = (secant[1] - secant[0]) / (step[0] + step[1]);
        return {secant[0] - curve * step[0], secant[0] + curve * step[0], secant[1] + curve * step[1]};
    }
    std::vector<double> lower(n), middle(n), upper(n), right(n);
    const double head = step[0] + step[1], tail = step[n - 2] + step[n - 3];
    middle[0] = step[1];
    upper[0] = head;
    right[0] = ((step[0] + 2 * head) * step[1] * secant[0] + step[0] * step[0] * secant[1]) / head;
    for (std::size_t i = 1; i + 1 < n; ++i) {
        lower[i] = step[i];
        middle[i] = 2 * (step[i - 1] + step[i]);
        upper[i] = step[i - 1];
        right[i] = 3 * (step[i] * secant[i - 1] + step[i - 1] * secant[i]);
    }
    lower[n - 1] = tail;
    middle[n - 1] = step[n - 3];
    right[n - 1] =
        (step[n - 2] * step[n - 2] * secant[n - 3] + (2 * tail + step[n - 2]) * step[n - 3] * secant[n - 2]) / tail;
    solveTridiagonal(lower, middle, upper, right);
    return right;
}

}  // namespace

std::vector<bool> withoutShortSegments(std::vector<bool> keep, int minimumSegment) {
    for (std::size_t start = 0; start < keep.size();) {
        std::size_t end = start;
        while (end < keep.size() && keep[end] == keep[start]) ++end;
        if (keep[start] && end - start < static_cast<std::size_t>(std::max(minimumSegment, 0)) &&
            end - start < keep.size())
            for (std::size_t i = start; i < end; ++i) keep[i] = false;
        start = end;
    }
    return keep;
}

void bridgeCensored(std::span<double> signal, const std::vector<bool>& keep) {
    CubicSpline spline;
    for (std::size_t v = 0; v < signal.size(); ++v)
        if (keep[v]) {
            spline.x.push_back(static_cast<double>(v));
            spline.y.push_back(signal[v]);
        }
    if (spline.x.empty() || spline.x.size() == signal.size()) return;
    if (spline.x.size() > 1) spline.slope = notAKnotSlopes(spline.x, spline.y);
    std::size_t piece = 0;
    for (std::size_t v = 0; v < signal.size(); ++v) {
        const double where = static_cast<double>(v);
        if (keep[v]) continue;
        if (where < spline.x.front())
            signal[v] = spline.y.front();
        else if (where > spline.x.back())
            signal[v] = spline.y.back();
        else {
            while (spline.x[piece + 1] < where) ++piece;
            signal[v] = spline.at(piece, where);
        }
    }
}

}  // namespace chronnect
