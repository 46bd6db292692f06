#include "core/graph/Thresholding.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/base/ParallelFor.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace chronnect {

namespace {

constexpr float nothingAbove = std::numeric_limits<float>::infinity();

/// The finite weights (or magnitudes) of a window.
std::vector<float> rankedWeights(std::span<const float> edges, bool magnitude) {
    std::vector<float> weights;
    weights.reserve(edges.size());
    for (const float w : edges)
        if (!std::isnan(w)) weights.push_back(magnitude ? std::fabs(w) : w);
    return weights;
}

float proportionalCut(std::span<const float> edges, std::size_t regions, const ThresholdSpec& spec) {
    const bool magnitude = spec.rule == ThresholdRule::ProportionalAbsolute;
    std::vector<float> weights = rankedWeights(edges, magnitude);
    const double n = static_cast<double>(regions);
    const auto keep = static_cast<std::size_t>(std::round((n * n - n) * (spec.percent / 100.0) / 2));
    if (keep == 0 || weights.empty()) return nothingAbove;
    const auto last = weights.begin() + static_cast<std::ptrdiff_t>(std::min(keep, weights.size()) - 1);
    std::nth_element(weights.begin(), last, weights.end(), std::greater<>());
    const float cut = std::nextafter(*last, -std::numeric_limits<float>::infinity());
    return magnitude ? std::max(cut, 0.0f) : cut;
}

/// The weight that would stand at `place` after sorting; only what lies on its two sides is known afterwards.
double selected(std::vector<float>& weights, std::size_t place) {
    const auto at = weights.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(weights.begin(), at, weights.end());
    return static_cast<double>(*at);
}

/// numpy.percentile(matrix, 100 - percent) with method "linear" over all N x N entries.
float staginCut(std::span<const float> edges, std::size_t regions, const ThresholdSpec& spec) {
    std::vector<float> weights = rankedWeights(edges, false);
    if (weights.empty()) return nothingAbove;
    // The sorted N x N entries, without building them: every pair twice, and N ones of the diagonal in their place.
    const auto belowOne = static_cast<std::size_t>(
        std::count_if(weights.begin(), weights.end(), [](float weight) { return weight < 1.0f; }));
    const auto entry = [&](std::size_t rank) {
        if (rank < 2 * belowOne) return selected(weights, rank / 2);
        if (rank < 2 * belowOne + regions) return 1.0;
        return selected(weights, (rank - regions) / 2);
    };
    const std::size_t count = 2 * weights.size() + regions;
    const double position = (100.0 - spec.percent) / 100.0 * static_cast<double>(count - 1);
    const auto below = static_cast<std::size_t>(std::floor(position));
    const double low = entry(below), high = entry(std::min(below + 1, count - 1));
    const double value = low + (high - low) * (position - std::floor(position));
    // Weights are float: the largest float not above the percentile keeps exactly those strictly above it.
    const float cut = static_cast<float>(value);
    return static_cast<double>(cut) > value ? std::nextafter(cut, -std::numeric_limits<float>::infinity()) : cut;
}

std::string describe(const ThresholdSpec& spec) {
    const std::string share = numberText(spec.percent);
    switch (spec.rule) {
        case ThresholdRule::Absolute: return "Edges: |weight| > " + numberText(spec.value) + ".";
        case ThresholdRule::Signed: return "Edges: weight > " + numberText(spec.value) + ".";
        case ThresholdRule::ProportionalSigned:
            return "Edges: the strongest " + share + " % of pairs by signed weight, per window.";
        case ThresholdRule::ProportionalAbsolute:
            return "Edges: the strongest " + share + " % of pairs by |weight|, per window.";
        case ThresholdRule::Stagin:
            return "Edges: weight above percentile " + numberText(100 - spec.percent) +
                   " of all N x N entries, diagonal included, per window.";
    }
    return {};
}

}  // namespace

bool usesMagnitude(ThresholdRule rule) {
    return rule == ThresholdRule::Absolute || rule == ThresholdRule::ProportionalAbsolute;
}

float cutoff(std::span<const float> edges, std::size_t regions, const ThresholdSpec& spec) {
    if (edges.size() != edgeCountOf(regions))
        throw Error(ErrorKind::BadInput, "A window holds " + std::to_string(edges.size()) + " pairs, but " +
                                             std::to_string(regions) + " regions have " +
                                             std::to_string(edgeCountOf(regions)));
    if (!(spec.percent > 0 && spec.percent <= 100) || !std::isfinite(spec.value))
        throw Error(ErrorKind::BadInput, "The share of edges kept must lie above 0 and at most at 100 percent");
    switch (spec.rule) {
        case ThresholdRule::Absolute:
        case ThresholdRule::Signed: return static_cast<float>(spec.value);
        case ThresholdRule::ProportionalSigned:
        case ThresholdRule::ProportionalAbsolute: return proportionalCut(edges, regions, spec);
        case ThresholdRule::Stagin: return staginCut(edges, regions, spec);
    }
    throw Error(ErrorKind::Internal, "Unknown threshold rule");
}

DynamicGraph thresholdGraphs(const DynamicConnectivity& connectivity, const ThresholdSpec& spec,
                             const JobContext& context) {
    DynamicGraph graph;
    graph.regions = connectivity.regions;
    graph.windowCount = connectivity.windowCount();
    graph.cutoffs.resize(graph.windowCount);
    graph.present.resize(connectivity.edges.size());
    graph.howComputed = describe(spec);
    const bool magnitude = usesMagnitude(spec.rule);
    const std::size_t edges = connectivity.edgeCount();
    parallelFor(graph.windowCount, context, [&](std::size_t w) {
        const auto weights = connectivity.window(w);
        const float cut = cutoff(weights, connectivity.regionCount(), spec);
        graph.cutoffs[w] = cut;
        std::uint8_t* present = graph.present.data() + w * edges;
        for (std::size_t e = 0; e < edges; ++e)
            present[e] = (magnitude ? std::fabs(weights[e]) : weights[e]) > cut ? 1 : 0;
    });
    return graph;
}

std::vector<int> degrees(const DynamicGraph& graph, std::size_t window) {
    const std::size_t n = graph.regions.size();
    if (window >= graph.windowCount) throw Error(ErrorKind::BadInput, "There is no window " + std::to_string(window));
    std::vector<int> result(n, 0);
    const std::uint8_t* present = graph.present.data() + window * graph.edgeCount();
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = a + 1; b < n; ++b)
            if (*present++) {
                ++result[a];
                ++result[b];
            }
    return result;
}

}  // namespace chronnect
