#include "core/base/Error.h"
#include "core/io/Tables.h"
#include "core/signal/ConfoundSelection.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace chronnect;

namespace {

using Names = std::vector<std::string>;

Confounds tableOf(const Names& names, std::size_t volumes = 6) {
    Confounds confounds;
    confounds.names = names;
    for (std::size_t v = 0; v < volumes; ++v)
        for (std::size_t c = 0; c < names.size(); ++c)
            confounds.values.push_back(std::sin(static_cast<double>(v * 7 + c * 3)));
    return confounds;
}

CleanSpec specOf(ConfoundStrategy strategy, const std::string& pattern = {}) {
    CleanSpec spec;
    spec.confounds = strategy;
    spec.confoundPattern = pattern;
    return spec;
}

const Names motion{"trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"};

Names operator+(Names a, const Names& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST(ConfoundSelection, CountsWhatTheNameOfTheStrategySays) {
    const Confounds table = tableOf(motion + Names{"csf", "white_matter", "global_signal", "extra"});
    const auto count = [&](ConfoundStrategy strategy, bool global = false) {
        CleanSpec spec = specOf(strategy);
        spec.globalSignal = global;
        return selectConfounds(table, spec).names.size();
    };
    EXPECT_EQ(count(ConfoundStrategy::None), 0u);
    EXPECT_EQ(count(ConfoundStrategy::None, true), 1u);
    EXPECT_EQ(count(ConfoundStrategy::Minimal), 2u);
    EXPECT_EQ(count(ConfoundStrategy::Motion6), 6u);
    EXPECT_EQ(count(ConfoundStrategy::Motion6, true), 7u);
    EXPECT_EQ(count(ConfoundStrategy::Motion12), 12u);
    EXPECT_EQ(count(ConfoundStrategy::Motion24), 24u);
    EXPECT_EQ(count(ConfoundStrategy::Params36), 36u);
    EXPECT_EQ(count(ConfoundStrategy::Params36, true), 36u);
}

TEST(ConfoundSelection, ComputesDerivativesAndSquaresThatAreMissing) {
    const Confounds table = tableOf(motion);
    const auto selected = selectConfounds(table, specOf(ConfoundStrategy::Motion24));
    const auto signal = [&](const std::string& name) {
        const auto at = std::find(selected.names.begin(), selected.names.end(), name) - selected.names.begin();
        return selected.values.signal(static_cast<std::size_t>(at));
    };
    const double step = table.at(3, 1) - table.at(2, 1);
    EXPECT_DOUBLE_EQ(signal("trans_y_derivative1")[3], step);
    EXPECT_DOUBLE_EQ(signal("trans_y_derivative1_power2")[3], step * step);
    EXPECT_DOUBLE_EQ(signal("rot_z_power2")[4], table.at(4, 5) * table.at(4, 5));
    double mean = 0;
    for (std::size_t v = 1; v < 6; ++v) mean += (table.at(v, 1) - table.at(v - 1, 1)) / 5;
    EXPECT_NEAR(signal("trans_y_derivative1")[0], mean, 1e-15) << "the first row becomes the column's mean";
    EXPECT_TRUE(selected.notices.empty()) << "that is how the format is, no reason to warn";
}

TEST(ConfoundSelection, WarnsOfGapsInside) {
    Confounds table = tableOf({"csf", "white_matter"});
    table.values[2 * 2] = std::nan("");
    const auto selected = selectConfounds(table, specOf(ConfoundStrategy::Minimal));
    ASSERT_EQ(selected.notices.size(), 1u);
    EXPECT_NE(selected.notices[0].text.find("csf"), std::string::npos);
    for (const double value : selected.values.values) EXPECT_TRUE(std::isfinite(value));
}

TEST(ConfoundSelection, TakesComponentsByMaskAndVariance) {
    Names components;
    for (int i = 0; i < 14; ++i)
        components.push_back("a_comp_cor_" + std::string(i < 10 ? "0" : "") + std::to_string(i));
    Confounds table = tableOf(motion + components + Names{"cosine00", "cosine01"}, 40);
    CleanSpec spec = specOf(ConfoundStrategy::ACompCor10);
    EXPECT_EQ(selectConfounds(table, spec).names.size(), 12u + 10u) << "a high-pass filter replaces the cosines";
    spec.filter = TemporalFilter::None;
    EXPECT_EQ(selectConfounds(table, spec).names.size(), 12u + 10u + 2u);
    for (int i = 0; i < 14; ++i) {
        const bool fluid = i < 6;
        table.components[components[static_cast<std::size_t>(i)]] = {fluid ? "CSF" : "WM", "aCompCor",
                                                                     0.2 * (fluid ? i + 1 : i - 5), true};
    }
    Names names = selectConfounds(table, spec).names;
    EXPECT_EQ(std::count(names.begin(), names.end(), "a_comp_cor_04"), 1);
    EXPECT_EQ(std::count(names.begin(), names.end(), "a_comp_cor_05"), 0) << "five of CSF";
    EXPECT_EQ(std::count(names.begin(), names.end(), "a_comp_cor_10"), 1);
    EXPECT_EQ(std::count(names.begin(), names.end(), "a_comp_cor_11"), 0) << "five of white matter";
    spec.confounds = ConfoundStrategy::ACompCor50;
    names = selectConfounds(table, spec).names;
    EXPECT_EQ(names.size(), 12u + 3u + 3u + 2u) << "0.2, 0.4, 0.6 in each mask";
    EXPECT_THROW(selectConfounds(tableOf(motion), spec), Error);
}

TEST(ConfoundSelection, TakesAromaAndCustomColumns) {
    const Confounds table = tableOf({"csf", "csf_derivative1", "white_matter", "aroma_motion_01", "aroma_motion_03"});
    EXPECT_EQ(selectConfounds(table, specOf(ConfoundStrategy::Aroma)).names,
              (Names{"aroma_motion_01", "aroma_motion_03", "csf", "white_matter"}));
    EXPECT_EQ(selectConfounds(table, specOf(ConfoundStrategy::Custom, "csf")).names, (Names{"csf"})) << "whole names";
    EXPECT_EQ(selectConfounds(table, specOf(ConfoundStrategy::Custom, "csf.*|white_matter")).names.size(), 3u);
    EXPECT_THROW(selectConfounds(table, specOf(ConfoundStrategy::Custom, "")), Error);
    EXPECT_THROW(selectConfounds(table, specOf(ConfoundStrategy::Custom, "(")), Error);
    EXPECT_THROW(selectConfounds(table, specOf(ConfoundStrategy::Custom, "xyz")), Error);
    EXPECT_THROW(selectConfounds(tableOf({"csf"}), specOf(ConfoundStrategy::Aroma)), Error);
}

TEST(ConfoundSelection, NamesTheColumnsThatAreMissing) {
    try {
        selectConfounds(tableOf({"trans_x", "rot_z"}), specOf(ConfoundStrategy::Motion6));
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("trans_y, trans_z, rot_x, rot_y"), std::string::npos);
    }
}

TEST(ConfoundSelection, ReadsARealFmriprepTable) {
    CHRONNECT_NEEDS_SHARED();
    const auto path =
        test::sharedFolder() / "data/confounds/nilearn_fmriprep_samples/test-v21_desc-confounds_timeseries.tsv";
    const Confounds table = readConfounds(path);
    EXPECT_EQ(selectConfounds(table, specOf(ConfoundStrategy::Params36)).names.size(), 36u);
    CleanSpec spec = specOf(ConfoundStrategy::ACompCor10);
    const auto selected = selectConfounds(table, spec);
    EXPECT_EQ(std::count_if(selected.names.begin(), selected.names.end(),
                            [](const auto& n) { return n.starts_with("w_comp_cor"); }),
              4);
    EXPECT_EQ(std::count_if(selected.names.begin(), selected.names.end(),
                            [](const auto& n) { return n.starts_with("c_comp_cor"); }),
              3);
    EXPECT_FALSE(selected.notices.empty()) << "the sample has fewer than five of each, which must be said";
}
