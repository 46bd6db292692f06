#include "core/data/Connectivity.h"

namespace chronnect {

DynamicConnectivity asOneWindow(const ConnectivityMatrix& matrix) {
    DynamicConnectivity result;
    result.regions = matrix.regions;
    result.windowStarts = {0};
    result.windowCentres = {0.0};
    result.edges.assign(matrix.edges.begin(), matrix.edges.end());
    result.howComputed =
        "One finished matrix, " + matrix.kind + ", which does not say how it was computed or over which volumes";
    return result;
}

}  // namespace chronnect
