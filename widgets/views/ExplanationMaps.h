#pragma once

#include "core/learning/Explanation.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace chronnect {

/// One explanation map as a matrix for the screen.
struct MapPicture {
    enum class Axis { Regions, Windows, Volumes };
    Axis rowAxis = Axis::Regions, columnAxis = Axis::Windows;
    int rows = 0, columns = 0;
    std::vector<float> values;     ///< rows x columns, regions in the order of the atlas; NaN on a diagonal of pairs
    std::vector<float> perRegion;  ///< mean over the columns, for the brain; empty for a map without regions
    bool isSigned = false;         ///< says for and against, so colours run around zero
    bool hasLayers = false;

    std::pair<float, float> range() const;  ///< smallest and largest finite value
    /// The values with region r in row (and column) rowOf[r].
    std::vector<float> inOrder(const std::vector<int>& rowOf) const;
};

/// The maps of an explanation; one that holds none (made before maps had evidence of their own) gives its spatial
/// attention with all its checks.
std::vector<Explanation::Map> mapsOf(const Explanation& explanation);

/// `layer` -1 = mean of the layers. Throws Error(Internal) when the map's values do not fill its shape.
MapPicture pictureOf(const Explanation::Map& map, std::size_t regions, int layer);

/// The window of `to` that starts nearest to window `index` of `from`; both in volumes.
int nearestStart(const std::vector<int>& from, int index, const std::vector<int>& to);

}  // namespace chronnect
