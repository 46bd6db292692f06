#include "widgets/views/MaskChoice.h"

#include "core/data/Connectivity.h"

#include <algorithm>

namespace chronnect {
namespace {

std::size_t placeOf(int a, int b, std::size_t regions) {
    const auto [low, high] = std::minmax(a, b);
    return edgeIndex(static_cast<std::size_t>(low), static_cast<std::size_t>(high), regions);
}

std::vector<int> regionsOf(const Parcellation& parcellation, const std::string& network) {
    std::vector<int> found;
    for (std::size_t i = 0; i < parcellation.regions.size(); ++i)
        if (parcellation.regions[i].network == network) found.push_back(static_cast<int>(i));
    return found;
}

}  // namespace

MaskChoice::MaskChoice(std::size_t regions) : m_regions(regions, 0), m_pairs(edgeCountOf(regions), 0) {}

bool MaskChoice::isEmpty() const {
    const auto none = [](const std::vector<std::uint8_t>& all) { return std::ranges::find(all, 1) == all.end(); };
    return none(m_regions) && none(m_pairs);
}

bool MaskChoice::hasRegion(int region) const { return exists(region) && m_regions[static_cast<std::size_t>(region)]; }

bool MaskChoice::hasPair(int a, int b) const { return exists(a, b) && m_pairs[placeOf(a, b, regionCount())]; }

bool MaskChoice::hides(int a, int b) const {
    return exists(a, b) && (hasRegion(a) || hasRegion(b) || m_pairs[placeOf(a, b, regionCount())]);
}

bool MaskChoice::hasNetwork(const Parcellation& parcellation, const std::string& network) const {
    const auto members = regionsOf(parcellation, network);
    return !members.empty() && std::ranges::all_of(members, [&](int region) { return hasRegion(region); });
}

bool MaskChoice::hidesBetween(const Parcellation& parcellation, const std::string& one,
                              const std::string& other) const {
    const auto rows = regionsOf(parcellation, one), columns = regionsOf(parcellation, other);
    bool any = false;
    for (const int a : rows)
        for (const int b : columns) {
            if (a == b) continue;
            if (!hides(a, b)) return false;
            any = true;
        }
    return any;
}

void MaskChoice::setRegion(int region, bool hidden) {
    if (exists(region)) m_regions[static_cast<std::size_t>(region)] = hidden;
}

void MaskChoice::setPair(int a, int b, bool hidden) {
    if (exists(a, b)) m_pairs[placeOf(a, b, regionCount())] = hidden;
}

void MaskChoice::setNetwork(const Parcellation& parcellation, const std::string& network, bool hidden) {
    for (const int region : regionsOf(parcellation, network)) setRegion(region, hidden);
}

void MaskChoice::setBetween(const Parcellation& parcellation, const std::string& one, const std::string& other,
                            bool hidden) {
    const auto columns = regionsOf(parcellation, other);
    for (const int a : regionsOf(parcellation, one))
        for (const int b : columns) setPair(a, b, hidden);
}

void MaskChoice::clear() { *this = MaskChoice(regionCount()); }

std::vector<int> MaskChoice::regions() const {
    std::vector<int> chosen;
    for (std::size_t i = 0; i < m_regions.size(); ++i)
        if (m_regions[i]) chosen.push_back(static_cast<int>(i));
    return chosen;
}

std::vector<std::uint8_t> MaskChoice::hiddenPairs() const {
    std::vector<std::uint8_t> hidden = m_pairs;
    std::size_t next = 0;
    for (std::size_t a = 0; a < m_regions.size(); ++a)
        for (std::size_t b = a + 1; b < m_regions.size(); ++b, ++next) hidden[next] |= m_regions[a] | m_regions[b];
    return hidden;
}

std::size_t MaskChoice::hiddenPairCount() const {
    return static_cast<std::size_t>(std::ranges::count(hiddenPairs(), 1));
}

MaskRequest MaskChoice::request() const {
    MaskRequest wanted;
    wanted.regions = regions();
    if (std::ranges::find(m_pairs, 1) == m_pairs.end()) return wanted;
    const int count = static_cast<int>(regionCount());
    for (int a = 0; a < count; ++a)
        for (int b = a + 1; b < count; ++b)
            if (hides(a, b)) wanted.pairs.emplace_back(a, b);
    return wanted;
}

}  // namespace chronnect
