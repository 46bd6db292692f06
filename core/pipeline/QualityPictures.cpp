#include "core/pipeline/QualityPictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour maskColour{255, 150, 40}, regionColour{70, 160, 255}, letterColour{240, 240, 240};
constexpr Colour displacementColour{214, 69, 65}, dvarsColour{70, 130, 200}, paper{255, 255, 255}, line{225, 228, 235};
constexpr std::size_t slicesPerRow = 6;

RgbImage blank(std::size_t width, std::size_t height, Colour colour) {
    RgbImage image{width, height, std::vector<std::uint8_t>(width * height * 3)};
    for (std::size_t i = 0; i < width * height; ++i)
        std::copy(colour.begin(), colour.end(), image.pixels.data() + i * 3);
    return image;
}

void put(RgbImage& image, std::size_t x, std::size_t y, Colour colour) {
    if (x < image.width && y < image.height) std::copy(colour.begin(), colour.end(), image.at(x, y));
}

/// Finds voxels by world coordinates.
class WorldLookup {
public:
    explicit WorldLookup(const VoxelGrid& grid) : m_grid(grid) {
        const auto& a = grid.affine;
        const double det = a[0] * (a[5] * a[10] - a[6] * a[9]) - a[1] * (a[4] * a[10] - a[6] * a[8]) +
                           a[2] * (a[4] * a[9] - a[5] * a[8]);
        const double scale = det != 0 ? 1 / det : 0;
        m_inverse = {(a[5] * a[10] - a[6] * a[9]) * scale, (a[2] * a[9] - a[1] * a[10]) * scale,
                     (a[1] * a[6] - a[2] * a[5]) * scale,  (a[6] * a[8] - a[4] * a[10]) * scale,
                     (a[0] * a[10] - a[2] * a[8]) * scale, (a[2] * a[4] - a[0] * a[6]) * scale,
                     (a[4] * a[9] - a[5] * a[8]) * scale,  (a[1] * a[8] - a[0] * a[9]) * scale,
                     (a[0] * a[5] - a[1] * a[4]) * scale};
    }

    /// Index of the nearest voxel, or the largest number outside.
    std::size_t find(const std::array<double, 3>& world) const {
        std::size_t index = 0, stride = 1;
        const double x = world[0] - m_grid.affine[3], y = world[1] - m_grid.affine[7], z = world[2] - m_grid.affine[11];
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const double place =
                std::round(m_inverse[axis * 3] * x + m_inverse[axis * 3 + 1] * y + m_inverse[axis * 3 + 2] * z);
            if (!(place >= 0 && place < static_cast<double>(m_grid.size[axis]))) return outside;
            index += static_cast<std::size_t>(place) * stride;
            stride *= m_grid.size[axis];
        }
        return index;
    }

    static constexpr std::size_t outside = std::numeric_limits<std::size_t>::max();

private:
    VoxelGrid m_grid;
    std::array<double, 9> m_inverse{};
};

/// A box in world millimetres.
struct Box {
    std::array<double, 3> low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};
};

/// Box around the mask, with a margin.
Box boxOf(const Volume& mask) {
    Box box;
    const auto& size = mask.grid.size;
    for (std::size_t v = 0; v < mask.values.size(); ++v) {
        if (mask.values[v] == 0) continue;
        const auto p = mask.grid.world(static_cast<double>(v % size[0]), static_cast<double>(v / size[0] % size[1]),
                                       static_cast<double>(v / size[0] / size[1]));
        for (std::size_t a = 0; a < 3; ++a) {
            box.low[a] = std::min(box.low[a], p[a] - 8);
            box.high[a] = std::max(box.high[a], p[a] + 8);
        }
    }
    return box;
}

/// What a pixel of a slice shows.
struct Sample {
    double brightness = 0;  ///< 0 to 1
    bool inside = false;
    std::int32_t label = 0;
};

struct SliceView {
    std::size_t across, down, through;  ///< world axes
};
/// Axial and coronal with left on the left; sagittal with front on the right.
constexpr SliceView views[] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}};

class SlicePainter {
public:
    SlicePainter(const ImageQuality& quality, const LabelVolume* labels, double mm)
        : m_quality(quality),
          m_labels(labels),
          m_mm(mm),
          m_box(boxOf(quality.mask)),
          m_image(quality.mean.grid),
          m_atlas(labels ? labels->grid : quality.mean.grid) {
        std::vector<float> inside;
        for (std::size_t v = 0; v < quality.mask.values.size(); ++v)
            if (quality.mask.values[v] > 0) inside.push_back(quality.mean.values[v]);
        const auto high = inside.begin() + static_cast<std::ptrdiff_t>(inside.size() * 98 / 100);
        std::nth_element(inside.begin(), high, inside.end());
        m_brightest = std::max(1e-12, static_cast<double>(*high));
    }

    std::size_t extent(std::size_t axis) const {
        return static_cast<std::size_t>(std::max(1.0, std::ceil((m_box.high[axis] - m_box.low[axis]) / m_mm)));
    }

    /// Paints one slice with its top left corner at (x0, y0). Screen rows go down, world axes up.
    void paint(RgbImage& image, std::size_t x0, std::size_t y0, const SliceView& view, double fraction) const {
        const std::size_t width = extent(view.across), height = extent(view.down);
        std::vector<Sample> samples(width * height);
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x) {
                std::array<double, 3> place{};
                place[view.across] = m_box.low[view.across] + (static_cast<double>(x) + 0.5) * m_mm;
                place[view.down] = m_box.high[view.down] - (static_cast<double>(y) + 0.5) * m_mm;
                place[view.through] =
                    m_box.low[view.through] + fraction * (m_box.high[view.through] - m_box.low[view.through]);
                samples[y * width + x] = sample(place);
            }
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x) put(image, x0 + x, y0 + y, colourOf(samples, x, y, width, height));
    }

private:
    Sample sample(const std::array<double, 3>& place) const {
        Sample s;
        if (const std::size_t v = m_image.find(place); v != WorldLookup::outside) {
            s.brightness = std::clamp(static_cast<double>(m_quality.mean.values[v]) / m_brightest, 0.0, 1.0);
            s.inside = m_quality.mask.values[v] > 0;
        }
        if (m_labels)
            if (const std::size_t v = m_atlas.find(place); v != WorldLookup::outside) s.label = m_labels->labels[v];
        return s;
    }

    /// Grey, or the colour of an outline where the neighbour to the right or below differs.
    Colour colourOf(const std::vector<Sample>& samples, std::size_t x, std::size_t y, std::size_t width,
                    std::size_t height) const {
        const Sample& here = samples[y * width + x];
        bool maskEdge = false, labelEdge = false;
        const auto compare = [&](const Sample& other) {
            maskEdge = maskEdge || other.inside != here.inside;
            labelEdge = labelEdge || other.label != here.label;
        };
        if (x + 1 < width) compare(samples[y * width + x + 1]);
        if (y + 1 < height) compare(samples[(y + 1) * width + x]);
        if (maskEdge) return maskColour;
        if (labelEdge) return regionColour;
        const auto grey = static_cast<std::uint8_t>(std::lround(20 + 200 * here.brightness));
        return {grey, grey, grey};
    }

    const ImageQuality& m_quality;
    const LabelVolume* m_labels;
    double m_mm;
    Box m_box;
    WorldLookup m_image, m_atlas;
    double m_brightest = 1;
};

/// The letter L, 2 pixels a dot.
void drawL(RgbImage& image, std::size_t x0, std::size_t y0) {
    for (std::size_t i = 0; i < 14; ++i)
        for (std::size_t k = 0; k < 2; ++k) {
            put(image, x0 + k, y0 + i, letterColour);
            if (i < 9) put(image, x0 + i, y0 + 12 + k, letterColour);
        }
}

/// Values from 0 (bottom) to `top`; unknown ones leave a gap.
void drawTrace(RgbImage& image, const std::vector<double>& values, double top, std::size_t height,
               std::size_t perVolume, Colour colour) {
    std::size_t previous = height;
    for (std::size_t t = 0; t < values.size(); ++t) {
        if (!std::isfinite(values[t])) {
            previous = height;
            continue;
        }
        const double value = std::clamp(values[t] / top, 0.0, 1.0);
        const auto y = static_cast<std::size_t>(std::lround((1 - value) * static_cast<double>(height - 1)));
        for (std::size_t k = 0; k < perVolume; ++k) put(image, t * perVolume + k, y, colour);
        for (std::size_t between = std::min(y, previous); previous < height && between < std::max(y, previous);
             ++between)
            put(image, t * perVolume, between, colour);
        previous = y;
    }
}

}  // namespace

RgbImage registrationPicture(const ImageQuality& quality, const LabelVolume* labels, double mm) {
    const SlicePainter painter(quality, labels, mm);
    std::size_t tileWidth = 0, height = 0;
    for (const auto& view : views) {
        tileWidth = std::max(tileWidth, painter.extent(view.across));
        height += painter.extent(view.down);
    }
    RgbImage image = blank(tileWidth * slicesPerRow, height, {20, 20, 20});
    std::size_t y = 0;
    for (const auto& view : views) {
        for (std::size_t s = 0; s < slicesPerRow; ++s)
            painter.paint(image, s * tileWidth, y, view, (static_cast<double>(s) + 1.5) / (slicesPerRow + 2));
        if (view.across == 0) drawL(image, 3, y + 3);
        y += painter.extent(view.down);
    }
    return image;
}

Carpet carpetOf(const TimeSeries& series, const std::vector<std::size_t>& order) {
    Carpet carpet;
    carpet.rows = series.regionCount();
    carpet.volumes = series.volumeCount();
    for (std::size_t r = 0; r < carpet.rows; ++r) {
        const std::size_t region = order.empty() ? r : order[r];
        carpet.label.push_back(static_cast<std::int32_t>(region) + 1);
        double mean = 0, squares = 0;
        const double n = static_cast<double>(carpet.volumes);
        for (std::size_t t = 0; t < carpet.volumes; ++t) mean += series.at(t, region) / n;
        for (std::size_t t = 0; t < carpet.volumes; ++t) squares += std::pow(series.at(t, region) - mean, 2);
        const double deviation = std::sqrt(squares / std::max(1.0, n - 1));
        for (std::size_t t = 0; t < carpet.volumes; ++t)
            carpet.values.push_back(deviation > 0 ? static_cast<float>((series.at(t, region) - mean) / deviation)
                                                  : 0.0f);
    }
    return carpet;
}

RgbImage carpetPicture(const Carpet& carpet, const std::vector<double>& displacement,
                       const std::vector<double>& standardDvars) {
    constexpr std::size_t traceHeight = 60;
    const std::size_t perVolume = std::max<std::size_t>(1, 960 / std::max<std::size_t>(1, carpet.volumes));
    const std::size_t perRow = std::max<std::size_t>(1, 320 / std::max<std::size_t>(1, carpet.rows));
    const std::size_t top = displacement.empty() && standardDvars.empty() ? 0 : traceHeight + 6;
    RgbImage image = blank(std::max<std::size_t>(1, carpet.volumes * perVolume),
                           top + std::max<std::size_t>(1, carpet.rows * perRow), paper);
    if (top > 0) {
        for (std::size_t x = 0; x < image.width; ++x) put(image, x, traceHeight / 2, line);
        drawTrace(image, standardDvars, 4, traceHeight, perVolume, dvarsColour);
        drawTrace(image, displacement, 2, traceHeight, perVolume, displacementColour);
    }
    for (std::size_t r = 0; r < carpet.rows; ++r)
        for (std::size_t t = 0; t < carpet.volumes; ++t) {
            const double value =
                std::clamp((static_cast<double>(carpet.values[r * carpet.volumes + t]) + 2) / 4, 0.0, 1.0);
            const auto grey = static_cast<std::uint8_t>(std::lround(255 * value));
            for (std::size_t i = 0; i < perRow; ++i)
                for (std::size_t k = 0; k < perVolume; ++k)
                    put(image, t * perVolume + k, top + r * perRow + i, {grey, grey, grey});
        }
    return image;
}

}  // namespace chronnect
