#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/learning/TensorBoard.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>

using namespace chronnect;

namespace {

// An independent reading of the format: bit by bit sums and a field walk.
std::uint32_t crc32c(const std::string& bytes) {
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char byte : bytes)
        for (int bit = 0; bit < 8; ++bit) {
            const bool differs = ((crc ^ (static_cast<unsigned char>(byte) >> bit)) & 1) != 0;
            crc = (crc >> 1) ^ (differs ? 0x82F63B78u : 0u);
        }
    return ~crc;
}

template <class T>
T numberAt(const std::string& bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::uint32_t unmasked(std::uint32_t masked) {
    const std::uint32_t rotated = masked - 0xA282EAD8u;
    return (rotated >> 17) | (rotated << 15);
}

std::vector<std::string> recordsOf(const std::string& file) {
    std::vector<std::string> records;
    for (std::size_t at = 0; at < file.size();) {
        const auto length = numberAt<std::uint64_t>(file, at);
        EXPECT_EQ(unmasked(numberAt<std::uint32_t>(file, at + 8)), crc32c(file.substr(at, 8)));
        records.push_back(file.substr(at + 12, length));
        EXPECT_EQ(unmasked(numberAt<std::uint32_t>(file, at + 12 + length)), crc32c(records.back()));
        at += 16 + length;
    }
    return records;
}

/// Field number to raw contents, every occurrence in order.
std::multimap<int, std::string> fieldsOf(const std::string& message) {
    std::multimap<int, std::string> fields;
    std::size_t at = 0;
    const auto readVarint = [&] {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(message.at(at++));
            value |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return value;
        }
    };
    while (at < message.size()) {
        const std::uint64_t fieldKey = readVarint();
        std::size_t size = 0;
        std::string contents;
        switch (fieldKey & 7) {
            case 0: contents = std::to_string(readVarint()); break;
            case 1: size = 8; break;
            case 2: size = readVarint(); break;
            case 5: size = 4; break;
            default: ADD_FAILURE() << "unknown wire type"; return fields;
        }
        if ((fieldKey & 7) != 0) contents = message.substr(at, size);
        at += size;
        fields.emplace(static_cast<int>(fieldKey >> 3), contents);
    }
    return fields;
}

std::map<std::string, float> scalarsOf(const std::string& event) {
    std::map<std::string, float> scalars;
    const auto fields = fieldsOf(event);
    const auto summary = fieldsOf(fields.find(5)->second);
    for (const auto& [number, value] : summary) {
        EXPECT_EQ(number, 1);
        const auto parts = fieldsOf(value);
        scalars[parts.find(1)->second] = numberAt<float>(parts.find(2)->second, 0);
    }
    return scalars;
}

TrainingSnapshot snapshotAt(int step) {
    TrainingSnapshot snapshot;
    snapshot.step = step;
    snapshot.phase = "training";
    snapshot.losses = {{"total", 1.5 / step}, {"spatial node", 0.25}};
    snapshot.learningRate = 5e-4;
    snapshot.gradientNorm = 3;
    snapshot.scansPerSecond = 12.5;
    return snapshot;
}

}  // namespace

TEST(TensorBoard, WritesRecordsThatAnotherReaderUnderstands) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283u) << "check value of CRC-32C";
    const test::TemporaryFolder folder;
    TensorBoardLog log(folder.path() / "curves");
    log.add(snapshotAt(1));
    log.add(snapshotAt(300));
    // Read while it is still open: what was added is there.
    const auto records = recordsOf(readFile(log.file()));
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(fieldsOf(records[0]).find(3)->second, "brain.Event:2");
    EXPECT_GT(numberAt<double>(fieldsOf(records[1]).find(1)->second, 0), 1.6e9) << "seconds since 1970";
    EXPECT_EQ(fieldsOf(records[2]).find(2)->second, "300");
    const std::map<std::string, float> expected{{"training/total", 0.005f},
                                                {"training/spatial node", 0.25f},
                                                {"training/learning rate", 5e-4f},
                                                {"training/gradient norm", 3},
                                                {"training/scans per second", 12.5f}};
    EXPECT_EQ(scalarsOf(records[2]), expected);
}

TEST(TensorBoard, NamesPhasesAndFolds) {
    const test::TemporaryFolder folder;
    TensorBoardLog log(folder.path());
    TrainingSnapshot snapshot = snapshotAt(2);
    snapshot.phase = "validation";
    snapshot.losses = {{"validation total", 0.5}};
    snapshot.fold = 2;
    snapshot.folds = 5;
    log.add(snapshot);
    const auto scalars = scalarsOf(recordsOf(readFile(log.file())).at(1));
    EXPECT_EQ(scalars.at("fold 2/validation/total"), 0.5f);
}

TEST(TensorBoard, TellsOfAResumedRun) {
    const test::TemporaryFolder folder;
    TensorBoardLog first(folder.path());
    TensorBoardLog second(folder.path(), 40);
    EXPECT_NE(first.file(), second.file());
    const auto start = fieldsOf(recordsOf(readFile(second.file())).at(1));
    EXPECT_EQ(start.find(2)->second, "40");
    EXPECT_EQ(fieldsOf(start.find(7)->second).find(1)->second, "1") << "START";
}

TEST(TensorBoard, ObservesOnTheWayToAnotherObserver) {
    const test::TemporaryFolder folder;
    int seen = 0;
    {
        const auto observer = alsoToTensorBoard(folder.path() / "curves", true, [&](const auto&) { ++seen; });
        EXPECT_FALSE(std::filesystem::exists(folder.path() / "curves")) << "nothing to tell yet";
        observer(snapshotAt(7));
        observer(snapshotAt(8));
    }
    EXPECT_EQ(seen, 2);
    std::filesystem::directory_iterator files(folder.path() / "curves");
    const auto records = recordsOf(readFile(files->path()));
    ASSERT_EQ(records.size(), 4u);
    EXPECT_EQ(fieldsOf(records[1]).count(7), 1u) << "START at the step it went on from";
    EXPECT_EQ(fieldsOf(records[3]).find(2)->second, "8");
}

TEST(TensorBoard, AFolderThatCannotBeWrittenIsAnError) {
    const test::TemporaryFolder folder;
    writeFileAtomically(folder.path() / "file", "x");
    EXPECT_THROW(TensorBoardLog(folder.path() / "file" / "curves"), Error);
}

TEST(TensorBoard, TensorBoardItselfReadsTheCurves) {
    if (std::system("python3 -c 'import tensorboard' 2>/dev/null") != 0)
        GTEST_SKIP() << "Python's tensorboard not found";
    const test::TemporaryFolder folder;
    TensorBoardLog log(folder.path());
    for (int step = 1; step <= 300; ++step) log.add(snapshotAt(step));
    TensorBoardLog resumed(folder.path(), 200);
    const std::string command =
        "python3 -c \"from tensorboard.backend.event_processing.event_accumulator import EventAccumulator as E\n"
        "e = E('" +
        folder.path().string() +
        "', {'scalars': 0}); e.Reload()\n"
        "s = e.Scalars('training/total')\n"
        "assert len(s) == 199 and s[-1].step == 199 and abs(s[-1].value - 1.5 / 199) < 1e-7, s\"";
    EXPECT_EQ(std::system(command.c_str()), 0);
}
