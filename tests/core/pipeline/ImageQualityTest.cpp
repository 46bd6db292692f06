#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/RegionExtraction.h"
#include "core/io/BidsDataset.h"
#include "core/pipeline/DemoStudy.h"
#include "core/pipeline/ImageQuality.h"
#include "core/pipeline/QualityPictures.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chronnect {
namespace {

VoxelGrid cube(std::size_t edge) {
    VoxelGrid grid;
    grid.size = {edge, edge, edge};
    grid.affine = {2, 0, 0, -4, 0, 2, 0, -4, 0, 0, 2, -4};
    return grid;
}

/// 40 volumes of a cube with 4 voxels an edge; voxel 0 has a line and an alternation of 5 on 1000.
RunInput smallScan(const std::filesystem::path& folder) {
    BoldWriteSpec spec;
    spec.grid = cube(4);
    spec.volumes = 40;
    spec.repetitionTime = 2;
    RunInput run;
    run.subject = "x";
    run.bold = folder / "scan.nii.gz";
    writeBold(run.bold, spec, [](std::size_t t, std::span<float> voxels) {
        for (std::size_t v = 0; v < voxels.size(); ++v)
            voxels[v] = v == 0   ? static_cast<float>(1000 + 3 * static_cast<int>(t) + (t % 2 ? 5 : -5))
                        : v < 10 ? static_cast<float>(1000 + (t == 20 ? 30 : 0))
                                 : 1.0f;
    });
    return run;
}

TEST(ImageQuality, EqualsValuesByHand) {
    const test::TemporaryFolder folder;
    const ImageQuality q = measureImage(smallScan(folder.path()));
    EXPECT_EQ(q.voxels, 10u);  // the bright ones
    EXPECT_NEAR(q.mean.values[0], 1058.5, 1e-3);
    // The alternation correlates a little with the line: the residual is found by least squares.
    double slope = 0, bottom = 0, squares = 0;
    for (int t = 0; t < 40; ++t) {
        slope += (t - 19.5) * (t % 2 ? 5 : -5);
        bottom += (t - 19.5) * (t - 19.5);
    }
    for (int t = 0; t < 40; ++t) squares += std::pow((t % 2 ? 5 : -5) - slope / bottom * (t - 19.5), 2);
    EXPECT_NEAR(q.tsnr.values[0], 1058.5 / std::sqrt(squares / 39), 1e-2);
    EXPECT_EQ(q.tsnr.values[30], 0);
    EXPECT_TRUE(std::isnan(q.dvars[0]));
    // From volume 0 to 1 only voxel 0 changes, by 13.
    EXPECT_NEAR(q.dvars[1], std::sqrt(13.0 * 13 / 10), 1e-9);
    EXPECT_NEAR(q.dvars[20], std::sqrt((7.0 * 7 + 9 * 900) / 10), 1e-9);
    EXPECT_NEAR(q.globalSignal[20], (1000 + 60 - 5 + 9 * 1030) / 10.0, 1e-9);
    EXPECT_GT(q.standardDvars[20], 5);
    EXPECT_EQ(q.carpet.rows, 10u);
    EXPECT_EQ(q.carpet.volumes, 40u);
}

TEST(ImageQuality, RefusesWhatDoesNotFit) {
    const test::TemporaryFolder folder;
    RunInput run = smallScan(folder.path());
    Volume mask{cube(4), std::vector<float>(64, 0)};
    run.mask = folder.path() / "mask.nii.gz";
    writeVolume(run.mask, mask);
    EXPECT_THROW(measureImage(run), Error);  // empty
    mask = {cube(5), std::vector<float>(125, 1)};
    writeVolume(run.mask, mask);
    EXPECT_THROW(measureImage(run), Error);  // another grid
    run.mask.clear();
    const LabelVolume labels{cube(5), std::vector<std::int32_t>(125, 1)};
    EXPECT_THROW(measureImage(run, &labels), Error);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(measureImage(run, nullptr, 10, JobContext(source.get_token(), {})), Cancelled);
    run.bold = folder.path() / "mask.nii.gz";
    EXPECT_THROW(measureImage(run), Error);  // one volume
}

TEST(QualityPictures, PngIsWellFormed) {
    RgbImage image{2, 1, {255, 0, 0, 0, 0, 255}};
    const std::string bytes = pngBytes(image);
    EXPECT_EQ(bytes.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
    // Length, type, 2 x 1, 8 bit RGB and the checksum, as any encoder writes them.
    EXPECT_EQ(bytes.substr(8, 25), std::string("\0\0\0\rIHDR\0\0\0\2\0\0\0\1\x08\2\0\0\0\x7b\x40\xe8\xdd", 25));
    EXPECT_EQ(bytes.substr(bytes.size() - 12), std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12));
    // One stored block: final, 7 bytes, complement, filter byte and two pixels.
    EXPECT_NE(bytes.find(std::string("\x78\x01\x01\x07\x00\xf8\xff\x00\xff\x00\x00\x00\x00\xff", 14)),
              std::string::npos);
}

TEST(QualityPictures, OutlinesLieWhereMaskAndRegionsEnd) {
    ImageQuality quality;
    quality.mean = {cube(10), std::vector<float>(1000, 50)};
    quality.mask = {cube(10), std::vector<float>(1000, 0)};
    LabelVolume labels{cube(10), std::vector<std::int32_t>(1000, 0)};
    for (std::size_t v = 0; v < 1000; ++v) {
        const std::size_t i = v % 10, j = v / 10 % 10, k = v / 100;
        const bool inside = i >= 2 && i < 8 && j >= 2 && j < 8 && k >= 2 && k < 8;
        quality.mask.values[v] = inside;
        labels.labels[v] = inside && i >= 6;  // right in world space
    }
    const RgbImage image = registrationPicture(quality, &labels, 2);
    std::size_t orange = 0, blueLeft = 0, blueRight = 0;
    const std::size_t tile = image.width / 6;
    for (std::size_t y = 0; y < image.height / 3; ++y)
        for (std::size_t x = 0; x < tile; ++x) {
            const std::uint8_t* p = image.at(2 * tile + x, y);
            orange += p[0] == 255 && p[1] == 150;
            if (p[2] == 255 && p[0] == 70) (x < tile / 2 ? blueLeft : blueRight) += 1;
        }
    EXPECT_GE(orange, 20u);
    EXPECT_GE(blueRight, 5u);
    EXPECT_EQ(blueLeft, 0u);
    EXPECT_EQ(registrationPicture(quality, nullptr, 2).pixels.size(), image.pixels.size());
}

TEST(QualityPictures, CarpetShowsTheSpike) {
    const test::TemporaryFolder folder;
    const ImageQuality q = measureImage(smallScan(folder.path()));
    const RgbImage image = carpetPicture(q.carpet, std::vector<double>(40, 0.1), q.standardDvars);
    const std::size_t perVolume = image.width / 40;
    std::size_t white = 0;
    for (std::size_t y = 70; y < image.height; ++y) white += *image.at(20 * perVolume, y) == 255;
    EXPECT_GT(white, (image.height - 70) * 8 / 10);
    TimeSeries series;
    series.regions = {"a", "b"};
    series.values = {1, 5, 2, 5, 3, 5};
    const Carpet carpet = carpetOf(series, {1, 0});
    EXPECT_EQ(carpet.values, (std::vector<float>{0, 0, 0, -1, 0, 1}));
    EXPECT_EQ(carpet.label, (std::vector<std::int32_t>{2, 1}));
    EXPECT_FALSE(carpetPicture(carpet, {}, {}).pixels.empty());
}

TEST(QualityPictures, OfTheDemoStudy) {
    const test::TemporaryFolder folder;
    SimulationSpec spec;
    spec.subjects = 1;
    spec.secondSessions = 0;
    spec.volumes = 60;
    writeSimulatedStudy(folder.path(), spec);
    const Study study = openStudy(folder.path());
    const Atlas atlas = readAtlas(study.atlasImage, study.atlasTable);
    const LabelVolume labels = resampleLabels(atlas.image, readNiftiHeader(study.runs[0].bold).grid);
    const ImageQuality q = measureImage(study.runs[0], &labels);
    EXPECT_GT(q.medianTsnr, 30);
    EXPECT_LT(q.medianTsnr, 120);
    EXPECT_TRUE(std::is_sorted(q.carpet.label.begin(), std::find(q.carpet.label.begin(), q.carpet.label.end(), 0)));
    if (const char* keep = std::getenv("CHRONNECT_KEEP_PICTURES")) {
        writeFileAtomically(std::filesystem::path(keep) / "registration.png",
                            pngBytes(registrationPicture(q, &labels)));
        writeFileAtomically(std::filesystem::path(keep) / "carpet.png",
                            pngBytes(carpetPicture(q.carpet, {}, q.standardDvars)));
    }
}

}  // namespace
}  // namespace chronnect
