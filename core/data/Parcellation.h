#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// Red, green, blue, 0 to 255.
using Rgb = std::array<std::uint8_t, 3>;

enum class Hemisphere { Unknown, Left, Right, Both };

/// One brain region of an atlas.
struct Region {
    int label = 0;  ///< value in the label image; 0 where there is no image
    std::string name;
    std::string network;  ///< empty when the atlas names none
    Hemisphere hemisphere = Hemisphere::Unknown;
    std::array<double, 3> centre{0, 0, 0};  ///< RAS+ mm in the space of the atlas
    bool hasCentre = false;
    Rgb colour{160, 160, 160};

    bool operator==(const Region&) const = default;
};

/// A label image's table: the regions in the order of the columns of every TimeSeries made with it.
struct Parcellation {
    std::string name;   ///< e.g. "Dosenbach160"
    std::string space;  ///< template, e.g. "MNI152NLin6Asym"; empty when unknown
    std::vector<Region> regions;

    /// Distinct network names in display order: Yeo order first where names match, others as they appear.
    std::vector<std::string> networks() const;
    /// Regions reordered so that networks are contiguous, left before right (a permutation of 0..n-1).
    std::vector<std::size_t> networkOrder() const;
    std::vector<std::string> names() const;

    bool operator==(const Parcellation&) const = default;
};

/// The customary colour of a network by name (Yeo-7 by name, then a fixed qualitative set), or grey.
Rgb networkColour(const std::string& network);

}  // namespace chronnect
