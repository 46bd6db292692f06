#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "widgets/views/HeatMap.h"

#include <cstddef>
#include <span>
#include <vector>

namespace chronnect {

/// In which order a matrix shows regions, and which of them form blocks.
struct RegionOrder {
    std::vector<int> regionAt;         ///< region in each row
    std::vector<int> rowOf;            ///< row of each region
    std::vector<HeatMapGroup> groups;  ///< networks in that order; empty when not ordered by network

    /// The atlas order, or by network when asked and `parcellation` (may be null) fits `regions` and names networks.
    static RegionOrder make(const Parcellation* parcellation, std::size_t regions, bool byNetwork);
};

/// The full square matrix of an upper triangle (edgeIndex) in display order.
std::vector<float> orderedMatrix(std::span<const float> edges, const RegionOrder& order, float diagonal);

/// "Name · Network · L · MNI (−40, 12, 8) mm" as rich text lines for tool tips.
QString regionDescription(const Parcellation* parcellation, int region, const QString& fallbackName = {});
/// What a weight is called beside its number: r, z where Fisher z was stored, or "value" where nobody knows how a
/// finished matrix was computed.
QString weightSymbol(const DynamicConnectivity& connectivity);
/// The region's name, or "Region 12" without a table.
QString regionName(const Parcellation* parcellation, int region);
QColor toColor(const Rgb& rgb);

}  // namespace chronnect
