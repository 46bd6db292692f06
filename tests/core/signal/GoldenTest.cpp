#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/io/SeriesFiles.h"
#include "core/signal/Censoring.h"
#include "core/signal/Clean.h"
#include "core/signal/FramewiseDisplacement.h"
#include "core/signal/TemporalFilter.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;

namespace {

/// The input of every entry of golden.json, and the entries.
class Golden : public ::testing::Test {
protected:
    void SetUp() override {
        if (!test::hasShared()) GTEST_SKIP() << "reference data not found; set CHRONNECT_SHARED";
        const auto folder = test::sharedFolder() / "reference";
        m_golden = Json::parse(readFile(folder / "golden.json"));
        m_series = readSeries(folder / "ts.tsv", {TimeAxis::Rows, "", 2.0}).series;
        const TimeSeries confounds = readSeries(folder / "confounds.tsv", {TimeAxis::Rows, "", 2.0}).series;
        m_confounds.names = confounds.regions;
        m_confounds.values = confounds.values;
    }

    std::vector<double> column(std::size_t region) const {
        std::vector<double> values;
        for (std::size_t v = 0; v < m_series.volumeCount(); ++v) values.push_back(m_series.at(v, region));
        return values;
    }

    std::vector<double> entry(const std::string& name) const {
        std::vector<double> values;
        const Json* found = m_golden.find(name);
        if (!found) throw std::runtime_error("no entry " + name);
        for (const auto& item : found->items()) values.push_back(item.number());
        return values;
    }

    static void expectNear(std::span<const double> actual, std::span<const double> expected, double tolerance) {
        ASSERT_EQ(actual.size(), expected.size());
        double worst = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
            worst = std::max(worst, std::abs(actual[i] - expected[i]) / std::max(1.0, std::abs(expected[i])));
        EXPECT_LE(worst, tolerance);
    }

    std::vector<double> cleaned(const CleanSpec& spec) const {
        const CleanedSeries result = clean(m_series, &m_confounds, spec);
        std::vector<double> values;
        for (std::size_t v = 0; v < result.series.volumeCount(); ++v) values.push_back(result.series.at(v, 0));
        return values;
    }

    CleanSpec customSpec(TemporalFilter filter) const {
        CleanSpec spec;
        spec.confounds = ConfoundStrategy::Custom;
        spec.confoundPattern = ".*";
        spec.filter = filter;
        spec.highPassHz = 0.01;
        spec.lowPassHz = 0.1;
        spec.filterOrder = 5;
        return spec;
    }

    Json m_golden;
    TimeSeries m_series;
    Confounds m_confounds;
};

}  // namespace

TEST_F(Golden, Detrend) {
    auto signal = column(0);
    detrendLinear(signal);
    expectNear(signal, entry("detrend_linear_col0"), 1e-12);
}

TEST_F(Golden, ButterworthSections) {
    const auto sections = butterworth(5, 0.01, 0.1, 0.5);
    const auto& expected = m_golden["sos_order5_0.01_0.1_fs0.5"].items();
    ASSERT_EQ(sections.size(), expected.size());
    for (std::size_t s = 0; s < sections.size(); ++s)
        for (std::size_t c = 0; c < 6; ++c)
            EXPECT_NEAR(sections[s][c], expected[s].items()[c].number(), 1e-12)
                << "section " << s << ", coefficient " << c;
}

TEST_F(Golden, ZeroPhaseFilter) {
    auto signal = column(0);
    filterZeroPhase(signal, butterworth(5, 0.01, 0.1, 0.5));
    expectNear(signal, entry("butter_order5_0.01_0.1_TR2_sosfiltfilt_col0"), 1e-9);
}

TEST_F(Golden, ZeroPhaseFilterWithConstantPadding) {
    auto signal = column(0);
    // The entry was made with the band of XCP-D, 0.01 to 0.08 Hz.
    filterZeroPhase(signal, butterworth(2, 0.01, 0.08, 0.5), FilterPadding::Constant,
                    static_cast<int>(signal.size()) - 1);
    expectNear(signal, entry("butter_order2_constant_pad_Tm1_col0 (XCP-D style)"), 1e-9);
}

TEST_F(Golden, CleanWithDetrendConfoundsAndZScore) {
    expectNear(cleaned(customSpec(TemporalFilter::None)), entry("clean_detrend_conf_zscore_col0"), 1e-9);
}

TEST_F(Golden, CleanWithFilterToo) {
    expectNear(cleaned(customSpec(TemporalFilter::Butterworth)), entry("clean_detrend_butter_conf_zscore_col0"), 1e-9);
}

TEST_F(Golden, CosineDriftOrder) {
    const auto drift = cosineDrift(m_series.volumeCount(), 2.0, 0.008);
    EXPECT_EQ(static_cast<double>(drift.signals), m_golden["cosine_drift_0.008Hz_ncols(without constant)"].number());
}

TEST_F(Golden, ScrubbingDropsShortSegments) {
    std::vector<bool> keep(120, true);
    for (const double volume : entry("optimize_scrub_in")) keep[static_cast<std::size_t>(volume)] = false;
    keep = withoutShortSegments(keep, 5);
    std::vector<double> censored;
    for (std::size_t v = 0; v < keep.size(); ++v)
        if (!keep[v]) censored.push_back(static_cast<double>(v));
    EXPECT_EQ(censored, entry("optimize_scrub_out(min 5,n=120)"));
}

TEST_F(Golden, FramewiseDisplacementOfPower) {
    std::vector<double> motion;
    for (const auto& row : m_golden["fd_power_motion(trans mm x3, rot rad x3)"].items())
        for (const auto& value : row.items()) motion.push_back(value.number());
    expectNear(framewiseDisplacement(std::span<const double>(motion)), entry("fd_power"), 1e-12);
}
