#pragma once

#include "core/base/Random.h"
#include "core/learning/ScanSource.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace chronnect::test {

/// Scans whose regions form two modules: first and second half, or, in scans of group 1 and when the groups shall
/// differ, even and odd ones. Group of scan i: i % 2.
inline std::shared_ptr<const ScanSource> twoGroups(int subjects, int volumes, int regions, std::uint64_t seed,
                                                   bool different = true) {
    Random random(seed);
    std::vector<MemoryScan> scans;
    for (int s = 0; s < subjects; ++s) {
        MemoryScan scan;
        scan.info.id = "sub-" + std::to_string(s);
        scan.info.subject = std::to_string(s);
        scan.info.site = s % 4 < 2 ? "A" : "B";
        for (int t = 0; t < volumes; ++t) {
            const double first = random.normal(), second = random.normal();
            for (int r = 0; r < regions; ++r) {
                const bool inFirst = s % 2 && different ? r % 2 == 0 : r < regions / 2;
                scan.values.push_back(static_cast<float>((inFirst ? first : second) + random.normal()));
            }
        }
        scans.push_back(std::move(scan));
    }
    std::vector<std::string> names, networks;
    for (int r = 0; r < regions; ++r) {
        names.push_back("R" + std::to_string(r));
        networks.push_back(r < regions / 2 ? "Visual" : "Default");
    }
    return memoryScanSource(std::move(scans), names, networks, 2.0);
}

}  // namespace chronnect::test
