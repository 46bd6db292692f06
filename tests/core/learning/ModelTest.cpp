#include "core/base/Error.h"
#include "core/model/Windows.h"
#include "core/model/detail/Kernels.h"
#include "core/model/detail/Network.h"
#include "core/model/detail/Weights.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <bit>
#include <thread>

using namespace chronnect;
using namespace chronnect::model;

namespace {

torch::Tensor noise(std::vector<std::int64_t> shape, std::uint64_t seed = 1) {
    torch::manual_seed(seed);
    return torch::randn(shape);
}

double largestDifference(const torch::Tensor& a, const torch::Tensor& b) {
    return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

NetworkSpec small(Readout readout = Readout::Sero) {
    NetworkSpec spec;
    spec.hidden = 8;
    spec.layers = 2;
    spec.readout = readout;
    return spec;
}

}  // namespace

TEST(Windows, CountsAreThoseOfThePublicRule) {
    const auto count = [](int volumes, int step) {
        GraphSpec spec;
        spec.windowStep = step;
        return windowStarts(volumes, spec).size();
    };
    EXPECT_EQ(count(600, 3), 184u);
    EXPECT_EQ(count(1200, 3), 384u);
    EXPECT_EQ(count(490, 3), 147u);
    EXPECT_EQ(count(490, 16), 28u);
    EXPECT_EQ(count(150, 3), 34u);
    EXPECT_EQ(count(50, 3), 0u);
    GraphSpec spec;
    spec.windowStep = 16;
    EXPECT_EQ(minimumGap(spec, GapRule::NonOverlapping), 4);
    EXPECT_EQ(minimumGap(spec, GapRule::Published), 3);
    spec.windowStep = 3;
    EXPECT_EQ(minimumGap(spec, GapRule::Published), 9);
    EXPECT_EQ(minimumGap(spec, GapRule::NonOverlapping), 17);
}

TEST(Graphs, KeepExactlyTheStatedNumberOfEntriesAndAreSymmetric) {
    const Compute compute;
    for (const auto& [regions, ones] : std::vector<std::pair<int, int>>{{400, 48000}, {200, 12000}, {116, 4036}}) {
        const auto series = noise({2, 70, regions});
        const Graphs graphs = buildGraphs(series, {0, 11}, GraphSpec{}, compute);
        const auto dense = unpackGraphs(graphs.bits, regions);
        EXPECT_EQ(dense.sizes().vec(), (std::vector<std::int64_t>{4, regions, regions}));
        for (int window = 0; window < 4; ++window) EXPECT_EQ(dense[window].sum().item<int>(), ones) << regions;
        EXPECT_TRUE(torch::equal(dense, dense.transpose(1, 2)));
        EXPECT_TRUE((dense.diagonal(0, 1, 2) == 1).all().item<bool>());
        // Window 3 is scan 1 at volume 11: the strict percentile of its own correlations, computed plainly.
        const auto matrix = correlation(series[1].slice(0, 11, 61)).to(torch::kDouble);
        const auto plain = matrix > torch::quantile(matrix.flatten(), 0.7);
        EXPECT_TRUE(torch::equal(dense[3], plain.to(torch::kFloat)));
        EXPECT_TRUE(torch::equal(packGraphs(dense).bits, graphs.bits));
    }
}

TEST(Graphs, DeadRegionKeepsOnlyItsSelfLoop) {
    auto series = noise({1, 60, 20});
    series.select(2, 7).fill_(3);
    series[0][4][9] = std::nan("");
    series[0] = standardised(series[0]);
    const auto dense = unpackGraphs(buildGraphs(series, {0}, GraphSpec{}, {}).bits, 20)[0];
    EXPECT_EQ(dense[7].sum().item<int>(), 1);
    EXPECT_EQ(dense[9].sum().item<int>(), 1);
    EXPECT_EQ(dense[7][7].item<int>(), 1);
}

TEST(Graphs, StandardisingUsesDivisorN) {
    const auto z = standardised(torch::tensor({{1.0f, 5.0f}, {3.0f, 5.0f}}));
    EXPECT_LT(largestDifference(z, torch::tensor({{-1.0f, 0.0f}, {1.0f, 0.0f}})), 1e-6);
}

TEST(Kernels, NeighbourSumsEqualTheProductForEveryWidth) {
    for (const std::int64_t width : {1, 15, 16, 33, 128}) {
        const std::int64_t regions = 70;
        torch::manual_seed(3);
        auto dense = (torch::rand({3, regions, regions}) < 0.3).to(torch::kFloat);
        dense = ((dense + dense.transpose(1, 2)) > 0).to(torch::kFloat);
        const auto x = torch::randn({3, regions, width}).requires_grad_();
        const auto eps = torch::full({1, 1}, 0.25).requires_grad_();
        const auto fast = aggregate(packGraphs(dense), x, eps, {});
        const auto plain = torch::bmm(dense, x) + eps * x;
        EXPECT_LT(largestDifference(fast, plain), 1e-4);
        const auto weight = torch::randn_like(plain);
        const auto a = torch::autograd::grad({(fast * weight).sum()}, {x, eps});
        const auto b = torch::autograd::grad({(plain * weight).sum()}, {x, eps});
        EXPECT_LT(largestDifference(a[0], b[0]), 1e-4);
        EXPECT_LT(largestDifference(a[1], b[1]), 1e-2);
    }
}

// What is summed in halves of a row on one processor and in whole rows on another must not differ in a single bit.
TEST(Kernels, NeighbourSumsAreTheSameInRegistersOfAnyWidth) {
    const std::int64_t regions = 70;
    torch::manual_seed(4);
    auto dense = (torch::rand({1, regions, regions}) < 0.2).to(torch::kFloat);
    dense = ((dense + dense.transpose(1, 2)) > 0).to(torch::kFloat);
    dense[0][5].zero_();  // a region without neighbours
    dense.transpose(1, 2)[0][5].zero_();
    const Graphs graphs = packGraphs(dense);
    RowLists lists;
    listRows(reinterpret_cast<const std::uint64_t*>(graphs.bits.data_ptr<std::int64_t>()), regions, lists);
    std::vector<float> panel;
    for (const std::int64_t width : {1, 15, 16, 33, 128})
        for (const Summation summation : {Summation::InTwo, Summation::InFour}) {
            const auto x = torch::randn({regions, width});
            auto wide = torch::zeros_like(x), half = torch::zeros_like(x);
            const auto sum = [&](torch::Tensor& y, Registers registers) {
                aggregateRows(lists, x.data_ptr<float>(), regions, width, 0.25f, y.data_ptr<float>(), panel, summation,
                              registers);
            };
            sum(wide, Registers::Wide);
            sum(half, Registers::Half);
            EXPECT_TRUE(torch::equal(wide, half)) << width;
            EXPECT_LT(largestDifference(half, torch::matmul(dense[0], x) + 0.25 * x), 1e-5) << width;
        }
}

TEST(Network, ParameterTotalsAreThePublishedOnes) {
    NetworkSpec spec;
    EXPECT_EQ(parameterCount(*Network(400, 2, spec)), 1209804);
    spec.readout = Readout::Garo;
    EXPECT_EQ(parameterCount(*Network(400, 2, spec)), 1068428);
    spec.readout = Readout::Mean;
    EXPECT_EQ(parameterCount(*Network(400, 2, spec)), 936332);
    EXPECT_EQ(parameterCount(*Encoder(400, spec)), 405380);
}

TEST(Network, NodeFeaturesEqualTheOneHotForm) {
    torch::manual_seed(2);
    Encoder encoder(12, small());
    const auto codes = torch::randn({5, 8});
    const auto oneHot = torch::cat({torch::eye(12).expand({5, 12, 12}), codes.unsqueeze(1).expand({5, 12, 8})}, 2);
    NodeInput input = encoder->nodeInput(codes);
    EXPECT_LT(largestDifference(input.dense(), encoder->regionMap(oneHot)), 1e-6);
    // A hidden region's input does not depend on which region it is.
    input.hidden = torch::zeros({5, 12}, torch::kBool);
    input.hidden.index_put_({2, torch::indexing::Slice(3, 6)}, true);
    input.token = torch::randn({8});
    const auto dense = input.dense();
    EXPECT_EQ(largestDifference(dense[2][3], dense[2][5]), 0);
    EXPECT_LT(largestDifference(dense[2][4], input.token + input.code[2]), 1e-6);
    EXPECT_GT(largestDifference(dense[2][2], dense[2][3]), 1e-3);
}

TEST(Network, GinLayerOnThreeNodesByHand) {
    GinLayer layer(1);
    layer->eval();
    torch::NoGradGuard noGradient;
    layer->eps.fill_(0.5);
    for (auto& linear : {layer->linear1, layer->linear2}) {
        linear->weight.fill_(2);
        linear->bias.fill_(1);
    }
    // Path 0 - 1 - 2 with self-loops, features 1, 2, 3.
    const auto adjacency = torch::tensor({1.0f, 1.0f, 0.0f, 1.0f, 1.0f, 1.0f, 0.0f, 1.0f, 1.0f}).view({1, 3, 3});
    const auto h = torch::tensor({1.0f, 2.0f, 3.0f}).view({1, 3, 1});
    const auto out = layer(packGraphs(adjacency), h, Compute{}).flatten();
    const double norm = std::sqrt(1 + 1e-5);  // BatchNorm in evaluation mode with mean 0 and variance 1
    const double sums[] = {3.5, 7, 6.5};      // A h + h / 2
    for (int i = 0; i < 3; ++i) {
        const double first = std::max(0.0, (2 * sums[i] + 1) / norm);
        EXPECT_NEAR(out[i].item<double>(), (2 * first + 1) / norm, 1e-4);
    }
}

TEST(Network, OrthogonalCodesHaveNoPenaltyAndTheGradientIsRight) {
    EXPECT_NEAR(orthogonality(torch::eye(6).slice(0, 0, 4).unsqueeze(0), {}).item<double>(), 0, 1e-7);
    const auto h = noise({3, 7, 4}).to(torch::kDouble).requires_grad_();
    const auto plain = [](const torch::Tensor& x) {
        const auto gram = torch::bmm(x, x.transpose(1, 2));
        const auto rest = (gram / std::get<0>(gram.max(-1, true)) - torch::eye(7, torch::kDouble)).triu();
        return rest.flatten(1).norm(2, 1).mean();
    };
    const auto value = orthogonality(h, {});
    EXPECT_NEAR(value.item<double>(), plain(h).item<double>(), 1e-6);
    const auto a = torch::autograd::grad({value}, {h})[0], b = torch::autograd::grad({plain(h)}, {h})[0];
    EXPECT_LT(largestDifference(a, b), 1e-9);
}

TEST(Network, FullAttentionIsTheMeanAndEveryReadoutTrains) {
    torch::manual_seed(1);
    const auto h = torch::rand({4, 10, 8});
    RegionReadout sero(10, small(Readout::Sero));
    {
        torch::NoGradGuard noGradient;
        sero->named_parameters()["attend.weight"].fill_(0);
        sero->named_parameters()["attend.bias"].fill_(40);  // sigmoid = 1
        sero->eval();
        EXPECT_LT(largestDifference(sero(h).first, h.mean(1)), 1e-6);
    }
    const Compute compute;
    const auto series = noise({2, 40, 10});
    GraphSpec graph;
    graph.windowLength = 10;
    const auto starts = windowStarts(40, graph);
    const Graphs graphs = buildGraphs(series, starts, graph, compute);
    for (const Readout readout : {Readout::Sero, Readout::Garo, Readout::Mean})
        for (const TimePooling pooling : {TimePooling::Mean, TimePooling::Sum, TimePooling::Param}) {
            NetworkSpec spec = small(readout);
            spec.pooling = pooling;
            Network network(10, 3, spec);
            const auto output = network->forward(series, starts, 10, graphs, true, compute);
            EXPECT_EQ(output.logits.sizes().vec(), (std::vector<std::int64_t>{2, 3}));
            EXPECT_EQ(output.timeAttention.size(2),
                      static_cast<std::int64_t>(starts.size()) + (pooling == TimePooling::Param));
            (output.logits.square().sum() + output.orthogonality).backward();
            for (const auto& parameter : network->named_parameters())
                EXPECT_TRUE(parameter.value().grad().defined()) << parameter.key();
        }
}

TEST(Network, StopsWithin200Milliseconds) {
    const auto series = noise({2, 300, 200});
    GraphSpec graph;
    const auto starts = windowStarts(300, graph);
    NetworkSpec spec;
    Network network(200, 2, spec);
    std::stop_source stop;
    Compute compute;
    compute.context = JobContext(stop.get_token(), {});
    const Graphs graphs = buildGraphs(series, starts, graph, {});
    std::chrono::steady_clock::time_point asked;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
        asked = std::chrono::steady_clock::now();
        stop.request_stop();
    });
    EXPECT_THROW(
        {
            for (;;) {
                try {
                    auto output = network->forward(series, starts, 50, graphs, true, compute);
                    (output.logits.sum() + output.orthogonality).backward();
                } catch (const std::exception&) {
                    compute.check();
                    throw;
                }
            }
        },
        Cancelled);
    const auto waited = std::chrono::steady_clock::now() - asked;
    EXPECT_LT(std::chrono::duration_cast<std::chrono::milliseconds>(waited).count(), 1000);
}

TEST(Weights, RoundTripAndRefuseOtherShapes) {
    torch::manual_seed(5);
    Network a(10, 2, small()), b(10, 2, small()), c(11, 2, small());
    assignTensors(*b, namedTensors(*a, "n."), "n.");
    for (const auto& parameter : a->named_parameters())
        EXPECT_TRUE(torch::equal(parameter.value(), b->named_parameters()[parameter.key()]));
    EXPECT_THROW(assignTensors(*c, namedTensors(*a)), Error);
    EXPECT_THROW(assignTensors(*b, namedTensors(*a->encoder)), Error);
}

TEST(Weights, PublicStaginCheckpointsImport) {
    CHRONNECT_NEEDS_SHARED();
    const auto folder = test::sharedFolder() / "reference" / "stagin";
    for (const auto& [name, readout, pooling] : {std::tuple{"sero_sum", Readout::Sero, TimePooling::Sum},
                                                 std::tuple{"garo_mean", Readout::Garo, TimePooling::Sum},
                                                 std::tuple{"sero_param", Readout::Sero, TimePooling::Param}}) {
        const StaginWeights weights = readStaginCheckpoint(folder / ("model_" + std::string(name) + ".pth"));
        EXPECT_EQ(weights.regions, 48);
        EXPECT_EQ(weights.outputs, 2);
        EXPECT_EQ(weights.network.hidden, 32);
        EXPECT_EQ(weights.network.layers, 4);
        EXPECT_EQ(weights.network.readout, readout);
        EXPECT_EQ(weights.network.pooling, pooling);
        Network network(48, 2, weights.network);
        assignTensors(*network, weights.tensors);
    }
    EXPECT_THROW(readStaginCheckpoint(folder / "shapes.json"), Error);
}
