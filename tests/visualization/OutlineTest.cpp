#include "visualization/Outline.h"
#include "visualization/detail/BrainOutline.h"
#include "visualization/detail/OutlineCache.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <thread>

namespace chronnect {
namespace {

/// A ball of radius 50 mm around (10, -20, 30) in voxels of `edge` mm.
Volume ball(double edge) {
    Volume mask;
    const auto side = static_cast<std::size_t>(std::lround(120 / edge));
    mask.grid.size = {side, side, side};
    const double half = 0.5 * edge * static_cast<double>(side - 1);
    mask.grid.affine = {edge, 0, 0, 10 - half, 0, edge, 0, -20 - half, 0, 0, edge, 30 - half};
    for (std::size_t k = 0; k < side; ++k)
        for (std::size_t j = 0; j < side; ++j)
            for (std::size_t i = 0; i < side; ++i)
                mask.values.push_back(std::hypot(static_cast<double>(i) * edge - half,
                                                 static_cast<double>(j) * edge - half,
                                                 static_cast<double>(k) * edge - half) < 50);
    return mask;
}

Parcellation onASphere(double radius) {
    Parcellation result;
    for (int n = 0; n < 60; ++n) {
        const double height = 1 - 2 * (n + 0.5) / 60, angle = n * std::numbers::pi * (3 - std::sqrt(5.0));
        const double across = std::sqrt(1 - height * height);
        Region region;
        region.hasCentre = true;
        region.centre = {radius * across * std::cos(angle), radius * across * std::sin(angle), radius * height};
        result.regions.push_back(region);
    }
    return result;
}

TEST(Outline, LiesWhereTheMaskEndsAtAnyVoxelSize) {
    for (const double edge : {1.0, 2.0, 3.0, 4.0}) {
        const auto surface = outlineFromMask(ball(edge));
        ASSERT_TRUE(surface) << edge;
        double bounds[6];
        surface->GetBounds(bounds);
        for (int axis = 0; axis < 3; ++axis) {
            const double middle = axis == 0 ? 10 : axis == 1 ? -20 : 30;
            EXPECT_NEAR(bounds[2 * axis], middle - 50, 2.5) << edge;
            EXPECT_NEAR(bounds[2 * axis + 1], middle + 50, 2.5) << edge;
        }
        EXPECT_LT(surface->GetNumberOfPolys(), 30000) << "as fine as can be seen, not as fine as the voxels";
    }
}

TEST(Outline, IsComputedOnceForOneBrain) {
    const Volume mask = ball(4);
    prepareOutline(mask);
    const auto one = keptOutline(mask), two = keptOutline(mask);
    EXPECT_NE(one.Get(), two.Get()) << "each view may change what it shows";
    EXPECT_EQ(one->GetPoints(), two->GetPoints()) << "and none computes it again";
    Volume moved = mask;
    moved.grid.affine[3] += 1;
    EXPECT_NE(keptOutline(moved)->GetPoints(), one->GetPoints());
    EXPECT_FALSE(keptOutline(Parcellation{})) << "no regions, no outline";
    EXPECT_FALSE(keptOutline(Parcellation{}));
}

TEST(Outline, IsPreparedOnOtherThreads) {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([t] {
            for (int n = 0; n < 6; ++n) prepareOutline(onASphere(40 + (n + t) % 3));
        });
    threads.clear();
    EXPECT_GT(keptOutline(onASphere(40))->GetNumberOfPolys(), 100);
}

}  // namespace
}  // namespace chronnect
