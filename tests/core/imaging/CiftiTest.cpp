#include "core/imaging/Cifti.h"

#include "core/base/Error.h"
#include "core/imaging/detail/CiftiFile.h"
#include "core/imaging/detail/CiftiXml.h"
#include "tests/core/imaging/CiftiBytes.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;
using test::ciftiBytes;
using test::labelMap;
using test::modelMap;
using test::parcelMap;
using test::put;
using test::seriesMap;

namespace {

std::filesystem::path ciftiFolder() { return test::sharedFolder() / "data" / "cifti"; }

}  // namespace

TEST(Cifti, ReadsParcelSeriesInBothOrders) {
    const test::TemporaryFolder folder;
    // Rows are parcels: A = 1 2 3, B = 4 5 nan.
    const auto normal = test::writeBytes(
        folder.path() / "a.ptseries.nii",
        ciftiBytes(3, 2, 3004, seriesMap(0, 3) + parcelMap("1", {"A", "B"}), {1, 2, 3, 4, 5, std::nanf("")}));
    const TimeSeries series = readCiftiSeries(normal);
    EXPECT_EQ(series.regions, (std::vector<std::string>{"A", "B"}));
    EXPECT_NEAR(series.repetitionTime, 0.72, 1e-12);
    EXPECT_EQ(series.at(1, 0), 2);
    EXPECT_EQ(series.at(1, 1), 5);
    EXPECT_TRUE(std::isnan(series.at(2, 1)));
    const auto turned =
        test::writeBytes(folder.path() / "b.ptseries.nii",
                         ciftiBytes(2, 3, 3004, parcelMap("0", {"A", "B"}) + seriesMap(1, 3), {1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(readCiftiSeries(turned).values, (std::vector<double>{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(readCiftiHeader(turned).kind(), "ptseries");
    EXPECT_TRUE(isCifti(turned));
    EXPECT_THROW(readCiftiConnectivity(turned), Error);
}

TEST(Cifti, ReadsParcelConnectivity) {
    const test::TemporaryFolder folder;
    const auto path = test::writeBytes(
        folder.path() / "a.pconn.nii",
        ciftiBytes(3, 3, 3003, parcelMap("0,1", {"A", "B", "C"}), {1, 0.5f, -0.25f, 0.5f, 1, 0, -0.25f, 0, 1}));
    const ConnectivityMatrix matrix = readCiftiConnectivity(path);
    EXPECT_EQ(matrix.edges, (std::vector<double>{0.5, -0.25, 0}));
    EXPECT_EQ(matrix.regions.size(), 3u);
}

TEST(Cifti, AveragesDenseSeriesMatchedByVertexAndVoxel) {
    const test::TemporaryFolder folder;
    // The series leaves out vertex 4 and lists the others; the labels leave out vertex 0.
    std::vector<float> values;
    for (int place = 0; place < 5; ++place)
        for (int t = 0; t < 12; ++t) values.push_back(static_cast<float>(100 * place + t));
    const auto series = test::writeBytes(folder.path() / "a.dtseries.nii",
                                         ciftiBytes(12, 5, 3002, seriesMap(0, 12) + modelMap("0 2 3", 3), values));
    const auto labels = test::writeBytes(folder.path() / "a.dlabel.nii",
                                         ciftiBytes(1, 5, 3007, labelMap + modelMap("2 3 4", 3), {7, 7, 7, 3, 0}));
    const ExtractedSeries result = extractCiftiSeries(series, labels);
    EXPECT_EQ(result.series.regions, (std::vector<std::string>{"Thalamus", "Front", "Absent"}));
    EXPECT_EQ(result.coverage.atlasVoxels, (std::vector<std::size_t>{1, 3, 0}));
    EXPECT_EQ(result.coverage.usedVoxels, (std::vector<std::size_t>{1, 2, 0}));
    for (std::size_t t = 0; t < 12; ++t) {
        EXPECT_EQ(result.series.at(t, 0), 300.0 + static_cast<double>(t));  // the voxel 1 2 3
        EXPECT_EQ(result.series.at(t, 1), 150.0 + static_cast<double>(t));  // vertices 2 and 3
        EXPECT_TRUE(std::isnan(result.series.at(t, 2)));
    }
    EXPECT_TRUE(std::isnan(extractCiftiSeries(series, labels, {.minimumCoverage = 0.7}).series.at(0, 1)));
    const Parcellation parcellation = readCiftiParcellation(labels);
    EXPECT_EQ(parcellation.name, "Toy");
    EXPECT_EQ(parcellation.regions[1].colour, (Rgb{255, 128, 0}));
    EXPECT_EQ(parcellation.regions[1].hemisphere, Hemisphere::Left);

    const auto otherMesh = test::writeBytes(
        folder.path() / "b.dlabel.nii", ciftiBytes(1, 5, 3007, labelMap + modelMap("2 3 4", 3, 12), {7, 7, 7, 3, 0}));
    EXPECT_THROW(extractCiftiSeries(series, otherMesh), Error);
    EXPECT_THROW(extractCiftiSeries(labels, labels), Error);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(extractCiftiSeries(series, labels, {}, JobContext(stop.get_token(), {})), Cancelled);
}

TEST(Cifti, AsksForAnUnknownRepetitionTime) {
    const test::TemporaryFolder folder;
    const auto path = test::writeBytes(folder.path() / "a.ptseries.nii",
                                       ciftiBytes(2, 1, 3004, seriesMap(0, 2, "0") + parcelMap("1", {"A"}), {1, 2}));
    const auto header = readCiftiHeader(path);
    EXPECT_EQ(header.along.step, 0.0);
    ASSERT_EQ(header.notices.size(), 1u);
    EXPECT_EQ(header.notices[0].severity, Severity::Question);
}

TEST(Cifti, RefusesWhatDoesNotHoldTogether) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.nii";
    const std::string good = ciftiBytes(3, 2, 3004, seriesMap(0, 3) + parcelMap("1", {"A", "B"}), {1, 2, 3, 4, 5, 6});
    ASSERT_NO_THROW(readCiftiSeries(test::writeBytes(path, good)));
    const auto refused = [&](const std::string& bytes) {
        test::writeBytes(path, bytes);
        EXPECT_THROW(readCiftiSeries(path), Error);
    };
    refused(ciftiBytes(3, 2, 3004, seriesMap(0, 4) + parcelMap("1", {"A", "B"}), {1, 2, 3, 4, 5, 6}));
    refused(ciftiBytes(3, 2, 3004, seriesMap(0, 3), {1, 2, 3, 4, 5, 6}));
    refused(ciftiBytes(3, 2, 3004, "<broken", {1, 2, 3, 4, 5, 6}));
    refused(ciftiBytes(3, 1ll << 40, 3004, seriesMap(0, 3) + parcelMap("1", {"A"}), {1, 2, 3}));
    refused(ciftiBytes(3, 2, 0, seriesMap(0, 3) + parcelMap("1", {"A", "B"}), {1, 2, 3, 4, 5, 6}));
    for (std::size_t length = 0; length < good.size(); length += 7) refused(good.substr(0, length));
    EXPECT_THROW(detail::parseIndices("1 2 x", "a"), Error);
    EXPECT_THROW(detail::parseIndices("1 -2", "a"), Error);
    EXPECT_EQ(detail::parseIndices(" 1\n2\t30 ", "a"), (std::vector<std::uint32_t>{1, 2, 30}));
}

TEST(CiftiReal, HeadersAndValuesEqualNibabels) {
    CHRONNECT_NEEDS_SHARED();
    // Numbers on the right: nibabel 5.0 on the same files.
    const auto dense = ciftiFolder() / "ciftiTools" / "Conte69.MyelinAndCorrThickness.32k_fs_LR.dtseries.nii";
    const detail::CiftiFile file = detail::openCifti(dense);
    EXPECT_EQ(file.header.kind(), "dtseries");
    EXPECT_EQ(file.header.along.size, 2u);
    EXPECT_EQ(file.header.down.size, 60951u);
    ASSERT_EQ(file.header.down.blocks.size(), 2u);
    EXPECT_EQ(file.header.down.blocks[0].structure, "CORTEX_LEFT");
    EXPECT_EQ(file.header.down.blocks[0].count(), 30424u);
    double sums[2] = {};
    detail::forEachCiftiRow(file, {},
                            [&](std::size_t, std::span<const double> row) { sums[0] += row[0], sums[1] += row[1]; });
    EXPECT_NEAR(sums[0] / 60951, 1.32589435, 1e-8);
    EXPECT_NEAR(sums[1] / 60951, 2.74903494, 1e-8);

    const auto labels = ciftiFolder() / "ciftiTools" / "Conte69.parcellations_VGD11b.6k_fs_LR.dlabel.nii";
    EXPECT_EQ(readCiftiHeader(labels).kind(), "dlabel");
    EXPECT_EQ(readCiftiHeader(labels).along.size, 3u);
    EXPECT_THROW(extractCiftiSeries(dense, labels), Error) << "32k and 6k meshes";
    EXPECT_EQ(readCiftiHeader(ciftiFolder() / "nibabel" / "row_major.dconn.nii").kind(), "dconn");
    const auto scalars = readCiftiHeader(ciftiFolder() / "ciftiTools" / "ones_1k.dscalar.nii");
    EXPECT_EQ(scalars.kind(), "dscalar");
    EXPECT_EQ(scalars.down.size, 33709u);
    EXPECT_FALSE(isCifti(test::sharedFolder() / "data" / "small_volumes" / "nibabel" / "example_nifti2.nii.gz"));
}
