#include "core/imaging/Smoothing.h"

#include "core/base/Error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

using namespace chronnect;

namespace {

const VoxelGrid grid{{31, 31, 31}, {2, 0, 0, -30, 0, 3, 0, -45, 0, 0, 2, -30}};
std::size_t at(std::size_t i, std::size_t j, std::size_t k) { return i + 31 * (j + 31 * k); }

}  // namespace

TEST(Smoothing, AnImpulseBecomesAGaussianOfTheWidthInMillimetres) {
    Volume impulse{grid, std::vector<float>(grid.voxelCount(), 0.0f)};
    impulse.values[at(15, 15, 15)] = 1000;
    const Volume smooth = smoothVolume(impulse, 8.0);
    EXPECT_NEAR(std::accumulate(smooth.values.begin(), smooth.values.end(), 0.0), 1000, 1);
    const double peak = smooth.values[at(15, 15, 15)];
    // Half the peak at half the width: 4 mm are two voxels along x and z; 6 mm are two along y.
    EXPECT_NEAR(smooth.values[at(17, 15, 15)] / peak, 0.5, 0.01);
    EXPECT_NEAR(smooth.values[at(15, 15, 13)] / peak, 0.5, 0.01);
    EXPECT_NEAR(smooth.values[at(15, 17, 15)] / peak, std::pow(0.5, 36.0 / 16.0), 0.01);
    EXPECT_EQ(smoothVolume(impulse, 0).values, impulse.values);
}

TEST(Smoothing, AConstantBrainStaysConstantUpToItsEdgeAndHolesStay) {
    Volume volume{grid, std::vector<float>(grid.voxelCount(), 500.0f)}, mask{grid, std::vector<float>(grid.voxelCount(), 0.0f)};
    for (std::size_t k = 8; k < 20; ++k)
        for (std::size_t j = 8; j < 20; ++j)
            for (std::size_t i = 0; i < 20; ++i) mask.values[at(i, j, k)] = 1;
    volume.values[at(10, 10, 10)] = std::numeric_limits<float>::quiet_NaN();
    const Volume smooth = smoothVolume(volume, 6.0, &mask);
    for (std::size_t v = 0; v < smooth.values.size(); ++v) {
        if (v == at(10, 10, 10)) EXPECT_TRUE(std::isnan(smooth.values[v]));
        else ASSERT_NEAR(smooth.values[v], mask.values[v] > 0 ? 500.0 : 0.0, 0.01);
    }
}

TEST(Smoothing, RefusesNonsense) {
    const Volume volume{grid, std::vector<float>(grid.voxelCount(), 1.0f)};
    EXPECT_THROW(smoothVolume(volume, -1), Error);
    EXPECT_THROW(smoothVolume(volume, std::nan("")), Error);
    Volume other = volume;
    other.grid.affine[3] += 10;
    EXPECT_THROW(smoothVolume(volume, 5, &other), Error);
}
