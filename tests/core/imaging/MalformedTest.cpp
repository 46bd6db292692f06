#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>

using namespace chronnect;

namespace {

std::filesystem::path malformedFolder() { return test::sharedFolder() / "data" / "malformed"; }

/// File name and what must happen, as the manifest of the defective files states it.
std::vector<std::pair<std::string, std::string>> manifest() {
    std::ifstream in(malformedFolder() / "MANIFEST.tsv");
    std::vector<std::pair<std::string, std::string>> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        const auto tab = line.find('\t');
        if (tab != std::string::npos) rows.emplace_back(line.substr(0, tab), line.substr(tab + 1));
    }
    return rows;
}

struct Outcome {
    std::string error;
    NiftiHeader header;
    std::vector<std::vector<float>> volumes;
};

Outcome load(const std::filesystem::path& path) {
    Outcome outcome;
    try {
        outcome.header = readNiftiHeader(path);
        forEachVolume(path, {}, [&](std::size_t, std::span<const float> voxels) {
            outcome.volumes.emplace_back(voxels.begin(), voxels.end());
        });
    } catch (const Error& error) {
        outcome.error = error.what();
    }
    return outcome;
}

bool warns(const Notices& notices) {
    return std::any_of(notices.begin(), notices.end(), [](const Notice& n) { return n.severity >= Severity::Warning; });
}

class Malformed : public testing::TestWithParam<std::pair<std::string, std::string>> {};

}  // namespace

TEST_P(Malformed, DoesWhatTheManifestSays) {
    const auto& [name, expected] = GetParam();
    SCOPED_TRACE(expected);
    const auto folder = malformedFolder() / "derived_from_nibabel_functional";
    const Outcome outcome = load(folder / name);
    const auto says = [&](const char* word) { return expected.find(word) != std::string::npos; };
    const bool mayRefuse = says("error");
    const bool mayLoad = says("loads") || says(" or error") || says("warn") || says(" or ");
    if (outcome.error.empty()) {
        EXPECT_TRUE(!mayRefuse || mayLoad) << "it loads";
        EXPECT_EQ(outcome.volumes.size(), outcome.header.volumes);
        if (says("warn")) {
            EXPECT_TRUE(warns(outcome.header.notices));
        }
        if (says("ask the user")) {
            EXPECT_EQ(outcome.header.repetitionTime, 0.0);
            EXPECT_TRUE(std::any_of(outcome.header.notices.begin(), outcome.header.notices.end(),
                                    [](const Notice& n) { return n.severity == Severity::Question; }));
        }
        if (says("same values as 00")) {
            EXPECT_EQ(outcome.volumes, load(folder / "00_valid_reference.nii").volumes);
        }
    } else {
        EXPECT_TRUE(mayRefuse) << outcome.error;
        EXPECT_THAT(outcome.error, testing::HasSubstr(name));
    }
}

INSTANTIATE_TEST_SUITE_P(Manifest, Malformed, testing::ValuesIn(manifest()), [](const auto& test) {
    std::string name = test.param.first;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    return name;
});
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Malformed);

TEST(MalformedFiles, AreRefusedForTheRightReason) {
    CHRONNECT_NEEDS_SHARED();
    const std::map<std::string, std::string> reasons{{"01_truncated_data.nii", "shorter than its header promises"},
                                                     {"02_truncated_header_200bytes.nii", "cut off"},
                                                     {"04_bad_magic.nii", "signature"},
                                                     {"05_sizeof_hdr_wrong.nii", "neither 348 nor 540"},
                                                     {"07_negative_dim.nii", "-21"},
                                                     {"08_huge_dims.nii", "header promises|dimensions"},
                                                     {"10_unknown_datatype_9999.nii", "9999"},
                                                     {"19_vox_offset_beyond_eof.nii", "beyond the end"},
                                                     {"31_gzip_bad_crc.nii.gz", "checksum"},
                                                     {"35_text_file.nii", "not a NIfTI"}};
    for (const auto& [name, part] : reasons)
        EXPECT_THAT(load(malformedFolder() / "derived_from_nibabel_functional" / name).error,
                    testing::ContainsRegex(part))
            << name;
}

TEST(MalformedFiles, SlopeZeroAndOddHeadersKeepTheValues) {
    CHRONNECT_NEEDS_SHARED();
    const auto folder = malformedFolder() / "derived_from_nibabel_functional";
    const auto reference = load(folder / "00_valid_reference.nii");
    ASSERT_EQ(reference.volumes.size(), 20u);
    EXPECT_EQ(reference.header.repetitionTime, 2.0);
    for (const char* name :
         {"11_bitpix_mismatch.nii", "13_scl_slope_zero.nii", "14_pixdim_zero_TR.nii", "16_no_qform_no_sform.nii",
          "20_vox_offset_nan.nii", "25_big_endian_valid.nii", "29_nifti2_valid.nii"})
        EXPECT_EQ(load(folder / name).volumes, reference.volumes) << name;
}

TEST(MalformedFiles, EveryPrefixAndEveryChangedHeaderByteIsSurvived) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.nii";
    const std::string bytes = test::NiftiBytes({3, 2, 2, 4}, 4, 16).append(std::vector<std::int16_t>(48, 9)).bytes();
    for (std::size_t length = 0; length < bytes.size(); length += length < 360 ? 1 : 13)
        EXPECT_NE(load(test::writeBytes(path, bytes.substr(0, length))).error, "") << length;
    for (std::size_t place = 0; place < 352; ++place)
        for (const char value : {'\0', '\x7f', '\x80', '\xff'}) {
            std::string changed = bytes;
            changed[place] = value;
            const Outcome outcome = load(test::writeBytes(path, changed));
            EXPECT_TRUE(!outcome.error.empty() || outcome.volumes.size() == outcome.header.volumes);
        }
}
