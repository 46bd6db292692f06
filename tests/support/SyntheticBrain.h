#pragma once

#include "core/base/Random.h"
#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace chronnect {

/// `count` regions spread evenly over two ellipsoid half brains, in seven networks; the same every time.
inline Parcellation syntheticBrain(int count) {
    const char* networks[] = {"Vis", "SomMot", "DorsAttn", "SalVentAttn", "Limbic", "Cont", "Default"};
    Parcellation result;
    result.name = "Synthetic" + std::to_string(count);
    result.space = "MNI152NLin6Asym";
    for (int i = 0; i < count; ++i) {
        const double z = 1 - 2 * (i + 0.5) / count, angle = i * 2.399963;  // golden angle: even on the sphere
        const double ring = std::sqrt(1 - z * z);
        Region region;
        region.label = i + 1;
        region.centre = {58 * ring * std::cos(angle), -18 + 76 * ring * std::sin(angle), 12 + 52 * z};
        region.hasCentre = true;
        region.hemisphere = region.centre[0] < 0 ? Hemisphere::Left : Hemisphere::Right;
        // From the back of the head forwards, so that networks are places.
        const int network = std::min(6, static_cast<int>((region.centre[1] + 94) / 152 * 7));
        region.network = networks[network];
        region.name = std::string(region.centre[0] < 0 ? "LH_" : "RH_") + region.network + "_" + std::to_string(i + 1);
        region.colour = networkColour(region.network);
        result.regions.push_back(region);
    }
    return result;
}

/// Smooth connectivity over `windows`: near and same-network pairs strong, two network couplings that swap in time.
inline DynamicConnectivity syntheticConnectivity(const Parcellation& parcellation, int windows, int seed = 1) {
    DynamicConnectivity result;
    result.regions = parcellation.names();
    result.repetitionTime = 2;
    result.windowLength = 30;
    const std::size_t count = parcellation.regions.size();
    Random random(static_cast<std::uint64_t>(seed));
    std::vector<float> noise(edgeCountOf(count));
    for (float& value : noise) value = static_cast<float>(0.16 * random.normal());
    for (int w = 0; w < windows; ++w) {
        result.windowStarts.push_back(2 * w);
        result.windowCentres.push_back((2 * w + 14.5) * 2);
        const double phase = 2 * 3.14159265 * w / std::max(1, windows);
        std::size_t next = 0;
        for (std::size_t a = 0; a < count; ++a)
            for (std::size_t b = a + 1; b < count; ++b, ++next) {
                const auto &p = parcellation.regions[a], &q = parcellation.regions[b];
                const double apart =
                    std::hypot(p.centre[0] - q.centre[0], p.centre[1] - q.centre[1], p.centre[2] - q.centre[2]);
                double r = 0.35 * std::exp(-apart / 35) + noise[next] * (1 + 0.5 * std::sin(phase + 40 * noise[next]));
                if (p.network == q.network) r += 0.32 + 0.15 * std::sin(phase);
                if ((p.network == "Default") != (q.network == "Default") &&
                    (p.network == "DorsAttn" || q.network == "DorsAttn"))
                    r -= 0.45 + 0.25 * std::cos(phase);
                result.edges.push_back(static_cast<float>(std::tanh(r)));
            }
    }
    result.howComputed = "Pearson correlation in windows of 30 volumes (60 s), step 2 volumes (4 s), rectangular";
    return result;
}

}  // namespace chronnect
