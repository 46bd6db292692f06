#pragma once

#include "core/base/Json.h"
#include "core/base/Notice.h"

#include <cstddef>
#include <string>
#include <vector>

namespace chronnect {

/// Where a fine-tuned network looked in one scan.
struct Explanation {
    std::string scan;
    std::size_t layers = 0, windows = 0, regions = 0;
    std::vector<int> windowStarts;      ///< volumes
    std::vector<float> spatial;         ///< layers x windows x regions, in (0, 1)
    std::vector<float> temporal;        ///< layers x windows x windows, row = query
    std::vector<int> salientWindows;    ///< column mean above mean + 1 sd
    std::vector<float> edgeImportance;  ///< pairs, mean |gradient x input| over windows; may be empty
    std::vector<double> output;         ///< class probabilities or the number
    struct Check {                      ///< does the map deserve belief
        std::string name;
        double value = 0, null = 0;
        bool passed = false;
    };
    std::vector<Check> checks;  ///< of all maps, each name beginning with its map's
    /// One way to say where the network looked, with the evidence for and against it.
    struct Map {
        std::string name;               ///< "spatial attention", "integrated gradients of edges", ...
        std::vector<std::string> axes;  ///< "layer", "window", "region", "pair", "volume"
        std::vector<std::size_t> shape;
        std::vector<float> values;  ///< row-major
        bool passed = false;        ///< all its checks; a map that is not must be shown as failed
        std::vector<Check> checks;
        std::vector<double> shares;               ///< 0 to 1 of the regions, pairs or windows taken away or put back
        std::vector<double> deletion, insertion;  ///< the explained output along the map's own order
        std::vector<double> randomDeletion, randomInsertion;  ///< mean over random orders
    };
    std::vector<Map> maps;
    Notices notices;
};

Json toJson(const Explanation& explanation);

}  // namespace chronnect
