#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;

namespace {

VoxelGrid obliqueGrid(bool mirrored) {
    // 30 degrees about z, then 20 degrees about x, voxels of 2 x 3 x 4 mm.
    const double c = std::cos(0.5236), s = std::sin(0.5236), d = std::cos(0.349), e = std::sin(0.349);
    const double flip = mirrored ? -1 : 1;
    VoxelGrid grid{{3, 4, 5},
                   {2 * c * flip, -3 * s, 0, 12.5, 2 * s * d * flip, 3 * c * d, -4 * e, -7, 2 * s * e * flip, 3 * c * e,
                    4 * d, 90}};
    return grid;
}

void expectSameAffine(const VoxelGrid& a, const VoxelGrid& b) {
    EXPECT_EQ(a.size, b.size);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(a.affine[i], b.affine[i], 1e-4) << i;
}

}  // namespace

TEST(NiftiWrite, VolumesComeBackBitForBit) {
    const test::TemporaryFolder folder;
    Volume volume{obliqueGrid(false), std::vector<float>(60)};
    for (std::size_t i = 0; i < 60; ++i) volume.values[i] = std::sin(static_cast<float>(i));
    for (const char* name : {"v.nii", "v.nii.gz"}) {
        writeVolume(folder.path() / name, volume);
        const Volume back = readVolume(folder.path() / name);
        EXPECT_EQ(back.values, volume.values);
        expectSameAffine(back.grid, volume.grid);
        EXPECT_TRUE(readNiftiHeader(folder.path() / name).notices.empty());
    }
}

TEST(NiftiWrite, SformAndQformAgree) {
    const test::TemporaryFolder folder;
    for (const bool mirrored : {false, true}) {
        const auto path = folder.path() / "v.nii";
        const Volume volume{obliqueGrid(mirrored), std::vector<float>(60)};
        writeVolume(path, volume);
        std::string bytes = test::readBytes(path);
        bytes[254] = 0;  // no sform: the reader must take the qform
        test::writeBytes(path, bytes);
        const NiftiHeader header = readNiftiHeader(path);
        EXPECT_EQ(header.orientationFrom, "qform");
        expectSameAffine(header.grid, volume.grid);
    }
}

TEST(NiftiWrite, LabelsUse16BitsWhereTheyFit) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "l.nii.gz";
    LabelVolume labels{VoxelGrid{{2, 2, 1}, {}}, {0, 1, 2001, 9170}};
    labels.grid.affine = obliqueGrid(false).affine;
    writeLabels(path, labels);
    EXPECT_EQ(readNiftiHeader(path).dataType, "int16");
    EXPECT_EQ(readLabels(path).labels, labels.labels);
    labels.labels[3] = 70000;
    writeLabels(path, labels);
    EXPECT_EQ(readNiftiHeader(path).dataType, "int32");
    EXPECT_EQ(readLabels(path).labels, labels.labels);
}

TEST(NiftiWrite, BoldIsWithinHalfAStepAndTheSameBytesEachTime) {
    const test::TemporaryFolder folder;
    const BoldWriteSpec spec{.grid = obliqueGrid(false), .volumes = 7, .repetitionTime = 0.72, .slope = 0.05};
    const auto value = [](std::size_t t, std::size_t v) { return 800 + 20 * std::sin(0.3 * t + 0.1 * v); };
    const auto fill = [&](std::size_t t, std::span<float> voxels) {
        for (std::size_t v = 0; v < voxels.size(); ++v) voxels[v] = static_cast<float>(value(t, v));
    };
    writeBold(folder.path() / "a.nii.gz", spec, fill);
    writeBold(folder.path() / "b.nii.gz", spec, fill);
    EXPECT_EQ(sha256OfFile(folder.path() / "a.nii.gz"), sha256OfFile(folder.path() / "b.nii.gz"));
    const NiftiHeader header = readNiftiHeader(folder.path() / "a.nii.gz");
    EXPECT_EQ(header.volumes, 7u);
    EXPECT_NEAR(header.repetitionTime, 0.72, 1e-6);
    EXPECT_TRUE(header.notices.empty());
    forEachVolume(folder.path() / "a.nii.gz", {}, [&](std::size_t t, std::span<const float> voxels) {
        for (std::size_t v = 0; v < voxels.size(); ++v) EXPECT_NEAR(voxels[v], value(t, v), 0.0251);
    });
}

TEST(NiftiWrite, RefusesWhatDoesNotFitAndLeavesNoFile) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.nii.gz";
    const BoldWriteSpec spec{.grid = obliqueGrid(false), .volumes = 2, .repetitionTime = 2, .slope = 0.01};
    for (const float bad : {400.0f, std::nanf("")})
        EXPECT_THROW(
            writeBold(path, spec, [&](std::size_t, std::span<float> v) { std::fill(v.begin(), v.end(), bad); }), Error);
    EXPECT_THROW(writeVolume(folder.path() / "a.mnc", Volume{obliqueGrid(false), std::vector<float>(60)}), Error);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}
