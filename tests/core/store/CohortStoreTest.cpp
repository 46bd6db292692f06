#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Random.h"
#include "core/store/CohortStore.h"
#include "core/store/detail/FloatRows.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> fiveRegions{"A", "B\nover two lines", "C\\d", "", "E"};

std::vector<float> seriesOf(std::size_t scan, std::size_t volumes, std::size_t regions) {
    Random random(scan + 1);
    std::vector<float> values(volumes * regions);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

/// `scans` scans of 20 + scan volumes.
fs::path writeCohort(const fs::path& folder, std::size_t scans = 7) {
    const fs::path path = folder / "study.chronnect-cohort";
    CohortStoreWriter writer(path, fiveRegions, {"Vis", "Vis", "Default", "", "Cont"}, 0.735);
    for (std::size_t i = 0; i < scans; ++i) {
        const std::string subject = std::to_string(i / 2);
        const std::string id = "sub-" + subject + "_run-" + std::to_string(i % 2);
        writer.append({id, subject, i % 2 ? "Oslo" : "", "f" + subject, 0, 0.01 * static_cast<double>(i)},
                      seriesOf(i, 20 + i, 5));
    }
    writer.setPhenotypes({{"participant_id", "age", "note"}, {{"sub-0", "31", "a\tb\nc"}, {"sub-1", "n/a", ""}}});
    writer.finish();
    return path;
}

std::size_t filesIn(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// Writes a cohort and changes it with raw HDF5; the result must be refused.
void expectRefused(const std::string& what, const std::function<void(hid_t file)>& damage) {
    const test::TemporaryFolder folder;
    const fs::path path = writeCohort(folder.path());
    {
        const hid_t file = H5Fopen(path.string().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        ASSERT_GE(file, 0);
        damage(file);
        H5Fclose(file);
    }
    EXPECT_THROW(openCohortStore(path), Error) << what;
}

void replaceFloats(hid_t file, const char* name, std::vector<hsize_t> extent, std::vector<hsize_t> chunk,
                   bool deflate) {
    H5Ldelete(file, name, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
    if (deflate) H5Pset_deflate(properties, 9);
    H5Dclose(H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Pclose(properties);
    H5Sclose(space);
}

}  // namespace

TEST(CohortStore, ReturnsEveryScanAsItWasGiven) {
    const test::TemporaryFolder folder;
    const auto source = openCohortStore(writeCohort(folder.path()));
    ASSERT_EQ(source->count(), 7u);
    EXPECT_EQ(source->regions(), fiveRegions);
    EXPECT_EQ(source->networks().at(2), "Default");
    EXPECT_DOUBLE_EQ(source->repetitionTime(), 0.735);
    std::vector<float> values;
    for (const std::size_t scan : {6u, 0u, 3u, 1u, 2u, 4u, 5u}) {
        source->read(scan, values);
        EXPECT_EQ(values, seriesOf(scan, 20 + scan, 5)) << scan;
        EXPECT_EQ(source->info(scan).volumes, 20 + scan);
    }
    EXPECT_EQ(source->info(3).id, "sub-1_run-1");
    EXPECT_EQ(source->info(3).site, "Oslo");
    EXPECT_EQ(source->info(3).family, "f1");
    EXPECT_DOUBLE_EQ(source->info(3).meanFd, 0.03);
    EXPECT_EQ(filesIn(folder.path()), 1u) << "nothing but the finished file remains";
}

TEST(CohortStore, KeepsMissingSignal) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "nan.chronnect-cohort";
    CohortStoreWriter writer(path, {"A", "B"}, {}, 0);
    writer.append({"s", "", "", "", 0, -1}, std::vector<float>{1, NAN, 2, NAN});
    writer.finish();
    const auto source = openCohortStore(path);
    std::vector<float> values;
    source->read(0, values);
    EXPECT_TRUE(std::isnan(values.at(1)) && std::isnan(values.at(3)));
    EXPECT_EQ(values.at(2), 2);
    EXPECT_EQ(source->info(0).subject, "s") << "without a subject each scan is its own";
    EXPECT_EQ(source->info(0).meanFd, -1);
    EXPECT_TRUE(readCohortPhenotypes(path).columns.empty());
}

TEST(CohortStore, FindsPhenotypesByScanOrSubject) {
    const test::TemporaryFolder folder;
    const fs::path path = writeCohort(folder.path());
    const Table table = readCohortPhenotypes(path);
    EXPECT_EQ(table.columns, (std::vector<std::string>{"participant_id", "age", "note"}));
    EXPECT_EQ(table.rows.at(0).at(2), "a\tb\nc");
    const auto source = openCohortStore(path);
    EXPECT_EQ(phenotypeOfScans(*source, table, "age"), (std::vector<std::string>{"31", "31", "", "", "", "", ""}));
    const Table byScan{{"scan", "x"}, {{"sub-1_run-1", "7"}}};
    EXPECT_EQ(phenotypeOfScans(*source, byScan, "x").at(3), "7");
    EXPECT_THROW(phenotypeOfScans(*source, table, "height"), Error);
}

TEST(CohortStore, LeavesNothingBehindWhenUnfinished) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "c.chronnect-cohort";
    writeFileAtomically(path, "what was there");
    {
        CohortStoreWriter writer(path, {"A"}, {}, 2);
        writer.append({"s", "", "", "", 0, -1}, std::vector<float>{1, 2});
    }
    EXPECT_EQ(readFile(path), "what was there");
    EXPECT_EQ(filesIn(folder.path()), 1u);
}

TEST(CohortStore, RefusesBadScans) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "c";
    EXPECT_THROW(CohortStoreWriter(path, {}, {}, 1), Error);
    EXPECT_THROW(CohortStoreWriter(path, {"A"}, {"x", "y"}, 1), Error);
    EXPECT_THROW(CohortStoreWriter(path, {"A"}, {}, -1), Error);
    EXPECT_THROW(CohortStoreWriter(folder.path() / "nowhere" / "c", {"A"}, {}, 1), Error);
    CohortStoreWriter writer(path, {"A", "B"}, {}, 1);
    EXPECT_THROW(writer.finish(), Error) << "a cohort without scans";
    EXPECT_THROW(writer.append({"s", "", "", "", 0, -1}, std::vector<float>{1, 2, 3}), Error);
    EXPECT_THROW(writer.append({"", "", "", "", 0, -1}, std::vector<float>{1, 2}), Error);
    writer.append({"s", "", "", "", 0, -1}, std::vector<float>{1, 2});
    EXPECT_THROW(writer.append({"s", "", "", "", 0, -1}, std::vector<float>{1, 2}), Error) << "twice";
    EXPECT_THROW(writer.setPhenotypes({{"a", "b"}, {{"1"}}}), Error);
    writer.finish();
    EXPECT_EQ(openCohortStore(path)->count(), 1u);
}

TEST(CohortStore, EveryTruncationIsAnError) {
    const test::TemporaryFolder folder;
    const std::string bytes = readFile(writeCohort(folder.path(), 40));
    const fs::path path = folder.path() / "short";
    for (std::size_t size = 0; size < bytes.size(); size += bytes.size() / 97 + 1) {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
        EXPECT_THROW(openCohortStore(path), Error) << size;
    }
    EXPECT_THROW(openCohortStore(folder.path() / "missing"), Error);
}

TEST(CohortStore, ADamagedValueIsAnErrorAndNotAWrongNumber) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "c";
    CohortStoreWriter writer(path, {"A"}, {}, 1);
    const std::vector<float> values(1000, 1234.5f);
    writer.append({"s", "", "", "", 0, -1}, values);
    writer.finish();
    std::string bytes = readFile(path);
    const float marker[2]{1234.5f, 1234.5f};
    const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(marker), sizeof marker));
    ASSERT_NE(at, std::string::npos);
    bytes[at + 1] ^= 1;
    std::ofstream(path, std::ios::binary) << bytes;
    std::vector<float> back;
    EXPECT_THROW(openCohortStore(path)->read(0, back), Error);
}

TEST(CohortStore, RefusesOtherAndNewerAndCraftedFiles) {
    expectRefused("another kind", [](hid_t file) { H5Ldelete(file, "kind", H5P_DEFAULT); });
    expectRefused("a newer version", [](hid_t file) {
        const hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
        const double version = cohortFormatVersion + 1;
        H5Awrite(attribute, H5T_NATIVE_DOUBLE, &version);
        H5Aclose(attribute);
    });
    expectRefused("no scans", [](hid_t file) { H5Ldelete(file, "scans", H5P_DEFAULT); });
    expectRefused("no ids", [](hid_t file) { H5Ldelete(file, "scans/id", H5P_DEFAULT); });
    expectRefused("series of a terabyte that are not there", [](hid_t file) {
        replaceFloats(file, "series", {50000000000ull, 5}, {1000, 5}, false);
    });
    expectRefused("series that only look compressed", [](hid_t file) {
        replaceFloats(file, "series", {161, 5}, {161, 5}, true);
    });
    expectRefused("series whose chunks were never written", [](hid_t file) {
        replaceFloats(file, "series", {161, 5}, {161, 5}, false);
    });
    expectRefused("series cut across their columns", [](hid_t file) {
        replaceFloats(file, "series", {161, 5}, {161, 2}, false);
    });
    expectRefused("volumes beyond the series", [](hid_t file) {
        const hid_t dataset = H5Dopen2(file, "scans/volumes", H5P_DEFAULT);
        const int volumes[7]{2147483647, 2147483647, 1, 1, 1, 1, 1};
        H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, volumes);
        H5Dclose(dataset);
    });
    expectRefused("negative volumes", [](hid_t file) {
        const hid_t dataset = H5Dopen2(file, "scans/volumes", H5P_DEFAULT);
        const int volumes[7]{-1, 22, 22, 23, 24, 25, 46};
        H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, volumes);
        H5Dclose(dataset);
    });
    expectRefused("series that lie in another file", [](hid_t file) {
        H5Ldelete(file, "series", H5P_DEFAULT);
        H5Lcreate_external("/etc/other.h5", "/series", file, "series", H5P_DEFAULT, H5P_DEFAULT);
    });
}

TEST(CohortStore, ReadsFromSeveralThreadsAndSeveralFilesAtOnce) {
    const test::TemporaryFolder folder;
    const fs::path path = writeCohort(folder.path());
    const auto one = openCohortStore(path), other = openCohortStore(path);
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                std::vector<float> values;
                for (std::size_t i = 0; i < 200; ++i) {
                    const std::size_t scan = (i * (t + 1)) % 7;
                    (t % 2 ? one : other)->read(scan, values);
                    wrong += values != seriesOf(scan, 20 + scan, 5);
                }
            });
    }
    EXPECT_EQ(wrong, 0);
}

TEST(CohortStore, MemoryHoldsTheIndexOnly) {
#ifdef __linux__
    const auto resident = [] {
        std::size_t total = 0, pages = 0;
        std::ifstream("/proc/self/statm") >> total >> pages;
        return pages * 4096;
    };
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "big.chronnect-cohort";
    const std::vector<float> values = seriesOf(0, 100, 200);  // 80 kB a scan, 160 MB in all
    const std::size_t before = resident();
    {
        CohortStoreWriter writer(path, std::vector<std::string>(200, "R"), {}, 1);
        for (int i = 0; i < 2000; ++i) writer.append({"s" + std::to_string(i), "", "", "", 0, -1}, values);
        writer.finish();
    }
    const auto source = openCohortStore(path);
    std::vector<float> back;
    for (std::size_t i = 0; i < 2000; ++i) source->read(i, back);
    EXPECT_EQ(back, values);
    EXPECT_LT(resident() - before, std::size_t{24} << 20);
#endif
}

TEST(CohortStoreDeathTest, AFullDiskIsOneSentenceAndTheProgramEndsInOrder) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "full.chronnect-cohort";
    // A limit on the size of files stands for a disk of that size; the exit runs what HDF5 left to the end.
    const auto write = [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{4096, 4096};
        setrlimit(RLIMIT_FSIZE, &limit);
        try {
            CohortStoreWriter writer(path, std::vector<std::string>(200, "R"), {}, 2);
            for (std::size_t i = 0; i < 4; ++i)
                writer.append({std::to_string(i), "", "", "", 0, 0}, seriesOf(i, 300, 200));
            writer.finish();
        } catch (const Error& error) {
            std::fprintf(stderr, "%s", error.what());
            std::exit(3);
        }
        std::exit(0);
    };
    EXPECT_EXIT(write(), ::testing::ExitedWithCode(3), "full.chronnect-cohort: is the disk full");
}
