#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/base/ParallelFor.h"
#include "core/base/Random.h"
#include "core/base/SpecJson.h"
#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/learning/Specs.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <set>
#include <system_error>

using namespace chronnect;

TEST(Files, AFullDiskIsToldFromOtherFailures) {
    const auto kindOf = [](int code) {
        return fileError("Cannot write", "a.tsv", {code, std::generic_category()}).kind();
    };
    EXPECT_EQ(kindOf(ENOSPC), ErrorKind::DiskFull);
    EXPECT_EQ(kindOf(EACCES), ErrorKind::FileAccess);
    EXPECT_EQ(fileError("Cannot write", "a.tsv", {ENOSPC, std::system_category()}).kind(), ErrorKind::DiskFull);
#ifdef EDQUOT
    EXPECT_EQ(kindOf(EDQUOT), ErrorKind::DiskFull);
#endif
    const Error further("sub-01", fileError("Cannot write", "a.tsv", {ENOSPC, std::generic_category()}));
    EXPECT_EQ(further.kind(), ErrorKind::DiskFull);
}

TEST(Json, RoundTripsValuesAndOrder) {
    const std::string text = R"({"b":[1,2.5,-3e-7,true,null],"a":{"t":"q\"\\\nä\u00e9"}})";
    const Json json = Json::parse(text);
    EXPECT_EQ(json.keys().front(), "b");
    EXPECT_EQ(Json::parse(json.dump()).dump(-1), json.dump(-1));
    EXPECT_EQ(json["a"]["t"].text(), "q\"\\\näé");
    EXPECT_DOUBLE_EQ(json["b"].items()[2].number(), -3e-7);
}

TEST(Json, RefusesWhatIsNotJson) {
    for (const char* text : {"", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\\x\"", "\"\n\"", "[1", "+1"})
        EXPECT_THROW(Json::parse(text), Error) << text;
    EXPECT_THROW(Json::parse(std::string(100000, '[')), Error);
}

TEST(Json, SurrogatePairBecomesOneCharacter) {
    EXPECT_EQ(Json::parse("\"\\ud83d\\ude00\"").text(), "\xF0\x9F\x98\x80");
}

TEST(SpecJson, ReadsBackEverySettingAndNamesTheBadOne) {
    PretrainSpec spec;
    spec.nodeTarget = NodeTarget::InputFeature;
    spec.graph.windowLength = 33;
    PretrainSpec other;
    readJson(other, toJson(spec));
    EXPECT_EQ(other, spec);
    try {
        readJson(other, Json::parse(R"({"decoder":"mixr"})"));
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("decoder"), std::string::npos);
    }
    EXPECT_THROW(readJson(other, Json::parse(R"({"hidden":1e9})")), Error);
    EXPECT_THROW(readJson(other, Json::parse(R"({"hidden":12.5})")), Error);
}

TEST(Sha256, MatchesThePublishedExamples) {
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Random, IsTheSameEverywhere) {
    Random random(42);
    // First outputs of xoshiro256++ seeded by splitmix64(42), computed with an independent Python transcription.
    EXPECT_EQ(random.bits(), 15021278609987233951ULL);
    EXPECT_EQ(random.bits(), 5881210131331364753ULL);
    EXPECT_NE(Random(1).stream("a").bits(), Random(1).stream("b").bits());
}

TEST(Random, HasTheMomentsItPromises) {
    Random random(7);
    double sum = 0, squares = 0, gammas = 0;
    constexpr int count = 200000;
    for (int i = 0; i < count; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
        gammas += random.gamma(3, 2);
    }
    EXPECT_NEAR(sum / count, 0, 0.01);
    EXPECT_NEAR(squares / count, 1, 0.02);
    EXPECT_NEAR(gammas / count, 6, 0.05);
    const auto order = random.permutation(100);
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 100u);
}

TEST(Files, AtomicWriteKeepsTheOldFileWhenTheWriterFails) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.txt";
    writeFileAtomically(path, "old");
    EXPECT_THROW(writeAtomically(path, [](const auto&) { throw Error(ErrorKind::Internal, "disk full"); }), Error);
    EXPECT_EQ(readFile(path), "old");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
    EXPECT_THROW(readFile(folder.path() / "absent"), Error);
    EXPECT_THROW(readFile(path, 2), Error);
}

TEST(ParallelFor, VisitsEachOnceAndRethrows) {
    std::vector<int> seen(1000);
    parallelFor(seen.size(), {}, [&](std::size_t i) { ++seen[i]; });
    EXPECT_EQ(std::set<int>(seen.begin(), seen.end()), std::set<int>{1});
    EXPECT_THROW(parallelFor(10, {}, [](std::size_t) { throw Error(ErrorKind::Internal, "x"); }), Error);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(parallelFor(10, JobContext(stop.get_token(), {}), [](std::size_t) {}), Cancelled);
}

TEST(Connectivity, EdgeIndexCountsTheUpperTriangleByRows) {
    std::size_t next = 0;
    for (std::size_t a = 0; a < 7; ++a)
        for (std::size_t b = a + 1; b < 7; ++b) EXPECT_EQ(edgeIndex(a, b, 7), next++);
    EXPECT_EQ(next, edgeCountOf(7));
}

TEST(Parcellation, OrdersNetworksByNameAndLeftBeforeRight) {
    Parcellation p;
    p.regions = {{1, "a", "Default", Hemisphere::Right, {}, false, {}},
                 {2, "b", "Vis", Hemisphere::Right, {}, false, {}},
                 {3, "c", "Odd", Hemisphere::Left, {}, false, {}},
                 {4, "d", "Vis", Hemisphere::Left, {}, false, {}}};
    EXPECT_EQ(p.networks(), (std::vector<std::string>{"Vis", "Default", "Odd"}));
    EXPECT_EQ(p.networkOrder(), (std::vector<std::size_t>{3, 1, 0, 2}));
    EXPECT_EQ(networkColour("Vis"), (Rgb{120, 18, 134}));
}
