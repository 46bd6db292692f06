#pragma once

#include "core/data/Parcellation.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect::detail {

/// A name, where the table puts it and where the image has it.
struct PlacedName {
    std::string name;
    Hemisphere hemisphere = Hemisphere::Unknown;
    std::optional<std::array<double, 3>> stated;    ///< centre given by the table
    std::optional<std::array<double, 3>> centroid;  ///< of the voxels of its label
};

/// The best explanation of how names and image belong together.
struct NamingVerdict {
    enum class Kind { AsStated, Flipped, Shifted } kind = Kind::AsStated;
    int shift = 0;              ///< the name of row r belongs to the voxels of row r + shift
    std::size_t from = 0;       ///< first row that is shifted
    double costAsStated = 0.0;  ///< mean mismatch per region, mm
    double costBest = 0.0;
};

/// Tries "as stated", "left and right swapped" and "shifted by one row from some row on" and returns the one under
/// which centres, hemispheres, mirrored pairs and the lobes that names speak of fit the voxels best; another than "as
/// stated" only when it fits clearly better. Rows in the order of their labels.
NamingVerdict judgeNaming(const std::vector<PlacedName>& rows);

/// False when a name speaks of a lobe or structure that cannot lie at `place` (RAS+ mm, MNI-like); true when unknown.
bool nameFitsPlace(std::string_view name, const std::array<double, 3>& place);

}  // namespace chronnect::detail
