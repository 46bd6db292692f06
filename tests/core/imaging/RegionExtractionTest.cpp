#include "core/imaging/RegionExtraction.h"

#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/Stopping.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

using namespace chronnect;
using test::NiftiBytes;

namespace {

Atlas atlasOf(LabelVolume image) {
    Atlas atlas{std::move(image), {}, {}, false};
    std::set<std::int32_t> labels(atlas.image.labels.begin(), atlas.image.labels.end());
    labels.erase(0);
    for (const std::int32_t label : labels) {
        Region region;
        region.label = label;
        region.name = "R" + std::to_string(label);
        atlas.parcellation.regions.push_back(region);
    }
    return atlas;
}

/// The grid that NiftiBytes writes.
VoxelGrid gridOf(std::size_t x, std::size_t y, std::size_t z) {
    return {{x, y, z}, {2, 0, 0, -10, 0, 2, 0, -20, 0, 0, 2, -30}};
}

RunInput runOf(const std::filesystem::path& bold) {
    RunInput run;
    run.subject = "01";
    run.bold = bold;
    return run;
}

bool hasNotice(const Notices& notices, Severity severity, const std::string& part) {
    return std::any_of(notices.begin(), notices.end(), [&](const Notice& n) {
        return n.severity == severity && n.text.find(part) != std::string::npos;
    });
}

/// 12 volumes of 4 x 1 x 1: voxel v of volume t is 100 (v + 1) + t.
std::vector<std::int16_t> ramp() {
    std::vector<std::int16_t> values;
    for (int t = 0; t < 12; ++t)
        for (int v = 0; v < 4; ++v) values.push_back(static_cast<std::int16_t>(100 * (v + 1) + t));
    return values;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    double ma = 0, mb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) ma += a[i], mb += b[i];
    ma /= static_cast<double>(a.size()), mb /= static_cast<double>(b.size());
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
    return ab / std::sqrt(aa * bb);
}

/// Float32 rows x columns of a .npy of format 1.0, enough for the shared series.
std::vector<float> npyFloats(const std::filesystem::path& path) {
    const std::string bytes = test::readBytes(path);
    const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
    std::vector<float> values((bytes.size() - 10 - header) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + 10 + header, values.size() * sizeof(float));
    return values;
}

}  // namespace

TEST(RegionExtraction, MeansByHandWithScalingInBothWaysOfReading) {
    const test::TemporaryFolder folder;
    const Atlas atlas = atlasOf({gridOf(4, 1, 1), {5, 7, 7, 0}});
    NiftiBytes bytes({4, 1, 1, 12}, 4, 16);
    bytes.set(112, 0.5f).set(116, -3.0f).append(ramp());
    bytes.write(folder.path() / "a.nii");
    test::writeBytes(folder.path() / "b.nii.gz", test::gzipOf(bytes.bytes()));
    const auto plain = extractRegionSeries(runOf(folder.path() / "a.nii"), atlas, {});
    const auto packed = extractRegionSeries(runOf(folder.path() / "b.nii.gz"), atlas, {});
    EXPECT_EQ(plain.series, packed.series);
    EXPECT_EQ(plain.series.regions, (std::vector<std::string>{"R5", "R7"}));
    EXPECT_EQ(plain.series.repetitionTime, 2.0);
    ASSERT_EQ(plain.series.volumeCount(), 12u);
    for (std::size_t t = 0; t < 12; ++t) {
        EXPECT_DOUBLE_EQ(plain.series.at(t, 0), 0.5 * (100 + static_cast<double>(t)) - 3);
        EXPECT_DOUBLE_EQ(plain.series.at(t, 1), 0.5 * (250 + static_cast<double>(t)) - 3);
    }
    EXPECT_EQ(plain.coverage.usedVoxels, (std::vector<std::size_t>{1, 2}));
    EXPECT_TRUE(plain.notices.empty());
}

TEST(RegionExtraction, LowCoverageBecomesNanAndStaysInPlace) {
    const test::TemporaryFolder folder;
    const auto bold = NiftiBytes({4, 1, 1, 12}, 4, 16).append(ramp()).write(folder.path() / "a.nii");
    RunInput run = runOf(bold);
    run.mask = NiftiBytes({4, 1, 1, 1}, 2, 8).append<std::uint8_t>({0, 0, 1, 1}).write(folder.path() / "mask.nii");
    Atlas atlas = atlasOf({gridOf(4, 1, 1), {5, 7, 7, 9}});
    Region absent;
    absent.label = 6;
    absent.name = "absent";
    atlas.parcellation.regions.insert(atlas.parcellation.regions.begin() + 1, absent);

    const auto result = extractRegionSeries(run, atlas, {.minimumCoverage = 0.5});
    EXPECT_EQ(result.series.regions, (std::vector<std::string>{"R5", "absent", "R7", "R9"}));
    EXPECT_EQ(result.coverage.coverage, (std::vector<double>{0, 0, 0.5, 1}));
    EXPECT_EQ(result.coverage.gridVoxels, (std::vector<std::size_t>{1, 0, 2, 1}));
    EXPECT_TRUE(std::isnan(result.series.at(0, 0)));
    EXPECT_TRUE(std::isnan(result.series.at(0, 1)));
    EXPECT_EQ(result.series.at(3, 2), 303);  // only the voxel inside the mask
    EXPECT_EQ(result.series.at(3, 3), 403);
    EXPECT_TRUE(hasNotice(result.notices, Severity::Warning, "absent"));
    EXPECT_TRUE(hasNotice(result.notices, Severity::Warning, "R5 (0 %)"));

    const auto strict = extractRegionSeries(run, atlas, {.minimumCoverage = 0.51});
    EXPECT_TRUE(std::isnan(strict.series.at(3, 2)));
    const auto unmasked = extractRegionSeries(run, atlas, {.useMask = false});
    EXPECT_EQ(unmasked.series.at(3, 2), 253);
}

TEST(RegionExtraction, LeavesOutWhatIsNotFiniteAndCountsIt) {
    const test::TemporaryFolder folder;
    const float nan = std::nanf(""), infinite = std::numeric_limits<float>::infinity();
    std::vector<float> values(3 * 12, 1.0f);
    for (std::size_t t = 0; t < 12; ++t) values[3 * t + 1] = static_cast<float>(t);
    values[0] = nan;                              // volume 0: region 1 has voxel 1 only
    values[3] = infinite, values[4] = -infinite;  // volume 1: region 1 has no finite voxel
    const auto bold = NiftiBytes({3, 1, 1, 12}, 16, 32).append(values).write(folder.path() / "a.nii");
    const auto result = extractRegionSeries(runOf(bold), atlasOf({gridOf(3, 1, 1), {1, 1, 2}}), {});
    EXPECT_EQ(result.series.at(0, 0), 0.0);
    EXPECT_TRUE(std::isnan(result.series.at(1, 0)));
    EXPECT_EQ(result.series.at(2, 0), 1.5);
    EXPECT_TRUE(hasNotice(result.notices, Severity::Warning, "3 values"));
    EXPECT_TRUE(hasNotice(result.notices, Severity::Warning, "constant over time"));
}

TEST(RegionExtraction, SaysWhenAnImageHoldsNoNumbers) {
    const test::TemporaryFolder folder;
    const auto bold =
        NiftiBytes({2, 1, 1, 12}, 16, 32).append(std::vector<float>(24, std::nanf(""))).write(folder.path() / "a.nii");
    const auto result = extractRegionSeries(runOf(bold), atlasOf({gridOf(2, 1, 1), {1, 2}}), {});
    EXPECT_TRUE(hasNotice(result.notices, Severity::Blocking, "No region has a single value"));
    EXPECT_TRUE(std::isnan(result.series.at(3, 1)));
}

TEST(RegionExtraction, RefusesASingleVolumeAndSaysWhatIsTooShortOrConstant) {
    const test::TemporaryFolder folder;
    const Atlas atlas = atlasOf({gridOf(2, 1, 1), {1, 2}});
    const auto single = NiftiBytes({2, 1, 1, 1}, 4, 16).append<std::int16_t>({1, 2}).write(folder.path() / "one.nii");
    EXPECT_THROW(extractRegionSeries(runOf(single), atlas, {}), Error);
    EXPECT_THROW(extractRegionSeries(runOf(folder.path() / "absent.nii"), atlas, {}), Error);
    const auto few =
        NiftiBytes({2, 1, 1, 3}, 4, 16).append(std::vector<std::int16_t>(6)).write(folder.path() / "few.nii");
    const auto result = extractRegionSeries(runOf(few), atlas, {});
    EXPECT_TRUE(hasNotice(result.notices, Severity::Blocking, "only 3 volumes"));
    EXPECT_TRUE(hasNotice(result.notices, Severity::Warning, "constant"));
    EXPECT_EQ(result.series.values, std::vector<double>(6, 0.0));
}

TEST(RegionExtraction, SaysWhenNothingOfTheAtlasLiesInTheImage) {
    const test::TemporaryFolder folder;
    const auto bold = NiftiBytes({4, 1, 1, 12}, 4, 16).append(ramp()).write(folder.path() / "a.nii");
    Atlas atlas = atlasOf({gridOf(4, 1, 1), {5, 7, 7, 9}});
    atlas.image.grid.affine[3] = 400;
    const auto result = extractRegionSeries(runOf(bold), atlas, {});
    EXPECT_TRUE(hasNotice(result.notices, Severity::Blocking, "same space"));
}

TEST(RegionExtraction, AGivenRepetitionTimeAnswersTheQuestion) {
    const test::TemporaryFolder folder;
    const Atlas atlas = atlasOf({gridOf(4, 1, 1), {5, 7, 7, 9}});
    RunInput run = runOf(NiftiBytes({4, 1, 1, 12}, 4, 16).set(92, 0.0f).append(ramp()).write(folder.path() / "a.nii"));
    EXPECT_TRUE(hasNotice(extractRegionSeries(run, atlas, {}).notices, Severity::Question, "repetition time"));
    run.repetitionTime = 1.5;
    const auto answered = extractRegionSeries(run, atlas, {});
    EXPECT_TRUE(answered.notices.empty());
    EXPECT_EQ(answered.series.repetitionTime, 1.5);
}

TEST(RegionExtraction, TakesTheImageNamedAndNotItsNeighbour) {
    const test::TemporaryFolder folder;
    const Atlas atlas = atlasOf({gridOf(4, 1, 1), {5, 7, 7, 9}});
    NiftiBytes({4, 1, 1, 12}, 4, 16).append(std::vector<std::int16_t>(48)).write(folder.path() / "a.nii");
    test::writeBytes(folder.path() / "a.nii.gz", test::gzipOf(NiftiBytes({4, 1, 1, 12}, 4, 16).append(ramp()).bytes()));
    EXPECT_EQ(extractRegionSeries(runOf(folder.path() / "a.nii.gz"), atlas, {}).series.at(2, 0), 102);
    EXPECT_EQ(extractRegionSeries(runOf(folder.path() / "a.nii"), atlas, {}).series.at(2, 0), 0);
}

TEST(RegionExtraction, IsCancelled) {
    const test::TemporaryFolder folder;
    const Atlas atlas = atlasOf({gridOf(4, 1, 1), {5, 7, 7, 9}});
    const auto plain = NiftiBytes({4, 1, 1, 12}, 4, 16).append(ramp()).write(folder.path() / "a.nii");
    const auto packed = test::writeBytes(folder.path() / "b.nii.gz", test::gzipOf(test::readBytes(plain)));
    for (const auto& path : {plain, packed}) {
        std::stop_source stop;
        const JobContext context(stop.get_token(), [&](double, std::string_view) { stop.request_stop(); });
        stop.request_stop();
        EXPECT_THROW(extractRegionSeries(runOf(path), atlas, {}, context), Cancelled);
    }
}

TEST(LabelResampling, TiesGoToTheLowerIndexAndOutsideIsBackground) {
    // Labels on voxels of 4 mm at 0, 4, 8; asked for at 0, 2, 4, ... 12 mm.
    const LabelVolume labels{{{3, 1, 1}, {4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0}}, {1, 2, 3}};
    const VoxelGrid fine{{7, 1, 1}, {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0}};
    EXPECT_EQ(resampleLabels(labels, fine).labels, (std::vector<std::int32_t>{1, 1, 2, 2, 3, 3, 0}));
    // The same places in the reverse order of voxels.
    const VoxelGrid mirrored{{7, 1, 1}, {-2, 0, 0, 12, 0, 2, 0, 0, 0, 0, 2, 0}};
    EXPECT_EQ(resampleLabels(labels, mirrored).labels, (std::vector<std::int32_t>{0, 3, 3, 2, 2, 1, 1}));
}

TEST(LabelResampling, AGridWithoutVolumeIsRefused) {
    const LabelVolume flat{{{2, 1, 1}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}}, {1, 2}};
    EXPECT_THROW(resampleLabels(flat, gridOf(2, 2, 2)), Error);
}

TEST(RegionExtractionReal, HybridScanGivesTheSeriesItWasMadeOf) {
    CHRONNECT_NEEDS_SHARED();
    const auto data = test::sharedFolder() / "data";
    const Atlas atlas = atlasOf(readLabels(data / "hybrid_4d_ground_truth" / "AAL116_4mm_labels.nii.gz"));
    ASSERT_EQ(atlas.parcellation.regions.size(), 116u);
    const auto result = extractRegionSeries(
        runOf(data / "hybrid_4d_ground_truth" / "dev" / "sub-pixar124_task-pixar_space-MNI_desc-hybridAAL_bold.nii.gz"),
        atlas, {});
    ASSERT_EQ(result.series.volumeCount(), 84u);
    EXPECT_EQ(result.series.repetitionTime, 2.0);
    const auto truth =
        npyFloats(data / "ds000228_pixar" / "aal116" / "sub-pixar124_task-pixar_atlas-aal116_timeseries.npy");
    ASSERT_EQ(truth.size(), 168u * 116u);
    double worst = 1;
    for (std::size_t r = 0; r < 116; ++r) {
        std::vector<double> ours, theirs;
        for (std::size_t t = 0; t < 84; ++t) {
            ours.push_back(result.series.at(t, r));
            theirs.push_back(truth[t * 116 + r]);
        }
        worst = std::min(worst, correlation(ours, theirs));
    }
    RecordProperty("worst_correlation", std::to_string(worst));
    EXPECT_GE(worst, 0.998);
}

TEST(RegionExtractionReal, AllAxisOrdersGiveTheSameSeries) {
    CHRONNECT_NEEDS_SHARED();
    const test::TemporaryFolder folder;
    const auto images = test::sharedFolder() / "data" / "small_volumes" / "niivue_48_orientations";
    // Labels from the place in the world: octants around the middle, on the grid of the first image.
    const Volume first = readVolume(images / "LAS.nii.gz");
    const VoxelGrid& grid = first.grid;
    LabelVolume labels{grid, std::vector<std::int32_t>(grid.voxelCount())};
    const auto middle = grid.world(static_cast<double>(grid.size[0]) / 2, static_cast<double>(grid.size[1]) / 2,
                                   static_cast<double>(grid.size[2]) / 2);
    std::size_t voxel = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel) {
                const auto w = grid.world(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
                labels.labels[voxel] = 1 + (w[0] > middle[0]) + 2 * (w[1] > middle[1]) + 4 * (w[2] > middle[2]);
            }
    const Atlas atlas = atlasOf(std::move(labels));
    std::vector<double> expected;
    int orders = 0;
    for (const auto& entry : std::filesystem::directory_iterator(images)) {
        const Volume image = readVolume(entry.path());
        const auto bold = folder.path() / "bold.nii";
        writeBold(bold, {.grid = image.grid, .volumes = 12, .repetitionTime = 2},
                  [&](std::size_t t, std::span<float> out) {
                      for (std::size_t v = 0; v < out.size(); ++v)
                          out[v] = image.values[v] * static_cast<float>(1 + t % 3);
                  });
        const auto result = extractRegionSeries(runOf(bold), atlas, {});
        ASSERT_EQ(result.series.values.size(), 12u * 8u);
        if (expected.empty()) expected = result.series.values;
        for (std::size_t v = 0; v < expected.size(); ++v)
            EXPECT_NEAR(result.series.values[v], expected[v], 1e-9) << entry.path();
        ++orders;
    }
    EXPECT_GE(orders, 21);
    EXPECT_GT(*std::max_element(expected.begin(), expected.end()), 1.0);
}

// Asked by another thread in the midst of the work, at several moments; the best of three at each, because another
// program may hold the processor once.
TEST(RegionExtraction, StopsWithinAFifthOfASecond) {
    const test::TemporaryFolder folder;
    const NiftiBytes image =
        NiftiBytes({96, 96, 60, 60}, 4, 16).append(std::vector<std::int16_t>(std::size_t{96} * 96 * 60 * 60, 7));
    image.write(folder.path() / "a.nii");
    test::writeBytes(folder.path() / "b.nii.gz", test::gzipOf(image.bytes()));
    LabelVolume labels{gridOf(96, 96, 60), std::vector<std::int32_t>(std::size_t{96} * 96 * 60, 1)};
    const Atlas atlas = atlasOf(std::move(labels));
    for (const char* name : {"a.nii", "b.nii.gz"})
        for (const double smoothing : {0.0, 8.0}) {
            ExtractionSpec spec;
            spec.smoothingMm = smoothing;
            const auto extraction = [&](const JobContext& context) {
                extractRegionSeries(runOf(folder.path() / name), atlas, spec, context);
            };
            const double slowest = test::slowestStop(test::secondsOf(extraction), extraction);
            EXPECT_LT(slowest, 200) << name << " smoothed by " << smoothing << " mm";
            RecordProperty(std::string(name) + (smoothing > 0 ? "_smoothed_ms" : "_ms"), static_cast<int>(slowest));
        }
}
