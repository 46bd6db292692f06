#include "core/base/Error.h"
#include "core/graph/Measures.h"
#include "tests/support/Golden.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chronnect {
namespace {

Network fromPairs(std::size_t regions, const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
    std::vector<double> edges(edgeCountOf(regions), 0);
    for (const auto& [a, b] : pairs) edges[edgeIndex(std::min(a, b), std::max(a, b), regions)] = 1;
    return Network(edges, regions);
}

Network star(std::size_t leaves) {
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t leaf = 1; leaf <= leaves; ++leaf) pairs.emplace_back(0, leaf);
    return fromPairs(leaves + 1, pairs);
}

Network ring(std::size_t regions) {
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t a = 0; a < regions; ++a) pairs.emplace_back(a, (a + 1) % regions);
    return fromPairs(regions, pairs);
}

Network twoTriangles() { return fromPairs(6, {{0, 1}, {1, 2}, {0, 2}, {3, 4}, {4, 5}, {3, 5}}); }

void expectNear(const std::vector<double>& found, const std::vector<double>& expected, double tolerance) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance) << i;
}

TEST(Measures, StarByHand) {
    const Network network = star(4);
    EXPECT_EQ(strengths(network), (std::vector<double>{4, 1, 1, 1, 1}));
    EXPECT_DOUBLE_EQ(density(network), 0.4);
    EXPECT_EQ(clustering(network), std::vector<double>(5, 0));
    EXPECT_DOUBLE_EQ(characteristicPathLength(network), (8 * 1 + 12 * 2) / 20.0);
    EXPECT_DOUBLE_EQ(globalEfficiency(network), (8 + 12 * 0.5) / 20.0);
    EXPECT_EQ(betweenness(network), (std::vector<double>{12, 0, 0, 0, 0}));
    EXPECT_DOUBLE_EQ(assortativity(network), -1);
    EXPECT_EQ(coreness(network), std::vector<int>(5, 1));
    expectNear(eigenvectorCentrality(network),
               {std::sqrt(0.5), std::sqrt(0.125), std::sqrt(0.125), std::sqrt(0.125), std::sqrt(0.125)}, 1e-9);
}

TEST(Measures, RingAndTrianglesByHand) {
    const Network six = ring(6);
    EXPECT_DOUBLE_EQ(characteristicPathLength(six), (1 + 1 + 2 + 2 + 3) / 5.0);
    expectNear(betweenness(six), std::vector<double>(6, 4),
               1e-12);  // two ordered pairs by one path, four halves by two
    EXPECT_TRUE(std::isnan(assortativity(six)));
    expectNear(pageRank(six), std::vector<double>(6, 1.0 / 6), 1e-12);
    const Network triangles = twoTriangles();
    EXPECT_EQ(components(triangles), (std::vector<int>{0, 0, 0, 1, 1, 1}));
    EXPECT_EQ(clustering(triangles), std::vector<double>(6, 1));
    EXPECT_DOUBLE_EQ(transitivity(triangles), 1);
    EXPECT_TRUE(std::isinf(characteristicPathLength(triangles)));
    EXPECT_DOUBLE_EQ(globalEfficiency(triangles), 12.0 / 30);
    const std::vector<int> modules{1, 1, 1, 2, 2, 2};
    EXPECT_DOUBLE_EQ(modularity(triangles, modules), 0.5);
    EXPECT_EQ(participation(triangles, modules), std::vector<double>(6, 0));
    EXPECT_EQ(coreness(triangles), std::vector<int>(6, 2));
    EXPECT_EQ(localEfficiency(triangles), std::vector<double>(6, 1));
}

TEST(Measures, EqualTheReference) {
    CHRONNECT_NEEDS_SHARED();
    const Json all = test::golden();
    const Json& golden = all["graph"];
    const auto w = test::matrix(all["graph_W (|r|, proportional 0.5)"]);
    std::vector<double> edges;
    for (std::size_t a = 0; a < 8; ++a)
        for (std::size_t b = a + 1; b < 8; ++b) edges.push_back(w[a][b]);
    const Network weighted(edges, 8), binary = weighted.binary();
    const auto list = [&](const char* name) { return test::numbers(golden[name]); };
    expectNear(strengths(binary), list("degree"), 0);
    expectNear(strengths(weighted), list("strength"), 1e-12);
    EXPECT_DOUBLE_EQ(density(weighted), golden["density"].number());
    expectNear(clustering(binary), list("clustering_bu"), 1e-12);
    expectNear(clustering(weighted), list("clustering_wu_onnela_unscaled"), 1e-12);
    EXPECT_NEAR(transitivity(weighted), golden["transitivity_bu"].number(), 1e-12);
    EXPECT_NEAR(globalEfficiency(binary), golden["eglob_bin"].number(), 1e-12);
    EXPECT_NEAR(globalEfficiency(weighted), golden["eglob_wei"].number(), 1e-12);
    expectNear(localEfficiency(binary), list("eloc_bin"), 1e-12);
    expectNear(localEfficiency(weighted), list("eloc_wei_wang2016"), 1e-12);
    EXPECT_NEAR(characteristicPathLength(weighted), golden["charpath_wei"].number(), 1e-11);
    expectNear(betweenness(binary), list("betweenness_bin_bct"), 1e-12);
    expectNear(betweenness(weighted), list("betweenness_wei_bct"), 1e-9);
    expectNear(eigenvectorCentrality(weighted), list("eigenvector"), 1e-9);
    expectNear(pageRank(weighted), list("pagerank_0_85"), 1e-9);
    std::vector<int> modules;
    for (const double m : list("partition")) modules.push_back(static_cast<int>(m));
    EXPECT_NEAR(modularity(weighted, modules), golden["modularity_Q_fixed_partition"].number(), 1e-12);
    expectNear(participation(weighted, modules), list("participation"), 1e-12);
    expectNear(withinModuleZ(weighted, modules), list("within_module_z_ddof0"), 1e-9);
    EXPECT_NEAR(assortativity(weighted), golden["assortativity_bin"].number(), 1e-12);
    const auto cores = coreness(weighted);
    expectNear({cores.begin(), cores.end()}, list("kcore"), 0);
    EXPECT_EQ(components(weighted), std::vector<int>(8, 0));
}

TEST(Measures, BinaryGraphsOfWindowsAreNetworks) {
    DynamicGraph graph;
    graph.regions.resize(3);
    graph.windowCount = 2;
    graph.present = {1, 0, 0, 1, 1, 0};
    EXPECT_EQ(strengths(Network(graph, 1)), (std::vector<double>{2, 1, 1}));
    EXPECT_THROW(Network(graph, 2), Error);
}

TEST(Measures, RefuseBadInputAndStop) {
    EXPECT_THROW(Network(std::vector<double>{1, 2}, 3), Error);
    EXPECT_THROW(Network(std::vector<double>{1, -0.1, 2}, 3), Error);
    EXPECT_THROW(modularity(star(3), std::vector<int>{1, 2}), Error);
    const Network missing(std::vector<double>{std::nan(""), 1, 0}, 3);
    EXPECT_EQ(strengths(missing), (std::vector<double>{1, 0, 1}));
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(betweenness(star(3), JobContext(source.get_token(), {})), Cancelled);
    EXPECT_THROW(globalEfficiency(star(3), JobContext(source.get_token(), {})), Cancelled);
}

}  // namespace
}  // namespace chronnect
