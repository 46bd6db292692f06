#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/io/BidsDataset.h"
#include "core/io/SeriesFiles.h"
#include "core/pipeline/Analysis.h"
#include "core/pipeline/DemoStudy.h"
#include "core/pipeline/Import.h"
#include "tests/core/imaging/CiftiBytes.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>

namespace chronnect {
namespace {

namespace fs = std::filesystem;

SimulationSpec small() {
    SimulationSpec spec;
    spec.subjects = 3;
    spec.secondSessions = 1;
    spec.volumes = 60;
    spec.voxelMm = 8;
    return spec;
}

double correlation(const TimeSeries& a, const TimeSeries& b, std::size_t region) {
    TimeSeries pair;
    pair.regions = {"a", "b"};
    for (std::size_t t = 0; t < std::min(a.volumeCount(), b.volumeCount()); ++t) {
        pair.values.push_back(a.at(t, region));
        pair.values.push_back(b.at(t, region));
    }
    return staticConnectivity(pair).at(0, 1);
}

TimeSeries noise(std::size_t volumes, std::size_t regions, double repetitionTime) {
    TimeSeries series;
    Random random(volumes);
    series.repetitionTime = repetitionTime;
    for (std::size_t n = 0; n < regions; ++n) series.regions.push_back("R" + std::to_string(n));
    for (std::size_t i = 0; i < volumes * regions; ++i) series.values.push_back(random.normal());
    return series;
}

TEST(Analysis, TakesASimulatedStudyFromFilesToSeries) {
    const test::TemporaryFolder folder;
    SimulationSpec simulation = small();
    simulation.volumes = 120;
    writeSimulatedStudy(folder.path(), simulation);
    const Study study = openStudy(folder.path());
    AnalysisSpec spec;
    spec.clean.confounds = ConfoundStrategy::Motion24;
    std::vector<double> progress;
    const StudyResult result =
        analyseStudy(study, spec, JobContext({}, [&](double f, std::string_view) { progress.push_back(f); }));
    ASSERT_EQ(result.runs.size(), 4u);
    EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
    EXPECT_NEAR(progress.back(), 1, 1e-9);
    ASSERT_EQ(result.parcellation->regions.size(), 160u);
    EXPECT_EQ(result.parcellation->regions[0].network, "default");
    const RunResult& run = result.runs.at("sub-01_ses-1_task-rest");
    EXPECT_TRUE(run.problem.empty());
    EXPECT_EQ(run.extracted->series.volumeCount(), 120u);
    EXPECT_DOUBLE_EQ(run.extracted->series.repetitionTime, 2.0);
    EXPECT_EQ(run.cleaned->confoundsUsed.size(), 24u);
}

TEST(Analysis, GoesOnWhenARunFails) {
    const test::TemporaryFolder folder;
    writeSimulatedStudy(folder.path(), small());
    Study study = openStudy(folder.path());
    std::ofstream(study.runs[1].bold, std::ios::trunc) << "not an image";
    const StudyResult result = analyseStudy(study, {});
    EXPECT_FALSE(result.runs.at(study.runs[1].id()).problem.empty());
    EXPECT_EQ(result.runs.at(study.runs[1].id()).extracted, nullptr);
    EXPECT_TRUE(result.runs.at(study.runs[0].id()).problem.empty());
    ASSERT_FALSE(result.notices.empty());
    EXPECT_NE(result.notices.back().text.find("1 run of 4"), std::string::npos);
    for (auto& run : study.runs) std::ofstream(run.bold, std::ios::trunc) << "not an image";
    EXPECT_THROW(analyseStudy(study, {}), Error);
}

TEST(Analysis, AsksForWhatIsMissing) {
    EXPECT_THROW(analyseStudy({}, {}), Error);
    Study study;
    study.runs.push_back({});
    study.runs.back().bold = "scan.nii.gz";
    EXPECT_THROW(analyseStudy(study, {}), Error);
    EXPECT_THROW(loadRun(study.runs.front(), nullptr, {}), Error);
}

TEST(Analysis, StopsWithinAMoment) {
    const test::TemporaryFolder folder;
    SimulationSpec spec;
    spec.subjects = 4;
    spec.secondSessions = 0;
    writeSimulatedStudy(folder.path(), spec);
    const Study study = openStudy(folder.path());
    std::stop_source source;
    std::chrono::steady_clock::time_point asked;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(40));
        asked = std::chrono::steady_clock::now();
        source.request_stop();
    });
    EXPECT_THROW(analyseStudy(study, {}, JobContext(source.get_token(), {})), Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(500));
}

TEST(Analysis, ReadySeriesWithoutConfoundsAreCleanedAsFarAsPossible) {
    const test::TemporaryFolder folder;
    for (const char* subject : {"a", "b"})
        writeSeriesTsv(folder.path() / (std::string("sub-") + subject + "_task-rest_timeseries.tsv"), noise(80, 6, 0));
    const StudyResult result = analyseStudy(openStudy(folder.path()), {});
    ASSERT_EQ(result.runs.size(), 2u);
    const CleanedSeries& cleaned = *result.runs.begin()->second.cleaned;
    ASSERT_EQ(cleaned.series.volumeCount(), 80u);
    EXPECT_TRUE(cleaned.confoundsUsed.empty());
    std::string all;
    for (const auto& notice : cleaned.notices) all += notice.text;
    EXPECT_NE(all.find("No confounds file"), std::string::npos);
    EXPECT_NE(all.find("repetition time"), std::string::npos);
}

TEST(Analysis, SetsAsideRunsWithOtherRegions) {
    const test::TemporaryFolder folder;
    for (const char* subject : {"a", "b", "c"})
        writeSeriesTsv(folder.path() / (std::string("sub-") + subject + "_task-rest_timeseries.tsv"),
                       noise(80, std::string(subject) == "b" ? 5 : 6, 2));
    const StudyResult result = analyseStudy(openStudy(folder.path()), {});
    EXPECT_FALSE(result.runs.at("sub-b_task-rest").problem.empty());
    EXPECT_EQ(result.runs.at("sub-c_task-rest").problem, "");
    EXPECT_EQ(result.parcellation->regions.size(), 6u);
}

TEST(Analysis, ATableInAnotherOrderGivesEveryRegionItsOwnRow) {
    const test::TemporaryFolder folder;
    TimeSeries series = noise(80, 3, 2);
    series.regions = {"thalamus", "cuneus", "insula"};
    writeSeriesTsv(folder.path() / "sub-a_task-rest_timeseries.tsv", series);
    Study study = openStudy(folder.path());
    study.atlasTable = test::writeBytes(folder.path() / "names.tsv",
                                        "index\tname\tnetwork\tx\ty\tz\n1\tcuneus\tVis\t1\t2\t3\n"
                                        "2\tinsula\tSalVentAttn\t4\t5\t6\n3\tthalamus\tDefault\t7\t8\t9\n");
    const StudyResult result = analyseStudy(study, {});
    EXPECT_EQ(result.runs.at("sub-a_task-rest").cleaned->series.regions, series.regions);
    EXPECT_EQ(result.parcellation->names(), series.regions);
    EXPECT_EQ(result.parcellation->regions[0].network, "Default");
    EXPECT_EQ(result.parcellation->regions[2].centre, (std::array<double, 3>{4, 5, 6}));
    EXPECT_TRUE(result.notices.empty());

    // As long, of other regions: nothing is renamed.
    study.atlasTable = test::writeBytes(folder.path() / "others.tsv", "index\tname\n1\tcuneus\n2\tinsula\n3\tpons\n");
    const StudyResult kept = analyseStudy(study, {});
    EXPECT_EQ(kept.parcellation->names(), series.regions);
    ASSERT_EQ(kept.notices.size(), 1u);
    EXPECT_NE(kept.notices[0].text.find("thalamus"), std::string::npos);
}

TEST(Analysis, AFolderOfFinishedMatricesOpens) {
    const test::TemporaryFolder folder;
    for (const char* subject : {"01", "02"})
        test::writeBytes(
            folder.path() / (std::string("sub-") + subject + "_stat-pearson_boldmap.pconn.nii"),
            test::ciftiBytes(3, 3, 3003, test::parcelMap("0,1", {"A", "B", "C"}), std::vector<float>(9, 0.25f)));
    Study study = openStudy(folder.path());
    ASSERT_EQ(study.runs.size(), 2u);
    EXPECT_EQ(study.runs[1].subject, "02");
    study.atlasTable = test::writeBytes(folder.path() / "parcels.tsv",
                                        "index\tname\tx\ty\tz\n1\tC\t7\t8\t9\n2\tB\t4\t5\t6\n3\tA\t1\t2\t3\n");
    const StudyResult result = analyseStudy(study, {});
    EXPECT_TRUE(result.runs.at(study.runs[0].id()).finished);
    EXPECT_EQ(result.parcellation->names(), (std::vector<std::string>{"A", "B", "C"}));
    EXPECT_EQ(result.parcellation->regions[0].centre, (std::array<double, 3>{1, 2, 3}));
}

TEST(Analysis, AFinishedMatrixIsKeptAndSaysWhyItHasNoSeries) {
    const test::TemporaryFolder folder;
    const auto write = [&](const char* name, const std::vector<std::string>& parcels) {
        const auto count = static_cast<std::int64_t>(parcels.size());
        std::vector<float> values(parcels.size() * parcels.size(), 0.25f);
        return test::writeBytes(folder.path() / name,
                                test::ciftiBytes(count, count, 3003, test::parcelMap("0,1", parcels), values));
    };
    const fs::path first = write("sub-1.pconn.nii", {"A", "B", "C"}),
                   second = write("sub-2.pconn.nii", {"A", "C", "B"});
    const ImportPlan plan = planImport({first});
    EXPECT_FALSE(plan.asks());
    const StudyResult result = analyseStudy(plan.study, {});
    const RunResult& run = result.runs.at("sub-1");
    ASSERT_TRUE(run.finished);
    EXPECT_EQ(run.finished->at(0, 2), 0.25);
    EXPECT_EQ(run.problem, finishedMatrixHasNoSeries);
    EXPECT_FALSE(run.cleaned);
    EXPECT_TRUE(result.notices.empty()) << "it did not fail";
    EXPECT_EQ(result.parcellation->names(), run.finished->regions);
    EXPECT_THROW(loadRun(plan.study.runs.front(), nullptr, {}), Error);
    const DynamicConnectivity shown = asOneWindow(*run.finished);
    EXPECT_EQ(shown.windowCount(), 1u);
    EXPECT_EQ(shown.windowLength, 0);
    EXPECT_EQ(std::vector<float>(shown.window(0).begin(), shown.window(0).end()), std::vector<float>(3, 0.25f));
    const StudyResult both = analyseStudy(planImport({first, second}).study, {});
    EXPECT_NE(both.runs.at("sub-2").problem, finishedMatrixHasNoSeries) << "its regions stand in another order";
    EXPECT_FALSE(both.runs.at("sub-2").finished && both.runs.at("sub-1").finished);
}

TEST(Analysis, CleansOnlyAsFarAsARunAllows) {
    CleanSpec spec;
    spec.fdThresholdMm = 0.5;
    Notices notices;
    EXPECT_EQ(applicableCleaning(spec, true, 2, notices), spec);
    EXPECT_TRUE(notices.empty());
    const CleanSpec less = applicableCleaning(spec, false, 0, notices);
    EXPECT_EQ(less.confounds, ConfoundStrategy::None);
    EXPECT_EQ(less.fdThresholdMm, 0);
    EXPECT_EQ(less.filter, TemporalFilter::None);
    EXPECT_EQ(notices.size(), 2u);
}

TEST(Analysis, SettingsSurviveJsonWithNestedParts) {
    AnalysisSpec spec, read;
    spec.clean.confounds = ConfoundStrategy::ACompCor50;
    spec.window.length = 44;
    spec.threshold.rule = ThresholdRule::Stagin;
    spec.extraction.minimumCoverage = 0.25;
    const Json json = toJson(spec);
    EXPECT_EQ(json["window"]["length"].number(), 44);
    readJson(read, json);
    EXPECT_EQ(read, spec);
    readJson(read, Json::parse(R"({"window": {"step": 5}})"));
    spec.window.step = 5;
    EXPECT_EQ(read, spec);
    EXPECT_THROW(readJson(read, Json::parse(R"({"window": {"length": "long"}})")), Error);
}

TEST(Parcellations, AreGuessedFromNames) {
    const Parcellation dosenbach = dosenbachParcellation();
    TimeSeries series;
    series.regions = {dosenbach.regions[7].name, "Precentral_L", "Precentral_R",
                      "7Networks_LH_Vis_1",      "rh.insula",    "Vermis"};
    const Parcellation guessed = parcellationOf(series);
    EXPECT_EQ(guessed.regions[0].centre, dosenbach.regions[7].centre);
    EXPECT_TRUE(guessed.regions[0].hasCentre);
    EXPECT_EQ(guessed.regions[1].hemisphere, Hemisphere::Left);
    EXPECT_EQ(guessed.regions[2].hemisphere, Hemisphere::Right);
    EXPECT_EQ(guessed.regions[3].network, "Vis");
    EXPECT_EQ(guessed.regions[4].hemisphere, Hemisphere::Right);
    EXPECT_EQ(guessed.regions[5].hemisphere, Hemisphere::Unknown);
    for (std::size_t n = 1; n < 6; ++n) EXPECT_FALSE(guessed.regions[n].hasCentre);
    EXPECT_LT(guessed.regions[1].centre[0], 0);
    EXPECT_GT(guessed.regions[2].centre[0], 0);
    series.regions = dosenbach.names();
    EXPECT_EQ(parcellationOf(series), dosenbach);
}

TEST(RealData, TwentyReadyRunsGoThrough) {
    CHRONNECT_NEEDS_SHARED();
    const fs::path source = test::sharedFolder() / "data" / "ds000228_pixar" / "aal116";
    if (!fs::exists(source)) GTEST_SKIP() << "ds000228 is not here";
    Study study = openStudy(source);
    ASSERT_GE(study.runs.size(), 20u);
    study.runs.resize(20);
    for (auto& run : study.runs) run.repetitionTime = 2.0;
    const StudyResult result = analyseStudy(study, {});
    ASSERT_EQ(result.runs.size(), 20u);
    for (const auto& [id, run] : result.runs) {
        EXPECT_EQ(run.problem, "") << id;
        ASSERT_NE(run.cleaned, nullptr) << id;
        EXPECT_EQ(run.cleaned->series.regionCount(), 116u);
        EXPECT_EQ(run.cleaned->series.volumeCount(), 168u);
        EXPECT_EQ(slidingWindowConnectivity(run.cleaned->series, {}).windowCount(), 70u);
    }
}

TEST(RealData, PaintedSeriesAreFoundAgain) {
    CHRONNECT_NEEDS_SHARED();
    const fs::path hybrid = test::sharedFolder() / "data" / "hybrid_4d_ground_truth";
    if (!fs::exists(hybrid)) GTEST_SKIP() << "the painted scan is not here";
    fs::path scan, truth;
    for (const auto& entry : fs::directory_iterator(hybrid / "dev"))
        if (entry.path().string().ends_with(".nii.gz")) scan = entry.path();
    const std::string subject = scan.filename().string().substr(0, scan.filename().string().find('_'));
    for (const auto& entry : fs::directory_iterator(test::sharedFolder() / "data" / "ds000228_pixar" / "aal116"))
        if (entry.path().filename().string().starts_with(subject)) truth = entry.path();
    Study study;
    study.runs.push_back({});
    study.runs[0].subject = "painted";
    study.runs[0].bold = scan;
    study.atlasImage = hybrid / "AAL116_4mm_labels.nii.gz";
    const StudyResult result = analyseStudy(study, {});
    const TimeSeries& found = result.runs.begin()->second.extracted->series;
    const TimeSeries known = readSeries(truth).series;
    ASSERT_EQ(found.regionCount(), 116u);
    for (std::size_t n = 0; n < 116; ++n) EXPECT_GE(correlation(found, known, n), 0.998) << n;
}

}  // namespace
TEST(LoadRun, SaysThatReadySeriesAreTooShort) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.path() / "a.tsv") << "A\tB\n1\t2\n2\t3\n4\t1\n";
    RunInput run;
    run.subject = "1";
    run.series = folder.path() / "a.tsv";
    const ExtractedSeries loaded = loadRun(run, nullptr, {});
    ASSERT_EQ(loaded.series.volumeCount(), 3u);
    ASSERT_FALSE(loaded.notices.empty());
    EXPECT_EQ(loaded.notices.back().severity, Severity::Blocking);
}

}  // namespace chronnect
