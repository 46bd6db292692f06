#include "core/data/Parcellation.h"

#include "core/base/Random.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace chronnect {

namespace {

struct KnownNetwork {
    const char* keys[6];  ///< lower-case beginnings under which the network is known
    Rgb colour;
};

/// Display order and colours of the Yeo-7 set by name, then of names that other atlases use.
constexpr KnownNetwork knownNetworks[] = {
    {{"vis", "occipital"}, {120, 18, 134}},
    {{"sommot", "somatomotor", "sensorimotor", "motor"}, {70, 130, 180}},
    {{"dorsatt", "dorsalatt", "dorsal att"}, {0, 118, 14}},
    {{"salvent", "saliencevent", "ventatt", "ventral att", "salience", "cingulo"}, {196, 58, 250}},
    {{"limbic"}, {220, 248, 164}},
    {{"cont", "fronto-parietal", "frontoparietal", "fronto parietal"}, {230, 148, 34}},
    {{"default"}, {205, 62, 78}},
    {{"subcort"}, {90, 90, 90}},
    {{"cerebell"}, {64, 180, 190}},
};

constexpr Rgb spareColours[] = {{51, 34, 136},  {17, 119, 51},  {221, 204, 119}, {136, 204, 238},
                                {170, 68, 153}, {153, 153, 51}, {102, 17, 0},    {68, 170, 153}};

int knownIndex(const std::string& network) {
    std::string lower = network;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    for (std::size_t i = 0; i < std::size(knownNetworks); ++i)
        for (const char* key : knownNetworks[i].keys)
            if (key && lower.starts_with(key)) return static_cast<int>(i);
    return -1;
}

}  // namespace

std::vector<std::string> Parcellation::networks() const {
    std::vector<std::string> found;
    for (const auto& region : regions)
        if (std::find(found.begin(), found.end(), region.network) == found.end()) found.push_back(region.network);
    std::stable_sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
        const auto rank = [](const std::string& n) {
            return n.empty() ? 1000 : knownIndex(n) < 0 ? 999 : knownIndex(n);
        };
        return rank(a) < rank(b);
    });
    return found;
}

std::vector<std::size_t> Parcellation::networkOrder() const {
    const auto names = networks();
    std::vector<std::size_t> order(regions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto key = [&](std::size_t i) {
            const auto network = std::find(names.begin(), names.end(), regions[i].network) - names.begin();
            const int side = regions[i].hemisphere == Hemisphere::Left    ? 0
                             : regions[i].hemisphere == Hemisphere::Right ? 1
                                                                          : 2;
            return std::pair(network, side);
        };
        return key(a) < key(b);
    });
    return order;
}

std::vector<std::string> Parcellation::names() const {
    std::vector<std::string> result;
    for (const auto& region : regions) result.push_back(region.name);
    return result;
}

Rgb networkColour(const std::string& network) {
    if (network.empty()) return {160, 160, 160};
    if (const int known = knownIndex(network); known >= 0) return knownNetworks[known].colour;
    return spareColours[stableHash(network) % std::size(spareColours)];
}

}  // namespace chronnect
