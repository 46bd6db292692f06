#include "core/learning/TensorArchive.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/Fidelity.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/Stopping.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <string_view>

using namespace chronnect;
using namespace chronnect::train;
using test::twoGroups;

namespace {

GraphSpec coarse() {
    GraphSpec graph;
    graph.windowLength = 30;
    graph.windowStep = 10;
    return graph;
}

model::Network freshNetwork(std::int64_t regions, std::int64_t outputs, Readout readout = Readout::Sero) {
    torch::manual_seed(11);
    NetworkSpec spec;
    spec.hidden = 16;
    spec.layers = 2;
    spec.readout = readout;
    return model::Network(regions, outputs, spec);
}

Batch batchOf(const Cohort& cohort) {
    // As the engine does. LibTorch 2 would take all cores, and its threads spin: on a busy machine of two cores these
    // many small operations then take ten times as long.
    useTrainingThreads();
    return makeBatch(cohort, {1}, 0, 0, coarse(), {});
}

/// The engine's whole way: a network trained to tell two patterns of modules apart.
const Model& trained(const ScanSource& scans) {
    static const Model model = [&] {
        FinetuneSpec spec;
        spec.target = "group";
        spec.network.hidden = 16;
        spec.network.layers = 2;
        spec.network.dropout = 0.1;
        spec.graph = coarse();
        spec.folds = 2;
        spec.epochs = 20;
        spec.batch = 8;
        spec.learningRate = 2e-3;
        spec.maxLearningRate = 4e-3;
        spec.labelPermutation = spec.baselines = false;
        std::vector<std::string> groups;
        for (std::size_t i = 0; i < scans.count(); ++i) groups.push_back(i % 2 ? "woven" : "halves");
        return createLearningEngine()->finetune(scans, groups, nullptr, spec, {}, {}, {}).model;
    }();
    return model;
}

const Explanation::Map& mapNamed(const Explanation& explanation, std::string_view name) {
    for (const auto& map : explanation.maps)
        if (map.name == name) return map;
    throw std::runtime_error("no map " + std::string(name));
}

}  // namespace

TEST(Attribution, EdgeGradientsInChunksEqualFiniteDifferences) {
    const auto scans = twoGroups(2, 80, 12, 3);
    const Cohort cohort(*scans);
    const Batch batch = batchOf(cohort);
    const Explained explained(freshNetwork(12, 2), batch, 1, {});
    const auto dense = model::unpackGraphs(batch.graphs.bits, 12);
    const auto at = [&](const torch::Tensor& graphs) {
        return explained.edgeGradient([&](std::int64_t from, std::int64_t to) { return graphs.slice(0, from, to); });
    };
    const auto [value, gradient] = at(dense);
    EXPECT_NEAR(value, explained.value(), 1e-5);
    for (const auto& [window, a, b] : {std::tuple(0, 1, 2), std::tuple(2, 5, 5), std::tuple(4, 11, 0)}) {
        auto more = dense.clone(), less = dense.clone();
        more[window][a][b] += 0.05f;
        less[window][a][b] -= 0.05f;
        const double slope = (at(more).first - at(less).first) / 0.1;
        EXPECT_NEAR(gradient[window][a][b].item<double>(), slope, 2e-4 + 0.05 * std::abs(slope)) << window << a << b;
    }
}

TEST(Attribution, IntegratedGradientsAddUpToTheOutputDifference) {
    const auto scans = twoGroups(2, 80, 12, 3);
    const Cohort cohort(*scans);
    const Batch batch = batchOf(cohort);
    for (const Readout readout : {Readout::Sero, Readout::Garo, Readout::Mean}) {
        const Explained explained(freshNetwork(12, 3, readout), batch, -1, {});
        // The baseline and the end, each by the ordinary forward pass.
        const model::Graphs loops = model::packGraphs(torch::eye(12).expand({batch.windows(), 12, 12}));
        const double bare = explained.outputOf(explained.layersOf(loops)).item<double>();
        const auto edges = integratedEdges(explained, 0.01, 1024);
        EXPECT_NEAR(edges.baseline, bare, 1e-5);
        EXPECT_NEAR(edges.output, explained.value(), 1e-5);
        EXPECT_NEAR(edges.values.sum().item<double>(), explained.value() - bare,
                    0.01 * std::abs(explained.value() - bare) + 1e-6);
        EXPECT_LE(edges.error, 0.01);
        // Only edges that are there, other than self-loops, can carry anything.
        const auto absent = model::unpackGraphs(batch.graphs.bits, 12) - torch::eye(12) == 0;
        EXPECT_EQ(edges.values.masked_select(absent).abs().max().item<double>(), 0);
        const double silent = explained.outputOf(explained.layersOf(torch::zeros_like(batch.series))).item<double>();
        const auto series = integratedSeries(explained, 0.01, 1024);
        EXPECT_NEAR(series.values.sum().item<double>(), explained.value() - silent,
                    0.01 * std::abs(explained.value() - silent) + 1e-6);
        EXPECT_EQ(series.values.sizes().vec(), (std::vector<std::int64_t>{80, 12}));
    }
}

TEST(Fidelity, ARankingByTheOutputItselfPassesAndItsReverseFails) {
    const auto scans = twoGroups(2, 80, 12, 3);
    const Cohort cohort(*scans);
    const Batch batch = batchOf(cohort);
    const Explained explained(freshNetwork(12, 2), batch, -1, {});
    const Perturbation windows(explained, Unit::Windows);
    const RandomOrders random = randomOrders(windows, 6, 1);
    EXPECT_NEAR(random.whole, explained.value(), 1e-5);
    EXPECT_EQ(random.deletion.size(), fidelityShares().size());
    // Importance of a window: what the output is on that window alone.
    std::vector<float> alone;
    for (std::int64_t window = 0; window < batch.windows(); ++window) {
        std::vector<torch::Tensor> layers;
        for (const auto& layer : explained.layers()) layers.push_back(layer.slice(0, window, window + 1));
        alone.push_back(explained.outputOf(layers).item<float>());
    }
    const auto importance = torch::tensor(alone);
    Explanation::Map good, bad;
    checkFidelity(windows, random, importance, good);
    checkFidelity(windows, random, -importance, bad);
    EXPECT_GT(good.checks[0].value, bad.checks[0].value);
    EXPECT_FALSE(bad.checks[0].passed);
    EXPECT_FALSE(bad.checks[1].passed);
    EXPECT_NEAR(good.deletion.front(), explained.value(), 1e-5);
    EXPECT_NEAR(good.insertion.back(), explained.value(), 1e-5);
}

TEST(Fidelity, PairsTakenAwayAreThoseOfTheRanking) {
    const auto scans = twoGroups(2, 80, 8, 3);
    const Cohort cohort(*scans);
    const Batch batch = batchOf(cohort);
    const Explained explained(freshNetwork(8, 2), batch, 0, {});
    const Perturbation pairs(explained, Unit::Pairs);
    ASSERT_EQ(pairs.shape(), (std::vector<std::int64_t>{28}));
    auto importance = torch::zeros({28});
    importance[7] = 1;  // the first pair of region 1: with region 2
    auto dense = model::unpackGraphs(batch.graphs.bits, 8);
    dense.select(1, 1).select(1, 2).fill_(0);
    dense.select(1, 2).select(1, 1).fill_(0);
    const double byHand = explained.outputOf(explained.layersOf(model::packGraphs(dense))).item<double>();
    EXPECT_NEAR(pairs.output(importance, 1.0 / 28, false), byHand, 1e-6);
    EXPECT_NEAR(pairs.output(importance, 0, false), explained.value(), 1e-6);
}

TEST(Fidelity, RankCorrelationWithTiesIsSpearmans) {
    EXPECT_NEAR(rankCorrelation(torch::tensor({1.0, 2.0, 2.0, 4.0}), torch::tensor({10.0, 20.0, 20.0, 90.0})), 1,
                1e-12);
    EXPECT_NEAR(rankCorrelation(torch::tensor({1.0, 2.0, 3.0}), torch::tensor({3.0, 2.0, 1.0})), -1, 1e-12);
    // Ranks 1, 2.5, 2.5, 4 against 2, 1, 3, 4: covariance 3 over sqrt(4.5 x 5).
    EXPECT_NEAR(rankCorrelation(torch::tensor({1.0, 2.0, 2.0, 4.0}), torch::tensor({2.0, 1.0, 3.0, 4.0})),
                3 / std::sqrt(22.5), 1e-12);
    EXPECT_EQ(rankCorrelation(torch::tensor({1.0, 1.0}), torch::tensor({1.0, 2.0})), 0);
}

TEST(Explain, EveryMapBearsItsEvidence) {
    const auto scans = twoGroups(20, 100, 16, 5);
    const auto explanation = createLearningEngine()->explain(*scans, 1, trained(*scans), "cpu", {});
    ASSERT_EQ(explanation.maps.size(), 6u);
    std::size_t checks = 0;
    for (const auto& map : explanation.maps) {
        std::size_t size = 1;
        for (const std::size_t length : map.shape) size *= length;
        EXPECT_EQ(map.values.size(), size) << map.name;
        EXPECT_EQ(map.axes.size(), map.shape.size()) << map.name;
        EXPECT_EQ(map.deletion.size(), map.shares.size());
        EXPECT_GE(map.checks.size(), 4u);
        bool all = true;
        for (const auto& check : map.checks) all = all && check.passed;
        EXPECT_EQ(map.passed, all) << map.name;
        checks += map.checks.size();
    }
    EXPECT_EQ(explanation.checks.size(), checks);
    const auto& pairs = mapNamed(explanation, "integrated gradients of pairs");
    EXPECT_EQ(pairs.values.size(), 120u);
    EXPECT_TRUE(pairs.checks.back().passed) << pairs.checks.back().value;
    EXPECT_TRUE(pairs.checks[0].passed) << "what the gradients add up to is what deletion takes away";
    EXPECT_EQ(mapNamed(explanation, "integrated gradients of the series").shape, (std::vector<std::size_t>{100, 16}));
    // The pairs that make the difference weigh more than the rest: both module patterns agree on half of all pairs.
    const Json json = toJson(explanation);
    EXPECT_EQ(json["maps"].items()[0]["checks"].size(), explanation.maps[0].checks.size());
}

TEST(Explain, AnUntrainedNetworkFailsTheRandomWeightsCheck) {
    const auto scans = twoGroups(2, 100, 16, 5);
    Model model = trained(*scans);
    // The very weights that the check draws: its maps are then its own null.
    torch::manual_seed(7);
    const model::Network fresh(16, 2, networkOf(model));
    model.weights = packTensors(model::namedTensors(*fresh));
    const auto explanation = createLearningEngine()->explain(*scans, 1, model, "cpu", {});
    for (const auto& map : explanation.maps) {
        EXPECT_FALSE(map.passed) << map.name;
        EXPECT_FALSE(map.checks[2].passed) << map.name;
    }
    EXPECT_GE(explanation.notices.size(), explanation.maps.size());
}

TEST(Explain, StopsWithinAFifthOfASecond) {
    const auto scans = twoGroups(2, 300, 120, 5);
    NetworkSpec network;
    FinetuneSpec spec;
    Model model;
    model.kind = Model::Kind::Finetuned;
    model.regions = scans->regions();
    model.classes = {"a", "b"};
    torch::manual_seed(1);
    model.passport = basicPassport(*scans, GraphSpec{}, network);
    model.weights = packTensors(model::namedTensors(*model::Network(120, 2, network)));
    const double slowest = test::slowestStop(
        10, [&](const JobContext& context) { createLearningEngine()->explain(*scans, 0, model, "cpu", context); });
    EXPECT_LT(slowest, 200);
    RecordProperty("stopped_after_ms", static_cast<int>(slowest));
}
