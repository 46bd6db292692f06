#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/signal/Censoring.h"
#include "core/signal/ConfoundRegression.h"
#include "core/signal/FramewiseDisplacement.h"
#include "core/signal/TemporalFilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

using namespace chronnect;

namespace {

SignalMatrix randomMatrix(std::size_t volumes, std::size_t signals, std::uint64_t seed) {
    Random random(seed);
    SignalMatrix matrix(volumes, signals);
    for (double& value : matrix.values) value = random.normal();
    return matrix;
}

double gainAt(const std::vector<FilterSection>& sections, double frequency, double rate) {
    const std::complex<double> z = std::polar(1.0, 2 * std::numbers::pi * frequency / rate);
    std::complex<double> gain = 1;
    for (const auto& s : sections) gain *= (s[0] * z * z + s[1] * z + s[2]) / (s[3] * z * z + s[4] * z + s[5]);
    return std::abs(gain);
}

}  // namespace

TEST(Detrend, LeavesNothingOfALineAndAllOfWhatIsOrthogonal) {
    std::vector<double> line{3, 5, 7, 9, 11};
    detrendLinear(line);
    for (const double value : line) EXPECT_NEAR(value, 0, 1e-14);
    std::vector<double> curve{2, -1, -2, -1, 2};
    const auto before = curve;
    detrendLinear(curve);
    for (std::size_t i = 0; i < curve.size(); ++i) EXPECT_NEAR(curve[i], before[i], 1e-14);
    std::vector<double> one{4};
    detrendLinear(one);
    EXPECT_EQ(one[0], 4) << "length 1 stays untouched";
}

TEST(Standardize, UsesTheStatedDegreesOfFreedomAndSparesConstants) {
    std::vector<double> values{1, 2, 3, 4};
    auto sample = values, population = values;
    standardizeZ(sample, 1);
    standardizeZ(population, 0);
    EXPECT_NEAR(sample[3], 1.5 / std::sqrt(5.0 / 3), 1e-15);
    EXPECT_NEAR(population[3], 1.5 / std::sqrt(5.0 / 4), 1e-15);
    std::vector<double> constant{7, 7, 7};
    standardizeZ(constant, 1);
    EXPECT_EQ(constant, (std::vector<double>{0, 0, 0}));
}

TEST(Butterworth, HalvesThePowerAtItsCutOffsForEveryOrderAndType) {
    for (int order = 1; order <= 10; ++order) {
        SCOPED_TRACE(order);
        const auto band = butterworth(order, 0.01, 0.1, 0.5);
        EXPECT_EQ(band.size(), static_cast<std::size_t>(order));
        EXPECT_NEAR(gainAt(band, 0.01, 0.5), std::sqrt(0.5), 1e-7);
        EXPECT_NEAR(gainAt(band, 0.1, 0.5), std::sqrt(0.5), 1e-7);
        EXPECT_NEAR(gainAt(band, 0, 0.5), 0, 1e-9);
        const auto high = butterworth(order, 0.05, 0, 0.5), low = butterworth(order, 0, 0.05, 0.5);
        EXPECT_EQ(low.size(), static_cast<std::size_t>((order + 1) / 2));
        EXPECT_NEAR(gainAt(high, 0.05, 0.5), std::sqrt(0.5), 1e-9);
        EXPECT_NEAR(gainAt(high, 0.25, 0.5), 1, 1e-9);
        EXPECT_NEAR(gainAt(low, 0.05, 0.5), std::sqrt(0.5), 1e-9);
        EXPECT_NEAR(gainAt(low, 0, 0.5), 1, 1e-9);
    }
}

TEST(Butterworth, RefusesImpossibleCutOffs) {
    EXPECT_THROW(butterworth(2, 0.1, 0.01, 0.5), Error);
    EXPECT_THROW(butterworth(2, 0, 0.25, 0.5), Error);
    EXPECT_THROW(butterworth(2, 0.25, 0, 0.5), Error);
    EXPECT_THROW(butterworth(2, 0, 0, 0.5), Error);
    EXPECT_THROW(butterworth(0, 0.01, 0.1, 0.5), Error);
    EXPECT_THROW(butterworth(2, 0.01, 0.1, 0), Error);
}

TEST(ZeroPhaseFilter, KeepsThePassBandInPlaceAndIsSymmetricInTime) {
    std::vector<double> sine(400);
    for (std::size_t v = 0; v < sine.size(); ++v)
        sine[v] = std::sin(2 * std::numbers::pi * 0.04 * 2 * static_cast<double>(v));
    auto filtered = sine;
    const auto sections = butterworth(2, 0.008, 0.1, 0.5);
    filterZeroPhase(filtered, sections);
    const double gain = std::pow(gainAt(sections, 0.04, 0.5), 2);
    for (std::size_t v = 150; v < 250; ++v) EXPECT_NEAR(filtered[v], gain * sine[v], 1e-3);
    auto noise = randomMatrix(300, 1, 3).values, turned = noise;
    std::reverse(turned.begin(), turned.end());
    filterZeroPhase(noise, butterworth(1, 0, 0.1, 0.5));
    filterZeroPhase(turned, butterworth(1, 0, 0.1, 0.5));
    // Forward-backward filtering is time-symmetric but for what the padding does at the ends.
    for (std::size_t v = 60; v < 240; ++v) EXPECT_NEAR(noise[v], turned[299 - v], 1e-9);
}

TEST(ZeroPhaseFilter, AcceptsRunsShorterThanItsPadding) {
    std::vector<double> tiny{1, 2, 4};
    filterZeroPhase(tiny, butterworth(5, 0.01, 0.1, 0.5));
    for (const double value : tiny) EXPECT_TRUE(std::isfinite(value));
}

TEST(CosineDrift, IsOrthonormalWithoutConstant) {
    const auto drift = cosineDrift(90, 2.0, 0.02);
    ASSERT_EQ(drift.signals, 7u);
    for (std::size_t a = 0; a < drift.signals; ++a) {
        double sum = 0;
        for (const double value : drift.signal(a)) sum += value;
        EXPECT_NEAR(sum, 0, 1e-12);
        for (std::size_t b = 0; b < drift.signals; ++b) {
            double product = 0;
            for (std::size_t v = 0; v < 90; ++v) product += drift.signal(a)[v] * drift.signal(b)[v];
            EXPECT_NEAR(product, a == b ? 1 : 0, 1e-12);
        }
    }
    EXPECT_EQ(cosineDrift(10, 2.0, 5).signals, 9u);
    EXPECT_EQ(cosineDrift(10, 2.0, 0.001).signals, 0u);
}

TEST(ConfoundRegression, LeavesTheResidualOrthogonalToTheConfounds) {
    const auto confounds = randomMatrix(80, 6, 1);
    auto signals = randomMatrix(80, 4, 2);
    for (std::size_t s = 0; s < signals.signals; ++s) standardizeZ(signals.signal(s), 1);
    const auto basis = confoundBasis(confounds);
    EXPECT_EQ(basis.basis.signals, 6u);
    regressOut(signals, basis);
    for (std::size_t s = 0; s < signals.signals; ++s)
        for (std::size_t c = 0; c < confounds.signals; ++c) {
            double product = 0, sum = 0;
            for (std::size_t v = 0; v < 80; ++v) {
                product += signals.signal(s)[v] * confounds.signal(c)[v];
                sum += signals.signal(s)[v];
            }
            EXPECT_NEAR(sum, 0, 1e-10);
            EXPECT_NEAR(product, 0, 1e-10);
        }
}

TEST(ConfoundRegression, DropsConstantAndDependentColumns) {
    auto confounds = randomMatrix(50, 3, 5);
    std::vector<double> mixed(50), constant(50, 2.0);
    for (std::size_t v = 0; v < 50; ++v) mixed[v] = 3 * confounds.signal(0)[v] - confounds.signal(2)[v] + 7;
    confounds.append(mixed);
    confounds.append(constant);
    const auto basis = confoundBasis(confounds);
    EXPECT_EQ(basis.basis.signals, 3u);
    EXPECT_EQ(basis.dropped.size(), 2u);
    EXPECT_EQ(basis.dropped.back(), 4u) << "the constant one";
    EXPECT_EQ(confoundBasis(SignalMatrix(50, 0)).basis.signals, 0u);
}

TEST(ConfoundRegression, StopsWhenAsked) {
    auto signals = randomMatrix(30, 2, 1);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(regressOut(signals, confoundBasis(randomMatrix(30, 1, 2)), JobContext(stop.get_token(), {})),
                 Cancelled);
}

TEST(Censoring, DropsShortStretchesEverywhere) {
    const std::vector<bool> keep{1, 1, 0, 1, 1, 1, 0, 1};
    EXPECT_EQ(withoutShortSegments(keep, 3), (std::vector<bool>{0, 0, 0, 1, 1, 1, 0, 0}));
    EXPECT_EQ(withoutShortSegments(keep, 1), keep);
    EXPECT_EQ(withoutShortSegments({1, 1}, 5), (std::vector<bool>{1, 1})) << "a whole short run is no segment";
    EXPECT_TRUE(withoutShortSegments({}, 5).empty());
}

TEST(Censoring, BridgesACubicExactly) {
    std::vector<double> signal(30), expected(30);
    std::vector<bool> keep(30, true);
    for (std::size_t v = 0; v < 30; ++v) {
        const double x = static_cast<double>(v) / 10;
        expected[v] = signal[v] = 2 * x * x * x - 5 * x * x + x - 3;
    }
    for (const std::size_t v : {4u, 5u, 6u, 13u, 20u, 22u, 25u}) {
        keep[v] = false;
        signal[v] = 1e6;
    }
    bridgeCensored(signal, keep);
    for (std::size_t v = 0; v < 30; ++v) EXPECT_NEAR(signal[v], expected[v], 1e-10) << v;
}

TEST(Censoring, BridgesWithFewPointsAndRepeatsTheEnds) {
    std::vector<double> parabola{9, 1, 9, 9, 16, 25, 9};
    bridgeCensored(parabola, {0, 1, 0, 0, 1, 1, 0});
    EXPECT_EQ(parabola, (std::vector<double>{1, 1, 4, 9, 16, 25, 25}));
    std::vector<double> line{2, 9, 6};
    bridgeCensored(line, {1, 0, 1});
    EXPECT_EQ(line, (std::vector<double>{2, 4, 6}));
    std::vector<double> single{9, 3, 9};
    bridgeCensored(single, {0, 1, 0});
    EXPECT_EQ(single, (std::vector<double>{3, 3, 3}));
    std::vector<double> none{1, 2};
    bridgeCensored(none, {0, 0});
    EXPECT_EQ(none, (std::vector<double>{1, 2}));
}

TEST(FramewiseDisplacement, TakesTheColumnOrComputesIt) {
    Confounds confounds;
    confounds.names = {"rot_z", "trans_x", "trans_y", "trans_z", "rot_x", "rot_y"};
    confounds.values = {0, 0, 0, 0, 0, 0, 0.01, -1, 0.5, 0, 0, 0};
    EXPECT_EQ(framewiseDisplacement(confounds), (std::vector<double>{0, 2}));
    confounds.names[0] = "framewise_displacement";
    EXPECT_EQ(framewiseDisplacement(confounds), (std::vector<double>{0, 0.01}));
    confounds.names[0] = "other";
    EXPECT_TRUE(framewiseDisplacement(confounds).empty());
}
