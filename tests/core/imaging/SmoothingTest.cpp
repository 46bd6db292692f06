#include "core/imaging/Smoothing.h"

#include "core/base/Error.h"
#include "core/imaging/RegionExtraction.h"
#include "core/io/SeriesFiles.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/Peer.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

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
    Volume volume{grid, std::vector<float>(grid.voxelCount(), 500.0f)},
        mask{grid, std::vector<float>(grid.voxelCount(), 0.0f)};
    for (std::size_t k = 8; k < 20; ++k)
        for (std::size_t j = 8; j < 20; ++j)
            for (std::size_t i = 0; i < 20; ++i) mask.values[at(i, j, k)] = 1;
    volume.values[at(10, 10, 10)] = std::numeric_limits<float>::quiet_NaN();
    const Volume smooth = smoothVolume(volume, 6.0, &mask);
    for (std::size_t v = 0; v < smooth.values.size(); ++v) {
        if (v == at(10, 10, 10))
            EXPECT_TRUE(std::isnan(smooth.values[v]));
        else
            ASSERT_NEAR(smooth.values[v], mask.values[v] > 0 ? 500.0 : 0.0, 0.01);
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

namespace {

/// 12 volumes of 9 x 1 x 1 voxels of 2 mm, written as float32.
std::filesystem::path writeRow(const std::filesystem::path& path, const std::vector<float>& values) {
    return test::NiftiBytes({9, 1, 1, 12}, 16, 32).append(values).write(path);
}

Atlas twoRegions() {
    Atlas atlas{{{{9, 1, 1}, {2, 0, 0, -10, 0, 2, 0, -20, 0, 0, 2, -30}}, {1, 1, 1, 1, 0, 2, 2, 2, 2}}, {}, {}, false};
    for (const int label : {1, 2})
        atlas.parcellation.regions.push_back({label, "R" + std::to_string(label), {}, {}, {}, false, {}});
    return atlas;
}

}  // namespace

TEST(SmoothedExtraction, IsTheMeanOfSmoothedVolumesWhateverTheFile) {
    const test::TemporaryFolder folder;
    std::vector<float> values;
    for (int t = 0; t < 12; ++t)
        for (int v = 0; v < 9; ++v) values.push_back(static_cast<float>((v * v + 3 * t * v) % 17));
    RunInput run;
    run.bold = writeRow(folder.path() / "a.nii", values);
    const Atlas atlas = twoRegions();
    const ExtractedSeries plain = extractRegionSeries(run, atlas, {.smoothingMm = 6});
    run.bold = test::writeBytes(folder.path() / "b.nii.gz", test::gzipOf(test::readBytes(folder.path() / "a.nii")));
    EXPECT_EQ(extractRegionSeries(run, atlas, {.smoothingMm = 6}).series.values, plain.series.values);
    for (std::size_t t = 0; t < 12; ++t) {
        const Volume smooth =
            smoothVolume({atlas.image.grid,
                          {values.begin() + 9 * static_cast<long>(t), values.begin() + 9 * static_cast<long>(t + 1)}},
                         6);
        const auto mean = [&](std::size_t from) {
            return (smooth.values[from] + smooth.values[from + 1] + smooth.values[from + 2] + smooth.values[from + 3]) /
                   4;
        };
        EXPECT_NEAR(plain.series.at(t, 0), mean(0), 1e-5);
        EXPECT_NEAR(plain.series.at(t, 1), mean(5), 1e-5);
    }
    EXPECT_NE(extractRegionSeries(run, atlas, {}).series.values, plain.series.values);
}

// The right region is bright and outside the mask: nothing of it may leak into the left one.
TEST(SmoothedExtraction, StaysInsideTheMaskAndAroundHoles) {
    const test::TemporaryFolder folder;
    std::vector<float> values;
    for (int t = 0; t < 12; ++t)
        for (int v = 0; v < 9; ++v)
            values.push_back(v == 1  ? std::numeric_limits<float>::quiet_NaN()
                             : v < 4 ? 10.0f + static_cast<float>(t)
                                     : 1e6f);
    RunInput run;
    run.bold = writeRow(folder.path() / "a.nii", values);
    run.mask = test::NiftiBytes({9, 1, 1, 1}, 2, 8)
                   .append<std::uint8_t>({1, 1, 1, 1, 0, 0, 0, 0, 0})
                   .write(folder.path() / "m.nii");
    const ExtractedSeries result = extractRegionSeries(run, twoRegions(), {.smoothingMm = 8});
    for (std::size_t t = 0; t < 12; ++t) {
        EXPECT_NEAR(result.series.at(t, 0), 10.0 + static_cast<double>(t), 1e-4);
        EXPECT_TRUE(std::isnan(result.series.at(t, 1)));
    }
    EXPECT_THROW(extractRegionSeries(run, twoRegions(), {.smoothingMm = -1}), Error);
}

TEST(SmoothingPeer, EqualsScipyInsideAMask) {
    CHRONNECT_NEEDS_PYTHON("scipy.ndimage");
    const test::TemporaryFolder folder;
    const VoxelGrid uneven{{13, 11, 9}, {-2, 0, 0, 30, 0, 3, 0, -45, 0, 0, 2.5, -30}};
    std::mt19937 random(7);
    Volume volume{uneven, {}}, mask{uneven, {}};
    for (std::size_t v = 0; v < uneven.voxelCount(); ++v) {
        volume.values.push_back(500 + static_cast<float>(random() % 1000) / 10);
        mask.values.push_back(random() % 4 ? 1.0f : 0.0f);
    }
    // The other program has the first index running slowest.
    const auto write = [&](const char* name, const Volume& from) {
        std::vector<double> values;
        for (std::size_t i = 0; i < 13; ++i)
            for (std::size_t j = 0; j < 11; ++j)
                for (std::size_t k = 0; k < 9; ++k) values.push_back(from.values[i + 13 * (j + 11 * k)]);
        writeNpy(folder.path() / name, std::vector<std::size_t>{13, 11, 9}, values);
    };
    write("x.npy", volume);
    write("mask.npy", mask);
    ASSERT_TRUE(test::runPython("tests/core/imaging/smoothing_peer.py", folder.path()));
    const Volume ours = smoothVolume(volume, 6.0, &mask);
    const Array theirs = readNpy(folder.path() / "smooth.npy");
    std::size_t at = 0;
    for (std::size_t i = 0; i < 13; ++i)
        for (std::size_t j = 0; j < 11; ++j)
            for (std::size_t k = 0; k < 9; ++k, ++at)
                ASSERT_NEAR(ours.values[i + 13 * (j + 11 * k)], theirs.values[at], 2e-3);
}
