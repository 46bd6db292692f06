#pragma once

#include "core/base/Parameters.h"
#include "core/data/Connectivity.h"

#include <span>

namespace chronnect {

/// How weights become edges.
enum class ThresholdRule {
    Absolute,       ///< |r| > value
    Signed,         ///< r > value
    ProportionalSigned,    ///< the strongest share by signed weight (BCT rule)
    ProportionalAbsolute,  ///< the strongest share by |r|
    Stagin          ///< r > the (100-percent)th percentile of all N x N entries, diagonal included, strict
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

/// The smallest weight kept, such that exactly the edges the rule keeps are those with (|w| or w) strictly above it.
float cutoff(std::span<const float> edges, std::size_t regions, const ThresholdSpec& spec);

/// Binary graphs of every window.
DynamicGraph thresholdGraphs(const DynamicConnectivity& connectivity, const ThresholdSpec& spec);

/// Degree of every region in one window (no self-loops).
std::vector<int> degrees(const DynamicGraph& graph, std::size_t window);

}  // namespace chronnect
