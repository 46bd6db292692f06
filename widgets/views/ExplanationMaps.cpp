#include "widgets/views/ExplanationMaps.h"

#include "core/base/Error.h"
#include "core/data/Connectivity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {
namespace {

/// One layer of a map, or their mean.
std::vector<float> layerOf(const Explanation::Map& map, int layer) {
    const std::size_t layers = map.shape.front(), size = map.values.size() / std::max<std::size_t>(layers, 1);
    std::vector<float> result(size, 0.0f);
    for (std::size_t i = 0; i < map.values.size(); ++i) {
        if (layer < 0)
            result[i % size] += map.values[i] / static_cast<float>(layers);
        else if (i / size == static_cast<std::size_t>(layer))
            result[i % size] = map.values[i];
    }
    return result;
}

MapPicture pairsPicture(const std::vector<float>& pairs, std::size_t regions) {
    MapPicture picture;
    picture.rows = picture.columns = static_cast<int>(regions);
    picture.columnAxis = MapPicture::Axis::Regions;
    picture.values.assign(regions * regions, std::numeric_limits<float>::quiet_NaN());
    picture.perRegion.assign(regions, 0.0f);
    for (std::size_t a = 0; a < regions; ++a)
        for (std::size_t b = a + 1; b < regions; ++b) {
            const float value = pairs[edgeIndex(a, b, regions)];
            picture.values[a * regions + b] = picture.values[b * regions + a] = value;
            picture.perRegion[a] += value / static_cast<float>(regions - 1);
            picture.perRegion[b] += value / static_cast<float>(regions - 1);
        }
    return picture;
}

/// times x regions, turned so that a region is a row.
MapPicture timesPicture(const std::vector<float>& values, std::size_t regions, MapPicture::Axis times) {
    MapPicture picture;
    const std::size_t count = values.size() / regions;
    picture.rows = static_cast<int>(regions);
    picture.columns = static_cast<int>(count);
    picture.columnAxis = times;
    picture.values.resize(values.size());
    picture.perRegion.assign(regions, 0.0f);
    for (std::size_t time = 0; time < count; ++time)
        for (std::size_t region = 0; region < regions; ++region) {
            const float value = values[time * regions + region];
            picture.values[region * count + time] = value;
            picture.perRegion[region] += value / static_cast<float>(count);
        }
    return picture;
}

}  // namespace

std::vector<Explanation::Map> mapsOf(const Explanation& explanation) {
    if (!explanation.maps.empty()) return explanation.maps;
    Explanation::Map map;
    map.name = "spatial attention";
    map.axes = {"layer", "window", "region"};
    map.shape = {explanation.layers, explanation.windows, explanation.regions};
    map.values = explanation.spatial;
    map.checks = explanation.checks;
    map.passed = std::ranges::all_of(map.checks, &Explanation::Check::passed);
    return {map};
}

MapPicture pictureOf(const Explanation::Map& map, std::size_t regions, int layer) {
    std::size_t size = 1;
    for (const std::size_t length : map.shape) size *= length;
    const bool fits = !map.axes.empty() && map.axes.size() == map.shape.size() && size == map.values.size() &&
                      size > 0 && (map.axes.front() != "pair" || size == edgeCountOf(regions)) &&
                      (map.axes.back() != "region" || map.shape.back() == regions);
    if (!fits) throw Error(ErrorKind::Internal, "The map '" + map.name + "' does not fill its shape");
    const bool layered = map.axes.front() == "layer";
    const std::vector<float> values = layered ? layerOf(map, layer) : map.values;
    MapPicture picture;
    if (map.axes.back() == "pair") {
        picture = pairsPicture(values, regions);
    } else if (map.axes.back() == "region") {
        const bool volumes = map.axes[map.axes.size() - 2] == "volume";
        picture = timesPicture(values, regions, volumes ? MapPicture::Axis::Volumes : MapPicture::Axis::Windows);
    } else {
        picture.rowAxis = picture.columnAxis = MapPicture::Axis::Windows;
        picture.columns = static_cast<int>(map.shape.back());
        picture.rows = static_cast<int>(values.size()) / std::max(picture.columns, 1);
        picture.values = values;
    }
    picture.hasLayers = layered;
    picture.isSigned = std::ranges::any_of(picture.values, [](float value) { return value < 0; });
    return picture;
}

std::pair<float, float> MapPicture::range() const {
    float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
    for (const float value : values) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    return low <= high ? std::pair(low, high) : std::pair(0.0f, 0.0f);
}

std::vector<float> MapPicture::inOrder(const std::vector<int>& rowOf) const {
    std::vector<float> ordered(values.size());
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column) {
            const int toRow = rowAxis == Axis::Regions ? rowOf[static_cast<std::size_t>(row)] : row;
            const int toColumn = columnAxis == Axis::Regions ? rowOf[static_cast<std::size_t>(column)] : column;
            ordered[static_cast<std::size_t>(toRow) * columns + toColumn] =
                values[static_cast<std::size_t>(row) * columns + column];
        }
    return ordered;
}

int nearestStart(const std::vector<int>& from, int index, const std::vector<int>& to) {
    if (from == to || index < 0 || index >= static_cast<int>(from.size()) || to.empty()) return index;
    const auto distance = [&](int start) { return std::abs(start - from[static_cast<std::size_t>(index)]); };
    const auto best = std::min_element(to.begin(), to.end(), [&](int a, int b) { return distance(a) < distance(b); });
    return static_cast<int>(best - to.begin());
}

}  // namespace chronnect
