#include "tests/app/cli/Program.h"

#include "core/imaging/Nifti.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "tests/core/imaging/CiftiBytes.h"
#include "tests/core/imaging/DicomBytes.h"
#include "tests/core/imaging/NiftiBytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

using namespace chronnect;
using namespace chronnect::test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

namespace {

fs::path malformed() { return sharedFolder() / "data" / "malformed" / "derived_from_nibabel_functional"; }

/// Two regions on the grid of the malformed images: the left half of the columns and the right.
fs::path writeAtlas(const fs::path& path, const VoxelGrid& grid) {
    LabelVolume labels{grid, std::vector<std::int32_t>(grid.voxelCount())};
    for (std::size_t v = 0; v < labels.labels.size(); ++v)
        labels.labels[v] = v % grid.size[0] < grid.size[0] / 2 ? 1 : 2;
    writeLabels(path, labels);
    return path;
}

std::vector<std::string> extractWords(const fs::path& input, const fs::path& atlas, const fs::path& output) {
    return {"extract", input.string(), "--atlas", atlas.string(), "--output", output.string()};
}

Outcome extract(const fs::path& input, const fs::path& atlas, const fs::path& output,
                const std::vector<std::string>& more = {"--no-clean"}) {
    auto words = extractWords(input, atlas, output);
    words.insert(words.end(), more.begin(), more.end());
    return chronnectCli(words);
}

/// Every file under a folder, one after the other.
std::string everythingIn(const fs::path& folder) {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        all += entry.path().lexically_relative(folder).string() + "\n";
        if (entry.is_regular_file()) all += readFile(entry.path());
    }
    return all;
}

/// 12 volumes of 2 slices of 4 x 2 pixels.
void writeDicomSeries(const fs::path& folder) {
    fs::create_directories(folder);
    for (int t = 0; t < 12; ++t)
        for (int k = 0; k < 2; ++k) {
            auto file = dicomSliceOfTwo(t, k);
            file.pixels(std::vector<std::int16_t>(8, static_cast<std::int16_t>(100 * k + t * t % 7)));
            std::ofstream(folder / ("Doe_Jane_" + std::to_string(97 * (2 * t + k) % 101))) << file.bytes();
        }
}

}  // namespace

TEST(ExtractMalformed, DoesWhatTheManifestSays) {
    CHRONNECT_NEEDS_SHARED();
    const TemporaryFolder folder;
    const fs::path atlas =
        writeAtlas(folder.path() / "atlas.nii.gz", readNiftiHeader(malformed() / "00_valid_reference.nii").grid);
    const Table manifest = readTable(malformed().parent_path() / "MANIFEST.tsv");
    ASSERT_GT(manifest.rows.size(), 20u);
    for (const auto& row : manifest.rows) {
        SCOPED_TRACE(row[0] + ": " + row[1]);
        const auto says = [&](const char* part) { return row[1].find(part) != std::string::npos; };
        const fs::path output = folder.path() / row[0];
        Outcome outcome = extract(malformed() / row[0], atlas, output);
        if (outcome.err.find("--accept-atlas") != std::string::npos) {
            EXPECT_EQ(outcome.code, 2);
            EXPECT_FALSE(fs::exists(output)) << "a question is answered before anything is written";
            outcome = extract(malformed() / row[0], atlas, output, {"--no-clean", "--accept-atlas"});
            EXPECT_THAT(outcome.err, HasSubstr("question: Atlas on "));
        }
        const bool mustRefuse =
            (says("error") && !says(" or ")) || says("rejected") || says("too short") || says("must ask");
        const bool mayRefuse = mustRefuse || says("error");
        ASSERT_TRUE(outcome.code == 0 || outcome.code == 2) << outcome.code << outcome.err;
        EXPECT_TRUE(!mustRefuse || outcome.code == 2);
        EXPECT_TRUE(mayRefuse || outcome.code == 0) << outcome.err;
        EXPECT_THAT(outcome.err, Not(HasSubstr("blocking: "))) << "what is written was not blocked";
        if (says("too short")) {
            EXPECT_THAT(outcome.err, HasSubstr("too few"));
        }
        if (says("must ask")) {
            EXPECT_THAT(outcome.err, HasSubstr("--repetition-time SECONDS"));
        }
        if (outcome.code == 2) {
            EXPECT_THAT(outcome.err, HasSubstr(row[0].substr(0, row[0].find('.'))));
            EXPECT_THAT(everythingIn(output), Not(HasSubstr("_timeseries.tsv"))) << "no partial series";
            continue;
        }
        EXPECT_THAT(everythingIn(output), HasSubstr("_timeseries.tsv"));
        if (says("warn")) {
            EXPECT_THAT(outcome.err, HasSubstr("warning: "));
        }
        if (says("counted")) {
            EXPECT_THAT(outcome.err, HasSubstr("not numbers"));
        }
        if (says("no FC")) {
            EXPECT_THAT(outcome.err, HasSubstr("no signal"));
        }
    }
}

TEST(ExtractMalformed, BigEndianAndNifti2GiveTheSameSeries) {
    CHRONNECT_NEEDS_SHARED();
    const TemporaryFolder folder;
    const fs::path atlas =
        writeAtlas(folder.path() / "atlas.nii.gz", readNiftiHeader(malformed() / "00_valid_reference.nii").grid);
    const auto seriesOf = [&](const char* name) {
        const Outcome outcome = extract(malformed() / name, atlas, folder.path() / name, {"--no-clean", "--json"});
        return readSeries(folder.path() / name / outcome.json()["runs"].items().at(0)["file"].text()).series.values;
    };
    const auto reference = seriesOf("00_valid_reference.nii");
    EXPECT_EQ(reference.size(), 40u);
    for (const char* name :
         {"25_big_endian_valid.nii", "29_nifti2_valid.nii", "13_scl_slope_zero.nii", "11_bitpix_mismatch.nii"})
        EXPECT_EQ(seriesOf(name), reference) << name;
}

TEST(ExtractMalformed, AMissingRepetitionTimeIsAskedFor) {
    CHRONNECT_NEEDS_SHARED();
    const TemporaryFolder folder;
    const fs::path atlas =
        writeAtlas(folder.path() / "atlas.nii.gz", readNiftiHeader(malformed() / "00_valid_reference.nii").grid);
    const fs::path image = malformed() / "14_pixdim_zero_TR.nii";
    const Outcome asked = extract(image, atlas, folder.path() / "out", {});
    EXPECT_EQ(asked.code, 2);
    EXPECT_THAT(asked.err, HasSubstr("--repetition-time SECONDS"));
    const Outcome answered =
        extract(image, atlas, folder.path() / "out", {"--repetition-time", "2", "--low-pass-hz", "0", "--json"});
    EXPECT_EQ(answered.code, 0) << answered.err;
    const Outcome uncleaned = extract(image, atlas, folder.path() / "raw", {"--no-clean"});
    EXPECT_EQ(uncleaned.code, 2) << "series without their time are of little use, so the question stays";
    const Outcome unfiltered = extract(image, atlas, folder.path() / "out", {"--filter", "none"});
    EXPECT_EQ(unfiltered.code, 0) << unfiltered.err;
}

TEST(HugePromises, AskForNoMemory) {
    const TemporaryFolder folder;
    const double usual = chronnectCli({"--version"}).peakMegabytes;
    std::vector<fs::path> liars;
    NiftiBytes nifti({32000, 32000, 32000, 32000}, 4, 16);
    liars.push_back(nifti.append<std::int16_t>({1, 2}).write(folder.path() / "huge.nii"));
    liars.push_back(writeBytes(folder.path() / "huge.nii.gz", gzipOf(nifti.bytes())));
    liars.push_back(
        writeBytes(folder.path() / "huge.npy",
                   std::string("\x93NUMPY\x01\0\x56\0", 10) +
                       "{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }        \n" +
                       std::string(64, 'x')));
    liars.push_back(writeBytes(
        folder.path() / "huge.gii",
        "<GIFTI Version=\"1.0\"><DataArray Intent=\"NIFTI_INTENT_TIME_SERIES\" DataType=\"NIFTI_TYPE_FLOAT32\" Encoding=\"GZipBase64Binary\" "
        "Dimensionality=\"2\" Dim0=\"60000\" Dim1=\"60000\" Endian=\"LittleEndian\"><Data>eJwDAAAAAAE=</Data></DataArray></GIFTI>"));
    auto picture = dicomPicture(60000, 60000);
    liars.push_back(
        writeBytes(folder.path() / "huge.dcm", picture.set(0x00280008, "IS", "900000").pixels({1, 2}).bytes()));
    // A MATLAB 4 file whose second variable has a name of a gigabyte.
    const std::string first("\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0a\0\0\0\0\0\0\0\0\0", 30);
    liars.push_back(
        writeBytes(folder.path() / "huge.mat",
                   first + std::string("\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\x40", 20) + std::string(64, 'x')));
    for (const fs::path& liar : liars) {
        const Outcome outcome = chronnectCli({"inspect", liar.string()});
        EXPECT_EQ(outcome.code, 2) << liar << outcome.out;
        EXPECT_LT(outcome.peakMegabytes, usual + 60) << liar;
    }
}

TEST(ExtractDicom, NamesNobody) {
    const TemporaryFolder folder;
    const fs::path input = folder.path() / "Doe_Jane";
    writeDicomSeries(input);
    const fs::path atlas = writeAtlas(folder.path() / "atlas.nii.gz", readNiftiHeader(input).grid);
    const Outcome outcome = extract(input, atlas, folder.path() / "out", {"--no-clean", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["runs"].items().at(0)["volumes"].number(), 12);
    const auto series = readSeries(folder.path() / "out" / outcome.json()["runs"].items().at(0)["file"].text()).series;
    EXPECT_EQ(series.at(5, 0), 50 + 25 % 7) << "the mean of a slice of 0 and one of 100, both raised by t * t % 7";
    EXPECT_EQ(outcome.out.find("Doe"), std::string::npos) << outcome.out;
    EXPECT_EQ(outcome.err.find("Doe"), std::string::npos) << outcome.err;
    EXPECT_EQ(everythingIn(folder.path() / "out").find("Doe"), std::string::npos);
    const Outcome facts = chronnectCli({"inspect", input.string()});
    EXPECT_EQ(facts.code, 0) << facts.err;
    EXPECT_THAT(facts.out, HasSubstr("DICOM series"));
    EXPECT_EQ((facts.out + facts.err).find("Doe"), std::string::npos);
    const Outcome again = extract(input, atlas, folder.path() / "out", {"--no-clean", "--json"});
    EXPECT_EQ(again.json()["unchanged"].number(), 1);
}

// The demo study's own atlas, mirrored: names and place contradict each other.
TEST(ExtractAtlas, AMirroredAtlasStopsTheCall) {
    const TemporaryFolder folder;
    const auto found = [](const char* ending) {
        for (const auto& entry : fs::recursive_directory_iterator(smallStudy()))
            if (entry.path().string().ends_with(ending)) return entry.path();
        return fs::path();
    };
    LabelVolume labels = readLabels(found("_dseg.nii.gz"));
    for (std::size_t column : {0, 1, 2, 3}) labels.grid.affine[column] = -labels.grid.affine[column];
    writeLabels(folder.path() / "mirrored.nii.gz", labels);
    const std::vector<std::string> more{"--atlas-table", found("_dseg.tsv").string(), "--maximum-runs", "1"};
    const Outcome stopped = extract(smallStudy(), folder.path() / "mirrored.nii.gz", folder.path() / "out", more);
    EXPECT_EQ(stopped.code, 2);
    EXPECT_THAT(stopped.err, HasSubstr("--accept-atlas"));
    EXPECT_FALSE(fs::exists(folder.path() / "out" / "sub-01"));
    auto accepted = more;
    accepted.push_back("--accept-atlas");
    const Outcome goes = extract(smallStudy(), folder.path() / "mirrored.nii.gz", folder.path() / "out", accepted);
    EXPECT_EQ(goes.code, 0) << goes.err;
    EXPECT_THAT(goes.err, HasSubstr("blocking: "));
}

// The names slipped by one row, everything else of the table is right.
TEST(ExtractAtlas, NamesShiftedByOneRowStopEveryCommandThatReadsImages) {
    const TemporaryFolder folder;
    const auto found = [](const char* ending) {
        for (const auto& entry : fs::recursive_directory_iterator(smallStudy()))
            if (entry.path().string().ends_with(ending)) return entry.path();
        return fs::path();
    };
    const fs::path image = found("_dseg.nii.gz"), shifted = folder.path() / "shifted.tsv";
    Table table = readTable(found("_dseg.tsv"));
    const std::size_t name = *table.column("name");
    for (std::size_t row = 0; row + 1 < table.rows.size(); ++row)
        std::swap(table.rows[row][name], table.rows[row + 1][name]);
    writeTable(shifted, table);
    const fs::path output = folder.path() / "out.chronnect-cohort";
    for (const char* command : {"extract", "connectivity", "store"}) {
        const Outcome stopped =
            chronnectCli({command, smallStudy().string(), "--atlas", image.string(), "--atlas-table", shifted.string(),
                          "--maximum-runs", "1", "--output", output.string()});
        EXPECT_EQ(stopped.code, 2) << command << stopped.out;
        EXPECT_THAT(stopped.err, HasSubstr("shifted by one row"));
        EXPECT_THAT(stopped.err, HasSubstr("--accept-atlas"));
        EXPECT_FALSE(fs::exists(output));
    }
    const Outcome right = extract(smallStudy(), image, folder.path() / "right",
                                  {"--atlas-table", found("_dseg.tsv").string(), "--maximum-runs", "1"});
    EXPECT_EQ(right.code, 0) << right.err;
}

TEST(ExtractImage, OneImageOfAStudyIsCleanedAsInItsStudy) {
    const TemporaryFolder folder;
    const auto found = [](const std::string& part, const char* ending) {
        for (const auto& entry : fs::recursive_directory_iterator(smallStudy()))
            if (entry.path().string().ends_with(ending) && entry.path().string().find(part) != std::string::npos)
                return entry.path();
        return fs::path();
    };
    const Outcome whole = chronnectCli({"extract", smallStudy().string(), "--output", (folder.path() / "all").string(),
                                        "--maximum-runs", "1", "--json"});
    ASSERT_EQ(whole.code, 0) << whole.err;
    const std::string file = whole.json()["runs"].items().at(0)["file"].text();
    const Outcome alone = extract(found(whole.json()["runs"].items().at(0)["run"].text(), "_bold.nii.gz"),
                                  found("", "_dseg.nii.gz"), folder.path() / "one", {"--json"});
    ASSERT_EQ(alone.code, 0) << alone.err;
    EXPECT_THAT(alone.err, HasSubstr("which lies beside the atlas"));
    EXPECT_THAT(alone.err, Not(HasSubstr("no confounds")));
    const std::string own = alone.json()["runs"].items().at(0)["file"].text();
    EXPECT_EQ(readFile(folder.path() / "one" / own), readFile(folder.path() / "all" / file));
}

TEST(QualityOfSeries, KnowsTheMotionThatExtractWroteBesideThem) {
    const TemporaryFolder folder;
    const auto meanFd = [&](const fs::path& study) {
        const Outcome outcome =
            chronnectCli({"quality", study.string(), "--output", (folder.path() / "q.tsv").string(), "--json"});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        std::vector<double> all;
        const Json answer = outcome.json();
        for (const Json& run : answer["runs"].items()) all.push_back(run["mean_fd"].number());
        return all;
    };
    const auto ofImages = meanFd(smallStudy()), ofSeries = meanFd(smallSeries());
    ASSERT_EQ(ofImages.size(), ofSeries.size());
    for (std::size_t i = 0; i < ofImages.size(); ++i) {
        EXPECT_GT(ofImages[i], 0);
        EXPECT_NEAR(ofSeries[i], ofImages[i], 1e-6);
    }
}

TEST(ExtractFormats, WritesTheFormsAskedForAndWhatWasDone) {
    const TemporaryFolder folder;
    const Outcome outcome = chronnectCli({"extract", smallStudy().string(), "--output", folder.path().string(),
                                          "--maximum-runs", "2", "--confounds", "6p", "--fd-threshold-mm", "0.5",
                                          "--smoothing-fwhm-mm", "8", "--format", "npy,csv,mat", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json answer = outcome.json();
    for (const auto& run : answer["runs"].items()) {
        const fs::path tsv = folder.path() / run["file"].text();
        const auto expected = readSeries(tsv).series;
        for (const char* ending : {".npy", ".csv", ".mat"}) {
            const SeriesFile other = readSeries(fs::path(tsv).replace_extension(ending), {TimeAxis::Rows, "", 2.0});
            ASSERT_EQ(other.series.values.size(), expected.values.size()) << ending;
            for (std::size_t i = 0; i < expected.values.size(); ++i)
                ASSERT_TRUE(other.series.values[i] == expected.values[i] || std::isnan(expected.values[i])) << ending;
        }
        const Json sidecar = Json::parse(readFile(fs::path(tsv).replace_extension(".json")));
        EXPECT_EQ(sidecar["Extraction"]["smoothing_fwhm_mm"].number(), 8);
        EXPECT_EQ(sidecar["OrderOfSteps"].items().at(1).text(), "smooth");
        EXPECT_GT(sidecar["DegreesOfFreedom"].number(), 0);
        EXPECT_GT(sidecar["Sources"].size(), 1u);
    }
    const std::string files = everythingIn(folder.path());
    for (const char* piece : {"_design.tsv", "_outliers.tsv", "_stat-coverage_bold.tsv", "desc-summary_qc.tsv",
                              "methods.md", "smoothed by a Gaussian of 8 mm", "dataset_description.json"})
        EXPECT_THAT(files, HasSubstr(piece));
    EXPECT_EQ(
        chronnectCli({"extract", smallStudy().string(), "--output", folder.path().string(), "--format", "xls"}).code,
        3);
}

TEST(ExtractQuietly, SaysNothing) {
    const TemporaryFolder folder;
    const Outcome outcome = chronnectCli(
        {"extract", smallStudy().string(), "--output", folder.path().string(), "--maximum-runs", "2", "--quiet"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out + outcome.err, "");
    EXPECT_THAT(everythingIn(folder.path()), HasSubstr("_timeseries.tsv"));
    const Outcome wrong = chronnectCli({"extract", "absent", "--output", folder.path().string(), "--quiet"});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("absent"));
}

TEST(ExtractExclusions, LeaveRunsOutWithTheirReason) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "out.tsv")
        << "run\treason\tinclude\nsub-02\tmoved too much\tn/a\nsub-03_ses-1_task-rest\tfell asleep\tno\nsub-04\tfine\tyes\nsub-99\tgone\tn/a\n";
    const fs::path output = folder.path() / "series";
    const Outcome outcome = chronnectCli({"extract", smallStudy().string(), "--output", output.string(), "--exclude",
                                          (folder.path() / "out.tsv").string(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json json = outcome.json();
    EXPECT_EQ(json["written"].number() + static_cast<double>(json["excluded"].size()), 8);
    const std::string out = json["excluded"].dump();
    EXPECT_THAT(out, HasSubstr("moved too much"));
    EXPECT_THAT(out, HasSubstr("fell asleep"));
    EXPECT_THAT(out, Not(HasSubstr("sub-04")));
    EXPECT_THAT(outcome.err, HasSubstr("1 name in the table of exclusions fits no run"));
    EXPECT_THAT(readFile(output / "methods.md"), HasSubstr("left out by decision: 1 (fell asleep)"));
    EXPECT_FALSE(fs::exists(output / "sub-02"));
    const Outcome quality =
        chronnectCli({"quality", smallSeries().string(), "--output", (folder.path() / "q.tsv").string(), "--exclude",
                      (output / "exclusions.tsv").string(), "--json"});
    ASSERT_EQ(quality.code, 0) << quality.err;
    EXPECT_EQ(readTable(folder.path() / "q.tsv").rows.size(), static_cast<std::size_t>(json["written"].number()));
}

TEST(ConnectivityFormats, MatAndCsvHoldWhatNpyHolds) {
    const TemporaryFolder folder;
    const auto write = [&](const std::string& format, const std::vector<std::string>& more) {
        std::vector<std::string> words{
            "connectivity", smallSeries().string(), "--maximum-runs", "1", "--format", format,
            "--output",     folder.path().string()};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = chronnectCli(words);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
    };
    for (const char* format : {"npy", "mat", "csv"}) write(format, {"--static"});
    const fs::path stem = folder.path() / "sub-01_ses-1_task-rest_stat-pearsoncorrelation_relmat";
    const Array npy = readNpy(stem.string() + ".npy");
    const SeriesFile mat = readSeries(stem.string() + ".mat", {TimeAxis::Rows, "connectivity", 0}),
                     csv = readSeries(stem.string() + ".csv", {TimeAxis::Rows, "", 0});
    ASSERT_EQ(mat.series.values.size(), npy.values.size());
    ASSERT_EQ(csv.series.values.size(), npy.values.size());
    for (std::size_t i = 0; i < npy.values.size(); ++i) {
        ASSERT_TRUE(mat.series.values[i] == npy.values[i] || std::isnan(npy.values[i]));
        ASSERT_TRUE(std::abs(csv.series.values[i] - npy.values[i]) < 1e-6 || std::isnan(npy.values[i]));
    }
    write("mat", {"--length", "30", "--step", "25"});
    EXPECT_TRUE(fs::exists(folder.path() / "sub-01_ses-1_task-rest_stat-pearsoncorrelation_dynamic.mat"));
}

TEST(Verify, AgreesWithEveryReference) {
    const Outcome outcome = chronnectCli({"verify", "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const Json json = outcome.json();
    EXPECT_GE(json["rows"].size(), 35u);
    for (const auto& row : json["rows"].items()) {
        EXPECT_TRUE(row["pass"].boolean()) << row["quantity"].text() << " " << row["difference"].number();
        EXPECT_LE(row["tolerance"].number(), 1e-9);
    }
    EXPECT_EQ(json["versions"]["scipy"].text(), "1.10.1");
    EXPECT_THAT(chronnectCli({"verify"}).out, HasSubstr("quantities agree with"));
}

TEST(Connectivity, WritesAFinishedMatrixInOtherForms) {
    const TemporaryFolder folder;
    const auto file = writeBytes(
        folder.path() / "sub-1.pconn.nii",
        ciftiBytes(3, 3, 3003, parcelMap("0,1", {"A", "B", "C"}), {1, 0.5f, -0.25f, 0.5f, 1, 0, -0.25f, 0, 1}));
    const auto inspected = chronnectCli({"inspect", file.string()});
    EXPECT_EQ(inspected.code, 0);
    EXPECT_THAT(inspected.out, HasSubstr("connectivity FILE --static"));
    const fs::path output = folder.path() / "out";
    std::vector<std::string> words{"connectivity", file.string(), "--output", output.string(), "--format", "relmat"};
    const auto refused = chronnectCli(words);
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("--static"));
    words.push_back("--static");
    ASSERT_EQ(chronnectCli(words).code, 0);
    const Table table = readTable(output / "sub-1_relmat.tsv");
    EXPECT_EQ(table.columns, (std::vector<std::string>{"Node", "A", "B", "C"}));
    EXPECT_EQ(table.rows[0], (std::vector<std::string>{"A", "1", "0.5", "-0.25"}));
    const Json about = Json::parse(readFile(output / "sub-1_relmat.json"));
    EXPECT_EQ(about["Regions"].dump(-1), R"(["A","B","C"])");
    const auto series = chronnectCli({"extract", file.string(), "--output", (folder.path() / "series").string()});
    EXPECT_EQ(series.code, 2);
    EXPECT_THAT(series.err, HasSubstr("no series over time"));
    const fs::path picture = folder.path() / "matrix.png";
    std::vector<std::string> drawing{"render", file.string(), "--kind", "matrix", "--output", picture.string()};
    const auto drawn = chronnectCli(drawing);
    if (drawn.err.find("draws no pictures") != std::string::npos) return;
    EXPECT_EQ(drawn.code, 0) << drawn.err;
    EXPECT_EQ(readFile(picture).substr(1, 3), "PNG");
    drawing.insert(drawing.end(), {"--at-window", "3"});
    EXPECT_THAT(chronnectCli(drawing).err, HasSubstr("no windows"));
}
