#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace chronnect {

/// Number of pairs a < b of n regions.
constexpr std::size_t edgeCountOf(std::size_t regions) { return regions < 2 ? 0 : regions * (regions - 1) / 2; }

/// Position of the pair (a, b), a < b, in an upper triangle stored row by row: (0,1), (0,2), ..., (1,2), ...
constexpr std::size_t edgeIndex(std::size_t a, std::size_t b, std::size_t regions) {
    return a * (2 * regions - a - 1) / 2 + (b - a - 1);
}

/// One symmetric matrix over regions with unit diagonal; keeps its upper triangle, row by row (see edgeIndex).
struct ConnectivityMatrix {
    std::vector<std::string> regions;
    std::vector<double> edges;  ///< edgeCountOf(regions)
    std::string kind;           ///< "pearson correlation", ...

    std::size_t regionCount() const { return regions.size(); }
    double at(std::size_t a, std::size_t b) const {
        if (a == b) return 1.0;
        return a < b ? edges[edgeIndex(a, b, regionCount())] : edges[edgeIndex(b, a, regionCount())];
    }
};

/// One connectivity matrix per window; each keeps its upper triangle only.
struct DynamicConnectivity {
    std::vector<std::string> regions;
    double repetitionTime = 0.0;        ///< s
    int windowLength = 0;               ///< volumes; 0 for a finished matrix, which has no place in time
    std::vector<int> windowStarts;      ///< first volume (row of the series) of each window
    std::vector<double> windowCentres;  ///< seconds from the first volume; volumes when TR is unknown
    std::vector<float> edges;           ///< windows x edges, row-major
    std::string howComputed;            ///< one sentence with every convention, for captions and exports

    std::size_t regionCount() const { return regions.size(); }
    std::size_t edgeCount() const { return edgeCountOf(regions.size()); }
    std::size_t windowCount() const { return windowStarts.size(); }
    std::span<const float> window(std::size_t index) const {
        return std::span(edges).subspan(index * edgeCount(), edgeCount());
    }
};

/// A matrix that was made elsewhere, as one window of no length, so that views can draw it.
DynamicConnectivity asOneWindow(const ConnectivityMatrix& matrix);

/// Binary graphs over time: bit e of window w says whether pair e is an edge.
struct DynamicGraph {
    std::vector<std::string> regions;
    std::size_t windowCount = 0;
    std::vector<std::uint8_t> present;  ///< windows x edges, 0 or 1
    std::vector<float> cutoffs;         ///< the weight above which an edge was kept, per window
    std::string howComputed;

    std::size_t edgeCount() const { return edgeCountOf(regions.size()); }
};

}  // namespace chronnect
