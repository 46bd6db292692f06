#include "tests/app/cli/Program.h"

#include "app/cli/Manual.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

using namespace chronnect;
using namespace chronnect::test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

namespace {

/// What the manifest of malformed files says about the exit code of `inspect`.
std::vector<int> allowedCodes(const std::string& expected) {
    if (expected.starts_with("error:") || expected == "error") return {2};
    if (expected.find("error") != std::string::npos) return {0, 2};
    return {0};
}

}  // namespace

TEST(Program, HelpOfEveryCommandIsAnswered) {
    for (const auto& command : cli::allCommands()) {
        const Outcome outcome = chronnectCli({command->name(), "--help"});
        EXPECT_EQ(outcome.code, 0) << command->name();
        EXPECT_THAT(outcome.out, HasSubstr("Usage: chronnect-cli " + command->name()));
        EXPECT_THAT(outcome.err, IsEmpty());
    }
    EXPECT_EQ(chronnectCli({"--help"}).code, 0);
    EXPECT_EQ(chronnectCli({"--version"}).out, std::string(versionText()) + "\n");
}

TEST(Program, WrongLinesAreUsageErrors) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{}, "Usage:"},
        {{"pretain"}, "did you mean 'pretrain'?"},
        {{"connectivity", "x", "--output", "y", "--lenght", "3"}, "did you mean --length?"},
        {{"connectivity", "x"}, "Missing --output"},
        {{"connectivity", "--output", "y"}, "Missing INPUT"},
        {{"connectivity", "x", "--output", "y", "--length", "2"}, "--length must be 3 to 5000"},
        {{"help", "nothing"}, "There is no command"},
    };
    for (const auto& [words, sentence] : cases) {
        const Outcome outcome = chronnectCli(words);
        EXPECT_EQ(outcome.code, 3) << sentence;
        EXPECT_THAT(outcome.err, HasSubstr(sentence));
        EXPECT_THAT(outcome.out, IsEmpty());
    }
}

TEST(Program, UnusableInputIsOneSentence) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "noise.tsv") << "this is\tno\tseries\n1\n";
    for (const auto& input : {folder.path() / "missing.npy", folder.path() / "noise.tsv", folder.path()}) {
        const Outcome outcome =
            chronnectCli({"connectivity", input.string(), "--output", (folder.path() / "out").string()});
        EXPECT_EQ(outcome.code, 2) << input;
        EXPECT_THAT(outcome.err, HasSubstr("chronnect-cli: "));
        EXPECT_THAT(outcome.out, IsEmpty());
    }
}

TEST(Program, AFullDiskIsNoticed) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
    const int status = std::system(CHRONNECT_CLI " --help >/dev/full 2>/dev/null");
    EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST(Program, WrittenManualsMatchTheProgram) {
    const fs::path root = CHRONNECT_SOURCE;
    const std::map<std::string, fs::path> files{{"markdown", root / "resources/docs/command-line.md"},
                                                {"man", root / "installer/man/chronnect-cli.1"},
                                                {"bash", root / "installer/completion/chronnect-cli.bash"}};
    for (const auto& [format, file] : files)
        EXPECT_TRUE(chronnectCli({"help", "--format", format}).out == readFile(file))  // not printed: it is long
            << file << " is out of date; write it again: cmake --build BUILD --target manuals";
}

TEST(Inspect, AnswersEveryMalformedFileAsTheManifestSays) {
    CHRONNECT_NEEDS("extract");
    CHRONNECT_NEEDS_SHARED();
    const fs::path folder = sharedFolder() / "data" / "malformed";
    const Table manifest = readTable(folder / "MANIFEST.tsv");
    ASSERT_GT(manifest.rows.size(), 20u);
    for (const auto& row : manifest.rows) {
        const fs::path file = folder / "derived_from_nibabel_functional" / row[0];
        ASSERT_TRUE(fs::exists(file)) << file;
        const Outcome outcome = chronnectCli({"inspect", file.string(), "--json"});
        EXPECT_THAT(allowedCodes(row[1]), testing::Contains(outcome.code)) << row[0] << ": " << row[1] << "\n"
                                                                           << outcome.err;
        if (outcome.code == 2) {
            EXPECT_THAT(outcome.err, HasSubstr(row[0]));
            EXPECT_THAT(outcome.out, IsEmpty());
            EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
        } else {
            const Json json = outcome.json();
            EXPECT_TRUE(json["notices"].isArray()) << row[0];
            const bool remark = row[1].find("warn") != std::string::npos || row[1].find("unknown") != std::string::npos;
            EXPECT_TRUE(!remark || json["notices"].size() > 0) << row[0] << ": " << row[1];
        }
    }
}

TEST(Extract, OfWhatIsNoSeriesIsRefused) {
    CHRONNECT_NEEDS("extract");
    CHRONNECT_NEEDS_SHARED();
    const fs::path malformed = sharedFolder() / "data" / "malformed" / "derived_from_nibabel_functional";
    const fs::path atlas = sharedFolder() / "data" / "hybrid_4d_ground_truth" / "AAL116_4mm_labels.nii.gz";
    const TemporaryFolder folder;
    for (const char* name : {"26_valid_but_3D.nii", "01_truncated_data.nii", "31_gzip_bad_crc.nii.gz"}) {
        const Outcome outcome =
            chronnectCli({"extract", (malformed / name).string(), "--atlas", atlas.string(), "--output",
                          (folder.path() / "out").string(), "--no-clean", "--accept-atlas"});
        EXPECT_EQ(outcome.code, 2) << name << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(name));
    }
}

TEST(Extract, OfPaintedScanGivesThePaintedSeries) {
    CHRONNECT_NEEDS("extract");
    CHRONNECT_NEEDS_SHARED();
    const fs::path hybrid = sharedFolder() / "data" / "hybrid_4d_ground_truth";
    const std::string scan = "sub-pixar124_task-pixar_space-MNI_desc-hybridAAL_bold.nii.gz";
    const TemporaryFolder folder;
    const Outcome outcome = chronnectCli({"extract", (hybrid / "dev" / scan).string(), "--atlas",
                                          (hybrid / "AAL116_4mm_labels.nii.gz").string(), "--no-clean", "--output",
                                          folder.path().string(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const SeriesFile found = readSeries(folder.path() / outcome.json()["runs"].items().front()["file"].text());
    const SeriesFile known =
        readSeries(sharedFolder() / "data/ds000228_pixar/aal116/sub-pixar124_task-pixar_atlas-aal116_timeseries.npy");
    ASSERT_EQ(found.series.regionCount(), 116u);
    for (std::size_t region = 0; region < 116; ++region) {
        std::vector<double> a, b;
        for (std::size_t volume = 0; volume < 84; ++volume) {
            a.push_back(found.series.at(volume, region));
            b.push_back(known.series.at(volume, region));
        }
        EXPECT_GE(correlation(a, b), 0.998) << "region " << region;
    }
}

TEST(Extract, WritesAStudyThatOtherCommandsOpenAndSkipsWhatIsDone) {
    CHRONNECT_NEEDS("simulate");
    const Outcome again = chronnectCli(
        {"extract", smallStudy().string(), "--output", smallSeries().string(), "--confounds", "6p", "--json"});
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(again.json()["written"].number(), 8);
    EXPECT_EQ(again.json()["unchanged"].number(), 8);
    const TemporaryFolder folder;
    const Outcome outcome = chronnectCli({"connectivity", smallSeries().string(), "--output", folder.path().string(),
                                          "--length", "30", "--step", "5", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["runs"].size(), 8u);
    const Array matrices = readNpy(folder.path() / "sub-01_ses-1_task-rest_stat-pearsoncorrelation_dynamic.npy");
    EXPECT_EQ(matrices.shape, (std::vector<std::size_t>{11, 160, 160}));
    EXPECT_EQ(matrices.values.front(), 1.0);
    EXPECT_EQ(matrices.values[1], matrices.values[160]) << "a correlation matrix is symmetric";
    const Json facts =
        Json::parse(readFile(folder.path() / "sub-01_ses-1_task-rest_stat-pearsoncorrelation_dynamic.json"));
    EXPECT_EQ(facts["WindowStarts"].size(), 11u);
    EXPECT_EQ(facts["RepetitionTime"].number(), 2);
}

TEST(Connectivity, LeavesOutWhatIsTooShortAndNamesIt) {
    CHRONNECT_NEEDS("connectivity");
    const TemporaryFolder folder;
    const auto write = [&](const std::string& subject, int volumes) {
        std::string text = "A\tB\tC\n";
        for (int volume = 0; volume < volumes; ++volume)
            text += std::to_string(volume * 7 % 11) + "\t" + std::to_string(volume * 5 % 13) + "\t" +
                    std::to_string(volume * volume % 17) + "\n";
        const fs::path file = folder.path() / ("sub-" + subject + "_task-rest_timeseries.tsv");
        writeFileAtomically(file, text);
        return file.string();
    };
    const std::string shortOne = write("short", 14), longOne = write("tall", 60);
    const fs::path output = folder.path() / "out";
    std::vector<std::string> words{"connectivity", shortOne,       longOne, "--repetition-time", "2",
                                   "--output",     output.string()};
    const Outcome some = chronnectCli(words);
    EXPECT_EQ(some.code, 0) << some.err;
    EXPECT_THAT(some.err, HasSubstr("sub-short_task-rest is left out: The run has 14 volumes"));
    EXPECT_TRUE(fs::exists(output / "sub-tall_task-rest_stat-pearsoncorrelation_dynamic.npy"));
    words.erase(words.begin() + 2);
    const Outcome none = chronnectCli(words);
    EXPECT_EQ(none.code, 2);
    EXPECT_THAT(none.err, HasSubstr("the first, sub-short_task-rest: The run has 14 volumes"));
}

TEST(Extract, ChangedSettingsAreComputedAgain) {
    CHRONNECT_NEEDS("simulate");
    const TemporaryFolder folder;
    const std::vector<std::string> words{
        "extract", smallStudy().string(), "--output", folder.path().string(), "--maximum-runs", "1", "--json"};
    ASSERT_EQ(chronnectCli(words).json()["unchanged"].number(), 0);
    EXPECT_EQ(chronnectCli(words).json()["unchanged"].number(), 1);
    auto changed = words;
    changed.insert(changed.end(), {"--low-pass-hz", "0.08"});
    EXPECT_EQ(chronnectCli(changed).json()["unchanged"].number(), 0);
}

TEST(Extract, IsInterruptedAtOnceAndGoesOnWhereItStopped) {
    CHRONNECT_NEEDS("simulate");
    const TemporaryFolder folder;
    const fs::path study = folder.path() / "study", output = folder.path() / "series";
    ASSERT_EQ(chronnectCli({"simulate", study.string(), "--subjects", "12", "--second-sessions", "0", "--volumes",
                            "200", "--voxel-mm", "7"})
                  .code,
              0);
    const auto finished = [&] {
        std::size_t count = 0;
        if (fs::exists(output))
            for (const auto& entry : fs::recursive_directory_iterator(output))
                count += entry.path().string().ends_with("_timeseries.json");
        return count;
    };
    const Outcome stopped = chronnectCli({"extract", study.string(), "--output", output.string()},
                                         Interruption{[&] { return finished() >= 2; }});
    EXPECT_THAT(stopped.err, HasSubstr("the same command goes on with the others"));
    if (stopped.code == 0) GTEST_SKIP() << "the extraction was over before it could be interrupted";
    EXPECT_EQ(stopped.code, 130);
    EXPECT_LT(stopped.secondsAfterSignal, 1.0);
    EXPECT_THAT(stopped.err, HasSubstr("interrupted"));
    const std::size_t before = finished();
    const Outcome rest = chronnectCli({"extract", study.string(), "--output", output.string(), "--json"});
    ASSERT_EQ(rest.code, 0) << rest.err;
    EXPECT_EQ(rest.json()["written"].number(), 12);
    EXPECT_GE(rest.json()["unchanged"].number(), static_cast<double>(before));
    EXPECT_LT(rest.json()["unchanged"].number(), 12);
}

TEST(Cohort, Of20RealRunsGoesThrough) {
    CHRONNECT_NEEDS_SHARED();
    const fs::path cohort = sharedFolder() / "data" / "ds000228_pixar" / "aal116";
    const TemporaryFolder folder;
    const Outcome outcome =
        chronnectCli({"connectivity", cohort.string(), "--repetition-time", "2", "--maximum-runs", "20", "--output",
                      folder.path().string(), "--length", "30", "--step", "10", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json json = outcome.json();
    EXPECT_EQ(json["runs"].size(), 20u);
    EXPECT_EQ(json["input"]["left_out"].size(), 0u);
    EXPECT_EQ(json["input"]["regions"].number(), 116);
    for (const auto& run : json["runs"].items()) EXPECT_EQ(run["windows"].number(), 14) << run["run"].text();
}

TEST(Store, HoldsTheSeriesThatWerePutIn) {
    CHRONNECT_NEEDS("simulate");
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "small.chronnect-cohort";
    const Outcome outcome = chronnectCli({"store", smallSeries().string(), "--output", file.string(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["stored"].number(), 8);
    EXPECT_EQ(chronnectCli({"store", smallSeries().string(), "--output", (folder.path() / "x.h5").string()}).code, 3);
    const Outcome told = chronnectCli({"inspect", file.string(), "--json"});
    ASSERT_EQ(told.code, 0) << told.err;
    EXPECT_EQ(told.json()["kind"].text(), "cohort file");
    const Json facts = told.json()["facts"];
    EXPECT_EQ(facts["scans"].number(), 8);
    EXPECT_EQ(facts["subjects"].number(), 6);
    EXPECT_EQ(facts["regions"].number(), 160);
    EXPECT_EQ(facts["with_mean_fd"].number(), 8) << "as extract wrote it beside the series";
    const fs::path broken = folder.path() / "broken.chronnect-cohort";
    writeFileAtomically(broken, readFile(file).substr(0, 900));
    EXPECT_EQ(chronnectCli({"inspect", broken.string()}).code, 2);
}

TEST(Output, JsonStandsAloneAndQuietIsQuiet) {
    CHRONNECT_NEEDS("simulate");
    const TemporaryFolder folder;
    const std::vector<std::string> words{"connectivity", smallSeries().string(), "--static", "--output",
                                         folder.path().string()};
    auto quiet = words;
    quiet.insert(quiet.end(), {"--json", "--quiet"});
    const Outcome silent = chronnectCli(quiet);
    EXPECT_NO_THROW(silent.json());
    EXPECT_THAT(silent.err, IsEmpty());
    auto nothing = words;
    nothing.push_back("--quiet");
    const Outcome wordless = chronnectCli(nothing);
    EXPECT_EQ(wordless.code, 0);
    EXPECT_THAT(wordless.out + wordless.err, IsEmpty()) << "the matrices are in files";
    EXPECT_THAT(chronnectCli({"inspect", smallSeries().string(), "--quiet"}).out, HasSubstr("study folder"))
        << "what is asked for is no remark";
    auto progress = words;
    progress.push_back("--progress");
    EXPECT_THAT(chronnectCli(progress).err, HasSubstr(" %"));
    EXPECT_THAT(chronnectCli(words).err, Not(HasSubstr(" %"))) << "no progress where no terminal is";
}

TEST(Report, OfASimulatedStudyIsOnePage) {
    CHRONNECT_NEEDS("report");
    CHRONNECT_NEEDS("pretrain");
    const TemporaryFolder folder;
    const Outcome outcome =
        chronnectCli({"report", smallStudy().string(), "--output", folder.path().string(), "--pretrain-steps", "4",
                      "--pretrain-hidden", "8", "--pretrain-layers", "1", "--pretrain-batch", "2", "--finetune-epochs",
                      "1", "--finetune-folds", "2", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string page = readFile(folder.path() / "report.html");
    EXPECT_THAT(page, HasSubstr("<html"));
    EXPECT_THAT(page, HasSubstr("sub-01"));
    const Json json = Json::parse(readFile(folder.path() / "report.json"));
    EXPECT_EQ(json["input"]["runs"].size(), 8u);
    EXPECT_TRUE(json["learning"]["pretrain"].isObject());
    EXPECT_TRUE(json["learning"]["finetune"].isObject());
}
