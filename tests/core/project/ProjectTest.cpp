#include "ProjectSamples.h"

#include "core/base/Files.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chronnect {
namespace {

using test::sampleProject;
using test::sampleSeries;

TEST(ChangedAspects, NamesEachPartThatDiffersAndNoOther) {
    const Project before = sampleProject();
    const auto changedBy = [&](auto change) {
        Project after = before;
        change(after);
        return changedAspects(before, after);
    };
    EXPECT_EQ(changedBy([](Project&) {}), 0u);
    EXPECT_EQ(changedBy([](Project& p) { p.study.name += "x"; }), unsigned(Aspect::Study));
    EXPECT_EQ(changedBy([](Project& p) { p.spec.window.step = 9; }), unsigned(Aspect::Spec));
    EXPECT_EQ(changedBy([](Project& p) { p.result = nullptr; }), unsigned(Aspect::Result));
    EXPECT_EQ(changedBy([](Project& p) { p.resultSpec.window.step = 9; }), unsigned(Aspect::Result));
    EXPECT_EQ(changedBy([](Project& p) { p.pretrained = nullptr; }), unsigned(Aspect::Pretrained));
    EXPECT_EQ(changedBy([](Project& p) { p.finetuned = nullptr; }), unsigned(Aspect::Finetuned));
    EXPECT_EQ(changedBy([](Project& p) { p.finetune.folds = 9; }), unsigned(Aspect::LearningSpec));
    EXPECT_EQ(changedBy([](Project& p) { p.exclusions.clear(); }), unsigned(Aspect::Exclusions));
    EXPECT_EQ(changedBy([](Project& p) { p.answers.clear(); }), unsigned(Aspect::Answers));
    EXPECT_EQ(changedBy([](Project& p) {
                  p.study.name = "x";
                  p.pretrain.steps = 1;
              }),
              unsigned(Aspect::Study) | unsigned(Aspect::LearningSpec));
}

TEST(ScanSourceOfProject, LeavesOutExcludedAndFailedRuns) {
    Project project = sampleProject();
    auto scans = scanSource(project);
    ASSERT_EQ(scans->count(), 1u);  // run 2 is excluded, run 3 failed
    EXPECT_EQ(scans->info(0).id, project.study.runs[0].id());
    EXPECT_EQ(scans->info(0).subject, "01");
    EXPECT_EQ(scans->info(0).site, "A");
    EXPECT_EQ(scans->info(0).family, "");  // n/a
    EXPECT_EQ(scans->info(0).volumes, 20u);
    EXPECT_EQ(scans->repetitionTime(), 2.0);
    EXPECT_EQ(scans->networks(), (std::vector<std::string>{"Default", "Default", "Vis", "Vis"}));

    project.exclusions.clear();
    scans = scanSource(project);
    ASSERT_EQ(scans->count(), 2u);
    std::vector<float> values;
    scans->read(1, values);
    ASSERT_EQ(values.size(), 21u * 4u);
    EXPECT_FLOAT_EQ(values[0], static_cast<float>(1.0 + std::sin(0.1)));
    EXPECT_TRUE(std::isnan(values[3]));
}

TEST(ScanSourceOfProject, KnowsSitesByWhateverNameTheTableHas) {
    Project project = sampleProject();
    project.study.participants.columns[*project.study.participants.column("site")] = "SITE_ID";
    EXPECT_EQ(scanSource(project)->info(0).site, "A");
}

TEST(ScanSourceOfProject, KnowsTheMotionWhereAskedTo) {
    Project project = sampleProject();
    const test::TemporaryFolder folder;
    project.study.runs[0].confounds = folder.path() / "desc-confounds_timeseries.tsv";
    writeFileAtomically(project.study.runs[0].confounds, "framewise_displacement\ttrans_x\nn/a\t0\n0.1\t0\n0.3\t0\n");
    EXPECT_NEAR(scanSourceWithMotion(project)->info(0).meanFd, 0.2, 1e-12);
    EXPECT_LT(scanSource(project)->info(0).meanFd, 0);
}

TEST(UsedPart, IsWithoutTheRunsLeftOutAndListsThem) {
    const Project project = sampleProject();
    const Study study = usedStudy(project);
    ASSERT_EQ(study.runs.size(), 2u);
    EXPECT_EQ(study.runs[0], project.study.runs[0]);
    EXPECT_EQ(study.runs[1], project.study.runs[2]);
    EXPECT_EQ(study.participants, project.study.participants);
    const StudyResult result = usedResult(project);
    EXPECT_EQ(result.runs.size(), 2u);
    EXPECT_FALSE(result.runs.contains(project.study.runs[1].id()));
    EXPECT_EQ(result.parcellation, project.result->parcellation);
    ASSERT_EQ(result.leftOut.size(), 1u);
    EXPECT_EQ(result.leftOut[0].run, project.study.runs[1].id());
    EXPECT_EQ(result.leftOut[0].reason, "too much motion");
    EXPECT_TRUE(usedResult(Project{}).runs.empty());
}

TEST(ScanSourceOfProject, KeepsItsDataWhenTheProjectIsGone) {
    std::shared_ptr<const ScanSource> scans;
    {
        Project project = sampleProject();
        scans = scanSource(project);
    }
    std::vector<float> values;
    scans->read(0, values);
    EXPECT_EQ(values.size(), 80u);
}

TEST(ScanSourceOfProject, RefusesRunsWithOtherRegions) {
    Project project = sampleProject();
    project.exclusions.clear();
    auto result = *project.result;
    result.runs[project.study.runs[1].id()].cleaned = sampleSeries(20, 5, 0);
    project.result = std::make_shared<const StudyResult>(result);
    try {
        scanSource(project);
        FAIL() << "two atlases in one training were accepted";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find(project.study.runs[1].id()), std::string::npos) << error.what();
    }
}

TEST(ScanSourceOfProject, IsEmptyWithoutResults) { EXPECT_EQ(scanSource({})->count(), 0u); }

}  // namespace
}  // namespace chronnect
