#include "core/imaging/Dicom.h"

#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/RegionExtraction.h"
#include "core/io/DicomFiles.h"
#include "tests/core/imaging/DicomBytes.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/Stopping.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkMetaDataObject.h>

#include <random>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

using Image = itk::Image<std::int16_t, 3>;

struct SliceSpec {
    int volume = 0, slice = 0;
    std::string series = "1.2.3.4";
    std::string person = "Doe^Jane";
};

std::int16_t valueAt(int volume, int slice, int i, int j) {
    return static_cast<std::int16_t>(1000 * volume + 100 * slice + 10 * j + i);
}

/// 5 x 4 pixels of 2 x 3 mm, slices every 4 mm, oblique about x.
void writeSlice(const fs::path& path, const SliceSpec& spec) {
    auto image = Image::New();
    image->SetRegions(Image::SizeType{{5, 4, 1}});
    const double spacing[] = {2.0, 3.0, 4.0};
    image->SetSpacing(spacing);
    Image::DirectionType direction;
    direction.SetIdentity();
    direction(1, 1) = 0.8, direction(1, 2) = -0.6, direction(2, 1) = 0.6, direction(2, 2) = 0.8;
    image->SetDirection(direction);
    const double origin[] = {10.0, -20.0 - 0.6 * 4 * spec.slice, 30.0 + 0.8 * 4 * spec.slice};
    image->SetOrigin(origin);
    image->Allocate();
    for (int j = 0; j < 4; ++j)
        for (int i = 0; i < 5; ++i)
            image->SetPixel(Image::IndexType{{i, j, 0}}, valueAt(spec.volume, spec.slice, i, j));
    itk::MetaDataDictionary tags;
    const auto set = [&](const char* tag, const std::string& text) {
        itk::EncapsulateMetaData<std::string>(tags, tag, text);
    };
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

/// One tag of a Siemens CSA header ("SV10"): name, format and texts.
std::string csaElement(const std::string& name, const std::string& format, const std::vector<std::string>& values) {
    const auto number = [](std::int32_t value) {
        std::string bytes(4, '\0');
        std::memcpy(bytes.data(), &value, 4);
        return bytes;
    };
    std::string head = name, letters = format;
    head.resize(64);
    letters.resize(4);
    std::string bytes =
        head + number(static_cast<std::int32_t>(values.size())) + letters + number(0) + number(6) + number(77);
    for (std::size_t i = 0; i < 6; ++i) {
        std::string value = i < values.size() ? values[i] + '\0' : "";
        const auto length = static_cast<std::int32_t>(value.size());
        bytes += number(length) + number(length) + number(77) + number(length);
        value.resize((value.size() + 3) / 4 * 4);
        bytes += value;
    }
    return bytes;
}

/// Three slices of 4 x 2 pixels in a picture of 8 x 4 (the fourth field is empty), 4 mm apart, against row x column.
void writeMosaic(const fs::path& path, int volume) {
    auto file = test::dicomPicture(8, 4);
    std::vector<std::int16_t> pixels(32, 0);
    for (int k = 0; k < 3; ++k)
        for (int j = 0; j < 2; ++j)
            for (int i = 0; i < 4; ++i)
                pixels[static_cast<std::size_t>(8 * (2 * (k / 2) + j) + 4 * (k % 2) + i)] = valueAt(volume, k, i, j);
    std::string csa("SV10\4\3\2\1\2\0\0\0M\0\0\0", 16);
    csa += csaElement("NumberOfImagesInMosaic", "US", {"3"}) + csaElement("SliceNormalVector", "FD", {"0", "0", "-1"});
    file.set(0x00080008, "CS", "ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC").set(0x00180088, "DS", "4");
    file.set(0x00181310, "US", std::string("\2\0\0\0\0\0\4\0", 8)).set(0x00200012, "IS", std::to_string(volume + 1));
    file.set(0x00200013, "IS", std::to_string(volume + 1))
        .set(0x00200032, "DS", "10\\20\\30")
        .set(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    file.set(0x00290010, "LO", "SIEMENS CSA HEADER").set(0x00291010, "OB", csa).pixels(pixels);
    test::writeBytes(path, file.bytes());
}

/// 12 volumes of 3 slices in one file, ordered slice by slice as some scanners do.
std::string enhancedFile() {
    std::vector<test::DicomBytes> frames;
    std::vector<std::int16_t> pixels;
    for (int k = 2; k >= 0; --k)
        for (int t = 0; t < 12; ++t) {
            test::DicomBytes content, position, frame;
            content.number<std::uint32_t>(0x00209128, "UL", static_cast<std::uint32_t>(t + 1));
            position.set(0x00200032, "DS", "10\\20\\" + std::to_string(30 + 4 * k));
            frames.push_back(frame.sequence(0x00209111, {content}).sequence(0x00209113, {position}));
            for (int j = 0; j < 2; ++j)
                for (int i = 0; i < 4; ++i) pixels.push_back(valueAt(t, k, i, j));
        }
    test::DicomBytes orientation, measures, timing, shared;
    orientation.set(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    measures.set(0x00180050, "DS", "4").set(0x00280030, "DS", "3\\2");
    timing.set(0x00180080, "DS", "800");
    shared.sequence(0x00209116, {orientation}).sequence(0x00289110, {measures}).sequence(0x00189112, {timing});
    auto file = test::dicomPicture(4, 2);
    file.set(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4.1").set(0x00280008, "IS", "36");
    file.sequence(0x52009229, {shared}).sequence(0x52009230, frames).pixels(pixels);
    return file.bytes();
}

void expectVolumes(const DicomSeries& series, const std::function<int(int)>& sliceAt) {
    std::size_t seen = 0;
    forEachDicomVolume(series, {}, [&](std::size_t t, std::span<const float> voxels) {
        EXPECT_EQ(t, seen++);
        const auto [columns, rows, slices] = series.grid.size;
        for (std::size_t k = 0; k < slices; ++k)
            for (std::size_t j = 0; j < rows; ++j)
                for (std::size_t i = 0; i < columns; ++i)
                    ASSERT_EQ(voxels[i + columns * (j + rows * k)],
                              valueAt(static_cast<int>(t), sliceAt(static_cast<int>(k)), static_cast<int>(i),
                                      static_cast<int>(j)));
    });
    EXPECT_EQ(seen, series.volumes);
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
    // The centre of voxel (1, 2, 1) by hand: LPS (10 + 2, -20 + 6 * 0.8 - 4 * 0.6, 30 + 6 * 0.6 + 4 * 0.8), x and y
    // negated.
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
                    EXPECT_EQ(voxels[static_cast<std::size_t>(i + 5 * (j + 4 * k))],
                              valueAt(static_cast<int>(t), k, i, j));
    });
}

// The same files through ITK: every value and place.
TEST(DicomPeer, EqualsItkOnItsOwnFiles) {
    const test::TemporaryFolder folder;
    writeSlice(folder.path() / "one.dcm", {3, 2});
    auto reader = itk::ImageFileReader<itk::Image<float, 3>>::New();
    reader->SetImageIO(itk::GDCMImageIO::New());
    reader->SetFileName((folder.path() / "one.dcm").string());
    reader->Update();
    const auto* image = reader->GetOutput();
    const DicomSeries series = findDicomSeries(folder.path() / "one.dcm");
    ASSERT_EQ(series.volumes, 1u);
    forEachDicomVolume(series, {}, [&](std::size_t, std::span<const float> voxels) {
        for (int j = 0; j < 4; ++j)
            for (int i = 0; i < 5; ++i) {
                EXPECT_EQ(voxels[static_cast<std::size_t>(i + 5 * j)], image->GetPixel({{i, j, 0}}));
                itk::Point<double, 3> place;
                image->TransformIndexToPhysicalPoint(itk::Index<3>{{i, j, 0}}, place);
                const auto world = series.grid.world(i, j, 0);
                EXPECT_NEAR(world[0], -place[0], 1e-4);
                EXPECT_NEAR(world[1], -place[1], 1e-4);
                EXPECT_NEAR(world[2], place[2], 1e-4);
            }
    });
}

TEST(Dicom, DecodesCompressedPictures) {
    const test::TemporaryFolder folder;
    for (int t = 0; t < 3; ++t)
        for (int k = 0; k < 2; ++k) {
            auto file = test::dicomSliceOfTwo(t, k);
            std::vector<std::int16_t> pixels;
            for (int j = 0; j < 2; ++j)
                for (int i = 0; i < 4; ++i) pixels.push_back(valueAt(t, k, i, j));
            test::writeBytes(folder.path() / (std::to_string(t) + std::to_string(k)), file.runLengthBytes(pixels));
        }
    const DicomSeries series = findDicomSeries(folder.path());
    EXPECT_EQ(series.volumes, 3u);
    testing::internal::CaptureStderr();
    expectVolumes(series, [](int k) { return k; });
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "the libraries below must not talk about files of people";
    const std::string whole = test::readBytes(series.slices[1].file);
    test::writeBytes(series.slices[1].file, whole.substr(0, whole.size() - 30));
    EXPECT_THROW(forEachDicomVolume(series, {}, [](std::size_t, std::span<const float>) {}), Error)
        << "cut off inside the picture";
}

// GDCM ends the program at some of these.
TEST(Dicom, SurvivesDamagedCompressedPictures) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "damaged";
    std::mt19937 random(11);
    int read = 0, refused = 0;
    for (const char* form : {"jpeg2000", "jpeg_lossless", "jpeg_ls", "rle"}) {
        const std::string whole = test::readBytes(fs::path(CHRONNECT_DICOM_CORPUS) / form);
        for (int turn = 0; turn < 20; ++turn) {
            std::string damaged = whole;
            // The first turn is the whole file; behind it one to six bytes change, in the pictures and before them.
            for (int change = turn == 0 ? 0 : 1 + turn % 6; change > 0; --change)
                damaged[132 + random() % (damaged.size() - 132)] = static_cast<char>(random());
            test::writeBytes(file, damaged);
            try {
                const DicomSeries series = findDicomSeries(file);
                forEachDicomVolume(series, {}, [](std::size_t, std::span<const float>) {});
                ++read;
            } catch (const Error& error) {
                ++refused;
                EXPECT_NE(turn, 0) << form << ": " << error.what();
            }
        }
    }
    EXPECT_EQ(read + refused, 80);
    EXPECT_GT(read, 4);
    EXPECT_GT(refused, 4);
}

TEST(Dicom, RefusesPicturesLargerThanTheFileCanHold) {
    const test::TemporaryFolder folder;
    auto file = test::dicomPicture(60000, 60000);
    file.set(0x00200032, "DS", "0\\0\\0").set(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    test::writeBytes(folder.path() / "a", file.runLengthBytes({1, 2, 3, 4}));
    try {
        forEachDicomVolume(findDicomSeries(folder.path()), {}, [](std::size_t, std::span<const float>) {});
        FAIL() << "7 GB from a file of 700 bytes";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("Doe")));
    }
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
    fs::remove(series.slices[1].file);
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

TEST(Dicom, TheHeaderOfAFolderStopsAtOnce) {
    const test::TemporaryFolder folder;
    constexpr int volumes = 4000;
    for (int t = 0; t < volumes; ++t)
        for (int k = 0; k < 2; ++k)
            test::writeBytes(folder.path() / (std::to_string(2 * t + k) + ".dcm"),
                             test::dicomSliceOfTwo(t, k).pixels({1, 2, 3, 4, 5, 6, 7, 8}).bytes());
    const auto header = [&](const JobContext& context) {
        EXPECT_EQ(readNiftiHeader(folder.path(), context).volumes, std::size_t{volumes});
    };
    EXPECT_LT(test::slowestStop(test::secondsOf(header), header), 200);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(readNiftiHeader(folder.path(), JobContext(stop.get_token(), {})), Cancelled);
}

TEST(Dicom, TakesMosaicsApart) {
    const test::TemporaryFolder folder;
    for (int t = 0; t < 5; ++t) writeMosaic(folder.path() / ("m" + std::to_string(9 - t) + ".IMA"), t);
    const DicomSeries series = findDicomSeries(folder.path());
    EXPECT_EQ(series.grid.size, (std::array<std::size_t, 3>{4, 2, 3}));
    EXPECT_EQ(series.volumes, 5u);
    EXPECT_EQ(series.repetitionTime, 1.5);
    // The stated corner belongs to the whole picture; that of a slice lies (8 - 4) / 2 columns and (4 - 2) / 2 rows
    // further. The slices go down from z = 30, so the lowest is the last: LPS (10 + 4, 20 + 3, 30 - 8).
    const auto corner = series.grid.world(0, 0, 0);
    EXPECT_NEAR(corner[0], -14, 1e-9);
    EXPECT_NEAR(corner[1], -23, 1e-9);
    EXPECT_NEAR(corner[2], 22, 1e-9);
    EXPECT_NEAR(series.grid.world(0, 0, 1)[2], 26, 1e-9);
    expectVolumes(series, [](int k) { return 2 - k; });
}

TEST(Dicom, RefusesAMosaicThatWasScaled) {
    const test::TemporaryFolder folder;
    std::string csa("SV10\4\3\2\1\1\0\0\0M\0\0\0", 16);
    csa += csaElement("NumberOfImagesInMosaic", "US", {"3"});
    auto file = test::dicomPicture(7, 4);
    file.set(0x00080008, "CS", "ORIGINAL\\PRIMARY\\MOSAIC").set(0x00291010, "OB", csa);
    const auto path = test::writeBytes(folder.path() / "m.dcm", file.pixels(std::vector<std::int16_t>(28, 1)).bytes());
    EXPECT_THROW(findDicomSeries(path), Error);
}

TEST(Dicom, StepsOverACompressedIcon) {
    const test::TemporaryFolder folder;
    using namespace std::string_literals;
    const std::string item = "\xfe\xff\x00\xe0"s, end = "\xfe\xff\xdd\xe0\0\0\0\0"s;
    const std::string picture = "\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff"s + item + "\0\0\0\0"s + item + "\4\0\0\0JPEG"s;
    const auto icon = [&](const std::string& inside) {
        auto file = test::dicomSliceOfTwo(0, 0);
        const std::string length{static_cast<char>(inside.size()), 0, 0, 0};
        file.set(0x00880200, "SQ", item + length + inside).pixels({1, 2, 3, 4, 5, 6, 7, 8});
        return test::writeBytes(folder.path() / "icon.dcm", file.bytes());
    };
    const DicomSeries series = findDicomSeries(icon(picture + end));
    forEachDicomVolume(series, {}, [](std::size_t, std::span<const float> voxels) { EXPECT_EQ(voxels[7], 8); });
    EXPECT_THROW(findDicomSeries(icon(picture + "\0\0\0\0\0\0\0\0"s)), Error) << "no end mark";
}

TEST(Dicom, ReadsEnhancedFilesInTheOrderOfTime) {
    const test::TemporaryFolder folder;
    const auto file = test::writeBytes(folder.path() / "enhanced.dcm", enhancedFile());
    for (const fs::path& path : {file, folder.path()}) {
        const DicomSeries series = findDicomSeries(path);
        EXPECT_EQ(series.grid.size, (std::array<std::size_t, 3>{4, 2, 3}));
        EXPECT_EQ(series.volumes, 12u);
        EXPECT_EQ(series.repetitionTime, 0.8);
        EXPECT_TRUE(series.notices.empty());
        EXPECT_EQ(series.grid.world(1, 1, 2), (std::array<double, 3>{-12, -23, 38}));
        expectVolumes(series, [](int k) { return k; });
    }
}

TEST(Dicom, AveragesRegionsOfAFolder) {
    const test::TemporaryFolder folder;
    fs::create_directory(folder.path() / "in");
    test::writeBytes(folder.path() / "in" / "enhanced", enhancedFile());
    RunInput run;
    run.subject = "01";
    run.bold = folder.path() / "in";
    Atlas atlas{{findDicomSeries(run.bold).grid, std::vector<std::int32_t>(24, 0)}, {}, {}, false};
    atlas.image.labels[0] = atlas.image.labels[1] = 7;  // slice 0, row 0, columns 0 and 1
    atlas.image.labels[23] = 9;                         // slice 2, row 1, column 3
    for (const int label : {7, 9})
        atlas.parcellation.regions.push_back({label, "R" + std::to_string(label), {}, {}, {}, false, {}});
    const ExtractedSeries result = extractRegionSeries(run, atlas, {});
    ASSERT_EQ(result.series.volumeCount(), 12u);
    EXPECT_EQ(result.series.repetitionTime, 0.8);
    for (int t = 0; t < 12; ++t) {
        EXPECT_DOUBLE_EQ(result.series.at(static_cast<std::size_t>(t), 0), 1000 * t + 0.5);
        EXPECT_DOUBLE_EQ(result.series.at(static_cast<std::size_t>(t), 1), 1000 * t + 213);
    }
}

TEST(Dicom, KeepsEchoesApartAndAsksWhenTheClockContradictsTheRepetitionTime) {
    const test::TemporaryFolder folder;
    for (int t = 0; t < 4; ++t)
        for (const int echo : {0, 1}) {
            auto file = test::dicomPicture(4, 2);
            file.set(0x00180081, "DS", echo ? "35" : "12").set(0x00200012, "IS", std::to_string(t + 1));
            file.set(0x00200013, "IS", std::to_string(2 * t + echo))
                .set(0x00080032, "TM", "12000" + std::to_string(2 * t) + ".000000");
            file.set(0x00200032, "DS", "0\\0\\0").set(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
            file.pixels(std::vector<std::int16_t>(8, static_cast<std::int16_t>(10 * t + echo)));
            test::writeBytes(folder.path() / (std::to_string(t) + "-" + std::to_string(echo)), file.bytes());
        }
    const DicomSeries series = findDicomSeries(folder.path());
    EXPECT_EQ(series.volumes, 4u);
    ASSERT_EQ(series.notices.size(), 2u);
    EXPECT_THAT(series.notices[0].text, testing::HasSubstr("2 s apart"));
    EXPECT_EQ(series.notices[0].severity, Severity::Question);
    EXPECT_THAT(series.notices[1].text, testing::HasSubstr("1 further series"));
    forEachDicomVolume(series, {}, [](std::size_t t, std::span<const float> voxels) {
        EXPECT_EQ(voxels[0], static_cast<float>(10 * t));
    });
}

TEST(Dicom, EveryBeginningOfAFileIsSurvived) {
    const test::TemporaryFolder folder;
    const std::string bytes = enhancedFile();
    const auto path = folder.path() / "cut";
    for (std::size_t length = 0; length < bytes.size(); length += 37) {
        test::writeBytes(path, bytes.substr(0, length));
        try {
            const DicomSeries series = findDicomSeries(path);
            forEachDicomVolume(series, {}, [](std::size_t, std::span<const float>) {});
            ADD_FAILURE() << "a file cut off at " << length << " cannot be whole";
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("Doe")));
        }
    }
}
