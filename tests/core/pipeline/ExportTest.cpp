#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Random.h"
#include "core/io/BidsDataset.h"
#include "core/io/SeriesFiles.h"
#include "core/io/Tables.h"
#include "core/pipeline/Export.h"
#include "core/pipeline/Methods.h"
#include "tests/support/Peer.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t volumes = 60, regions = 3;

/// Two people with a run each, one of them with a spike of motion, and a third whose run failed.
class Export : public ::testing::Test {
protected:
    void SetUp() override {
        m_study.name = "Toy";
        m_study.root = m_folder.path() / "study";
        fs::create_directories(m_study.root);
        m_study.participants = {{"participant_id", "age"}, {{"sub-01", "20"}, {"sub-02", "30"}}};
        auto atlas = std::make_shared<Parcellation>();
        atlas->name = "Toy 3";
        for (int r = 0; r < 3; ++r)
            atlas->regions.push_back({r + 1, "region, " + std::to_string(r), "Vis", Hemisphere::Left, {}, false, {}});
        m_result.parcellation = atlas;
        m_spec.clean.confounds = ConfoundStrategy::Minimal;
        m_spec.clean.fdThresholdMm = 0.5;
        for (const char* subject : {"01", "02"}) addRun(subject, *atlas);
        RunInput failed;
        failed.subject = "03";
        failed.task = "rest";
        m_study.runs.push_back(failed);
        m_result.runs[failed.id()].problem = "The image is cut off";
    }

    void addRun(const std::string& subject, const Parcellation& atlas) {
        RunInput run;
        run.subject = subject;
        run.task = "rest";
        run.space = "MNI152NLin6Asym";
        run.bold = m_study.root / ("sub-" + subject + "_task-rest_bold.nii.gz");
        run.confounds = m_study.root / ("sub-" + subject + "_confounds.tsv");
        Random random(subject == "01" ? 1 : 2);
        Table table{{"csf", "white_matter", "framewise_displacement"}, {}};
        auto extracted = std::make_shared<ExtractedSeries>();
        extracted->series = {atlas.names(), 2.0, {}, {}};
        extracted->coverage = {{10, 10, 10}, {8, 8, 8}, {8, 4, 2}, {1, 0.5, 0.25}};
        for (std::size_t v = 0; v < volumes; ++v) {
            const double displacement = subject == "02" && v == 30 ? 1.5 : 0.1;
            table.rows.push_back({std::to_string(random.normal()), std::to_string(random.normal()),
                                  v == 0 ? "n/a" : std::to_string(displacement)});
            for (std::size_t r = 0; r < regions; ++r)
                extracted->series.values.push_back(r == 2 ? std::nan("") : 100 + random.normal());
        }
        writeTable(run.confounds, table);
        const Confounds confounds = readConfounds(run.confounds);
        m_study.runs.push_back(run);
        m_result.runs[run.id()] = {
            extracted, std::make_shared<const CleanedSeries>(clean(extracted->series, &confounds, m_spec.clean)), ""};
    }

    test::TemporaryFolder m_folder;
    Study m_study;
    StudyResult m_result;
    AnalysisSpec m_spec;
};

}  // namespace

TEST_F(Export, WritesEveryFileUnderItsName) {
    const fs::path out = m_folder.path() / "out";
    const ExportResult written = exportDerivatives(out, m_study, m_result, m_spec, {true, true, true});
    for (const auto& file : written.files) EXPECT_TRUE(fs::exists(file)) << file;
    EXPECT_EQ(written.files.size(), 3u + 2u * 9u + 3u);
    ASSERT_EQ(written.notices.size(), 1u);
    EXPECT_NE(written.notices[0].text.find("1 of 3 runs"), std::string::npos);
    const fs::path func = out / "sub-02" / "func";
    const std::string stem = "sub-02_task-rest_space-MNI152NLin6Asym_atlas-Toy3_stat-mean_timeseries";
    const TimeSeries& expected = m_result.runs.at("sub-02_task-rest").cleaned->series;
    for (const char* extension : {".tsv", ".npy", ".csv", ".mat"}) {
        SeriesFile back = readSeries(func / (stem + extension), {TimeAxis::Rows, "", 2.0});
        ASSERT_EQ(back.series.values.size(), expected.values.size()) << extension;
        for (std::size_t i = 0; i < expected.values.size(); ++i)
            EXPECT_TRUE(back.series.values[i] == expected.values[i] || std::isnan(expected.values[i])) << extension;
    }
    EXPECT_EQ(readTable(func / (stem + ".csv")).columns[1], "region, 1") << "a comma in a name is quoted";
    const Table coverage = readTable(func / "sub-02_task-rest_space-MNI152NLin6Asym_atlas-Toy3_stat-coverage_bold.tsv");
    EXPECT_EQ(coverage.number(2, 1), 0.25);
}

TEST_F(Export, TellsWhatWasDone) {
    const fs::path out = m_folder.path() / "out";
    exportDerivatives(out, m_study, m_result, m_spec);
    const fs::path func = out / "sub-02" / "func";
    const Json sidecar =
        Json::parse(readFile(func / "sub-02_task-rest_space-MNI152NLin6Asym_atlas-Toy3_stat-mean_timeseries.json"));
    EXPECT_EQ(sidecar["Sources"].items()[0].text(), "bids:input:sub-02_task-rest_bold.nii.gz");
    EXPECT_EQ(sidecar["KeptVolumeCount"].number(), 59);
    EXPECT_EQ(sidecar["RepetitionTime"].number(), 2);
    EXPECT_EQ(sidecar["Cleaning"]["confounds"].text(), "minimal");
    EXPECT_EQ(sidecar["SoftwareVersion"].text(), versionText());
    const Table outliers = readTable(func / "sub-02_task-rest_outliers.tsv");
    ASSERT_EQ(outliers.rows.size(), volumes);
    EXPECT_EQ(outliers.rows[30], (std::vector<std::string>{"1", "1.5", "n/a"}));
    EXPECT_EQ(outliers.rows[0], (std::vector<std::string>{"0", "n/a", "n/a"}));
    const Table design = readTable(func / "sub-02_task-rest_design.tsv");
    EXPECT_EQ(design.columns, (std::vector<std::string>{"csf", "white_matter"}));
    EXPECT_EQ(design.rows.size(), volumes);
    const Table summary = readTable(out / "desc-summary_qc.tsv");
    ASSERT_EQ(summary.rows.size(), 3u);
    EXPECT_EQ(summary.number(1, *summary.column("volumes_kept")), 59);
    EXPECT_NEAR(*summary.number(0, *summary.column("mean_fd_mm")), 0.1, 1e-9);
    EXPECT_EQ(summary.rows[2].back(), "The image is cut off");
    EXPECT_EQ(Json::parse(readFile(out / "dataset_description.json"))["DatasetType"].text(), "derivative");
    EXPECT_TRUE(readTable(out / "exclusions.tsv").rows.empty());
}

TEST_F(Export, CountsWhatWasLeftOutAndWritesNoneOfIt) {
    const fs::path out = m_folder.path() / "out";
    std::erase_if(m_study.runs, [](const RunInput& run) { return run.id() == "sub-02_task-rest"; });
    m_result.runs.erase("sub-02_task-rest");
    m_result.leftOut = {{"sub-02_task-rest", "too much motion"}};
    exportDerivatives(out, m_study, m_result, m_spec);
    EXPECT_FALSE(fs::exists(out / "sub-02"));
    const Table exclusions = readTable(out / "exclusions.tsv");
    ASSERT_EQ(exclusions.rows.size(), 1u);
    EXPECT_EQ(exclusions.rows[0], (std::vector<std::string>{"sub-02_task-rest", "too much motion"}));
    EXPECT_EQ(readTable(out / "desc-summary_qc.tsv").rows.size(), 2u);
    EXPECT_NE(readFile(out / "methods.md").find("1 further run left out by decision: 1 (too much motion)."),
              std::string::npos);
}

TEST_F(Export, IsAStudyThatOpens) {
    const fs::path out = m_folder.path() / "out";
    exportDerivatives(out, m_study, m_result, m_spec, {true, true, true});
    const Study back = openStudy(out);
    ASSERT_EQ(back.runs.size(), 2u) << "several forms of one run are one run";
    EXPECT_EQ(back.runs[1].id(), "sub-02_task-rest");
    EXPECT_EQ(back.runs[1].series.extension(), ".tsv");
    EXPECT_EQ(back.runs[1].repetitionTime, 2.0);
    EXPECT_EQ(back.atlasTable.filename(), "atlas-Toy3_dseg.tsv");
    EXPECT_EQ(back.participantRow("02"), 1);
}

TEST_F(Export, WritesTheCosineRegressorsOfTheFilterToo) {
    m_spec.clean.filter = TemporalFilter::Cosine;
    m_spec.clean.highPassHz = 0.02;
    m_study.runs.clear();
    addRun("01", *m_result.parcellation);
    const fs::path out = m_folder.path() / "out";
    exportRun(out, {m_study, m_study.runs[0], m_result.runs.at("sub-01_task-rest"), nullptr, m_spec});
    EXPECT_EQ(readTable(out / "sub-01/func/sub-01_task-rest_design.tsv").columns.size(), 2u + 4u);
}

TEST_F(Export, RefusesARunWithoutSeriesAndStopsWhenAsked) {
    EXPECT_THROW(exportRun(m_folder.path(), {m_study, m_study.runs[2], m_result.runs.at("sub-03_task-rest")}), Error);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(
        exportDerivatives(m_folder.path() / "o", m_study, m_result, m_spec, {}, JobContext(stop.get_token(), {})),
        Cancelled);
    writeFileAtomically(m_folder.path() / "file", "x");
    EXPECT_THROW(exportDerivatives(m_folder.path() / "file" / "o", m_study, m_result, m_spec), Error);
}

TEST_F(Export, MethodsTextCountsExactly) {
    m_spec.window.length = 20;
    m_spec.window.step = 3;
    const std::string text = methodsText(m_study, m_result, m_spec);
    for (const char* piece :
         {"2 runs of 2 people from 'Toy' (task rest)", "120 volumes in all, repetition time 2 s",
          "1 further run gave no series: 1 (The image is cut off)", "the atlas 'Toy 3' (3 regions)", "less than 50 %",
          "2 cases over all runs", "above 0.5 mm (Power et al. 2012)",
          "1 of 120 volumes (0.8333 %) were censored; 59 to 60 volumes were left per run", "between 0.008 and 0.1 Hz",
          "the mean signals of CSF and white matter were regressed out",
          "windows of 20 volumes (40 s) moved by 3 volumes (6 s)", "10 % of pairs with the largest |r|", "chronnect"})
        EXPECT_NE(text.find(piece), std::string::npos) << piece << "\n" << text;
    EXPECT_EQ(text.find("global signal"), std::string::npos);
    EXPECT_NE(methodsText(m_study, {}, m_spec).find("Nothing was computed"), std::string::npos);
}
