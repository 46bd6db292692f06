#include "core/imaging/Nifti.h"

#include "core/base/Error.h"
#include "core/imaging/detail/Inflater.h"
#include "tests/core/imaging/NiftiBytes.h"
#include "tests/support/TestPaths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace chronnect;
using test::gzipOf;
using test::NiftiBytes;

namespace {

std::vector<std::vector<float>> allVolumes(const std::filesystem::path& path) {
    std::vector<std::vector<float>> result;
    forEachVolume(path, {}, [&](std::size_t index, std::span<const float> voxels) {
        EXPECT_EQ(index, result.size());
        result.emplace_back(voxels.begin(), voxels.end());
    });
    return result;
}

template <class T>
void expectType(std::int16_t code, const char* name, std::vector<T> values, bool bigEndian) {
    SCOPED_TRACE(std::string(name) + (bigEndian ? " big endian" : ""));
    const test::TemporaryFolder folder;
    const auto path =
        NiftiBytes({2, 1, 1, 2}, code, 8 * sizeof(T), bigEndian).append(values).write(folder.path() / "a.nii");
    const NiftiHeader header = readNiftiHeader(path);
    EXPECT_EQ(header.dataType, name);
    EXPECT_EQ(header.bigEndian, bigEndian);
    EXPECT_EQ(header.volumes, 2u);
    EXPECT_TRUE(header.notices.empty());
    const auto volumes = allVolumes(path);
    ASSERT_EQ(volumes.size(), 2u);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(volumes[i / 2][i % 2], static_cast<float>(values[i]));
}

std::string messageOf(const std::filesystem::path& path) {
    try {
        forEachVolume(path, {}, [](std::size_t, std::span<const float>) {});
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

bool hasNotice(const Notices& notices, Severity severity, const std::string& part) {
    for (const Notice& notice : notices)
        if (notice.severity == severity && notice.text.find(part) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST(Nifti, ReadsEveryRealTypeInBothByteOrders) {
    for (const bool bigEndian : {false, true}) {
        expectType<std::int8_t>(256, "int8", {-128, 127, 0, 5}, bigEndian);
        expectType<std::uint8_t>(2, "uint8", {0, 255, 1, 128}, bigEndian);
        expectType<std::int16_t>(4, "int16", {-32768, 32767, 1, 256}, bigEndian);
        expectType<std::uint16_t>(512, "uint16", {0, 65535, 1, 256}, bigEndian);
        expectType<std::int32_t>(8, "int32", {-2147483647, 65537, 1, 3}, bigEndian);
        expectType<std::uint32_t>(768, "uint32", {0, 4294967295u, 1, 3}, bigEndian);
        expectType<std::int64_t>(1024, "int64", {-(1ll << 40), 1ll << 40, 1, 3}, bigEndian);
        expectType<std::uint64_t>(1280, "uint64", {0, 1ull << 63, 1, 3}, bigEndian);
        expectType<float>(16, "float32", {-1.5f, 3e38f, 0.1f, 0}, bigEndian);
        expectType<double>(64, "float64", {-1.5, 0.1, 1e-3, 7}, bigEndian);
    }
}

TEST(Nifti, RefusesTypesWithoutOneRealNumberPerVoxel) {
    const test::TemporaryFolder folder;
    for (const auto& [code, word] :
         {std::pair{32, "complex"}, {1792, "complex"}, {128, "RGB"}, {2304, "RGB"}, {1536, "128"}}) {
        const auto path = NiftiBytes({1, 1, 1, 1}, static_cast<std::int16_t>(code), 64)
                              .append(std::vector<double>(4))
                              .write(folder.path() / "a.nii");
        EXPECT_THAT(messageOf(path), testing::HasSubstr(word));
    }
}

TEST(Nifti, FollowsTheRulesOfScaling) {
    const test::TemporaryFolder folder;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    struct Case {
        float slope, intercept, expected;
    };
    for (const Case& c : {Case{2, 3, 23}, Case{0, 3, 10}, Case{nan, nan, 10}, Case{0.5f, nan, 5}, Case{-1, 0, -10}}) {
        const auto path = NiftiBytes({1, 1, 1, 1}, 4, 16)
                              .set(112, c.slope)
                              .set(116, c.intercept)
                              .append<std::int16_t>({10})
                              .write(folder.path() / "a.nii");
        EXPECT_FLOAT_EQ(readVolume(path).values[0], c.expected) << c.slope << " " << c.intercept;
    }
}

TEST(Nifti, ConvertsTheRepetitionTimeAndAsksWhereItIsImplausible) {
    const test::TemporaryFolder folder;
    struct Case {
        float stated;
        char units;
        double seconds;
        bool asks;
    };
    for (const Case& c :
         {Case{2, 2 | 8, 2, false}, Case{800, 2 | 16, 0.8, false}, Case{720000, 2 | 24, 0.72, false},
          Case{2000, 2 | 8, 0, true}, Case{0, 2 | 8, 0, true}, Case{1.5, 2, 1.5, false}, Case{2, 2 | 32, 0, true}}) {
        NiftiBytes bytes({1, 1, 1, 2}, 4, 16);
        bytes.set(92, c.stated).set(123, c.units).append<std::int16_t>({1, 2});
        const auto header = readNiftiHeader(bytes.write(folder.path() / "a.nii"));
        EXPECT_NEAR(header.repetitionTime, c.seconds, 1e-6) << c.stated;
        EXPECT_EQ(hasNotice(header.notices, Severity::Question, "repetition time"), c.asks) << c.stated;
    }
}

TEST(Nifti, TakesSformBeforeQformAndSaysWhenTheyDisagree) {
    const test::TemporaryFolder folder;
    NiftiBytes bytes({3, 3, 3, 1}, 2, 8);
    bytes.append(std::vector<std::uint8_t>(27));
    EXPECT_EQ(readNiftiHeader(bytes.write(folder.path() / "a.nii")).orientationFrom, "sform");

    // A rotation by 180 degrees about z: quaternion (0, 0, 0, 1).
    bytes.set<std::int16_t>(252, 1).set(264, 1.0f).set(268, 5.0f);
    const auto both = readNiftiHeader(bytes.write(folder.path() / "a.nii"));
    EXPECT_EQ(both.orientationFrom, "sform");
    EXPECT_EQ(both.grid.affine[3], -10);
    EXPECT_TRUE(hasNotice(both.notices, Severity::Warning, "disagree"));

    const auto qform = readNiftiHeader(bytes.set<std::int16_t>(254, 0).write(folder.path() / "a.nii"));
    EXPECT_EQ(qform.orientationFrom, "qform");
    const std::array<double, 12> expected{-2, 0, 0, 5, 0, -2, 0, 0, 0, 0, 2, 0};
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(qform.grid.affine[i], expected[i], 1e-6) << i;

    const auto none = readNiftiHeader(bytes.set<std::int16_t>(252, 0).write(folder.path() / "a.nii"));
    EXPECT_EQ(none.orientationFrom, "none");
    EXPECT_TRUE(hasNotice(none.notices, Severity::Question, "left and right"));
}

TEST(Nifti, ConvertsMicrometres) {
    const test::TemporaryFolder folder;
    NiftiBytes bytes({1, 1, 1, 1}, 2, 8);
    bytes.set<char>(123, 3).append<std::uint8_t>({1});
    EXPECT_NEAR(readNiftiHeader(bytes.write(folder.path() / "a.nii")).grid.affine[3], -0.01, 1e-9);
}

TEST(Nifti, ReadsSeveralGzipMembersAndPaddingAfterThem) {
    const test::TemporaryFolder folder;
    std::vector<std::int16_t> values(6000);
    std::mt19937 random(1);
    for (auto& value : values) value = static_cast<std::int16_t>(random());
    const std::string bytes = NiftiBytes({10, 10, 10, 6}, 4, 16).append(values).bytes();
    const std::string whole = gzipOf(bytes.substr(0, 100)) + gzipOf(bytes.substr(100, 5000)) + gzipOf("") +
                              gzipOf(bytes.substr(5100)) + std::string(20, '\0');
    const auto volumes = allVolumes(test::writeBytes(folder.path() / "a.nii.gz", whole));
    ASSERT_EQ(volumes.size(), 6u);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(volumes[i / 1000][i % 1000], values[i]);
}

TEST(Nifti, RefusesDamagedCompressedDataWhereverTheDamageIs) {
    const test::TemporaryFolder folder;
    std::vector<std::int16_t> values(3000, 7);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i * i);
    const std::string whole = gzipOf(NiftiBytes({10, 10, 10, 3}, 4, 16).append(values).bytes());
    const auto path = folder.path() / "a.nii.gz";
    ASSERT_EQ(messageOf(test::writeBytes(path, whole)), "");
    for (const std::size_t end :
         {whole.size() - 1, whole.size() - 4, whole.size() - 9, whole.size() / 2, std::size_t{15}})
        EXPECT_NE(messageOf(test::writeBytes(path, whole.substr(0, end))), "") << end;
    for (std::size_t place = whole.size() - 8; place < whole.size(); ++place) {
        std::string damaged = whole;
        damaged[place] ^= 1;
        EXPECT_NE(messageOf(test::writeBytes(path, damaged)), "") << place;
    }
}

TEST(Nifti, BothInflatersGiveTheSameBytes) {
    std::string text(300000, '\0');
    std::mt19937 random(3);
    for (auto& c : text) c = static_cast<char>(random() % 7);
    const std::string packed = gzipOf(text);
    for (const bool zlib : {false, true}) {
        const auto inflater = zlib ? detail::makeZlibInflater() : detail::makeInflater();
        std::string out(text.size(), '\0');
        const auto step = inflater->inflate(std::as_bytes(std::span(packed)), std::as_writable_bytes(std::span(out)));
        EXPECT_EQ(step.produced, text.size());
        EXPECT_EQ(out, text);
    }
}

TEST(Nifti, ReadsTheFileNamedAndNotItsNeighbour) {
    const test::TemporaryFolder folder;
    NiftiBytes zeros({2, 1, 1, 1}, 4, 16), ones({2, 1, 1, 1}, 4, 16);
    zeros.append<std::int16_t>({0, 0}).write(folder.path() / "a.nii");
    test::writeBytes(folder.path() / "a.nii.gz", gzipOf(ones.append<std::int16_t>({1, 1}).bytes()));
    EXPECT_EQ(readVolume(folder.path() / "a.nii.gz").values, (std::vector<float>{1, 1}));
    EXPECT_EQ(readVolume(folder.path() / "a.nii").values, (std::vector<float>{0, 0}));
}

TEST(Nifti, OpensAPairByEitherName) {
    const test::TemporaryFolder folder;
    NiftiBytes header({2, 1, 1, 1}, 4, 16);
    header.set<std::int32_t>(344, 0).set(108, 0.0f);
    for (const char* magic : {"ni1", ""}) {
        std::string bytes = header.bytes().substr(0, 348);
        std::memcpy(bytes.data() + 344, magic, std::strlen(magic));
        test::writeBytes(folder.path() / "p.hdr", bytes);
        test::writeBytes(folder.path() / "p.img", std::string("\x05\0\x06\0", 4));
        for (const char* name : {"p.hdr", "p.img"})
            EXPECT_EQ(readVolume(folder.path() / name).values, (std::vector<float>{5, 6})) << name << magic;
    }
    const auto analyze = readNiftiHeader(folder.path() / "p.hdr");
    EXPECT_EQ(analyze.version, 0);
    EXPECT_TRUE(hasNotice(analyze.notices, Severity::Question, "left and right"));
    std::filesystem::remove(folder.path() / "p.img");
    EXPECT_THROW(readVolume(folder.path() / "p.hdr"), Error);
}

TEST(Nifti, LabelsMustBeWholeNumbers) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.nii";
    NiftiBytes({2, 1, 1, 1}, 16, 32).append<float>({3, 2005}).write(path);
    EXPECT_EQ(readLabels(path).labels, (std::vector<std::int32_t>{3, 2005}));
    NiftiBytes({2, 1, 1, 1}, 16, 32).append<float>({3, 0.5f}).write(path);
    EXPECT_THROW(readLabels(path), Error);
    NiftiBytes({2, 1, 1, 1}, 16, 32).append<float>({3, std::nanf("")}).write(path);
    EXPECT_THROW(readLabels(path), Error);
    NiftiBytes({2, 1, 1, 1}, 1024, 64).append<std::int64_t>({3, 1ll << 33}).write(path);
    EXPECT_THROW(readLabels(path), Error);
}

TEST(Nifti, CancelStopsBetweenVolumes) {
    const test::TemporaryFolder folder;
    const auto path =
        NiftiBytes({1, 1, 1, 50}, 2, 8).append(std::vector<std::uint8_t>(50)).write(folder.path() / "a.nii");
    std::stop_source stop;
    int seen = 0;
    EXPECT_THROW(forEachVolume(path, JobContext(stop.get_token(), {}),
                               [&](std::size_t, std::span<const float>) {
                                   if (++seen == 3) stop.request_stop();
                               }),
                 Cancelled);
    EXPECT_EQ(seen, 3);
}

TEST(Nifti, AnErrorOfTheCallerEndsTheReading) {
    const test::TemporaryFolder folder;
    const auto path =
        NiftiBytes({1, 1, 1, 50}, 2, 8).append(std::vector<std::uint8_t>(50)).write(folder.path() / "a.nii");
    EXPECT_THROW(forEachVolume(path, {}, [](std::size_t, std::span<const float>) { throw std::runtime_error("mine"); }),
                 std::runtime_error);
}
