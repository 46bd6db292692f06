#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/base/SpecJson.h"
#include "core/connectivity/SlidingWindow.h"
#include "tests/support/Golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace chronnect {
namespace {

TimeSeries noise(std::size_t volumes, std::size_t regions, std::uint64_t seed = 1) {
    TimeSeries series;
    series.repetitionTime = 2.0;
    for (std::size_t n = 0; n < regions; ++n) series.regions.push_back("R" + std::to_string(n));
    Random random(seed);
    for (std::size_t i = 0; i < volumes * regions; ++i) series.values.push_back(1000 + random.normal());
    return series;
}

/// The textbook formula, written the slow way in long double.
double directCorrelation(const TimeSeries& series, std::size_t first, const std::vector<double>& w, std::size_t a,
                         std::size_t b) {
    long double total = 0, ma = 0, mb = 0, sab = 0, saa = 0, sbb = 0;
    for (std::size_t t = 0; t < w.size(); ++t) {
        total += w[t];
        ma += w[t] * static_cast<long double>(series.at(first + t, a));
        mb += w[t] * static_cast<long double>(series.at(first + t, b));
    }
    ma /= total;
    mb /= total;
    for (std::size_t t = 0; t < w.size(); ++t) {
        const long double x = series.at(first + t, a) - ma, y = series.at(first + t, b) - mb;
        sab += w[t] * x * y;
        saa += w[t] * x * x;
        sbb += w[t] * y * y;
    }
    return static_cast<double>(sab / std::sqrt(saa * sbb));
}

TEST(WindowStarts, FollowBothCountRules) {
    SlidingWindowSpec spec;
    spec.length = 50;
    spec.step = 3;
    EXPECT_EQ(windowStarts(200, spec).size(), 51u);  // floor(150/3)+1
    EXPECT_EQ(windowStarts(200, spec).back(), 150);
    EXPECT_EQ(windowStarts(201, spec).size(), 51u);
    spec.countRule = WindowCountRule::Stagin;
    EXPECT_EQ(windowStarts(200, spec).size(), 50u);  // ceil(150/3)
    EXPECT_EQ(windowStarts(200, spec).back(), 147);
    EXPECT_EQ(windowStarts(201, spec).size(), 51u);
}

TEST(WindowStarts, RefuseWhatHasNoWindow) {
    SlidingWindowSpec spec;
    EXPECT_THROW(windowStarts(29, spec), Error);
    EXPECT_EQ(windowStarts(30, spec), std::vector<int>{0});
    spec.countRule = WindowCountRule::Stagin;
    EXPECT_THROW(windowStarts(30, spec), Error);  // ceil(0 / S) = 0 windows
    spec.length = 2;
    EXPECT_THROW(windowStarts(100, spec), Error);
    spec.length = 30;
    spec.step = 0;
    EXPECT_THROW(windowStarts(100, spec), Error);
}

TEST(WindowCorrelation, EqualsTheDirectFormulaForEveryTaper) {
    const TimeSeries series = noise(80, 23);
    for (const auto taper : {WindowTaper::Rectangular, WindowTaper::Gaussian, WindowTaper::Hamming}) {
        SlidingWindowSpec spec;
        spec.length = 25;
        spec.taper = taper;
        const auto weights = windowWeights(spec);
        for (const std::size_t first : {0u, 17u, 55u}) {
            const auto edges = windowCorrelation(series, first, weights);
            for (std::size_t a = 0; a < 23; ++a)
                for (std::size_t b = a + 1; b < 23; ++b)
                    ASSERT_NEAR(edges[edgeIndex(a, b, 23)], directCorrelation(series, first, weights, a, b), 1e-12);
        }
    }
}

TEST(WindowCorrelation, IsOneOrMinusOneForLines) {
    TimeSeries series;
    series.regions = {"a", "b", "c"};
    for (int t = 0; t < 10; ++t)
        for (const double value : {1.0 * t, 3.0 * t + 2, -0.5 * t}) series.values.push_back(value);
    const auto fc = staticConnectivity(series);
    EXPECT_NEAR(fc.at(0, 1), 1.0, 1e-15);
    EXPECT_NEAR(fc.at(0, 2), -1.0, 1e-15);
    EXPECT_EQ(fc.at(2, 2), 1.0);
    EXPECT_EQ(fc.kind, "pearson correlation");
}

TEST(SlidingWindow, EqualsTheReference) {
    CHRONNECT_NEEDS_SHARED();
    const Json golden = test::golden();
    const TimeSeries series = test::goldenSeries();
    const auto compare = [](std::span<const double> edges, const Json& expected, double tolerance) {
        const auto m = test::matrix(expected);
        for (std::size_t a = 0; a < 8; ++a)
            for (std::size_t b = a + 1; b < 8; ++b) EXPECT_NEAR(edges[edgeIndex(a, b, 8)], m[a][b], tolerance);
    };
    compare(staticConnectivity(series).edges, golden["pearson"], 1e-12);
    SlidingWindowSpec spec;
    spec.step = 1;
    const auto dynamic = slidingWindowConnectivity(series, spec);
    ASSERT_EQ(dynamic.windowCount(), static_cast<std::size_t>(golden["sw_rect_W30_n"].number()));
    compare(windowCorrelation(series, 0, windowWeights(spec)), golden["sw_rect_W30_first"], 1e-12);
    compare(windowCorrelation(series, 90, windowWeights(spec)), golden["sw_rect_W30_last"], 1e-12);
    double sum = 0, squares = 0;
    for (std::size_t w = 0; w < dynamic.windowCount(); ++w) {
        const double r = dynamic.window(w)[0];
        sum += r;
        squares += r * r;
    }
    const double n = static_cast<double>(dynamic.windowCount());
    EXPECT_NEAR(std::sqrt(squares / n - sum / n * (sum / n)), golden["sw_std_over_windows_ddof0_01"].number(), 1e-6);
    spec.taper = WindowTaper::Gaussian;
    spec.taperSigma = 5;
    compare(windowCorrelation(series, 0, windowWeights(spec)), golden["sw_gauss_weightedpearson_W30_sigma5_first"],
            1e-12);
    const auto z = golden["fisher_z_offdiag"].items();
    const auto fc = staticConnectivity(series);
    EXPECT_NEAR(fisherZ(fc.at(0, 3)), z[0].items()[3].number(), 1e-12);
}

TEST(SlidingWindow, PermutingRegionsPermutesTheResult) {
    const TimeSeries series = noise(60, 9);
    const auto order = Random(4).permutation(9);
    TimeSeries shuffled = series;
    for (std::size_t t = 0; t < 60; ++t)
        for (std::size_t n = 0; n < 9; ++n) shuffled.at(t, n) = series.at(t, order[n]);
    const auto a = slidingWindowConnectivity(series, {}), b = slidingWindowConnectivity(shuffled, {});
    ASSERT_EQ(a.windowCount(), 16u);
    for (std::size_t w = 0; w < a.windowCount(); ++w)
        for (std::size_t i = 0; i < 9; ++i)
            for (std::size_t j = i + 1; j < 9; ++j) {
                const std::size_t low = std::min(order[i], order[j]), high = std::max(order[i], order[j]);
                EXPECT_NEAR(b.window(w)[edgeIndex(i, j, 9)], a.window(w)[edgeIndex(low, high, 9)], 1e-6);
            }
}

TEST(SlidingWindow, OneWindowOverTheRunIsTheStaticConnectivity) {
    const TimeSeries series = noise(40, 12);
    SlidingWindowSpec spec;
    spec.length = 40;
    const auto dynamic = slidingWindowConnectivity(series, spec);
    const auto fc = staticConnectivity(series);
    ASSERT_EQ(dynamic.windowCount(), 1u);
    for (std::size_t e = 0; e < fc.edges.size(); ++e) EXPECT_EQ(dynamic.edges[e], static_cast<float>(fc.edges[e]));
}

TEST(SlidingWindow, KeepsTimeThroughCensoring) {
    TimeSeries series = noise(40, 3);
    EXPECT_DOUBLE_EQ(slidingWindowConnectivity(series, {}).windowCentres[1], 2 * (2 + 14.5));
    for (int t = 0; t < 40; ++t) series.volumes.push_back(t < 20 ? t : t + 10);
    const auto dynamic = slidingWindowConnectivity(series, {});
    EXPECT_DOUBLE_EQ(dynamic.windowCentres[0], 2 * (14.5 + 10.0 * 10 / 30));
    series.repetitionTime = 0;
    EXPECT_DOUBLE_EQ(slidingWindowConnectivity(series, {}).windowCentres[0], 14.5 + 10.0 * 10 / 30);
}

TEST(SlidingWindow, ConstantAndMissingRegionsGiveNanOnlyInTheirPairs) {
    TimeSeries series = noise(40, 5);
    for (std::size_t t = 0; t < 40; ++t) series.at(t, 1) = 812.7;
    series.at(35, 3) = std::numeric_limits<double>::quiet_NaN();
    SlidingWindowSpec spec;
    spec.length = 20;
    spec.step = 10;
    const auto dynamic = slidingWindowConnectivity(series, spec);
    for (std::size_t w = 0; w < 3; ++w)
        for (std::size_t a = 0; a < 5; ++a)
            for (std::size_t b = a + 1; b < 5; ++b) {
                const bool missing = a == 1 || b == 1 || (w == 2 && (a == 3 || b == 3));
                EXPECT_EQ(std::isnan(dynamic.window(w)[edgeIndex(a, b, 5)]), missing) << w << ' ' << a << ' ' << b;
            }
}

TEST(SlidingWindow, StoresFisherZWhenAsked) {
    const TimeSeries series = noise(60, 4);
    SlidingWindowSpec spec;
    const auto r = slidingWindowConnectivity(series, spec);
    spec.fisherZ = true;
    const auto z = slidingWindowConnectivity(series, spec);
    for (std::size_t e = 0; e < r.edges.size(); ++e) EXPECT_NEAR(z.edges[e], std::atanh(r.edges[e]), 1e-6);
    EXPECT_NE(z.howComputed.find("Fisher z"), std::string::npos);
    EXPECT_NE(r.howComputed.find("16 sliding windows of 30 volumes (60 s), step 2 volumes"), std::string::npos)
        << r.howComputed;
    EXPECT_NEAR(fisherZ(1), 18.714973875118524, 1e-9);
    EXPECT_EQ(fisherZ(-1), -fisherZ(1));
    EXPECT_TRUE(std::isnan(fisherZ(std::nan(""))));
}

TEST(SlidingWindow, RefusesBadInputAndStops) {
    EXPECT_THROW(slidingWindowConnectivity(noise(20, 3), {}), Error);
    EXPECT_THROW(staticConnectivity(noise(2, 3)), Error);
    EXPECT_THROW(windowCorrelation(noise(20, 3), 15, std::vector<double>(6, 1.0)), Error);
    SlidingWindowSpec spec;
    spec.taper = WindowTaper::Gaussian;
    spec.taperSigma = 0;
    EXPECT_THROW(slidingWindowConnectivity(noise(60, 3), spec), Error);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(slidingWindowConnectivity(noise(60, 3), {}, JobContext(source.get_token(), {})), Cancelled);
    double last = 0;
    slidingWindowConnectivity(noise(60, 3), {}, JobContext({}, [&](double f, std::string_view) { last = f; }));
    EXPECT_DOUBLE_EQ(last, 1);
}

TEST(SlidingWindow, SettingsSurviveJson) {
    SlidingWindowSpec spec{50, 3, WindowTaper::Gaussian, 7.5, WindowCountRule::Stagin, true}, read;
    readJson(read, toJson(spec));
    EXPECT_EQ(read, spec);
}

}  // namespace
}  // namespace chronnect
