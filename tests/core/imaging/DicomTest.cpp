#include "core/imaging/Dicom.h"

#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileWriter.h>
#include <itkMetaDataObject.h>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

using Image = itk::Image<std::int16_t, 3>;

struct SliceSpec {
    int volume = 0, slice = 0;
    std::string series = "1.2.3.4";
    std::string person = "Doe^Jane";
};

std::int16_t valueAt(int volume, int slice, int i, int j) { return static_cast<std::int16_t>(1000 * volume + 100 * slice + 10 * j + i); }

/// 5 x 4 pixels of 2 x 3 mm, slices every 4 mm, oblique about x.
void writeSlice(const fs::path& path, const SliceSpec& spec) {
    auto image = Image::New();
    image->SetRegions(Image::SizeType{{5, 4, 1}});
    image->SetSpacing(itk::MakeVector(2.0, 3.0, 4.0));
    Image::DirectionType direction;
    direction.SetIdentity();
    direction(1, 1) = 0.8, direction(1, 2) = -0.6, direction(2, 1) = 0.6, direction(2, 2) = 0.8;
    image->SetDirection(direction);
    image->SetOrigin(itk::MakePoint(10.0, -20.0 - 0.6 * 4 * spec.slice, 30.0 + 0.8 * 4 * spec.slice));
    image->Allocate();
    for (int j = 0; j < 4; ++j)
        for (int i = 0; i < 5; ++i) image->SetPixel(Image::IndexType{{i, j, 0}}, valueAt(spec.volume, spec.slice, i, j));
    itk::MetaDataDictionary tags;
    const auto set = [&](const char* tag, const std::string& text) { itk::EncapsulateMetaData<std::string>(tags, tag, text); };
    set("0008|0060", "MR");
    set("0010|0010", spec.person);
    set("0020|000d", "1.2.3");
    set("0020|000e", spec.series);
    set("0018|0080", "1500");
    set("0020|0012", std::to_string(spec.volume + 1));
    set("0020|0013", std::to_string(spec.volume * 10 + spec.slice + 1));
    image->SetMetaDataDictionary(tags);
    auto io = itk::GDCMImageIO::New();
    io->KeepOriginalUIDOn();
    auto writer = itk::ImageFileWriter<Image>::New();
    writer->SetImageIO(io);
    writer->SetInput(image);
    writer->SetFileName(path.string());
    writer->Update();
}

/// Names that sort in another order than time and space.
void writeSeries(const fs::path& folder, int volumes, int slices) {
    for (int t = 0; t < volumes; ++t)
        for (int k = 0; k < slices; ++k)
            writeSlice(folder / ("IM" + std::to_string((7 * (t * slices + k)) % 97) + ".dcm"), {t, k});
}

}  // namespace

TEST(Dicom, MakesAVolumeSeriesInSpaceAndTime) {
    const test::TemporaryFolder folder;
    writeSeries(folder.path(), 4, 3);
    const DicomSeries series = findDicomSeries(folder.path());
    EXPECT_EQ(series.grid.size, (std::array<std::size_t, 3>{5, 4, 3}));
    EXPECT_EQ(series.volumes, 4u);
    EXPECT_EQ(series.repetitionTime, 1.5);
    EXPECT_TRUE(series.notices.empty());
    // The centre of voxel (1, 2, 1) by hand: LPS (10 + 2, -20 + 6 * 0.8 - 4 * 0.6, 30 + 6 * 0.6 + 4 * 0.8), x and y negated.
    const auto world = series.grid.world(1, 2, 1);
    EXPECT_NEAR(world[0], -12, 1e-4);
    EXPECT_NEAR(world[1], 17.6, 1e-4);
    EXPECT_NEAR(world[2], 36.8, 1e-4);

    const auto image = folder.path() / "out.nii.gz";
    convertDicom(series, image);
    const NiftiHeader header = readNiftiHeader(image);
    EXPECT_EQ(header.volumes, 4u);
    EXPECT_EQ(header.slope, 1.0);
    EXPECT_NEAR(header.repetitionTime, 1.5, 1e-6);
    forEachVolume(image, {}, [](std::size_t t, std::span<const float> voxels) {
        for (int k = 0; k < 3; ++k)
            for (int j = 0; j < 4; ++j)
                for (int i = 0; i < 5; ++i)
                    EXPECT_EQ(voxels[static_cast<std::size_t>(i + 5 * (j + 4 * k))], valueAt(static_cast<int>(t), k, i, j));
    });
}

TEST(Dicom, SaysWhenFilesAreMissingOrOfSeveralSeries) {
    const test::TemporaryFolder folder;
    EXPECT_FALSE(holdsDicom(folder.path()));
    EXPECT_THROW(findDicomSeries(folder.path()), Error);
    writeSeries(folder.path(), 2, 3);
    writeSlice(folder.path() / "localizer.dcm", {0, 0, "1.2.3.9"});
    test::writeBytes(folder.path() / "readme.txt", "not DICOM");
    test::writeBytes(folder.path() / "broken.dcm", std::string(128, '\0') + "DICM" + std::string(40, 'x'));
    EXPECT_TRUE(holdsDicom(folder.path()));
    const DicomSeries series = findDicomSeries(folder.path());
    EXPECT_EQ(series.volumes, 2u);
    EXPECT_THAT(series.notices.at(0).text, testing::HasSubstr("1 further series"));
    fs::remove(series.files[1]);
    try {
        findDicomSeries(folder.path());
        FAIL() << "a missing slice";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("not complete"));
        EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("Doe")));
    }
}

TEST(Dicom, IsCancelled) {
    const test::TemporaryFolder folder;
    writeSeries(folder.path(), 2, 2);
    const DicomSeries series = findDicomSeries(folder.path());
    std::stop_source stop;
    stop.request_stop();
    const JobContext context(stop.get_token(), {});
    EXPECT_THROW(findDicomSeries(folder.path(), context), Cancelled);
    EXPECT_THROW(convertDicom(series, folder.path() / "a.nii", context), Cancelled);
    EXPECT_FALSE(fs::exists(folder.path() / "a.nii"));
}
