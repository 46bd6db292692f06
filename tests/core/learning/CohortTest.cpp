#include "core/base/Error.h"
#include "core/train/detail/Cohort.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

using namespace chronnect;
using train::Cohort;

namespace {

/// Scan i has four volumes of three regions around i; counts its reads, refuses scan 5.
class CountedScans final : public ScanSource {
public:
    std::size_t count() const override { return 100; }
    const ScanInfo& info(std::size_t) const override { return m_info; }
    const std::vector<std::string>& regions() const override { return m_names; }
    const std::vector<std::string>& networks() const override { return m_names; }
    double repetitionTime() const override { return 2; }
    void read(std::size_t scan, std::vector<float>& values) const override {
        ++reads;
        if (scan == 5) throw Error(ErrorKind::FileAccess, "Scan 5 is gone");
        std::this_thread::sleep_for(std::chrono::milliseconds(pause));
        values.clear();
        for (int i = 0; i < 12; ++i) values.push_back(static_cast<float>(scan) + static_cast<float>(i * i % 7));
    }
    mutable std::atomic<int> reads{0};
    int pause = 0;

    CountedScans() { m_info.volumes = 4; }

private:
    ScanInfo m_info;
    std::vector<std::string> m_names{"A", "B", "C"};
};

void waitFor(const std::atomic<int>& value, int expected) {
    for (int i = 0; i < 2000 && value < expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

}  // namespace

TEST(Cohort, StandardisesRegionsAndSilencesThoseWithoutSignal) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
    const auto series = torch::tensor(
        {{1.0f, 5.0f, nan, 1.0f, 1e30f}, {3.0f, 5.0f, 2.0f, infinite, -1e30f}, {5.0f, 5.0f, 3.0f, 2.0f, 0.0f}});
    const auto z = model::standardised(series);
    const double unit = std::sqrt(1.5);
    for (const auto& [row, column, expected] : {std::tuple{0, 0, -unit},
                                                {1, 0, 0.0},
                                                {2, 0, unit},
                                                {0, 1, 0.0},
                                                {0, 2, 0.0},
                                                {1, 2, 0.0},
                                                {0, 3, 0.0},
                                                {1, 3, 0.0},
                                                {0, 4, unit},
                                                {1, 4, -unit}})
        EXPECT_NEAR(z[row][column].item<double>(), expected, 1e-6) << row << ", " << column;
    // A mean a million times the spread, in double by other means.
    torch::manual_seed(1);
    const auto far = (1e6 + torch::randn({200, 7}, torch::kDouble)).to(torch::kFloat);
    const auto exact = far.to(torch::kDouble);
    const auto expected = (exact - exact.mean(0, true)) / exact.std(0, false, true);
    EXPECT_LT((model::standardised(far).to(torch::kDouble) - expected).abs().max().item<double>(), 1e-6);
}

TEST(Cohort, ReadsAheadWhatItIsToldAndEachScanOnce) {
    const CountedScans source;
    const Cohort cohort(source);
    cohort.readAhead({9, 2, 7});
    waitFor(source.reads, 3);
    EXPECT_EQ(source.reads, 3) << "nothing but what it was told";
    for (const std::size_t scan : {9u, 2u, 7u, 2u}) EXPECT_EQ(cohort.scan(scan).size(0), 4);
    EXPECT_EQ(source.reads, 3);
    cohort.readAhead({7, 9, 11});
    waitFor(source.reads, 4);
    EXPECT_EQ(source.reads, 4) << "what is there is not read again";
    EXPECT_TRUE(torch::equal(cohort.scan(11), Cohort(source).scan(11)));
}

TEST(Cohort, WaitsForAScanThatIsBeingRead) {
    CountedScans source;
    source.pause = 60;
    const Cohort cohort(source);
    cohort.readAhead({3});
    while (source.reads == 0) std::this_thread::yield();
    EXPECT_TRUE(cohort.scan(3).defined());
    EXPECT_EQ(source.reads, 1);
}

TEST(Cohort, NewOrdersReplaceOldOnes) {
    CountedScans source;
    source.pause = 30;
    const Cohort cohort(source);
    std::vector<std::size_t> many;
    for (std::size_t scan = 10; scan < 90; ++scan) many.push_back(scan);
    cohort.readAhead(many);
    cohort.readAhead({1});
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_LT(source.reads, 10);
    const int before = source.reads;
    EXPECT_TRUE(cohort.scan(1).defined());
    EXPECT_EQ(source.reads, before);
}

TEST(Cohort, AFailedReadIsToldWhereTheScanIsAskedFor) {
    const CountedScans source;
    const Cohort cohort(source);
    cohort.readAhead({4, 5, 6});
    waitFor(source.reads, 3);
    EXPECT_TRUE(cohort.scan(4).defined());
    EXPECT_THROW(cohort.scan(5), Error);
    EXPECT_THROW(cohort.scan(5), Error) << "and again";
    EXPECT_TRUE(cohort.scan(6).defined());
}

TEST(Cohort, ReadsNoFurtherAheadThanFillsHalfTheBudget) {
    const CountedScans source;
    const Cohort cohort(source, 10 * 12 * sizeof(float));
    std::vector<std::size_t> many;
    for (std::size_t scan = 10; scan < 40; ++scan) many.push_back(scan);
    cohort.readAhead(many);
    waitFor(source.reads, 5);
    EXPECT_EQ(source.reads, 5);
}

TEST(Cohort, StopsWhenLetGoHalfway) {
    CountedScans source;
    source.pause = 20;
    {
        const Cohort cohort(source);
        cohort.readAhead({10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
    }
    EXPECT_LE(source.reads, 4);
}
