#include "core/base/Error.h"
#include "core/io/SeriesFiles.h"
#include "tests/support/Peer.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

using namespace chronnect;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t volumes = 12, regions = 5;

TimeSeries oursSeries() {
    TimeSeries series{{"r1", "r2", "r3", "r4", "r5"}, 0.8, {}, {}};
    for (std::size_t i = 0; i < volumes * regions; ++i)
        series.values.push_back(static_cast<double>((i * 37) % 61) / 7.0);
    return series;
}

TimeSeries readRows(const fs::path& path) { return readSeries(path, {TimeAxis::Rows, "", 0}).series; }

}  // namespace

TEST(NumpyPeer, ReadsWhatNumpyAndScipyWriteAndTheReverse) {
    CHRONNECT_NEEDS_PYTHON("numpy");
    const test::TemporaryFolder folder;
    const TimeSeries ours = oursSeries();
    const std::vector<std::size_t> shape{volumes, regions};
    writeNpy(folder.path() / "ours.npy", shape, ours.values);
    const std::vector<float> single(ours.values.begin(), ours.values.end());
    writeNpz(folder.path() / "ours.npz", std::vector<NamedArray>{{"a", {3}, {1, 2, 3}}, {"b", shape, single}});
    const bool scipy = test::pythonHas("scipy.io");
    if (scipy) writeSeriesMat(folder.path() / "ours.mat", ours);
    ASSERT_TRUE(test::runPython("tests/core/io/numpy_peer.py", folder.path()));

    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("c_") && !name.starts_with("f_")) continue;
        const TimeSeries series = readRows(entry.path());
        ASSERT_EQ(series.values.size(), volumes * regions) << name;
        for (std::size_t i = 0; i < series.values.size(); ++i)
            ASSERT_EQ(series.values[i], static_cast<double>(i)) << name;
        ++files;
    }
    EXPECT_EQ(files, 34u);
    for (const char* name : {"v2.npy", "v3.npy", "squeezed.npy", "stored.npz", "compressed.npz"})
        EXPECT_EQ(readRows(folder.path() / name).values, ours.values) << name;
    if (!scipy) GTEST_SKIP() << "no scipy for the .mat files";
    for (const char* name : {"v5_0_C.mat", "v5_0_F.mat", "v5_1_C.mat", "v5_1_F.mat"}) {
        const TimeSeries series = readRows(folder.path() / name);
        EXPECT_EQ(series.values, ours.values) << name;
        EXPECT_EQ(series.repetitionTime, 0.8) << name;
        EXPECT_EQ(series.regions[4], "area 4") << name;
    }
    EXPECT_EQ(readRows(folder.path() / "v4.mat").values, ours.values);
    EXPECT_EQ(readRows(folder.path() / "single.mat").values, std::vector<double>(single.begin(), single.end()));
    for (const char* name : {"cube.mat", "complex.mat", "struct.mat"})
        EXPECT_THROW(readRows(folder.path() / name), Error) << name;
}
