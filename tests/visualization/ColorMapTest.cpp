#include "visualization/ColorMap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace chronnect {
namespace {

double luminance(const Rgb& c) { return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; }

TEST(ColorMap, EndsAndMiddleAreTheCustomaryOnes) {
    EXPECT_EQ(colorAt(ColorMap::RedBlue, 0.0), (Rgb{5, 48, 97}));
    EXPECT_EQ(colorAt(ColorMap::RedBlue, 0.5), (Rgb{247, 247, 247}));
    EXPECT_EQ(colorAt(ColorMap::RedBlue, 1.0), (Rgb{103, 0, 31}));
    EXPECT_EQ(colorAt(ColorMap::Viridis, 0.0), (Rgb{68, 1, 84}));
    EXPECT_EQ(colorAt(ColorMap::Viridis, 1.0), (Rgb{253, 231, 37}));
}

TEST(ColorMap, ClampsAndMarksNaN) {
    EXPECT_EQ(colorAt(ColorMap::Magma, -5), colorAt(ColorMap::Magma, 0));
    EXPECT_EQ(colorAt(ColorMap::Magma, 7), colorAt(ColorMap::Magma, 1));
    EXPECT_EQ(colorAt(ColorMap::Magma, std::nan("")), (Rgb{128, 128, 128}));
}

TEST(ColorMap, SequentialMapsGetSteadilyLighter) {
    for (const ColorMap map : {ColorMap::Viridis, ColorMap::Magma, ColorMap::Grey}) {
        const auto table = colorTable(map, 64);
        for (std::size_t i = 1; i < table.size(); ++i) EXPECT_GE(luminance(table[i]), luminance(table[i - 1]) - 0.5);
    }
}

TEST(ColorMap, SignedColoursAreBlueBelowAndRedAboveZero) {
    const Rgb negative = signedColor(-0.8, 1), positive = signedColor(0.8, 1);
    EXPECT_GT(negative[2], negative[0]);
    EXPECT_GT(positive[0], positive[2]);
    EXPECT_EQ(signedColor(0, 1), (Rgb{247, 247, 247}));
}

TEST(ColorMap, TubesKeepClearOfTheBackground) {
    for (const double weight : {-1.0, -0.3, 0.01, 0.3, 1.0}) {
        EXPECT_LT(luminance(edgeColor(weight, 1, false)), 200) << weight;
        EXPECT_GT(luminance(edgeColor(weight, 1, true)), 45) << weight;
    }
}

TEST(ColorMap, MixingMovesFromOneToTheOther) {
    EXPECT_EQ(mixed({0, 10, 20}, {100, 110, 120}, 0.0), (Rgb{0, 10, 20}));
    EXPECT_EQ(mixed({0, 10, 20}, {100, 110, 120}, 0.5), (Rgb{50, 60, 70}));
    EXPECT_EQ(mixed({0, 10, 20}, {100, 110, 120}, 1.0), (Rgb{100, 110, 120}));
}

}  // namespace
}  // namespace chronnect
