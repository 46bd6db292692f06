#include "core/base/Files.h"
#include "core/io/BidsDataset.h"
#include "core/pipeline/Analysis.h"
#include "core/pipeline/DemoStudy.h"
#include "core/pipeline/SeriesCache.h"
#include "tests/support/Stopping.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

namespace chronnect {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
    std::size_t count = 0;
    if (fs::exists(folder))
        for (const auto& entry : fs::directory_iterator(folder)) count += entry.path().extension() == ".series";
    return count;
}

ExtractedSeries example() {
    ExtractedSeries result;
    result.series.regions = {"a", "b"};
    result.series.repetitionTime = 0.8;
    result.series.values = {1.0 / 3, std::numeric_limits<double>::quiet_NaN(), -2e-300, 4};
    result.coverage = {{5, 6}, {4, 3}, {4, 0}, {1, 0}};
    result.notices = {{Severity::Question, "really?"}};
    return result;
}

TEST(SeriesCache, GivesBackExactlyWhatWasStored) {
    const test::TemporaryFolder folder;
    const SeriesCache cache(folder.path() / "cache");
    EXPECT_FALSE(cache.find("abc"));
    ASSERT_TRUE(cache.store("abc", example()));
    const auto found = cache.find("abc");
    ASSERT_TRUE(found);
    const ExtractedSeries expected = example();
    EXPECT_EQ(found->series.regions, expected.series.regions);
    EXPECT_EQ(found->series.repetitionTime, 0.8);
    EXPECT_EQ(found->series.values[0], 1.0 / 3);
    EXPECT_TRUE(std::isnan(found->series.values[1]));
    EXPECT_EQ(found->series.values[2], -2e-300);
    EXPECT_EQ(found->coverage.usedVoxels, expected.coverage.usedVoxels);
    EXPECT_EQ(found->coverage.coverage, expected.coverage.coverage);
    EXPECT_EQ(found->notices, expected.notices);
}

TEST(SeriesCache, IgnoresDamagedEntries) {
    const test::TemporaryFolder folder;
    const SeriesCache cache(folder.path());
    cache.store("abc", example());
    const fs::path file = folder.path() / "abc.series";
    std::string bytes = readFile(file);
    bytes.back() ^= 1;
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_FALSE(cache.find("abc"));
    std::ofstream(file, std::ios::trunc) << "{";
    EXPECT_FALSE(cache.find("abc"));
    EXPECT_FALSE(SeriesCache({}).store("abc", example()));
}

TEST(SeriesCache, KeyFollowsInputsAndSettings) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "scan.nii";
    std::ofstream(file) << std::string(100, 'x');
    RunInput run;
    run.bold = file;
    const std::string key = SeriesCache::keyOf(run, "atlas", {});
    EXPECT_EQ(key, SeriesCache::keyOf(run, "atlas", {}));
    EXPECT_NE(key, SeriesCache::keyOf(run, "other", {}));
    ExtractionSpec other;
    other.minimumCoverage = 0.4;
    EXPECT_NE(key, SeriesCache::keyOf(run, "atlas", other));
    const auto time = fs::last_write_time(file);
    std::ofstream(file) << std::string(99, 'x') + "y";
    fs::last_write_time(file, time);
    EXPECT_NE(key, SeriesCache::keyOf(run, "atlas", {}));
}

TEST(SeriesCache, HashingAFolderStopsAtOnce) {
    const test::TemporaryFolder folder;
    for (int i = 0; i < 20000; ++i) std::ofstream(folder.path() / std::to_string(i)) << i;
    const auto hash = [&](const JobContext& context) {
        EXPECT_EQ(SeriesCache::hashOf({folder.path()}, context).size(), 64u);
    };
    EXPECT_LT(test::slowestStop(test::secondsOf(hash), hash), 200);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(SeriesCache::hashOf({folder.path()}, JobContext(stop.get_token(), {})), Cancelled);
}

TEST(SeriesCache, ACancelledStudyGoesOnWhereItStopped) {
    const test::TemporaryFolder folder;
    SimulationSpec simulation;
    simulation.subjects = 5;
    simulation.secondSessions = 0;
    simulation.volumes = 60;
    simulation.voxelMm = 8;
    writeSimulatedStudy(folder.path() / "study", simulation);
    const Study study = openStudy(folder.path() / "study");
    const fs::path cache = folder.path() / "cache";
    std::stop_source source;
    const JobContext context(source.get_token(), [&](double fraction, std::string_view) {
        if (fraction > 0.45) source.request_stop();
    });
    EXPECT_THROW(analyseStudy(study, {}, context, cache), Cancelled);
    const std::size_t before = entries(cache);
    EXPECT_GE(before, 1u);
    EXPECT_LT(before, 5u);
    const StudyResult full = analyseStudy(study, {}, {}, cache);
    EXPECT_EQ(entries(cache), 5u);
    AnalysisSpec changed;
    changed.clean.standardize = Standardize::None;
    const StudyResult again = analyseStudy(study, changed, {}, cache);
    EXPECT_EQ(entries(cache), 5u);  // other cleaning, same extraction
    for (const auto& [id, run] : full.runs) EXPECT_EQ(run.extracted->series, again.runs.at(id).extracted->series);
    const StudyResult without = analyseStudy(study, {});
    for (const auto& [id, run] : full.runs) {
        EXPECT_EQ(run.extracted->series, without.runs.at(id).extracted->series);
        EXPECT_EQ(run.cleaned->series, without.runs.at(id).cleaned->series);
    }
}

}  // namespace
}  // namespace chronnect
