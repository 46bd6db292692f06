#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/imaging/RegionExtraction.h"
#include "core/io/BidsDataset.h"
#include "core/io/Tables.h"
#include "core/pipeline/DemoStudy.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>

namespace chronnect {
namespace {

namespace fs = std::filesystem;

SimulationSpec small() {
    SimulationSpec spec;
    spec.subjects = 3;
    spec.secondSessions = 1;
    spec.volumes = 40;
    spec.voxelMm = 8;
    return spec;
}

std::map<std::string, std::string> hashes(const fs::path& folder) {
    std::map<std::string, std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            result[fs::relative(entry.path(), folder).generic_string()] = sha256OfFile(entry.path());
    return result;
}

TEST(DemoStudy, SameSeedSameBytes) {
    const test::TemporaryFolder a, b, c;
    writeSimulatedStudy(a.path(), small());
    ::setenv("CHRONNECT_THREADS", "1", 1);
    writeSimulatedStudy(b.path(), small());
    ::unsetenv("CHRONNECT_THREADS");
    EXPECT_EQ(hashes(a.path()), hashes(b.path()));
    SimulationSpec other = small();
    other.seed = 9;
    writeSimulatedStudy(c.path(), other);
    EXPECT_NE(hashes(a.path()), hashes(c.path()));
}

TEST(DemoStudy, HasTheNamesOfFmriprep) {
    const test::TemporaryFolder folder;
    writeSimulatedStudy(folder.path(), small());
    const auto files = hashes(folder.path());
    const std::string func = "sub-01/ses-2/func/sub-01_ses-2_task-rest";
    for (const std::string& name :
         {func + "_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz",
          func + "_space-MNI152NLin2009cAsym_desc-preproc_bold.json",
          func + "_space-MNI152NLin2009cAsym_desc-brain_mask.nii.gz", func + "_desc-confounds_timeseries.tsv",
          func + "_desc-confounds_timeseries.json", std::string("participants.tsv"), std::string("participants.json"),
          std::string("dataset_description.json"),
          std::string("atlas/tpl-MNI152NLin2009cAsym_atlas-Dosenbach160_dseg.nii.gz"),
          std::string("atlas/tpl-MNI152NLin2009cAsym_atlas-Dosenbach160_dseg.tsv"),
          std::string("ground_truth/simulation.json"), std::string("ground_truth/sub-01_ses-2_task-rest_states.tsv")})
        EXPECT_TRUE(files.contains(name)) << name;
    const Study study = openStudy(folder.path());
    ASSERT_EQ(study.runs.size(), 4u);
    EXPECT_EQ(study.runs[1].id(), "sub-01_ses-2_task-rest");
    EXPECT_DOUBLE_EQ(study.runs[1].repetitionTime, 2.0);
    EXPECT_FALSE(study.runs[1].mask.empty());
    EXPECT_FALSE(study.runs[1].confounds.empty());
    EXPECT_FALSE(study.atlasImage.empty());
    EXPECT_FALSE(study.atlasTable.empty());
    EXPECT_EQ(study.participantRow("02"), 1);
    const Confounds confounds = readConfounds(study.runs[0].confounds);
    EXPECT_EQ(confounds.volumeCount(), 40u);
    EXPECT_TRUE(std::isnan(confounds.at(0, *confounds.column("framewise_displacement"))));
}

TEST(DemoStudy, ImagesHoldThePlantedSignal) {
    const test::TemporaryFolder folder;
    SimulationSpec spec = small();
    spec.noise = 0.2;
    spec.motion = 0;
    writeSimulatedStudy(folder.path(), spec);
    const Study study = openStudy(folder.path());
    const Atlas atlas = readAtlas(study.atlasImage, study.atlasTable);
    ASSERT_EQ(atlas.parcellation.regions.size(), 160u);
    EXPECT_EQ(atlas.parcellation.names(), dosenbachParcellation().names());
    const ExtractedSeries found = extractRegionSeries(study.runs[0], atlas, {});
    const TimeSeries truth = simulateRun(simulateStudy(spec), 0).series;
    for (const double coverage : found.coverage.coverage) EXPECT_DOUBLE_EQ(coverage, 1.0);
    double worst = 1;
    for (std::size_t n = 0; n < 160; ++n) {
        TimeSeries pair;
        pair.regions = {"found", "true"};
        for (std::size_t t = 0; t < truth.volumeCount(); ++t) {
            pair.values.push_back(found.series.at(t, n));
            pair.values.push_back(truth.at(t, n));
        }
        worst = std::min(worst, staticConnectivity(pair).at(0, 1));
    }
    EXPECT_GT(worst, 0.8);
}

TEST(DemoStudy, WritesTheTruth) {
    const test::TemporaryFolder folder;
    writeSimulatedStudy(folder.path(), small());
    const fs::path truth = folder.path() / "ground_truth";
    const Table subjects = readTable(truth / "subjects.tsv");
    ASSERT_EQ(subjects.rows.size(), 3u);
    const auto group = *subjects.column("group"), dwell = *subjects.column("first_state_dwell_s");
    const auto age = *subjects.column("age"), shared = *subjects.column("shared_variance");
    for (std::size_t row = 0; row < 3; ++row) {
        EXPECT_NEAR(*subjects.number(row, dwell), subjects.rows[row][group] == "patient" ? 43.2 : 24, 1e-9);
        EXPECT_NEAR(*subjects.number(row, shared), 0.9 * (*subjects.number(row, age) - 20) / 60, 1e-6);
    }
    EXPECT_EQ(readTable(truth / "states.tsv").rows.size(), 4u * 15u);
    const Table states = readTable(truth / "sub-02_ses-1_task-rest_states.tsv");
    const auto expected = simulateRun(simulateStudy(small()), 2).states;
    ASSERT_EQ(states.rows.size(), expected.size());
    for (std::size_t v = 0; v < expected.size(); ++v) EXPECT_EQ(states.rows[v][2], std::to_string(expected[v] + 1));
    const Json record = Json::parse(readFile(truth / "simulation.json"));
    EXPECT_TRUE(record["Finished"].boolean());
    EXPECT_EQ(record["Settings"]["subjects"].number(), 3);
}

TEST(DemoStudy, SkipsWhatIsThereAndReplacesAnotherStudy) {
    const test::TemporaryFolder folder;
    writeSimulatedStudy(folder.path(), small());
    EXPECT_TRUE(holdsSimulatedStudy(folder.path(), small()));
    const auto bold = openStudy(folder.path()).runs[0].bold;
    const auto before = fs::last_write_time(bold);
    writeSimulatedStudy(folder.path(), small());
    EXPECT_EQ(fs::last_write_time(bold), before);
    SimulationSpec other = small();
    other.subjects = 2;
    other.secondSessions = 0;
    EXPECT_FALSE(holdsSimulatedStudy(folder.path(), other));
    writeSimulatedStudy(folder.path(), other);
    const Study study = openStudy(folder.path());
    ASSERT_EQ(study.runs.size(), 2u);
    EXPECT_EQ(study.runs[0].id(), "sub-01_task-rest");
    fs::remove(study.runs[1].bold);
    EXPECT_FALSE(holdsSimulatedStudy(folder.path(), other));
}

TEST(DemoStudy, LeavesForeignFoldersAlone) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.path() / "thesis.txt") << "precious";
    EXPECT_THROW(writeSimulatedStudy(folder.path(), small()), Error);
    EXPECT_EQ(readFile(folder.path() / "thesis.txt"), "precious");
    EXPECT_THROW(writeSimulatedStudy(folder.path() / "thesis.txt" / "study", small()), Error);
}

TEST(DemoStudy, StopsWhenAskedAndFinishesLater) {
    const test::TemporaryFolder folder;
    std::stop_source source;
    const JobContext context(source.get_token(), [&](double fraction, std::string_view) {
        if (fraction > 0.2) source.request_stop();
    });
    EXPECT_THROW(writeSimulatedStudy(folder.path(), small(), context), Cancelled);
    EXPECT_FALSE(holdsSimulatedStudy(folder.path(), small()));
    writeSimulatedStudy(folder.path(), small());
    EXPECT_TRUE(holdsSimulatedStudy(folder.path(), small()));
}

}  // namespace
}  // namespace chronnect
