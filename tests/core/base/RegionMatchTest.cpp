#include "core/data/RegionMatch.h"

#include <gtest/gtest.h>

using namespace chronnect;

namespace {

Parcellation table(const std::vector<std::pair<int, std::string>>& rows) {
    Parcellation result;
    for (const auto& [label, name] : rows) {
        Region region;
        region.label = label;
        region.name = name;
        region.network = "network of " + name;
        result.regions.push_back(region);
    }
    return result;
}

std::vector<std::string> matched(const Parcellation& rows, const std::vector<std::string>& names) {
    const auto match = matchRegions(rows, names).parcellation;
    return match ? match->names() : std::vector<std::string>{};
}

const Parcellation three = table({{2001, "Precentral_L"}, {2002, "Precentral_R"}, {2101, "Frontal_Sup_L"}});

TEST(RegionMatch, FindsRowsByNameWhateverTheirOrder) {
    const RegionMatch match = matchRegions(three, {"Frontal_Sup_L", "Precentral_L", "Precentral_R"});
    ASSERT_TRUE(match.parcellation);
    EXPECT_EQ(match.parcellation->regions[0].label, 2101);
    EXPECT_EQ(match.parcellation->regions[0].network, "network of Frontal_Sup_L");
    EXPECT_EQ(match.parcellation->regions[1].label, 2001);
    ASSERT_EQ(match.notices.size(), 1u);
    EXPECT_EQ(match.notices[0].severity, Severity::Information);
}

TEST(RegionMatch, TakesPartOfATableAndOtherSpellings) {
    EXPECT_EQ(matched(three, {"precentral-r", "Frontal Sup L"}),
              (std::vector<std::string>{"Precentral_R", "Frontal_Sup_L"}));
    EXPECT_TRUE(matchRegions(three, three.names()).notices.empty());
}

TEST(RegionMatch, TakesNumbersForLabels) {
    for (const std::string before : {"#", "", "ROI_"})
        EXPECT_EQ(matched(three, {before + "2101", before + "2001", before + "2002"}),
                  (std::vector<std::string>{"Frontal_Sup_L", "Precentral_L", "Precentral_R"}))
            << before;
    // Rows out of order, labels 1 to 3: the numbers are the labels.
    EXPECT_EQ(matched(table({{3, "c"}, {1, "a"}, {2, "b"}}), {"ROI_1", "ROI_2", "ROI_3"}),
              (std::vector<std::string>{"a", "b", "c"}));
}

TEST(RegionMatch, CountsOnlyWhereNamesCount) {
    EXPECT_EQ(matched(three, {"V1", "V2", "V3"}), three.names());
    EXPECT_EQ(matched(three, {"0", "1", "2"}), three.names());
    EXPECT_FALSE(matchRegions(three, {"V1", "V2"}).parcellation);
    EXPECT_FALSE(matchRegions(table({{1, "a"}, {2, "b"}, {3, "c"}}), {"ROI_1", "ROI_2"}).parcellation)
        << "which of the three is missing is not known";
}

TEST(RegionMatch, LeavesTheBackgroundOut) {
    const Parcellation rows = table({{1, "Background"}, {2, "Frontal Pole"}, {3, "Insula"}});
    const RegionMatch match = matchRegions(rows, {"ROI_1", "ROI_2"});
    ASSERT_TRUE(match.parcellation);
    EXPECT_EQ(match.parcellation->names(), (std::vector<std::string>{"Frontal Pole", "Insula"}));
    EXPECT_EQ(match.parcellation->regions[0].label, 1);
    EXPECT_EQ(matched(table({{0, "background"}, {1, "a"}, {2, "b"}}), {"b", "a"}),
              (std::vector<std::string>{"b", "a"}));
}

TEST(RegionMatch, NeverRenamesBecauseTwoListsAreEquallyLong) {
    const RegionMatch match = matchRegions(three, {"Precentral_L", "Precentral_R", "Insula_L"});
    EXPECT_FALSE(match.parcellation);
    ASSERT_EQ(match.notices.size(), 1u);
    EXPECT_EQ(match.notices[0].severity, Severity::Warning);
    EXPECT_NE(match.notices[0].text.find("Insula_L"), std::string::npos);
    EXPECT_FALSE(matchRegions(three, {"Precentral_L", "Precentral_L", "Precentral_R"}).parcellation);
    EXPECT_FALSE(matchRegions(table({{1, "a"}, {2, "a"}}), {"a", "b"}).parcellation);
}

}  // namespace
