#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/pipeline/Quality.h"
#include "tests/support/Golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace chronnect {
namespace {

const double missing = std::numeric_limits<double>::quiet_NaN();

RunResult resultOf(TimeSeries series, std::size_t kept) {
    auto extracted = std::make_shared<ExtractedSeries>();
    extracted->series = series;
    extracted->coverage.coverage.assign(series.regionCount(), 0.75);
    auto cleaned = std::make_shared<CleanedSeries>();
    cleaned->series = series;
    cleaned->series.values.resize(kept * series.regionCount());
    cleaned->degreesOfFreedom = 17;
    return {extracted, cleaned, ""};
}

TimeSeries wave(std::size_t volumes) {
    TimeSeries series;
    series.regions = {"a", "b", "c"};
    series.repetitionTime = 3;
    for (std::size_t t = 0; t < volumes; ++t) {
        series.values.push_back(100 + (t % 2 ? 1.0 : -1.0) + 0.5 * static_cast<double>(t));
        series.values.push_back(200 + (t % 2 ? 1.0 : -1.0));
        series.values.push_back(missing);
    }
    return series;
}

TEST(Quality, OneRunByHand) {
    Confounds confounds{{"framewise_displacement", "std_dvars"}, {missing, missing, 0.2, 1, 0.9, 2, 0.1, 1.5}};
    RunInput run;
    run.subject = "x";
    const RunQuality q = runQuality(run, resultOf(wave(100), 90), &confounds, {});
    EXPECT_EQ(q.run, "sub-x");
    EXPECT_EQ(q.volumes, 100u);
    EXPECT_EQ(q.volumesKept, 90u);
    EXPECT_DOUBLE_EQ(q.keptMinutes, 4.5);
    EXPECT_NEAR(q.meanFd, 0.4, 1e-12);
    EXPECT_DOUBLE_EQ(q.maximumFd, 0.9);
    EXPECT_DOUBLE_EQ(q.movedShare, 0.25);  // 1 of 4 volumes
    EXPECT_DOUBLE_EQ(q.meanDvars, 1.5);
    EXPECT_EQ(q.lostRegions, 1u);
    EXPECT_DOUBLE_EQ(q.coverage, 0.75);
    EXPECT_EQ(q.degreesOfFreedom, 17);
    // A square wave of 1 has sd 1.005 (ddof 1); the line under the first region is taken out.
    EXPECT_NEAR(q.tsnr, (124.75 + 200) / 2 / std::sqrt(100.0 / 99), 0.2);
    ASSERT_EQ(q.flags.size(), 1u);
    EXPECT_EQ(q.flags[0], "1 region without signal");
}

TEST(Quality, UnknownIsNotANumber) {
    RunInput run;
    const RunQuality q = runQuality(run, {nullptr, nullptr, "cannot be read"}, nullptr, {});
    EXPECT_TRUE(std::isnan(q.meanFd));
    EXPECT_TRUE(std::isnan(q.tsnr));
    EXPECT_TRUE(q.unusual());
    const Table table = qualityTable({q});
    EXPECT_EQ(table.rows[0][*table.column("mean_fd_mm")], "n/a");
    EXPECT_EQ(table.rows[0][*table.column("problem")], "cannot be read");
    TimeSeries standardized = wave(40);
    for (std::size_t t = 0; t < 40; ++t) standardized.at(t, 0) = standardized.at(t, 1) = t % 2 ? 1 : -1;
    EXPECT_TRUE(std::isnan(runQuality(run, resultOf(standardized, 40), nullptr, {}).tsnr));
}

TEST(Quality, FlagsTheOneThatDiffersFromTheCohort) {
    Study study;
    StudyResult result;
    const test::TemporaryFolder folder;
    for (int i = 0; i < 8; ++i) {
        RunInput run;
        run.subject = std::to_string(i);
        run.confounds = folder.path() / (run.subject + ".tsv");
        const double motion = i == 5 ? 0.45 : 0.10 + 0.005 * i;
        writeFileAtomically(run.confounds, "framewise_displacement\nn/a\n" + std::to_string(motion) + "\n");
        study.runs.push_back(run);
        result.runs[run.id()] = resultOf(wave(100), 100);
    }
    QualitySpec spec;
    spec.minimumCoverage = 0;
    const auto cohort = cohortQuality(study, result, spec);
    ASSERT_EQ(cohort.size(), 8u);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(cohort[static_cast<std::size_t>(i)].unusual(), i == 5) << i;
    EXPECT_NE(cohort[5].flags[0].find("mean FD unusually high"), std::string::npos);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(cohortQuality(study, result, spec, JobContext(source.get_token(), {})), Cancelled);
}

TEST(QcFc, PMatchesKnownValues) {
    // scipy.stats.pearsonr: r = 0.5, n = 10 and r = -0.3, n = 50; r = 0.878339447... is the 5 % point for n = 5.
    EXPECT_NEAR(correlationP(0.5, 10), 0.14111328125, 1e-12);
    EXPECT_NEAR(correlationP(-0.3, 50), 0.03428618003292995, 1e-12);
    EXPECT_NEAR(correlationP(0.8783394, 5), 0.05, 1e-6);
    EXPECT_NEAR(correlationP(0, 30), 1, 1e-12);
    EXPECT_NEAR(correlationP(1, 30), 0, 1e-12);
    EXPECT_TRUE(std::isnan(correlationP(0.1, 2)));
}

/// Six regions on a line; motion adds a shared signal to neighbours (0,1), (2,3), (4,5) only.
StudyResult movedStudy(double effect, std::vector<RunQuality>& cohort) {
    StudyResult result;
    Parcellation parcellation;
    for (int n = 0; n < 6; ++n) {
        Region region;
        region.name = "R" + std::to_string(n);
        region.centre = {20.0 * (n / 2) + 2.0 * (n % 2), 0, 0};
        region.hasCentre = true;
        parcellation.regions.push_back(region);
    }
    result.parcellation = std::make_shared<const Parcellation>(parcellation);
    for (int r = 0; r < 30; ++r) {
        Random random(static_cast<std::uint64_t>(r) + 1);
        TimeSeries series;
        series.regions = parcellation.names();
        const double motion = 0.02 * r;
        for (int t = 0; t < 200; ++t) {
            double shared[3];
            for (double& s : shared) s = effect * motion * random.normal();
            for (int n = 0; n < 6; ++n) series.values.push_back(random.normal() + shared[n / 2]);
        }
        RunInput run;
        run.subject = std::to_string(r);
        result.runs[run.id()] = resultOf(series, 200);
        cohort.push_back({});
        cohort.back().run = run.id();
        cohort.back().meanFd = motion;
    }
    return result;
}

TEST(QcFc, FindsMotionAndItsDistanceDependence) {
    std::vector<RunQuality> moved, still;
    const QcFc left = qcFc(movedStudy(3, moved), moved), none = qcFc(movedStudy(0, still), still);
    EXPECT_EQ(left.runs, 30u);
    ASSERT_EQ(left.correlation.size(), 15u);
    EXPECT_GT(left.correlation[edgeIndex(0, 1, 6)], 0.8);
    EXPECT_LT(std::abs(left.correlation[edgeIndex(0, 5, 6)]), 0.5);
    EXPECT_LT(left.distanceDependence, -0.3);
    EXPECT_DOUBLE_EQ(left.distance[edgeIndex(0, 1, 6)], 2);
    EXPECT_LT(none.medianAbsolute, 0.25);
    EXPECT_GE(left.significantShare, 0.2);
    EXPECT_LT(none.significantShare, 0.2);
    EXPECT_FALSE(left.howComputed.empty());
}

TEST(QcFc, RefusesTooFewRuns) {
    std::vector<RunQuality> cohort;
    StudyResult result = movedStudy(1, cohort);
    cohort.resize(4);
    EXPECT_THROW(qcFc(result, cohort), Error);
}

}  // namespace
}  // namespace chronnect
