#include "core/model/Windows.h"

#include <cmath>

namespace chronnect {

std::vector<int> windowStarts(int volumes, const GraphSpec& spec) {
    std::vector<int> starts;
    for (int start = 0; start < volumes - spec.windowLength; start += spec.windowStep) starts.push_back(start);
    return starts;
}

int nonOverlappingGap(const GraphSpec& spec) { return (spec.windowLength + spec.windowStep - 1) / spec.windowStep; }

int minimumGap(const GraphSpec& spec, GapRule rule) {
    if (rule == GapRule::NonOverlapping) return nonOverlappingGap(spec);
    return static_cast<int>(std::ceil((static_cast<double>(spec.windowLength) / spec.windowStep + 1) / 2));
}

}  // namespace chronnect
