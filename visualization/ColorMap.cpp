#include "visualization/ColorMap.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace chronnect {
namespace {

// ColorBrewer's RdBu reversed, and evenly spaced samples of the CC0 maps viridis and magma.
constexpr Rgb redBlue[] = {{5, 48, 97},     {33, 102, 172},  {67, 147, 195},  {146, 197, 222},
                           {209, 229, 240}, {247, 247, 247}, {253, 219, 199}, {244, 165, 130},
                           {214, 96, 77},   {178, 24, 43},   {103, 0, 31}};
constexpr Rgb viridis[] = {{68, 1, 84},    {71, 45, 123}, {59, 82, 139},  {44, 114, 142}, {33, 145, 140},
                           {40, 174, 128}, {94, 201, 98}, {173, 220, 48}, {253, 231, 37}};
constexpr Rgb magma[] = {{0, 0, 4},      {24, 15, 61},  {68, 15, 118},   {114, 31, 129},  {158, 47, 127},
                         {205, 64, 113}, {241, 96, 93}, {253, 150, 104}, {254, 202, 141}, {252, 253, 191}};
constexpr Rgb grey[] = {{20, 20, 20}, {240, 240, 240}};

std::span<const Rgb> anchors(ColorMap map) {
    switch (map) {
        case ColorMap::RedBlue: return redBlue;
        case ColorMap::Viridis: return viridis;
        case ColorMap::Magma: return magma;
        case ColorMap::Grey: break;
    }
    return grey;
}

}  // namespace

Rgb mixed(const Rgb& a, const Rgb& b, double share) {
    Rgb result{};
    for (std::size_t i = 0; i < 3; ++i)
        result[i] = static_cast<std::uint8_t>(std::lround(a[i] + std::clamp(share, 0.0, 1.0) * (b[i] - a[i])));
    return result;
}

Rgb colorAt(ColorMap map, double position) {
    if (std::isnan(position)) return {128, 128, 128};
    const auto stops = anchors(map);
    const double place = std::clamp(position, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
    const auto lower = std::min(static_cast<std::size_t>(place), stops.size() - 2);
    return mixed(stops[lower], stops[lower + 1], place - static_cast<double>(lower));
}

std::vector<Rgb> colorTable(ColorMap map, int count) {
    std::vector<Rgb> table;
    table.reserve(static_cast<std::size_t>(std::max(0, count)));
    for (int i = 0; i < count; ++i) table.push_back(colorAt(map, count > 1 ? i / (count - 1.0) : 0.5));
    return table;
}

Rgb signedColor(double value, double range) {
    return colorAt(ColorMap::RedBlue, range > 0 ? 0.5 + 0.5 * value / range : 0.5);
}

Rgb edgeColor(double weight, double range, bool darkBackground) {
    const double strength = std::clamp(range > 0 ? std::abs(weight) / range : 0.0, 0.0, 1.0);
    // On black the strong end is bright, on white it is deep; both stay clear of the background.
    const double distance = darkBackground ? 0.36 - 0.14 * strength : 0.26 + 0.14 * strength;
    return colorAt(ColorMap::RedBlue, weight < 0 ? 0.5 - distance : 0.5 + distance);
}

}  // namespace chronnect
