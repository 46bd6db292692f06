#include "core/io/SeriesFiles.h"
#include "core/learning/MethodScores.h"
#include "core/train/detail/Baselines.h"
#include "core/train/detail/MissingWindows.h"
#include "tests/core/learning/SyntheticCohort.h"
#include "tests/support/Peer.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

using namespace chronnect;
using namespace chronnect::train;

namespace {

NamedArray arrayOf(const std::string& name, const torch::Tensor& tensor) {
    const auto flat = tensor.to(torch::kFloat).contiguous();
    return {name,
            {tensor.sizes().begin(), tensor.sizes().end()},
            {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()}};
}

/// What the peer left, as a tensor.
torch::Tensor expected(const std::filesystem::path& folder, const std::string& name) {
    const Array array = readNpy(folder / (name + ".npy"));
    const std::vector<std::int64_t> shape(array.shape.begin(), array.shape.end());
    return torch::tensor(array.values, torch::kDouble).view(shape);
}

double largestDifference(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

/// Dual decision values at a fixed penalty, with the kernels that LinearModel makes.
torch::Tensor decisions(LinearKind kind, const torch::Tensor& train, const torch::Tensor& test,
                        const torch::Tensor& aim, double penalty) {
    const auto mean = train.mean(0, true), deviation = train.std(0, false, true);
    const auto x = (train - mean) / deviation, y = (test - mean) / deviation;
    const double count = static_cast<double>(train.size(1));
    return torch::mv(torch::mm(y, x.t()) / count + 1, fitDual(kind, torch::mm(x, x.t()) / count + 1, aim, penalty));
}

}  // namespace

TEST(Baselines, AgreeWithScikitLearnAndSciPy) {
    CHRONNECT_NEEDS_PYTHON("sklearn");
    const test::TemporaryFolder folder;
    torch::manual_seed(4);
    const auto label = (torch::arange(40) % 3 == 0).to(torch::kDouble);
    // float32 values, so that both sides start from the same numbers.
    const auto train = (torch::randn({40, 60}) + 0.5 * label.unsqueeze(1).to(torch::kFloat)).to(torch::kDouble);
    const auto test = torch::randn({15, 60}).to(torch::kDouble);
    const auto number = (torch::randn({40}) * 3 + 20).to(torch::kDouble);
    const auto scans = test::twoGroups(6, 60, 8, 3);
    const Cohort cohort(*scans);
    std::vector<torch::Tensor> series;
    for (std::size_t scan = 0; scan < 6; ++scan) series.push_back(cohort.scan(scan));
    const auto p = torch::rand({40}), many = torch::softmax(torch::randn({40, 3}), 1);
    const auto truth = (torch::rand({40}) < p).to(torch::kLong), kinds = torch::randint(0, 3, {40});
    writeNpz(folder.path() / "inputs.npz",
             std::vector{arrayOf("train", train), arrayOf("test", test), arrayOf("series", torch::stack(series)),
                         arrayOf("label", label), arrayOf("number", number), arrayOf("p", p), arrayOf("truth", truth),
                         arrayOf("many", many), arrayOf("kinds", kinds)});
    ASSERT_TRUE(test::runPython("tests/core/learning/sklearn_peer.py", folder.path()));
    for (const auto& [penalty, name] : {std::pair(0.01, "0.01"), std::pair(1.0, "1"), std::pair(10.0, "10")}) {
        const auto centred = number - number.mean();
        const auto ridge = decisions(LinearKind::Ridge, train, test, centred, penalty) + number.mean();
        EXPECT_LT(largestDifference(ridge, expected(folder.path(), std::string("ridge_") + name)), 1e-8) << name;
        EXPECT_LT(largestDifference(decisions(LinearKind::Logistic, train, test, label, penalty),
                                    expected(folder.path(), std::string("logistic_") + name)),
                  1e-4)
            << name;
        EXPECT_LT(largestDifference(decisions(LinearKind::Svm, train, test, label, penalty),
                                    expected(folder.path(), std::string("svm_") + name)),
                  1e-4)
            << name;
    }
    const std::vector<std::size_t> all{0, 1, 2, 3, 4, 5};
    EXPECT_LT(largestDifference(staticConnectivity(cohort, all, {}), expected(folder.path(), "static")), 1e-6);
    EXPECT_LT(largestDifference(tangentConnectivity(cohort, all, all, 0.2, {}), expected(folder.path(), "tangent")),
              1e-5);
    std::vector<ScanPrediction> two, three;
    for (int i = 0; i < 40; ++i) {
        const double share = p[i].item<double>();
        two.push_back({"", "", 1, truth[i].item<double>(), {1 - share, share}});
        const auto row = many[i].to(torch::kDouble).contiguous();
        three.push_back({"", "", 1, kinds[i].item<double>(), {row.data_ptr<double>(), row.data_ptr<double>() + 3}});
    }
    const auto metrics = expected(folder.path(), "metrics");
    EXPECT_NEAR(metricOf("AUROC", two, 2), metrics[0].item<double>(), 1e-12);
    EXPECT_NEAR(metricOf("balanced accuracy", two, 2), metrics[1].item<double>(), 1e-12);
    EXPECT_NEAR(metricOf("Brier", two, 2), metrics[2].item<double>(), 1e-12);
    EXPECT_NEAR(metricOf("AUROC", three, 3), metrics[3].item<double>(), 1e-12);
    EXPECT_NEAR(metricOf("balanced accuracy", three, 3), metrics[4].item<double>(), 1e-12);
}

TEST(Baselines, TangentOfTheTrainingScansHasMeanZeroAndSeesNoTestScan) {
    const auto scans = test::twoGroups(8, 80, 6, 2);
    const Cohort cohort(*scans);
    const auto rows = tangentConnectivity(cohort, {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4}, 0.2, {});
    EXPECT_EQ(rows.sizes().vec(), (std::vector<std::int64_t>{8, 21}));
    EXPECT_LT(rows.slice(0, 0, 5).mean(0).abs().max().item<double>(), 1e-6);
    EXPECT_GT(rows.slice(0, 5).mean(0).abs().max().item<double>(), 1e-3);
}

TEST(MissingWindows, AreLeftOutOfEverythingAMethodIsShown) {
    const auto scans = test::twoGroups(1, 100, 6, 2);
    const Cohort cohort(*scans);
    GraphSpec graph;
    graph.windowLength = 20;
    graph.windowStep = 10;
    const auto whole = wholeScan(cohort, 0, graph, {});
    ASSERT_EQ(whole.batch.windows(), 8);
    const auto shown = withWindows(whole, {0, 1, 6});
    EXPECT_EQ(shown.batch.starts, (std::vector<int>{0, 10, 60}));
    EXPECT_TRUE(torch::equal(shown.batch.graphs.bits[2], whole.batch.graphs.bits[6]));
    EXPECT_EQ(shown.series.size(0), 50);  // volumes 0 to 29 and 60 to 79
    EXPECT_TRUE(torch::equal(shown.series.slice(0, 30), whole.series.slice(0, 60, 80)));
    EXPECT_EQ(shown.batch.series[0].slice(0, 30, 60).abs().max().item<double>(), 0);
    EXPECT_TRUE(torch::equal(shown.batch.series[0].slice(0, 60, 80), whole.batch.series[0].slice(0, 60, 80)));
}

TEST(MissingWindows, SharesAndStretchesAreAsAsked) {
    Random random(3);
    for (const double dropped : {0.3, 0.5, 0.9, 1.0}) {
        const auto kept = keptWindows(40, dropped, false, random);
        EXPECT_EQ(kept.size(), std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(40 * (1 - dropped)))));
        const auto stretch = keptWindows(40, dropped, true, random);
        EXPECT_EQ(stretch.size(), kept.size());
        int breaks = stretch.front() > 0;
        for (std::size_t i = 1; i < stretch.size(); ++i) breaks += stretch[i] != stretch[i - 1] + 1;
        breaks += stretch.back() < 39;
        EXPECT_LE(breaks, 2);
        EXPECT_EQ(std::ranges::is_sorted(kept), true);
    }
}
