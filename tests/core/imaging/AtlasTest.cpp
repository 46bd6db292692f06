#include "core/base/Error.h"
#include "core/imaging/AtlasCheck.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/detail/AtlasHypotheses.h"
#include "core/io/Tables.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace chronnect;

namespace {

std::filesystem::path atlases() { return test::sharedFolder() / "data" / "atlases"; }

std::string textOf(const Notices& notices) {
    std::string text;
    for (const Notice& notice : notices)
        text += std::to_string(static_cast<int>(notice.severity)) + " " + notice.text + "\n";
    return text;
}

bool hasNotice(const Notices& notices, Severity severity, const std::string& part) {
    return std::any_of(notices.begin(), notices.end(), [&](const Notice& n) {
        return n.severity == severity && n.text.find(part) != std::string::npos;
    });
}

/// The 2 mm MNI grid of most preprocessed runs, and its brain mask.
Volume mniMask() { return readVolume(test::sharedFolder() / "data" / "templates" / "MNI152_T1_2mm_brain_mask.nii.gz"); }

struct KnownAtlas {
    const char *image, *table;
};
constexpr KnownAtlas known[] = {
    {"aal/AAL.nii.gz", "aal/AAL.xml"},
    {"aal/AAL3v1.nii.gz", "aal/AAL3v1.xml"},
    {"schaefer2018/Schaefer2018_100Parcels_7Networks_order_FSLMNI152_2mm.nii.gz",
     "schaefer2018/Schaefer2018_100Parcels_7Networks_order.txt"},
    {"schaefer2018/Schaefer2018_400Parcels_7Networks_order_FSLMNI152_2mm.nii.gz",
     "schaefer2018/Schaefer2018_400Parcels_7Networks_order.txt"},
    {"neurostorm/aal_116/atlas.nii.gz", "neurostorm/aal_116/labels.csv"},
    {"dpabi/Dosenbach_Science_160ROIs_Radius5_Mask.nii.gz", "coordinates/dosenbach_2010.csv"},
    {"dpabi/Power_Neuron_264ROIs_Radius5_Mask.nii.gz", "coordinates/power_2011.csv"},
    {"schaefer2018/Schaefer2018_100Parcels_17Networks_order_FSLMNI152_2mm.nii.gz",
     "schaefer2018/Schaefer2018_100Parcels_17Networks_order.txt"},
    {"neurostorm/aal3_166/atlas.nii.gz", "neurostorm/aal3_166/labels.csv"},
};

Atlas aal() { return readAtlas(atlases() / "aal" / "AAL.nii.gz", atlases() / "aal" / "AAL.xml"); }

/// Mirrors the image in its own grid, as a program does that ignores the sign of the first axis.
void mirror(LabelVolume& image) {
    const auto& size = image.grid.size;
    for (std::size_t row = 0; row < size[1] * size[2]; ++row)
        std::reverse(image.labels.begin() + static_cast<std::ptrdiff_t>(row * size[0]),
                     image.labels.begin() + static_cast<std::ptrdiff_t>((row + 1) * size[0]));
}

/// Names move by one row from `from` on, labels and centres of the image stay.
void shiftNames(Atlas& atlas, std::size_t from, int by) {
    auto& regions = atlas.parcellation.regions;
    const auto before = regions;
    for (std::size_t r = from; r < regions.size(); ++r) {
        const auto source = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(r) + by, 0,
                                                       static_cast<std::ptrdiff_t>(regions.size()) - 1);
        regions[r].name = before[static_cast<std::size_t>(source)].name;
        regions[r].hemisphere = before[static_cast<std::size_t>(source)].hemisphere;
        if (atlas.centresFromTable) regions[r].centre = before[static_cast<std::size_t>(source)].centre;
    }
    regions.back().name += by > 0 ? " end" : "";
    if (by < 0) regions[from].name += " start";
}

class KnownAtlases : public testing::TestWithParam<KnownAtlas> {};

}  // namespace

TEST(Atlas, JoinsImageAndTableAndLosesNoLabel) {
    const test::TemporaryFolder folder;
    const auto image =
        test::NiftiBytes({4, 1, 1, 1}, 4, 16).append<std::int16_t>({3, 3, 7, 0}).write(folder.path() / "a.nii");
    const auto table = test::writeBytes(folder.path() / "a.tsv", "index\tname\tnetwork\n9\tNine\tB\n3\tThree\tA\n");
    const Atlas atlas = readAtlas(image, table);
    ASSERT_EQ(atlas.parcellation.regions.size(), 3u);
    EXPECT_EQ(atlas.parcellation.names(), (std::vector<std::string>{"Three", "Label 7", "Nine"}));
    EXPECT_EQ(atlas.parcellation.regions[0].network, "A");
    EXPECT_EQ(atlas.parcellation.regions[0].centre, (std::array<double, 3>{-9, -20, -30}));
    EXPECT_TRUE(atlas.parcellation.regions[0].hasCentre);
    EXPECT_FALSE(atlas.parcellation.regions[2].hasCentre);
    EXPECT_FALSE(atlas.centresFromTable);
    EXPECT_TRUE(hasNotice(atlas.notices, Severity::Question, "label 7"));
    EXPECT_TRUE(hasNotice(atlas.notices, Severity::Warning, "Nine"));

    const Atlas nameless = readAtlas(image, {});
    EXPECT_EQ(nameless.parcellation.names(), (std::vector<std::string>{"Label 3", "Label 7"}));
    EXPECT_TRUE(hasNotice(nameless.notices, Severity::Warning, "no table"));
}

TEST(Atlas, RefusesAnImageThatHoldsNoLabels) {
    const test::TemporaryFolder folder;
    const auto empty =
        test::NiftiBytes({2, 1, 1, 1}, 4, 16).append<std::int16_t>({0, 0}).write(folder.path() / "a.nii");
    EXPECT_THROW(readAtlas(empty, {}), Error);
    const auto fractions =
        test::NiftiBytes({2, 1, 1, 1}, 16, 32).append<float>({0.3f, 0}).write(folder.path() / "b.nii");
    EXPECT_THROW(readAtlas(fractions, {}), Error);
}

TEST_P(KnownAtlases, RaiseNoAlarmOnTheirOwnTemplate) {
    CHRONNECT_NEEDS_SHARED();
    const Atlas atlas = readAtlas(atlases() / GetParam().image, atlases() / GetParam().table);
    const Volume mask = mniMask();
    const AtlasCheck check = checkAtlas(atlas, mask.grid, &mask, "MNI152NLin6Asym");
    EXPECT_FALSE(check.blocked()) << textOf(check.notices);
    EXPECT_FALSE(check.asks()) << textOf(check.notices);
}
INSTANTIATE_TEST_SUITE_P(Published, KnownAtlases, testing::ValuesIn(known), [](const auto& test) {
    std::string name = test.param.table;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    return name;
});

TEST_P(KnownAtlases, AFlipIsCaughtWhereverNamesOrCentresTellTheSides) {
    CHRONNECT_NEEDS_SHARED();
    Atlas atlas = readAtlas(atlases() / GetParam().image, atlases() / GetParam().table);
    const bool tellsSides = atlas.centresFromTable ||
                            std::any_of(atlas.parcellation.regions.begin(), atlas.parcellation.regions.end(),
                                        [](const Region& r) { return hemisphereOfName(r.name) == Hemisphere::Left; });
    if (!tellsSides) GTEST_SKIP() << "regions of both sides without stated centres look the same mirrored";
    mirror(atlas.image);
    const Volume mask = mniMask();
    const AtlasCheck check = checkAtlas(atlas, mask.grid, &mask);
    EXPECT_TRUE(hasNotice(check.notices, Severity::Blocking, "swapped")) << textOf(check.notices);
}

TEST(AtlasCheck, CatchesATableThatIsOffByOne) {
    CHRONNECT_NEEDS_SHARED();
    const Volume mask = mniMask();
    for (const KnownAtlas& which : {known[0], known[1], known[4], known[5], known[6]})
        for (const int by : {-1, 1}) {
            Atlas atlas = readAtlas(atlases() / which.image, atlases() / which.table);
            shiftNames(atlas, 0, by);
            const AtlasCheck check = checkAtlas(atlas, mask.grid, &mask);
            EXPECT_TRUE(hasNotice(check.notices, Severity::Blocking, "shifted by one")) << which.table << by << "\n"
                                                                                        << textOf(check.notices);
        }
}

TEST(AtlasCheck, CatchesTablesThatCountTheBackgroundAsTheyAreInTheWild) {
    CHRONNECT_NEEDS_SHARED();
    for (const std::string name : {"schaefer_200_7net", "harvard_oxford_cort", "harvard_oxford_sub"}) {
        const auto folder = atlases() / "neurostorm" / name;
        const AtlasCheck check = checkAtlas(readAtlas(folder / "atlas.nii.gz", folder / "labels.csv"), mniMask().grid);
        EXPECT_TRUE(hasNotice(check.notices, Severity::Blocking, "shifted by one")) << name << "\n"
                                                                                    << textOf(check.notices);
    }
}

// Neither sides nor coordinates: only the name that is left over at the end gives the shift away.
TEST(AtlasCheck, AsksAboutATableWithOneNameTooMany) {
    const test::TemporaryFolder folder;
    const auto image =
        test::NiftiBytes({4, 1, 1, 1}, 4, 16).append<std::int16_t>({1, 2, 3, 0}).write(folder.path() / "a.nii");
    const auto checkOf = [&](const std::string& rows) {
        const auto table = test::writeBytes(folder.path() / "a.tsv", "index\tname\n" + rows);
        const Atlas atlas = readAtlas(image, table);
        return checkAtlas(atlas, atlas.image.grid);
    };
    EXPECT_FALSE(checkOf("1\tVermis\n2\tPons\n3\tMedulla\n").asks());
    const AtlasCheck leftOver = checkOf("1\tNothing\n2\tVermis\n3\tPons\n4\tMedulla\n");
    EXPECT_TRUE(hasNotice(leftOver.notices, Severity::Question, "(Medulla)")) << textOf(leftOver.notices);
    const AtlasCheck counted = checkOf("1\tUnknown\n2\tVermis\n3\tPons\n4\tMedulla\n");
    EXPECT_TRUE(hasNotice(counted.notices, Severity::Blocking, "shifted by one")) << textOf(counted.notices);
}

// The column of names slipped while the coordinates beside it stayed right: these must not outvote the names.
TEST(AtlasCheck, CatchesNamesThatSlippedBesideRightCoordinates) {
    CHRONNECT_NEEDS_SHARED();
    const Volume mask = mniMask();
    Atlas right = readAtlas(atlases() / known[5].image, atlases() / known[5].table);
    ASSERT_TRUE(right.centresFromTable);
    for (Region& region : right.parcellation.regions)
        region.name = (region.centre[0] < 0 ? "L_" : "R_") + region.name;  // many names of this table occur twice
    EXPECT_FALSE(checkAtlas(right, mask.grid, &mask).blocked());
    for (const std::size_t from : {0, 60})
        for (const int by : {-1, 1}) {
            Atlas atlas = right;
            shiftNames(atlas, from, by);
            for (std::size_t r = 0; r < atlas.parcellation.regions.size(); ++r) {
                atlas.parcellation.regions[r].centre = right.parcellation.regions[r].centre;
                atlas.parcellation.regions[r].hemisphere = right.parcellation.regions[r].hemisphere;
            }
            const AtlasCheck check = checkAtlas(atlas, mask.grid, &mask);
            EXPECT_TRUE(hasNotice(check.notices, Severity::Blocking, "shifted by one")) << from << " " << by << "\n"
                                                                                        << textOf(check.notices);
        }
}

TEST(AtlasCheck, ManyRegionsOnTheOtherSideAreNoSlip) {
    CHRONNECT_NEEDS_SHARED();
    Atlas atlas = aal();
    auto& regions = atlas.parcellation.regions;
    const auto swapPair = [&](std::size_t row) { std::swap(regions[row].name, regions[row + 1].name); };
    for (const std::size_t row : {0, 24, 44, 64, 84}) swapPair(row);
    const AtlasCheck few = checkAtlas(atlas, mniMask().grid);
    EXPECT_FALSE(few.blocked()) << textOf(few.notices);
    EXPECT_TRUE(few.asks());
    for (const std::size_t row : {12, 54}) swapPair(row);
    const AtlasCheck many = checkAtlas(atlas, mniMask().grid);
    EXPECT_TRUE(hasNotice(many.notices, Severity::Blocking, "regions lie on the other side than named"))
        << textOf(many.notices);
}

TEST(AtlasCheck, CatchesALineLostInTheMiddle) {
    CHRONNECT_NEEDS_SHARED();
    Atlas atlas = aal();
    shiftNames(atlas, 60, 1);
    const AtlasCheck check = checkAtlas(atlas, mniMask().grid);
    EXPECT_TRUE(hasNotice(check.notices, Severity::Blocking, "From label")) << textOf(check.notices);
}

TEST(AtlasCheck, CatchesOneSwappedPair) {
    CHRONNECT_NEEDS_SHARED();
    Atlas atlas = aal();
    std::swap(atlas.parcellation.regions[4].name, atlas.parcellation.regions[5].name);
    const AtlasCheck check = checkAtlas(atlas, mniMask().grid);
    EXPECT_TRUE(hasNotice(check.notices, Severity::Question, "2 regions lie on the other side than named"))
        << textOf(check.notices);
    EXPECT_THAT(check.regions[4].remark, testing::HasSubstr("lies left"));
}

TEST(AtlasCheck, CatchesATemplateMismatchInTheWorldAndNotByShape) {
    CHRONNECT_NEEDS_SHARED();
    const Atlas atlas = aal();
    const Volume mask = mniMask();
    // Same number of voxels, another place: the run's own space instead of the template.
    Volume moved = mask;
    for (const std::size_t axis : {3, 7, 11}) moved.grid.affine[axis] += 30;
    const AtlasCheck shifted = checkAtlas(atlas, moved.grid, &moved);
    EXPECT_TRUE(shifted.asks() || shifted.blocked()) << textOf(shifted.notices);
    Volume far = mask;
    far.grid.affine[7] += 400;
    EXPECT_TRUE(hasNotice(checkAtlas(atlas, far.grid, &far).notices, Severity::Blocking, "same space"));
    // A small (child's or animal's) brain with the same voxel counts.
    Volume small = mask;
    for (double& value : small.grid.affine) value *= 0.7;
    const AtlasCheck shrunk = checkAtlas(atlas, small.grid, &small);
    EXPECT_TRUE(shrunk.asks() || shrunk.blocked()) << textOf(shrunk.notices);
    // Another shape of the same world is no mismatch.
    EXPECT_FALSE(checkAtlas(readAtlas(atlases() / "neurostorm/aal_116/atlas.nii.gz",
                                      atlases() / "neurostorm/aal_116/labels.csv"),
                            mask.grid, &mask)
                     .asks());
    Atlas named = atlas;
    named.parcellation.space = "MNI152NLin2009cAsym";
    EXPECT_TRUE(
        hasNotice(checkAtlas(named, mask.grid, &mask, "MNI152NLin6Asym").notices, Severity::Question, "in the space"));
}

TEST(AtlasCheck, CatchesLabelsCutOffBySmallIntegers) {
    CHRONNECT_NEEDS_SHARED();
    Atlas atlas = readAtlas(atlases() / known[3].image, atlases() / known[3].table);  // 400 parcels
    for (std::int32_t& label : atlas.image.labels) label &= 255;
    EXPECT_TRUE(hasNotice(checkAtlas(atlas, mniMask().grid).notices, Severity::Blocking, "too few bits"));
}

TEST(AtlasCheck, CountsVoxelsByHand) {
    const VoxelGrid grid{{4, 1, 1}, {1, 0, 0, -1.5, 0, 1, 0, 0, 0, 0, 1, 0}};
    Atlas atlas{{grid, {1, 1, 2, 2}}, {}, {}, false};
    for (const char* name : {"Caudate_L", "Caudate_R"}) {
        Region region;
        region.label = static_cast<int>(atlas.parcellation.regions.size()) + 1;
        region.name = name;
        atlas.parcellation.regions.push_back(region);
    }
    const Volume mask{grid, {0, 1, 1, 1}};
    const AtlasCheck check = checkAtlas(atlas, grid, &mask);
    EXPECT_EQ(check.regions[0].usedVoxels, 1u);
    EXPECT_EQ(check.regions[0].gridVoxels, 2u);
    EXPECT_EQ(check.regions[0].coverage, 0.5);
    EXPECT_EQ(check.regions[1].centroid, (std::array<double, 3>{1, 0, 0}));
    EXPECT_EQ(check.regions[0].named, Hemisphere::Left);
    EXPECT_EQ(check.regions[0].placed, Hemisphere::Left);
    EXPECT_EQ(check.regions[1].placed, Hemisphere::Right);
}
