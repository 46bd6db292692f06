#pragma once

#include "core/data/Parcellation.h"
#include "core/learning/Learning.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// What a person has chosen to hide from the network: regions, whose pairs go with them, and pairs by themselves.
class MaskChoice {
public:
    explicit MaskChoice(std::size_t regions = 0);

    std::size_t regionCount() const { return m_regions.size(); }
    bool isEmpty() const;
    bool hasRegion(int region) const;
    bool hasPair(int a, int b) const;  ///< chosen by itself
    bool hides(int a, int b) const;    ///< chosen by itself or with one of its regions
    /// Whether every region of the network, or every pair between two of them (or within one), is hidden.
    bool hasNetwork(const Parcellation& parcellation, const std::string& network) const;
    bool hidesBetween(const Parcellation& parcellation, const std::string& one, const std::string& other) const;

    /// What does not exist (a region out of range, a region with itself) is passed over.
    void setRegion(int region, bool hidden);
    void setPair(int a, int b, bool hidden);
    void setNetwork(const Parcellation& parcellation, const std::string& network, bool hidden);
    void setBetween(const Parcellation& parcellation, const std::string& one, const std::string& other, bool hidden);
    void clear();

    std::vector<int> regions() const;
    std::vector<std::uint8_t> hiddenPairs() const;  ///< 1 where hidden; positions as in edgeIndex
    std::size_t hiddenPairCount() const;

    /// The choice as the engine understands it: it hides the pairs of hidden regions only where no pair is named, so
    /// that beside pairs of their own those of the regions are named too.
    MaskRequest request() const;

    bool operator==(const MaskChoice&) const = default;

private:
    bool exists(int region) const { return region >= 0 && region < static_cast<int>(m_regions.size()); }
    bool exists(int a, int b) const { return exists(a) && exists(b) && a != b; }

    std::vector<std::uint8_t> m_regions, m_pairs;  ///< 1 where chosen
};

}  // namespace chronnect
