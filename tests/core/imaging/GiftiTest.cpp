#include "core/imaging/Gifti.h"

#include "core/base/Error.h"
#include "core/imaging/detail/GiftiXml.h"
#include "tests/core/imaging/GiftiText.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

using namespace chronnect;
using test::arrayXml;
using test::gifti;

namespace {

std::filesystem::path surfaces() { return test::sharedFolder() / "data" / "surfaces"; }

const std::string one = "Dimensionality=\"1\" Dim0=\"3\"";

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

TEST(Gifti, DecodesBase64AsRfc4648Does) {
    const auto decoded = [](std::string_view text) {
        std::string result;
        for (const std::byte b : detail::decodeBase64(text, "a")) result += static_cast<char>(b);
        return result;
    };
    EXPECT_EQ(decoded(""), "");
    EXPECT_EQ(decoded("Zg=="), "f");
    EXPECT_EQ(decoded("Zm8="), "fo");
    EXPECT_EQ(decoded("Zm9v"), "foo");
    EXPECT_EQ(decoded(" Zm9v\nYmFy "), "foobar");
    EXPECT_THROW(decoded("Zm9*"), Error);
}

TEST(Gifti, ReadsTextAndBothByteOrders) {
    const GiftiFile ascii = detail::parseGifti(gifti(arrayXml("SHAPE", "FLOAT32", "ASCII", one, "1 2.5\n-3")), "a");
    EXPECT_EQ(ascii.arrays[0].values, (std::vector<double>{1, 2.5, -3}));
    EXPECT_EQ(ascii.arrays[0].intent, "SHAPE");
    // 1, 2, 258 as int32: little endian, then big endian.
    const std::string little = gifti(arrayXml("LABEL", "INT32", "Base64Binary", one, "AQAAAAIAAAACAQAA"));
    EXPECT_EQ(detail::parseGifti(little, "a").arrays[0].values, (std::vector<double>{1, 2, 258}));
    std::string big = gifti(arrayXml("LABEL", "INT32", "Base64Binary", one, "AAAAAQAAAAIAAAEC"));
    big.replace(big.find("LittleEndian"), 12, "BigEndian");
    EXPECT_EQ(detail::parseGifti(big, "a").arrays[0].values, (std::vector<double>{1, 2, 258}));
}

TEST(Gifti, TurnsColumnMajorArrays) {
    std::string xml =
        gifti(arrayXml("POINTSET", "FLOAT32", "ASCII", "Dimensionality=\"2\" Dim0=\"2\" Dim1=\"3\"", "1 4 2 5 3 6"));
    xml.replace(xml.find("RowMajorOrder"), 13, "ColumnMajorOrder");
    EXPECT_EQ(detail::parseGifti(xml, "a").arrays[0].values, (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Gifti, RefusesWhatDoesNotHoldTogether) {
    const auto refused = [](const std::string& xml) { EXPECT_THROW(detail::parseGifti(xml, "a"), Error) << xml; };
    refused("");
    refused("<html/>");
    refused("<GIFTI><DataArray");
    refused(gifti(""));
    refused(gifti(arrayXml("SHAPE", "FLOAT32", "ASCII", one, "1 2")));
    refused(gifti(arrayXml("SHAPE", "FLOAT32", "ASCII", "Dimensionality=\"3\" Dim0=\"1\"", "1")));
    refused(gifti(arrayXml("SHAPE", "COMPLEX64", "ASCII", one, "1 2 3")));
    refused(gifti(arrayXml("SHAPE", "FLOAT32", "Base64Binary", one, "AAAA")));
    refused(gifti(arrayXml("SHAPE", "FLOAT32", "GZipBase64Binary",
                           "Dimensionality=\"2\" Dim0=\"4000000000\" Dim1=\"4000000000\"", "AAAA")));
    refused(gifti(arrayXml("SHAPE", "FLOAT32", "GZipBase64Binary", one, "eJwDAAAAAAE=")));
    refused(gifti(arrayXml("SHAPE", "FLOAT32", "ExternalFileBinary", one, "",
                           "ExternalFileName=\"/etc/passwd\" ExternalFileOffset=\"0\"")));
}

TEST(Gifti, DataOutsideTheFolderAreNotFollowed) {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "in");
    test::writeBytes(folder.path() / "secret.dat", std::string(12, 'x'));
    test::writeBytes(folder.path() / "in" / "own.dat", std::string("\0\0\x80\x3f\0\0\0\x40\0\0\0\0", 12));
    const auto at = [&](const std::string& name) {
        return test::writeBytes(folder.path() / "in" / "a.gii",
                                gifti(arrayXml("SHAPE", "FLOAT32", "ExternalFileBinary", one, "",
                                               "ExternalFileName=\"" + name + "\" ExternalFileOffset=\"0\"")));
    };
    EXPECT_EQ(readGifti(at("own.dat")).arrays[0].values, (std::vector<double>{1, 2, 0}));
    EXPECT_THROW(readGifti(at("../secret.dat")), Error);
    EXPECT_THROW(readGifti(at((folder.path() / "secret.dat").string())), Error);
    EXPECT_THROW(readGifti(at("absent.dat")), Error);
}

TEST(Gifti, AveragesSeriesByLabels) {
    const test::TemporaryFolder folder;
    std::string volumes = "<MetaData><MD><Name>TimeStep</Name><Value>800</Value></MD></MetaData>";
    for (int t = 0; t < 12; ++t)
        volumes += arrayXml("TIME_SERIES", "FLOAT32", "ASCII", "Dimensionality=\"1\" Dim0=\"4\"",
                            std::to_string(t) + " " + std::to_string(t + 2) + " 50 nan");
    const auto series = test::writeBytes(folder.path() / "a.func.gii", gifti(volumes));
    const auto labels = test::writeBytes(
        folder.path() / "a.label.gii",
        gifti(
            "<LabelTable><Label Key=\"0\">unknown</Label><Label Key=\"8\">B</Label><Label Key=\"5\">A</Label></LabelTable>" +
            arrayXml("LABEL", "INT32", "ASCII", "Dimensionality=\"1\" Dim0=\"4\"", "5 5 0 8")));
    const ExtractedSeries result = extractGiftiSeries(series, labels);
    EXPECT_EQ(result.series.regions, (std::vector<std::string>{"A", "B"}));
    EXPECT_EQ(result.series.repetitionTime, 0.8);
    ASSERT_EQ(result.series.volumeCount(), 12u);
    EXPECT_EQ(result.series.at(3, 0), 4);
    EXPECT_TRUE(std::isnan(result.series.at(3, 1)));
    const auto other =
        test::writeBytes(folder.path() / "b.label.gii", gifti("<LabelTable><Label Key=\"5\">A</Label></LabelTable>" +
                                                              arrayXml("LABEL", "INT32", "ASCII", one, "5 5 5")));
    EXPECT_THROW(extractGiftiSeries(series, other), Error);
}

TEST(Gifti, JoinsTheTwoHemispheres) {
    const test::TemporaryFolder folder;
    const auto side = [&](const std::string& hemi, int offset, bool withSeries) {
        std::string volumes;
        for (int t = 0; t < 12; ++t)
            volumes += arrayXml("TIME_SERIES", "FLOAT32", "ASCII", one,
                                std::to_string(offset + t) + " " + std::to_string(offset + t + 2) + " 7");
        if (withSeries) test::writeBytes(folder.path() / ("sub-1_hemi-" + hemi + "_bold.func.gii"), gifti(volumes));
        test::writeBytes(folder.path() / ("x_hemi-" + hemi + "_dseg.label.gii"),
                         gifti("<LabelTable><Label Key=\"1\">V1</Label><Label Key=\"2\">only" + hemi +
                               "</Label></LabelTable>" + arrayXml("LABEL", "INT32", "ASCII", one, "1 1 2")));
    };
    side("L", 100, true);
    side("R", 200, true);
    RunInput run;
    run.bold = folder.path() / "sub-1_hemi-L_bold.func.gii";
    run.repetitionTime = 2;
    const Atlas atlas = readAtlas(folder.path() / "x_hemi-L_dseg.label.gii", {});
    const ExtractedSeries both = extractRegionSeries(run, atlas, {});
    EXPECT_EQ(both.series.regions, (std::vector<std::string>{"L_V1", "onlyL", "R_V1", "onlyR"}));
    EXPECT_EQ(both.series.at(3, 0), 104);
    EXPECT_EQ(both.series.at(3, 2), 204);
    EXPECT_EQ(both.series.repetitionTime, 2);
    EXPECT_EQ(atlas.parcellation.regions[2].hemisphere, Hemisphere::Right);
    // Without the right side's series its regions stay in place as n/a.
    std::filesystem::remove(folder.path() / "sub-1_hemi-R_bold.func.gii");
    const ExtractedSeries left = extractRegionSeries(run, atlas, {});
    EXPECT_EQ(left.series.regions, both.series.regions);
    EXPECT_EQ(left.series.at(3, 0), 104);
    EXPECT_TRUE(std::isnan(left.series.at(3, 2)));
    EXPECT_EQ(left.coverage.coverage, (std::vector<double>{1, 1, 0, 0}));
    // An image and surface labels do not belong together.
    run.bold =
        test::NiftiBytes({4, 1, 1, 12}, 4, 16).append(std::vector<std::int16_t>(48, 1)).write(folder.path() / "a.nii");
    EXPECT_THROW(extractRegionSeries(run, atlas, {}), Error);
}

TEST(GiftiReal, EveryVariantLoadsWithNibabelsNumbers) {
    CHRONNECT_NEEDS_SHARED();
    // Number of arrays and the mean of the first, from nibabel 5.0.
    struct Case {
        const char* file;
        std::size_t arrays;
        double mean;
        const char* kind;
    };
    for (const Case& c :
         {Case{"nibabel_gifti_variants/ascii.gii", 2, -20.49605, "GIFTI surface"},
          Case{"nibabel_gifti_variants/base64bin.gii", 2, 119.69234, "GIFTI surface"},
          Case{"nibabel_gifti_variants/external.gii", 2, 0.0, "GIFTI surface"},
          Case{"nibabel_gifti_variants/rh.aparc.annot.gii", 1, 7494048.78567, "GIFTI labels"},
          Case{"nibabel_gifti_variants/rh.shape.curv.gii", 1, -0.02848, "GIFTI data"},
          Case{"nibabel_gifti_variants/task.func.gii", 10, 521.76239, "GIFTI series"},
          Case{"fsaverage5_nilearn/sulc_left.gii.gz", 1, 0.02975, "GIFTI data"},
          Case{"fsLR_32k/tpl-fsLR_den-32k_hemi-L_midthickness.surf.gii", 2, -10.56437, "GIFTI surface"}}) {
        const GiftiFile file = readGifti(surfaces() / c.file);
        EXPECT_EQ(file.arrays.size(), c.arrays) << c.file;
        EXPECT_NEAR(mean(file.arrays[0].values), c.mean, 1e-5) << c.file;
        EXPECT_EQ(file.kind(), c.kind) << c.file;
    }
}

TEST(GiftiReal, SurfacesAreClosedSpheres) {
    CHRONNECT_NEEDS_SHARED();
    for (const char* name :
         {"fsLR_32k/tpl-fsLR_den-32k_hemi-L_midthickness.surf.gii", "fsaverage5_nilearn/pial_right.gii.gz"}) {
        const SurfaceMesh mesh = readSurface(surfaces() / name);
        EXPECT_EQ(mesh.triangles.size(), 2 * mesh.points.size() - 4) << name;  // Euler: V - E + F = 2 with E = 3 F / 2
        EXPECT_NE(mesh.hemisphere, Hemisphere::Unknown);
    }
    const SurfaceMesh columns =
        readSurface(test::sharedFolder() / "data/small_volumes/niivue_odd/ColumnMajorOrder.gii");
    EXPECT_EQ(columns.triangles.size(), 2 * columns.points.size() - 8);  // two spheres in one file
    EXPECT_THROW(readSurface(surfaces() / "nibabel_gifti_variants/base64bin.gii"), Error)
        << "a cut-down file: triangles without points";
    EXPECT_THROW(readSurface(surfaces() / "nibabel_gifti_variants/task.func.gii"), Error);
}
