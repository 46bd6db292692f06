#include "core/base/Error.h"
#include "core/pipeline/Inspect.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

fs::path data() { return test::sharedFolder() / "data"; }

struct Expectation {
    std::string file, text;
};

std::vector<Expectation> manifest() {
    std::ifstream in(data() / "malformed" / "MANIFEST.tsv");
    std::vector<Expectation> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line))
        if (const auto tab = line.find('\t'); tab != std::string::npos)
            rows.push_back({line.substr(0, tab), line.substr(tab + 1)});
    return rows;
}

bool has(const FileReport& report, Severity atLeast) {
    return std::any_of(report.notices.begin(), report.notices.end(),
                       [&](const Notice& n) { return n.severity >= atLeast; });
}

class InspectMalformed : public testing::TestWithParam<Expectation> {};

fs::path writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

}  // namespace

TEST_P(InspectMalformed, AnswersAsTheManifestSays) {
    const auto& [name, expected] = GetParam();
    SCOPED_TRACE(expected);
    const auto says = [&text = expected](const char* part) { return text.find(part) != std::string::npos; };
    const fs::path path = data() / "malformed" / "derived_from_nibabel_functional" / name;
    const bool mustRefuse = says("error") && !says(" or ");
    try {
        const FileReport report = inspectFile(path);
        EXPECT_FALSE(mustRefuse) << describe(report);
        EXPECT_FALSE(report.facts.keys().empty());
        if (says("warn") || says("counted")) {
            EXPECT_TRUE(has(report, Severity::Warning)) << describe(report);
        }
        if (says("ask the user")) {
            EXPECT_TRUE(has(report, Severity::Question)) << describe(report);
        }
        if (says("no FC") || says("too short")) {
            EXPECT_TRUE(has(report, Severity::Blocking)) << describe(report);
        }
        if (says("3D")) {
            EXPECT_THAT(describe(report), testing::HasSubstr("single volume"));
        }
    } catch (const Error& error) {
        EXPECT_TRUE(says("error")) << error.what();
        EXPECT_THAT(error.what(), testing::HasSubstr(name));
    }
}

INSTANTIATE_TEST_SUITE_P(Manifest, InspectMalformed, testing::ValuesIn(manifest()), [](const auto& test) {
    std::string name = test.param.file;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(InspectMalformed);

TEST(Inspect, NamesTheKindOfEachInput) {
    CHRONNECT_NEEDS_SHARED();
    const std::pair<const char*, const char*> cases[] = {
        {"hybrid_4d_ground_truth/dev/sub-pixar124_task-pixar_space-MNI_desc-hybridAAL_bold.nii.gz", "4-D image"},
        {"hybrid_4d_ground_truth/AAL116_4mm_labels.nii.gz", "label image"},
        {"templates/MNI152_T1_2mm_brain_mask.nii.gz", "brain mask"},
        {"templates/MNI152_T1_2mm.nii.gz", "3-D image"},
        {"small_volumes/niivue_odd/avg152T1_RL_nifti.nii.gz", "3-D image"},
        {"small_volumes/nibabel/someones_anatomy.nii.gz", "3-D image"},
        {"atlases/schaefer2018/Schaefer2018_400Parcels_7Networks_order_FSLMNI152_2mm.nii.gz", "label image"},
        {"ds000228_pixar/aal116/sub-pixar124_task-pixar_atlas-aal116_timeseries.npy", "region series"},
        {"atlases/aal/AAL.xml", "region table"},
        {"atlases/schaefer2018/Schaefer2018_100Parcels_7Networks_order.txt", "region table"},
        {"atlases/coordinates/dosenbach_2010.csv", "region table"},
        {"ds000228_pixar/participants.tsv", "participants"},
        {"ds000228_pixar/aal116", "study folder"},
        {"surfaces/fsaverage5_nilearn/pial_left.gii.gz", "GIFTI surface"},
        {"surfaces/nibabel_gifti_variants/task.func.gii", "GIFTI series"},
        {"cifti/ciftiTools/Conte69.MyelinAndCorrThickness.32k_fs_LR.dtseries.nii", "CIFTI dtseries"},
        {"cifti/ciftiTools/Conte69.parcellations_VGD11b.6k_fs_LR.dlabel.nii", "CIFTI dlabel"},
    };
    for (const auto& [path, kind] : cases) EXPECT_EQ(inspectFile(data() / path).kind, kind) << path;
}

TEST(Inspect, TellsTheFactsOfAScan) {
    CHRONNECT_NEEDS_SHARED();
    const FileReport report =
        inspectFile(data() / "hybrid_4d_ground_truth/dev/sub-pixar124_task-pixar_space-MNI_desc-hybridAAL_bold.nii.gz");
    EXPECT_EQ(report.facts["volumes"].number(), 84);
    EXPECT_EQ(report.facts["repetition_time_s"].number(), 2);
    EXPECT_EQ(report.facts["duration_s"].number(), 168);
    EXPECT_EQ(report.facts["orientation"].text(), "LAS");
    EXPECT_EQ(report.facts["data_type"].text(), "int16");
    EXPECT_EQ(report.facts["size"].items().size(), 3u);
    const Json json = Json::parse(toJson(report).dump());
    EXPECT_EQ(json["kind"].text(), "4-D image");
    EXPECT_EQ(json["facts"]["volumes"].number(), 84);
    EXPECT_THAT(describe(report), testing::HasSubstr("repetition time s"));
}

TEST(Inspect, LooksAtSeriesConfoundsAndTables) {
    const test::TemporaryFolder folder;
    std::string series = "A\tB\n", confounds = "trans_x\tframewise_displacement\n0\tn/a\n";
    for (int t = 0; t < 12; ++t) {
        series += std::to_string(t % 5) + ".5\t1\n";
        confounds += "0.1\t0.2\n";
    }
    const FileReport report = inspectFile(writeText(folder.path() / "x_timeseries.tsv", series));
    EXPECT_EQ(report.kind, "region series");
    EXPECT_EQ(report.facts["regions"].number(), 2);
    EXPECT_EQ(report.facts["volumes"].number(), 12);
    EXPECT_TRUE(has(report, Severity::Warning)) << "B is constant";
    const FileReport motion = inspectFile(writeText(folder.path() / "sub-1_desc-confounds_timeseries.tsv", confounds));
    EXPECT_EQ(motion.kind, "confounds");
    EXPECT_NEAR(motion.facts["mean_framewise_displacement_mm"].number(), 0.2, 1e-12);
    EXPECT_EQ(inspectFile(writeText(folder.path() / "dseg.tsv", "index\tname\n1\tLeft\n2\tRight\n")).kind,
              "region table");
    EXPECT_EQ(inspectFile(writeText(folder.path() / "events.tsv", "onset\tduration\n1\t2\n")).kind, "events");
}

TEST(Inspect, RefusesWhatIsNothing) {
    const test::TemporaryFolder folder;
    EXPECT_THROW(inspectFile(folder.path() / "absent.nii"), Error);
    EXPECT_THROW(inspectFile(folder.path()), Error);
    EXPECT_THROW(inspectFile(writeText(folder.path() / "prose.txt", "This is a letter.\nIt has no numbers.\n")), Error);
    EXPECT_THROW(inspectFile(writeText(folder.path() / "empty.npy", "")), Error);
    EXPECT_THROW(inspectFile(writeText(folder.path() / "empty.tsv", "")), Error);
}

TEST(Inspect, TellsImagesOfOtherProgramsFromMotion) {
    const test::TemporaryFolder folder;
    try {
        inspectFile(writeText(folder.path() / "scan.PAR", "# === DATA DESCRIPTION FILE ===\n#\n.    Patient : x\n"));
        ADD_FAILURE() << "was read";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("convert it to NIfTI"), std::string::npos) << error.what();
    }
    const fs::path motion = writeText(folder.path() / "bold_mcf.par", "0 0 0 0 0 0\n0.1 0 0 0 0 0\n");
    EXPECT_EQ(inspectFile(motion).kind, "confounds");
}

TEST(Inspect, TellsNothingThatMayNameAPerson) {
    CHRONNECT_NEEDS_SHARED();
    const test::TemporaryFolder folder;
    std::ifstream in(data() / "malformed/derived_from_nibabel_functional/00_valid_reference.nii", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    bytes.replace(14, 8, "Janewoe1");   // db_name
    bytes.replace(148, 8, "Janewoe2");  // descrip
    bytes.replace(228, 8, "Janewoe3");  // aux_file
    bytes.replace(328, 8, "Janewoe4");  // intent_name
    for (const std::size_t length : {bytes.size(), bytes.size() - 10}) {
        std::string answer;
        try {
            const FileReport report = inspectFile(writeText(folder.path() / "a.nii", bytes.substr(0, length)));
            answer = describe(report) + toJson(report).dump();
        } catch (const Error& error) {
            answer = error.what();
        }
        EXPECT_THAT(answer, testing::Not(testing::HasSubstr("Janewoe")));
    }
}
