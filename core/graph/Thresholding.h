#pragma once

#include "core/base/JobContext.h"
#include "core/base/Parameters.h"
#include "core/data/Connectivity.h"

#include <span>
#include <vector>

namespace chronnect {

/// How weights become edges.
enum class ThresholdRule {
    Absolute,              ///< |r| > value
    Signed,                ///< r > value
    ProportionalSigned,    ///< the strongest share by signed weight (BCT rule)
    ProportionalAbsolute,  ///< the strongest share by |r|
    Stagin                 ///< r > the (100-percent)th percentile of all N x N entries, diagonal included, strict
};
template <>
struct EnumNames<ThresholdRule> {
    static constexpr std::array<std::string_view, 5> names{"absolute", "signed", "proportional_signed",
                                                           "proportional_absolute", "stagin"};
};

struct ThresholdSpec {
    ThresholdRule rule = ThresholdRule::ProportionalAbsolute;
    double value = 0.3;     ///< for absolute and signed
    double percent = 10.0;  ///< share of pairs kept, for the others

    bool operator==(const ThresholdSpec&) const = default;
};

template <SpecOf<ThresholdSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.rule, {"rule", "Threshold", "", "Which pairs become edges"});
    visit(spec.value, {"value", "Smallest weight", "", "For absolute and signed rules", -1, 1});
    visit(spec.percent, {"percent", "Edges kept", "%", "For proportional rules and STAGIN's percentile", 0.1, 100});
}

/// The cut such that exactly the pairs the rule keeps have a weight (|w| for the two rules on |r|) strictly above it.
/// Proportional rules keep round(N (N-1) percent / 200) pairs, half away from zero (Brain Connectivity Toolbox); pairs
/// that tie with the last kept one are kept too, so the answer does not depend on the order of regions, and |r| = 0 is
/// never an edge. Stagin interpolates linearly between order statistics as numpy.percentile does, with N ones of the
/// diagonal among the N x N entries. n/a pairs are never edges; they count as pairs of the share, and are left out of
/// the percentile. Throws Error(BadInput) when `edges` does not belong to `regions` or the share is outside 0 to 100.
float cutoff(std::span<const float> edges, std::size_t regions, const ThresholdSpec& spec);

/// Whether the rule looks at |w| instead of w.
bool usesMagnitude(ThresholdRule rule);

/// Binary graphs of every window. Fisher z must not be given to Stagin's rule, whose diagonal is 1.
DynamicGraph thresholdGraphs(const DynamicConnectivity& connectivity, const ThresholdSpec& spec,
                             const JobContext& context = {});

/// Degree of every region in one window (no self-loops).
std::vector<int> degrees(const DynamicGraph& graph, std::size_t window);

}  // namespace chronnect
