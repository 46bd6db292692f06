#pragma once

#include "core/learning/Explanation.h"
#include "core/train/detail/Attribution.h"

#include <functional>
#include <vector>

namespace chronnect::train {

/// What a map ranks: pairs of regions (in all windows), regions window by window, whole windows, or the regions'
/// series.
enum class Unit { Pairs, Regions, Windows, Series };

/// Takes units away from a scan and asks the network what it makes of the rest.
///
/// A pair is taken out of every window's graph; a region loses its pairs and its place in the readout, window by
/// window; a window leaves the sequence; a region's series is set to its mean where the time code is computed.
class Perturbation {
public:
    Perturbation(const Explained& explained, Unit unit) : m_explained(explained), m_unit(unit) {}

    /// Shape of the importance that ranks the units: pairs a < b; windows x regions; windows; regions.
    std::vector<std::int64_t> shape() const;
    /// The explained output when the `share` most important units are gone (`keep` = false) or alone remain. Regions
    /// are ranked within their window.
    double output(const torch::Tensor& importance, double share, bool keep) const;

private:
    const Explained& m_explained;
    Unit m_unit;
};

/// Outputs along random orders: what every map of this unit is compared with.
struct RandomOrders {
    std::vector<double> deletion, insertion;              ///< mean at each share
    std::vector<double> deletionScores, insertionScores;  ///< one per order
    double whole = 0, nothing = 0;                        ///< output with all units, and with none
};

/// Shares of the units at which curves are taken, 0 and 1 included.
const std::vector<double>& fidelityShares();
RandomOrders randomOrders(const Perturbation& perturbation, int orders, std::uint64_t seed);

/// Fills the curves of `map` and appends two checks: taking the most important units away lowers the output sooner, and
/// putting them back raises it sooner, than random order by more than two standard deviations of random orders.
void checkFidelity(const Perturbation& perturbation, const RandomOrders& random, const torch::Tensor& importance,
                   Explanation::Map& map);

/// Spearman's rank correlation; ties share their mean rank. 0 when one side is constant.
double rankCorrelation(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace chronnect::train
