#include "tests/support/TestPaths.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"
#include "core/io/SeriesFiles.h"
#include "core/pipeline/Import.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chronnect {
namespace {

namespace fs = std::filesystem;

class Import : public ::testing::Test {
protected:
    fs::path file(const std::string& name) const { return m_folder.path() / name; }

    /// Every entry tells its row and column: 10 * row + column.
    fs::path npy(const std::string& name, std::size_t rows, std::size_t columns) const {
        std::vector<double> values;
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c)
                values.push_back(10.0 * static_cast<double>(r) + static_cast<double>(c));
        const std::vector<std::size_t> shape{rows, columns};
        writeNpy(file(name), shape, std::span<const double>(values));
        return file(name);
    }

    fs::path bold(const std::string& name, double repetitionTime) const {
        BoldWriteSpec spec;
        spec.grid.size = {4, 4, 4};
        spec.grid.affine = {3, 0, 0, -6, 0, 3, 0, -6, 0, 0, 3, -6};
        spec.volumes = 20;
        spec.repetitionTime = repetitionTime;
        writeBold(file(name), spec, [](std::size_t v, std::span<float> voxels) {
            for (std::size_t i = 0; i < voxels.size(); ++i)
                voxels[i] = 100 + static_cast<float>(i) + static_cast<float>((v * 7) % 5);
        });
        return file(name);
    }

    static std::vector<float> ramp(std::size_t count) {
        std::vector<float> values(count);
        for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 11);
        return values;
    }

    test::TemporaryFolder m_folder;
};

TEST_F(Import, AsksWhichAxisOfANamelessArrayIsTimeAndShowsBothWays) {
    const ImportPlan plan = planImport({npy("a.npy", 14, 12)});
    ASSERT_EQ(plan.items.size(), 1u);
    const ImportItem& item = plan.items[0];
    EXPECT_TRUE(item.needsAxis());
    EXPECT_TRUE(item.needsRepetitionTime());
    EXPECT_FALSE(item.needsVariable());
    const ArraySample& sample = item.arrays[0];
    EXPECT_EQ(sample.rows, 14u);
    EXPECT_EQ(sample.columns, 12u);
    ASSERT_EQ(sample.firstRows.size(), 5u);
    ASSERT_EQ(sample.firstColumns.size(), 5u);
    ASSERT_EQ(sample.firstRows[3].size(), 12u);
    ASSERT_EQ(sample.firstColumns[2].size(), 14u);
    EXPECT_EQ(sample.firstRows[3][6], 36);
    EXPECT_EQ(sample.firstColumns[2][11], 112);
    EXPECT_TRUE(plan.asks());
}

TEST_F(Import, AnswersReachTheRun) {
    ImportPlan plan = planImport({npy("a.npy", 14, 12)});
    const Study study = withAnswers(std::move(plan), {{TimeAxis::Columns, "", 1.5}});
    ASSERT_EQ(study.runs.size(), 1u);
    EXPECT_EQ(study.runs[0].timeAxis, TimeAxis::Columns);
    EXPECT_EQ(study.runs[0].repetitionTime, 1.5);
    const SeriesFile read = readSeries(study.runs[0].series, {study.runs[0].timeAxis, study.runs[0].variable, 1.5});
    EXPECT_EQ(read.series.regionCount(), 14u);
    EXPECT_EQ(read.series.at(6, 3), 36);
    EXPECT_TRUE(read.axisStated);
}

TEST_F(Import, ANamedTableWithItsRepetitionTimeAsksNothing) {
    std::string text = "time\tV1\tV2\tV3\n";
    for (int v = 0; v < 30; ++v)
        text += std::to_string(2 * v) + "\t" + std::to_string(std::sin(v)) + "\t" + std::to_string(std::cos(v)) + "\t" +
                std::to_string(v % 3) + "\n";
    writeFileAtomically(file("sub-01_timeseries.tsv"), text);
    const ImportPlan plan = planImport({file("sub-01_timeseries.tsv")});
    EXPECT_FALSE(plan.asks());
    EXPECT_EQ(plan.items[0].repetitionTime, 2);
    EXPECT_EQ(withAnswers(plan, {}).runs[0].timeAxis, TimeAxis::Automatic);
}

TEST_F(Import, SeveralArraysAreOfferedLargestFirst) {
    const std::vector<NamedArray> arrays{{"small", {20, 3}, ramp(60)}, {"large", {20, 4}, ramp(80)}};
    writeNpz(file("b.npz"), arrays);
    ImportPlan plan = planImport({file("b.npz")});
    ASSERT_TRUE(plan.items[0].needsVariable());
    EXPECT_EQ(plan.items[0].arrays[0].variable, "large");
    EXPECT_EQ(plan.items[0].arrays[1].variable, "small");
    EXPECT_EQ(withAnswers(std::move(plan), {{TimeAxis::Rows, "small", 2}}).runs[0].variable, "small");
}

TEST_F(Import, AnImageWithoutItsRepetitionTimeAsksForIt) {
    const ImportPlan silent = planImport({bold("a.nii", 0)});
    EXPECT_TRUE(silent.items[0].needsRepetitionTime());
    EXPECT_FALSE(silent.items[0].needsAxis());
    const Study study = withAnswers(silent, {{TimeAxis::Automatic, "", 2.2}});
    EXPECT_EQ(study.runs[0].repetitionTime, 2.2);
    for (const Notice& notice : study.notices) EXPECT_NE(notice.severity, Severity::Question) << notice.text;
    EXPECT_FALSE(planImport({bold("b.nii", 2)}).asks());
}

TEST_F(Import, FilesThatGoWithAScanTakeTheirPart) {
    LabelVolume labels;
    labels.grid.size = {4, 4, 4};
    labels.grid.affine = {3, 0, 0, -6, 0, 3, 0, -6, 0, 0, 3, -6};
    for (int i = 0; i < 64; ++i) labels.labels.push_back(i / 16);
    writeLabels(file("atlas_dseg.nii.gz"), labels);
    writeFileAtomically(file("atlas_dseg.tsv"), "index\tname\n1\tA\n2\tB\n3\tC\n");
    writeFileAtomically(file("notes.txt"), "bought milk\n");
    const fs::path scan = bold("sub-07_task-rest_bold.nii", 2);
    const ImportPlan plan = planImport({file("atlas_dseg.nii.gz"), scan, file("atlas_dseg.tsv"), file("notes.txt")});
    ASSERT_EQ(plan.study.runs.size(), 1u);
    EXPECT_EQ(plan.study.runs[0].bold, scan);
    EXPECT_EQ(plan.study.atlasImage, file("atlas_dseg.nii.gz"));
    EXPECT_EQ(plan.study.atlasTable, file("atlas_dseg.tsv"));
    ASSERT_FALSE(plan.study.notices.empty());
    EXPECT_NE(plan.study.notices.back().text.find("notes.txt"), std::string::npos);
}

TEST_F(Import, TellsWhichConfoundsOfSeveralRunsWereUsed) {
    std::string rows = "trans_x\tframewise_displacement\n";
    for (int volume = 0; volume < 20; ++volume) rows += "0." + std::to_string(volume) + "\t0.1\n";
    const std::string own = "sub-07_task-rest_desc-confounds_timeseries.tsv",
                      stray = "sub-99_desc-confounds_regressors.tsv";
    writeFileAtomically(file(own), rows);
    writeFileAtomically(file(stray), rows);
    const ImportPlan plan = planImport({bold("sub-07_task-rest_desc-preproc_bold.nii", 2),
                                        bold("sub-08_task-rest_desc-preproc_bold.nii", 2), file(own), file(stray)});
    ASSERT_EQ(plan.study.runs.size(), 2u);
    EXPECT_EQ(plan.study.runs[0].confounds.filename(), own);
    std::string said;
    for (const Notice& notice : plan.study.notices) said += notice.text + "\n";
    EXPECT_NE(said.find(stray + " was not used"), std::string::npos) << said;
    EXPECT_EQ(said.find(own), std::string::npos) << said;
}

TEST_F(Import, WhatIsNoScanIsRefusedWithASentence) {
    LabelVolume labels;
    labels.grid.size = {4, 4, 4};
    labels.grid.affine = {3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0};
    for (int i = 0; i < 64; ++i) labels.labels.push_back(i / 16);
    writeLabels(file("atlas.nii"), labels);
    try {
        planImport({file("atlas.nii")});
        FAIL() << "an atlas alone is no study";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("open it together with"), std::string::npos) << error.what();
    }
    EXPECT_THROW(planImport(std::vector<fs::path>{file("nowhere.nii")}), Error);
    EXPECT_THROW(planImport(std::vector<fs::path>{}), Error);
}

TEST_F(Import, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(planImport({npy("a.npy", 14, 12)}, JobContext(stop.get_token(), nullptr)), Cancelled);
}

}  // namespace
}  // namespace chronnect
