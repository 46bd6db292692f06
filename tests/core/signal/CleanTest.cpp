#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/base/SpecJson.h"
#include "core/signal/Clean.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace chronnect;

namespace {

TimeSeries noise(std::size_t volumes, std::size_t regions, double repetitionTime = 2.0) {
    Random random(11);
    TimeSeries series;
    series.repetitionTime = repetitionTime;
    for (std::size_t r = 0; r < regions; ++r) series.regions.push_back("r" + std::to_string(r));
    for (std::size_t i = 0; i < volumes * regions; ++i) series.values.push_back(100 + random.normal());
    return series;
}

/// Nothing but what the test asks for.
CleanSpec bare() {
    CleanSpec spec;
    spec.detrend = false;
    spec.confounds = ConfoundStrategy::None;
    spec.filter = TemporalFilter::None;
    spec.standardize = Standardize::None;
    return spec;
}

Confounds oneColumn(const std::string& name, std::vector<double> values) {
    Confounds confounds;
    confounds.names = {name};
    confounds.values = std::move(values);
    return confounds;
}

double columnMean(const TimeSeries& series, std::size_t region) {
    double sum = 0;
    for (std::size_t v = 0; v < series.volumeCount(); ++v) sum += series.at(v, region);
    return sum / static_cast<double>(series.volumeCount());
}

bool says(const Notices& notices, std::string_view piece) {
    for (const auto& notice : notices)
        if (notice.text.find(piece) != std::string::npos) return true;
    return false;
}

std::string problemOf(const TimeSeries& series, const Confounds* confounds, const CleanSpec& spec) {
    try {
        clean(series, confounds, spec);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST(Clean, DoesNothingWhenAskedForNothing) {
    const TimeSeries series = noise(40, 3);
    const CleanedSeries result = clean(series, nullptr, bare());
    EXPECT_EQ(result.series, series);
    EXPECT_TRUE(result.series.volumes.empty());
    EXPECT_EQ(result.degreesOfFreedom, 39);
    EXPECT_EQ(result.howComputed.back(), '.');
}

// Spikes at a volume and at its mirror image in the run: a leading peer leaves them in.
TEST(Clean, RecoversTheSineUnderSpikes) {
    const std::size_t volumes = 200;
    const auto sine = [](std::size_t v) {
        return std::sin(2 * std::numbers::pi * static_cast<double>(v) * 2.0 * 0.03);
    };
    for (const std::vector<std::size_t>& spikes : {std::vector<std::size_t>{60}, std::vector<std::size_t>{60, 139},
                                                   std::vector<std::size_t>{20, 21, 99, 100, 179}}) {
        TimeSeries series{{"sine"}, 2.0, {}, {}};
        for (std::size_t v = 0; v < volumes; ++v) series.values.push_back(sine(v));
        std::vector<double> displacement(volumes, 0.1);
        displacement[0] = std::nan("");
        for (const std::size_t spike : spikes) {
            series.values[spike] += 50;
            displacement[spike] = 3;
        }
        const Confounds confounds = oneColumn("framewise_displacement", displacement);
        CleanSpec spec = bare();
        spec.filter = TemporalFilter::Butterworth;
        spec.highPassHz = 0.008;
        spec.lowPassHz = 0.1;
        spec.fdThresholdMm = 0.5;
        const CleanedSeries result = clean(series, &confounds, spec);
        TimeSeries undisturbed = series;
        for (std::size_t v = 0; v < volumes; ++v) undisturbed.values[v] = sine(v);
        spec.fdThresholdMm = 0;
        const TimeSeries expected = clean(undisturbed, nullptr, spec).series;
        ASSERT_EQ(result.series.volumeCount(), volumes - spikes.size());
        for (std::size_t i = 0; i < result.series.volumeCount(); ++i) {
            const auto volume = static_cast<std::size_t>(result.series.volumes[i]);
            EXPECT_TRUE(result.sampleMask[volume]);
            EXPECT_NEAR(result.series.values[i], expected.values[volume], 3e-3) << volume;
        }
    }
}

TEST(Clean, ZScoresWithTheStatedDegreesOfFreedom) {
    CleanSpec spec = bare();
    for (const auto standardize : {Standardize::ZScore, Standardize::ZScorePopulation}) {
        spec.standardize = standardize;
        const TimeSeries cleaned = clean(noise(50, 2), nullptr, spec).series;
        double squares = 0;
        for (std::size_t v = 0; v < 50; ++v) squares += cleaned.at(v, 1) * cleaned.at(v, 1);
        EXPECT_NEAR(squares, standardize == Standardize::ZScore ? 49 : 50, 1e-10);
        EXPECT_NEAR(columnMean(cleaned, 1), 0, 1e-12);
    }
}

TEST(Clean, PercentSignalChangeRefersToTheOriginalMean) {
    CleanSpec spec = bare();
    spec.standardize = Standardize::PercentSignalChange;
    spec.detrend = true;
    TimeSeries series{{"a", "zero"}, 2.0, {}, {}};
    for (int v = 0; v < 40; ++v) {
        series.values.push_back(200 + (v % 2 ? 2 : -2));
        series.values.push_back(v % 2 ? 1 : -1);
    }
    const CleanedSeries result = clean(series, nullptr, spec);
    EXPECT_NEAR(result.series.at(21, 0), 1.0, 0.01);
    EXPECT_EQ(result.series.at(21, 1), 0.0);
    EXPECT_TRUE(says(result.notices, "mean 0"));
}

TEST(Clean, RemovesWhatAConfoundExplains) {
    TimeSeries series = noise(100, 2);
    std::vector<double> confound;
    for (int v = 0; v < 100; ++v) confound.push_back(std::cos(v * v * 0.01));
    for (std::size_t v = 0; v < 100; ++v) series.at(v, 0) = 5 + 3 * confound[v];
    const Confounds confounds = oneColumn("csf", confound);
    CleanSpec spec = bare();
    spec.detrend = true;
    spec.confounds = ConfoundStrategy::Custom;
    spec.confoundPattern = "csf";
    spec.standardize = Standardize::ZScore;
    const CleanedSeries result = clean(series, &confounds, spec);
    for (std::size_t v = 0; v < 100; ++v)
        EXPECT_EQ(result.series.at(v, 0), 0.0) << "what is left is rounding noise, not signal";
    EXPECT_TRUE(says(result.notices, "nothing is left"));
    EXPECT_EQ(result.confoundsUsed, (std::vector<std::string>{"csf"}));
    EXPECT_EQ(result.degreesOfFreedom, 100 - 1 - 2);
}

TEST(Clean, KeepsRegionsInPlaceWhateverTheirState) {
    TimeSeries series = noise(60, 4);
    for (std::size_t v = 0; v < 60; ++v) {
        series.at(v, 1) = std::nan("");
        series.at(v, 2) = 1234.5;
    }
    series.at(7, 3) = std::nan("");
    CleanSpec spec;
    spec.confounds = ConfoundStrategy::None;
    const CleanedSeries result = clean(series, nullptr, spec);
    EXPECT_EQ(result.series.regions, series.regions);
    for (std::size_t v = 0; v < 60; ++v) {
        EXPECT_TRUE(std::isfinite(result.series.at(v, 0)));
        EXPECT_TRUE(std::isnan(result.series.at(v, 1)));
        EXPECT_EQ(result.series.at(v, 2), 0.0) << "a constant has no signal, however large";
        EXPECT_TRUE(std::isnan(result.series.at(v, 3)));
    }
    EXPECT_TRUE(says(result.notices, "1 of 4 regions have missing values"));
    EXPECT_TRUE(says(result.notices, "1 region is constant"));
}

TEST(Clean, CensorsVolumesWithoutAnyValue) {
    TimeSeries series = noise(60, 2);
    series.at(30, 0) = series.at(30, 1) = std::nan("");
    const CleanedSeries result = clean(series, nullptr, bare());
    EXPECT_EQ(result.series.volumeCount(), 59u);
    EXPECT_FALSE(result.sampleMask[30]);
    EXPECT_NE(result.howComputed.find("1 of 60 volumes censored (1 without values)"), std::string::npos)
        << result.howComputed;
}

TEST(Clean, CensorsByEveryReasonAndCounts) {
    const std::size_t volumes = 60;
    Confounds confounds;
    confounds.names = {"framewise_displacement", "std_dvars", "non_steady_state_outlier00"};
    for (std::size_t v = 0; v < volumes; ++v) {
        confounds.values.push_back(v == 0 ? std::nan("") : v == 20 ? 0.6 : v == 23 ? 0.5 : 0.1);
        confounds.values.push_back(v == 40 ? 2.0 : 1.0);
        confounds.values.push_back(v == 0);
    }
    CleanSpec spec = bare();
    spec.fdThresholdMm = 0.5;
    spec.dvarsThreshold = 1.5;
    spec.minimumSegment = 20;
    // 0 not steady, 20 moved (0.5 itself is not above), 40 dvars; 1-19, 21-39 and 41-59 are all 19 long.
    EXPECT_THROW(clean(noise(volumes, 2), &confounds, spec), Error);
    spec.minimumSegment = 19;
    const CleanedSeries kept = clean(noise(volumes, 2), &confounds, spec);
    EXPECT_EQ(kept.series.volumeCount(), 57u);
    EXPECT_EQ(kept.series.volumes.front(), 1);
    spec.dropNonSteadyState = false;
    EXPECT_EQ(clean(noise(volumes, 2), &confounds, spec).series.volumeCount(), 58u);
}

TEST(Clean, MapsVolumesThroughAnEarlierRemoval) {
    TimeSeries series = noise(30, 1);
    for (int v = 0; v < 30; ++v) series.volumes.push_back(2 * v);
    series.at(10, 0) = std::nan("");
    const CleanedSeries result = clean(series, nullptr, bare());
    ASSERT_EQ(result.series.volumes.size(), 29u);
    EXPECT_EQ(result.series.volumes[9], 18);
    EXPECT_EQ(result.series.volumes[10], 22);
}

TEST(Clean, CosineFilterRemovesDrift) {
    TimeSeries series{{"a"}, 2.0, {}, {}};
    for (int v = 0; v < 150; ++v)
        series.values.push_back(10 * std::cos(std::numbers::pi * (v + 0.5) * 2 / 150) + (v % 2 ? 1 : -1));
    CleanSpec spec = bare();
    spec.detrend = true;
    spec.filter = TemporalFilter::Cosine;
    spec.highPassHz = 0.01;
    const CleanedSeries result = clean(series, nullptr, spec);
    EXPECT_EQ(result.confoundsUsed.size(), 6u);
    EXPECT_EQ(result.degreesOfFreedom, 150 - 6 - 2);
    for (std::size_t v = 0; v < 150; ++v) EXPECT_NEAR(result.series.values[v], v % 2 ? 1 : -1, 0.1);
}

TEST(Clean, CountsTheDegreesThatTheFilterTakes) {
    CleanSpec spec;
    spec.confounds = ConfoundStrategy::None;
    spec.highPassHz = 0.01;
    spec.lowPassHz = 0.1;
    EXPECT_NEAR(clean(noise(200, 2), nullptr, spec).degreesOfFreedom, 200 * 0.09 / 0.25, 1e-9);
}

TEST(Clean, IsInvariantToScaleAndOrderOfRegions) {
    const TimeSeries series = noise(80, 3);
    TimeSeries scaled = series;
    for (std::size_t v = 0; v < 80; ++v) {
        scaled.at(v, 0) = 1000 - 3 * series.at(v, 2);
        scaled.at(v, 2) = series.at(v, 0) / 7;
    }
    CleanSpec spec;
    spec.confounds = ConfoundStrategy::None;
    const TimeSeries a = clean(series, nullptr, spec).series, b = clean(scaled, nullptr, spec).series;
    for (std::size_t v = 0; v < 80; ++v) {
        EXPECT_NEAR(a.at(v, 0), b.at(v, 2), 1e-9);
        EXPECT_NEAR(a.at(v, 2), -b.at(v, 0), 1e-9);
        EXPECT_EQ(a.at(v, 1), b.at(v, 1));
    }
}

TEST(Clean, RefusesWithASentence) {
    const TimeSeries series = noise(40, 2);
    CleanSpec spec;
    EXPECT_NE(problemOf(series, nullptr, spec).find("needs a confounds table"), std::string::npos);
    spec.confounds = ConfoundStrategy::None;
    EXPECT_NE(problemOf(noise(40, 2, 0), nullptr, spec).find("repetition time"), std::string::npos);
    const Confounds shorter = oneColumn("csf", std::vector<double>(39, 1));
    EXPECT_NE(problemOf(series, &shorter, spec).find("39 volumes"), std::string::npos);
    EXPECT_NE(problemOf(noise(2, 2), nullptr, spec).find("fewer than 3"), std::string::npos);
    spec.highPassHz = 0.2;
    EXPECT_NE(problemOf(series, nullptr, spec).find("not below"), std::string::npos);
    spec.highPassHz = 0.08;
    EXPECT_NE(problemOf(noise(12, 2), nullptr, spec).find("degrees of freedom"), std::string::npos);
    spec.fdThresholdMm = 0.5;
    const Confounds moving = oneColumn("framewise_displacement", std::vector<double>(40, 1));
    EXPECT_NE(problemOf(series, &moving, spec).find("Censoring leaves 0 of 40"), std::string::npos);
    const Confounds other = oneColumn("csf", std::vector<double>(40, 1));
    EXPECT_NE(problemOf(series, &other, spec).find("framewise_displacement"), std::string::npos);
    TimeSeries empty = series;
    for (double& value : empty.values) value = std::nan("");
    EXPECT_NE(problemOf(empty, nullptr, bare()).find("No region"), std::string::npos);
}

TEST(Clean, LeavesALowPassAboveNyquistOpenAndSaysSo) {
    CleanSpec spec;
    spec.confounds = ConfoundStrategy::None;
    spec.lowPassHz = 0.3;
    const CleanedSeries result = clean(noise(200, 2), nullptr, spec);
    EXPECT_TRUE(says(result.notices, "0.25 Hz"));
    EXPECT_NE(result.howComputed.find("high-pass 0.008 Hz"), std::string::npos);
}

TEST(Clean, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    CleanSpec spec;
    spec.confounds = ConfoundStrategy::None;
    EXPECT_THROW(clean(noise(40, 2), nullptr, spec, JobContext(stop.get_token(), {})), Cancelled);
}

TEST(CleanSpec, RoundTripsThroughJson) {
    CleanSpec spec;
    spec.confounds = ConfoundStrategy::ACompCor50;
    spec.dropNonSteadyState = false;
    spec.standardize = Standardize::PercentSignalChange;
    CleanSpec other;
    readJson(other, toJson(spec));
    EXPECT_EQ(other, spec);
}
