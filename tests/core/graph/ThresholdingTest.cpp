#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/graph/Thresholding.h"
#include "tests/support/Golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chronnect {
namespace {

DynamicConnectivity oneWindow(std::size_t regions, std::vector<float> edges) {
    DynamicConnectivity result;
    result.regions.resize(regions);
    result.windowStarts = {0};
    result.edges = std::move(edges);
    return result;
}

std::vector<float> randomEdges(std::size_t regions) {
    Random random(regions);
    std::vector<float> edges(edgeCountOf(regions));
    for (float& e : edges) e = static_cast<float>(random.uniform(-0.9, 0.95));
    return edges;
}

ThresholdSpec rule(ThresholdRule which, double percent = 10, double value = 0.3) { return {which, value, percent}; }

std::size_t kept(const DynamicGraph& graph) {
    return std::accumulate(graph.present.begin(), graph.present.end(), std::size_t{0});
}

TEST(Thresholding, StaginKeepsTheKnownCounts) {
    // Ones of the N x N matrix, diagonal included, at 30 percent.
    const std::pair<std::size_t, std::size_t> known[] = {{400, 48000}, {200, 12000}, {116, 4036}};
    for (const auto& [regions, ones] : known) {
        const auto graph = thresholdGraphs(oneWindow(regions, randomEdges(regions)), rule(ThresholdRule::Stagin, 30));
        EXPECT_EQ(2 * kept(graph) + regions, ones) << regions;
    }
}

TEST(Thresholding, StaginEqualsThePercentileOfTheFullMatrix) {
    for (const std::size_t regions : {2u, 3u, 7u, 20u})
        for (const double percent : {1.0, 12.5, 30.0, 50.0, 99.0, 100.0}) {
            auto edges = randomEdges(regions);
            if (regions == 7) edges[3] = edges[5];  // ties
            std::vector<double> full(regions, 1.0);
            for (const float e : edges) full.insert(full.end(), {e, e});
            std::sort(full.begin(), full.end());
            const double position = (1 - percent / 100) * static_cast<double>(full.size() - 1);
            const auto low = static_cast<std::size_t>(position);
            const double high = full[std::min(low + 1, full.size() - 1)];
            const double percentile = full[low] + (high - full[low]) * (position - static_cast<double>(low));
            const auto graph = thresholdGraphs(oneWindow(regions, edges), rule(ThresholdRule::Stagin, percent));
            for (std::size_t e = 0; e < edges.size(); ++e)
                EXPECT_EQ(graph.present[e] == 1, edges[e] > percentile) << regions << ' ' << percent;
        }
}

TEST(Thresholding, AbsoluteAndSignedAreStrict) {
    const std::vector<float> edges{0.3f, 0.31f, -0.5f, -0.3f, 0.0f, 0.9f};
    const ThresholdSpec atEdge = rule(ThresholdRule::Absolute, 10, 0.3f);
    EXPECT_EQ(thresholdGraphs(oneWindow(4, edges), atEdge).present, (std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1}));
    const ThresholdSpec onlyPositive = rule(ThresholdRule::Signed, 10, 0.3f);
    EXPECT_EQ(thresholdGraphs(oneWindow(4, edges), onlyPositive).present,
              (std::vector<std::uint8_t>{0, 1, 0, 0, 0, 1}));
}

TEST(Thresholding, ProportionalRoundsHalfAwayFromZero) {
    // 5 regions, 10 pairs: 25 % = 2.5 pairs -> 3; 4 regions, 6 pairs: 25 % = 1.5 -> 2.
    EXPECT_EQ(kept(thresholdGraphs(oneWindow(5, randomEdges(5)), rule(ThresholdRule::ProportionalSigned, 25))), 3u);
    EXPECT_EQ(kept(thresholdGraphs(oneWindow(4, randomEdges(4)), rule(ThresholdRule::ProportionalAbsolute, 25))), 2u);
    EXPECT_EQ(kept(thresholdGraphs(oneWindow(5, randomEdges(5)), rule(ThresholdRule::ProportionalSigned, 100))), 10u);
    EXPECT_EQ(kept(thresholdGraphs(oneWindow(5, randomEdges(5)), rule(ThresholdRule::ProportionalSigned, 1))), 0u);
}

TEST(Thresholding, SignedAndAbsoluteSharesDiffer) {
    const std::vector<float> edges{-0.95f, 0.4f, 0.3f};
    EXPECT_EQ(thresholdGraphs(oneWindow(3, edges), rule(ThresholdRule::ProportionalSigned, 34)).present,
              (std::vector<std::uint8_t>{0, 1, 0}));
    EXPECT_EQ(thresholdGraphs(oneWindow(3, edges), rule(ThresholdRule::ProportionalAbsolute, 34)).present,
              (std::vector<std::uint8_t>{1, 0, 0}));
}

TEST(Thresholding, MissingZeroAndTiedWeightsFollowTheContract) {
    const float missing = std::nanf("");
    const std::vector<float> edges{missing, 0.0f, 0.0f, 0.2f, missing, 0.0f};
    EXPECT_EQ(thresholdGraphs(oneWindow(4, edges), rule(ThresholdRule::ProportionalAbsolute, 100)).present,
              (std::vector<std::uint8_t>{0, 0, 0, 1, 0, 0}));
    const std::vector<float> allMissing(6, missing);
    for (const auto which : {ThresholdRule::Absolute, ThresholdRule::Signed, ThresholdRule::ProportionalSigned,
                             ThresholdRule::ProportionalAbsolute, ThresholdRule::Stagin})
        EXPECT_EQ(kept(thresholdGraphs(oneWindow(4, allMissing), rule(which))), 0u);
    const std::vector<float> tied{0.5f, 0.5f, 0.5f, 0.1f, 0.2f, 0.3f};
    EXPECT_EQ(kept(thresholdGraphs(oneWindow(4, tied), rule(ThresholdRule::ProportionalSigned, 20))), 3u);
}

TEST(Thresholding, CutoffSaysWhatTheGraphShows) {
    const auto edges = randomEdges(30);
    for (const auto which : {ThresholdRule::Absolute, ThresholdRule::Signed, ThresholdRule::ProportionalSigned,
                             ThresholdRule::ProportionalAbsolute, ThresholdRule::Stagin}) {
        const ThresholdSpec spec = rule(which, 15);
        const auto graph = thresholdGraphs(oneWindow(30, edges), spec);
        for (std::size_t e = 0; e < edges.size(); ++e)
            EXPECT_EQ(graph.present[e] == 1,
                      (usesMagnitude(which) ? std::fabs(edges[e]) : edges[e]) > graph.cutoffs[0]);
        EXPECT_EQ(graph.cutoffs[0], cutoff(edges, 30, spec));
        EXPECT_FALSE(graph.howComputed.empty());
    }
}

TEST(Thresholding, DegreesCountEachEdgeTwice) {
    const auto graph =
        thresholdGraphs(oneWindow(4, {0.9f, 0.9f, 0.0f, 0.9f, 0.0f, 0.0f}), rule(ThresholdRule::Absolute));
    EXPECT_EQ(degrees(graph, 0), (std::vector<int>{2, 2, 2, 0}));
    EXPECT_THROW(degrees(graph, 1), Error);
}

TEST(Thresholding, DegreesEqualTheReference) {
    CHRONNECT_NEEDS_SHARED();
    const Json golden = test::golden();
    const auto pearson = test::matrix(golden["pearson"]);
    std::vector<float> edges;
    for (std::size_t a = 0; a < 8; ++a)
        for (std::size_t b = a + 1; b < 8; ++b) edges.push_back(static_cast<float>(pearson[a][b]));
    const auto graph = thresholdGraphs(oneWindow(8, edges), rule(ThresholdRule::ProportionalAbsolute, 50));
    const auto expected = test::numbers(golden["graph"]["degree"]);
    const auto found = degrees(graph, 0);
    EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end()));
}

TEST(Thresholding, RefusesBadInputAndStops) {
    EXPECT_THROW(cutoff(std::vector<float>(5), 4, {}), Error);
    EXPECT_THROW(cutoff(std::vector<float>(6), 4, rule(ThresholdRule::Stagin, 0)), Error);
    EXPECT_THROW(cutoff(std::vector<float>(6), 4, rule(ThresholdRule::Stagin, 101)), Error);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(thresholdGraphs(oneWindow(4, randomEdges(4)), {}, JobContext(source.get_token(), {})), Cancelled);
}

}  // namespace
}  // namespace chronnect
