#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/Tables.h"
#include "core/io/Text.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace chronnect;

namespace {

std::string messageOf(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

std::filesystem::path atlases() { return test::sharedFolder() / "data" / "atlases"; }

}  // namespace

TEST(Tables, ReadsQuotesCrlfAndMissingCells) {
    const Table csv = parseTable("id,\"a \"\"b\"\"\"\r\n1,\"x, y\"\r\n2,\r\n", ',');
    EXPECT_EQ(csv.columns, (std::vector<std::string>{"id", "a \"b\""}));
    EXPECT_EQ(csv.rows, (std::vector<std::vector<std::string>>{{"1", "x, y"}, {"2", ""}}));
    EXPECT_TRUE(csv.isMissing(1, 1));
    const Table tsv = parseTable("a\tb\n\"Unknown\"\t5\" slice\n", '\t');
    EXPECT_EQ(tsv.rows[0], (std::vector<std::string>{"Unknown", "5\" slice"}));
    EXPECT_EQ(parseTable("a\nx\n\ny\n", ',').rows.size(), 3u) << "in one column an empty line is a missing value";
}

TEST(Tables, NamesTheLineThatIsRagged) {
    EXPECT_NE(messageOf([] { parseTable("a\tb\n1\t2\n3\n", '\t'); }).find("line 3"), std::string::npos);
    EXPECT_NE(messageOf([] { parseTable("a,b\n\"1\n", ','); }).find("closing"), std::string::npos);
    EXPECT_THROW(parseTable("", ','), Error);
}

TEST(Tables, RoundTripsThroughTsv) {
    const test::TemporaryFolder folder;
    const Table table{{"participant_id", "age"}, {{"sub-1", "3.5"}, {"sub-2", ""}, {"sub\t3", "Ä"}}};
    writeTable(folder.path() / "t.tsv", table);
    const Table back = readTable(folder.path() / "t.tsv");
    EXPECT_EQ(back.columns, table.columns);
    EXPECT_EQ(back.rows[0], table.rows[0]);
    EXPECT_TRUE(back.isMissing(1, 1));
    EXPECT_EQ(back.rows[1][1], "n/a");
    EXPECT_EQ(back.rows[2][0], "sub 3");
}

TEST(Tables, AcceptsTheEncodingsOfSpreadsheets) {
    const test::TemporaryFolder folder;
    const auto write = [&](const char* name, std::string_view bytes) {
        writeFileAtomically(folder.path() / name, bytes);
        return folder.path() / name;
    };
    EXPECT_EQ(readTable(write("bom.csv", "\xEF\xBB\xBFname\nJos\xC3\xA9\n")).rows[0][0], "José");
    EXPECT_EQ(readTable(write("latin.csv", "name\nJos\xE9\n")).rows[0][0], "José");
    EXPECT_EQ(readTable(write("utf16.tsv", std::string_view("\xFF\xFEn\0\t\0x\0\n\0\xE9\0\t\0"
                                                            "1\0\n\0",
                                                            18)))
                  .rows[0][0],
              "é");
    EXPECT_EQ(readTable(write("semicolon.csv", "a;b\n1,5;x\n")).columns.size(), 2u);
    EXPECT_THROW(readTable(write("binary.tsv", std::string_view("a\0b\n", 4))), Error);
    EXPECT_NE(messageOf([&] { readTable(folder.path() / "absent.tsv"); }).find("absent.tsv"), std::string::npos);
}

TEST(Text, CellsInQuotesMayHoldTheSeparator) {
    const auto cells = text::cells("\"a, \"\"b\"\"\", 1 ,\"c\" x, \"open", ',');
    ASSERT_EQ(cells.size(), 4u);
    EXPECT_EQ(text::unquoted(cells[0]), "a, \"b\"");
    EXPECT_EQ(cells[1], "1");
    EXPECT_EQ(cells[2], "\"c\" x");
    EXPECT_EQ(cells[3], "\"open");
    EXPECT_EQ(text::unquoted("\""), "\"");
    EXPECT_EQ(text::unquoted("\"\""), "");
    EXPECT_EQ(text::cells("", ',').size(), 1u);
}

TEST(Text, ReadsNumbersStrictly) {
    EXPECT_EQ(text::number("+1.5e3"), 1500.0);
    EXPECT_EQ(text::number(" -7 "), -7.0);
    EXPECT_TRUE(std::isnan(*text::number("nan")));
    EXPECT_EQ(text::number("1e999"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(text::number("-1e-999"), 0.0);
    for (const char* bad : {"", "1,5", "0x10", "++1", "1.5mm", "-"}) EXPECT_FALSE(text::number(bad)) << bad;
    EXPECT_EQ(text::number(text::fromNumber(0.1)), 0.1);
    EXPECT_EQ(text::fromNumber(std::nan("")), "n/a");
}

TEST(Confounds, ReadsMissingValuesAndOldNames) {
    const Confounds old =
        parseConfounds("X\tRotZ\tFramewiseDisplacement\taCompCor00\n0.1\t0\tn/a\t1\n0.2\t0.01\t0.5\t2\n", "", "c.tsv");
    EXPECT_EQ(old.names, (std::vector<std::string>{"trans_x", "rot_z", "framewise_displacement", "a_comp_cor_00"}));
    EXPECT_EQ(old.volumeCount(), 2u);
    EXPECT_TRUE(std::isnan(old.at(0, 2)));
    EXPECT_EQ(old.at(1, 2), 0.5);
}

TEST(Confounds, KnowsRealignmentFilesWithoutHeader) {
    const Confounds spm = parseConfounds("  1.0  2.0 3.0 0.1 0.2 0.3\n  0 0 0 0 0 1e-2\n", "", "rp_a.txt");
    EXPECT_EQ(spm.at(0, *spm.column("trans_x")), 1.0);
    EXPECT_EQ(spm.at(1, *spm.column("rot_z")), 0.01);
    const Confounds fsl = parseConfounds("0.1  0.2  0.3  1 2 3\n", "", "mcf.par");
    EXPECT_EQ(fsl.at(0, *fsl.column("trans_x")), 1.0);
    EXPECT_EQ(fsl.at(0, *fsl.column("rot_x")), 0.1);
}

TEST(Confounds, TakesTheNamesOfCpacFromTheComment) {
    const Confounds cpac = parseConfounds(
        "# C-PAC 1.8.6\n# Nuisance regressors:\n# RotY\tWhiteMatterMean0\n0.1\t7\n0.2\t8\n", "", "x_regressors.1D");
    EXPECT_EQ(cpac.names, (std::vector<std::string>{"rot_y", "WhiteMatterMean0"}));
    EXPECT_EQ(cpac.at(1, 1), 8);
}

TEST(Confounds, RefusesWhatIsNoTableOfNumbers) {
    EXPECT_NE(messageOf([] { parseConfounds("a\tb\n1\tx\n", "", "c.tsv"); }).find("column 'b'"), std::string::npos);
    EXPECT_NE(messageOf([] { parseConfounds("a\tb\n1\n", "", "c.tsv"); }).find("line 2"), std::string::npos);
    EXPECT_THROW(parseConfounds("", "", "c.tsv"), Error);
    EXPECT_THROW(parseConfounds("a\tb\n", "", "c.tsv"), Error);
    EXPECT_THROW(parseConfounds("1 2 3\n", "", "c.tsv"), Error);
    EXPECT_THROW(parseConfounds("a\n1\n", "{", "c.tsv"), Error);
}

TEST(Confounds, ReadsRealFmriprepTablesWithComponents) {
    CHRONNECT_NEEDS_SHARED();
    const auto folder = test::sharedFolder() / "data" / "confounds" / "nilearn_fmriprep_samples";
    const Confounds now = readConfounds(folder / "test-v21_desc-confounds_timeseries.tsv");
    EXPECT_EQ(now.volumeCount(), 30u);
    EXPECT_TRUE(now.column("trans_x") && now.column("a_comp_cor_00") && now.column("cosine00"));
    EXPECT_TRUE(std::isnan(now.at(0, *now.column("framewise_displacement"))));
    ASSERT_TRUE(now.components.count("a_comp_cor_00"));
    EXPECT_EQ(now.components.at("a_comp_cor_00").method, "aCompCor");
    EXPECT_GT(now.components.at("a_comp_cor_00").cumulativeVariance, 0.0);
    const Confounds old = readConfounds(folder / "test_desc-confounds_regressors.tsv");
    EXPECT_EQ(old.volumeCount(), 30u);
    const Confounds spm = readConfounds(folder / "spm_confounds.txt");
    EXPECT_EQ(spm.names.front(), "trans_x");
}

TEST(RegionTable, TakesSidesAndNetworksFromNames) {
    EXPECT_EQ(hemisphereOfName("7Networks_LH_Vis_1"), Hemisphere::Left);
    EXPECT_EQ(hemisphereOfName("Frontal_Sup_R"), Hemisphere::Right);
    EXPECT_EQ(hemisphereOfName("Right-Thalamus"), Hemisphere::Right);
    EXPECT_EQ(hemisphereOfName("ctx-lh-cuneus"), Hemisphere::Left);
    EXPECT_EQ(hemisphereOfName("L_V1_ROI"), Hemisphere::Left);
    EXPECT_EQ(hemisphereOfName("Vermis_1_2"), Hemisphere::Unknown);
    EXPECT_EQ(hemisphereOfName("Rolandic"), Hemisphere::Unknown);
    EXPECT_EQ(networkOfName("17Networks_RH_VisCent_ExStr_1"), "VisCent");
    EXPECT_EQ(networkOfName("LH_SomMot_3"), "SomMot");
    EXPECT_EQ(networkOfName("Frontal_Sup_L"), "");
}

TEST(RegionTable, ReadsEveryTextForm) {
    const auto first = [](std::string_view text, const char* file = "x.txt") {
        return parseRegionTable(text, file).regions.front();
    };
    const Region lut = first("#No. Label Name: R G B A\n0 Unknown 0 0 0 0\n10 Left-Thalamus-Proper 0 118 14 0\n");
    EXPECT_EQ(lut.label, 10);
    EXPECT_EQ(lut.name, "Left-Thalamus-Proper");
    EXPECT_EQ(lut.colour, (Rgb{0, 118, 14}));
    EXPECT_EQ(lut.hemisphere, Hemisphere::Left);
    const Region bids = first("index\tname\tnetwork\themi\tx\ty\tz\tcolor\n7\tA one\tVis\tR\t1.5\t-2\t3\t#0A0b0C\n");
    EXPECT_EQ(bids.label, 7);
    EXPECT_EQ(bids.network, "Vis");
    EXPECT_EQ(bids.hemisphere, Hemisphere::Right);
    EXPECT_EQ(bids.centre, (std::array<double, 3>{1.5, -2, 3}));
    EXPECT_EQ(bids.colour, (Rgb{10, 11, 12}));
    const Region snap = first("5 255 0 1 1 1 1 \"Left hippocampus\"\n");
    EXPECT_EQ(snap.label, 5);
    EXPECT_EQ(snap.name, "Left hippocampus");
    EXPECT_EQ(first("FAG\tPrecentral_L\t2001\nFAD\tPrecentral_R\t2002\n").label, 2001);
    EXPECT_EQ(first("V1_L\nV1_R\n").label, 1);
    EXPECT_EQ(first("3 Third region\n").name, "Third region");
    const Region workbench = first("7Networks_LH_Vis_1\n1 120 18 131 255\n");
    EXPECT_EQ(workbench.name, "7Networks_LH_Vis_1");
    EXPECT_EQ(workbench.colour, (Rgb{120, 18, 131}));
    const Region ras = first("ROI Label,ROI Name,R,A,S\n1,7Networks_LH_Vis_1,-36,-62,-16\n", "centroids.csv");
    EXPECT_EQ(ras.centre[0], -36);
    EXPECT_EQ(ras.name, "7Networks_LH_Vis_1");
}

TEST(RegionTable, ReadsXmlOfFslWithItsShift) {
    const char* head = "<?xml version=\"1.0\"?><atlas><header><name>HO &amp; co</name><type>";
    const char* data =
        "</type></header><!-- <label index=\"9\">no</label> --><data>\n"
        "<label index=\"0\" x=\"48\" y=\"94\" z=\"35\">Frontal Pole</label>\n"
        "<label index=\"1\" x=\"25\" y=\"70\" z=\"32\">Insular Cortex</label></data></atlas>";
    const Parcellation probabilistic = parseRegionTable(std::string(head) + "Probabilistic" + data, "HO.xml");
    EXPECT_EQ(probabilistic.name, "HO & co");
    ASSERT_EQ(probabilistic.regions.size(), 2u);
    EXPECT_EQ(probabilistic.regions[0].label, 1);
    EXPECT_FALSE(probabilistic.regions[0].hasCentre) << "x, y, z are voxels there";
    const Parcellation label = parseRegionTable(std::string(head) + "Label" + data, "HO.xml");
    ASSERT_EQ(label.regions.size(), 1u) << "label 0 is background";
    EXPECT_EQ(label.regions[0].name, "Insular Cortex");
}

TEST(RegionTable, RefusesNonsenseWithASentence) {
    EXPECT_NE(messageOf([] { parseRegionTable("index\tname\n1\ta\n1\tb\n", "x.tsv"); }).find("both 'a' and 'b'"),
              std::string::npos);
    for (const char* bad :
         {"", "# only\n", "<html></html>", "<label index=\"1\">cut", "<label>x</label>", "1.5 2.5 3.5\n",
          "index\tname\n0\tBackground\n", "index\tname\tx\ty\tz\n1\ta\tb\t2\t3\n", "a b c d e f\n"})
        EXPECT_THROW(parseRegionTable(bad, "x.txt"), Error) << bad;
}

TEST(RegionTable, RoundTripsAsDseg) {
    const test::TemporaryFolder folder;
    Parcellation atlas;
    atlas.name = "toy";
    atlas.space = "MNI152NLin6Asym";
    atlas.regions = {{3, "a", "Vis", Hemisphere::Left, {-1.25, 2, 3}, true, {1, 2, 3}},
                     {9, "b", "", Hemisphere::Unknown, {}, false, {4, 5, 6}}};
    const auto path = folder.path() / "tpl-MNI152NLin6Asym_atlas-toy_dseg.tsv";
    writeRegionTable(path, atlas);
    EXPECT_EQ(readRegionTable(path), atlas);
}

TEST(RegionTable, ReadsTheAtlasesAsPublished) {
    CHRONNECT_NEEDS_SHARED();
    struct Expected {
        const char* file;
        std::size_t regions;
        int firstLabel;
        const char* firstName;
        std::size_t left;
    };
    for (const auto& expected :
         {Expected{"aal/AAL.xml", 116, 2001, "Precentral_L", 54},
          Expected{"aal/AAL3v1.xml", 166, 1, "Precentral_L", 79},
          Expected{"neurostorm/aal_116/labels.csv", 116, 1, "Precentral_L", 54},
          Expected{"neurostorm/harvard_oxford_sub/labels.csv", 22, 1, "Background", 10},
          Expected{"coordinates/dosenbach_2010.csv", 160, 1, "vmPFC", 72},
          Expected{"coordinates/power_2011.csv", 264, 1, "ROI_001", 122},
          Expected{"coordinates/seitzman_2018_ROIs_300inVol_MNI_allInfo.txt", 300, 1, "ROI_001", 145},
          Expected{"schaefer2018/Schaefer2018_400Parcels_7Networks_order.txt", 400, 1, "7Networks_LH_Vis_1", 200}}) {
        SCOPED_TRACE(expected.file);
        const Parcellation atlas = readRegionTable(atlases() / expected.file);
        EXPECT_EQ(atlas.regions.size(), expected.regions);
        EXPECT_EQ(atlas.regions.front().label, expected.firstLabel);
        EXPECT_EQ(atlas.regions.front().name, expected.firstName);
        const auto left = std::count_if(atlas.regions.begin(), atlas.regions.end(),
                                        [](const Region& r) { return r.hemisphere == Hemisphere::Left; });
        EXPECT_NEAR(static_cast<double>(left), static_cast<double>(expected.left), 12);
    }
    const Parcellation schaefer =
        readRegionTable(atlases() / "schaefer2018/Schaefer2018_100Parcels_17Networks_order.txt");
    EXPECT_EQ(schaefer.regions.front().network, "VisCent");
    const Parcellation dosenbach = readRegionTable(atlases() / "coordinates/dosenbach_2010.csv");
    EXPECT_EQ(dosenbach.regions[2].centre, (std::array<double, 3>{-29, 57, 10}));
    EXPECT_EQ(dosenbach.regions[0].network, "default");
    const Parcellation seitzman =
        readRegionTable(atlases() / "coordinates/seitzman_2018_ROIs_300inVol_MNI_allInfo.txt");
    EXPECT_EQ(seitzman.regions[0].network, "unassigned");
}
