// Our values and nibabel's, for the real files that nibabel's package brings and those of the shared data.
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/Dicom.h"
#include "core/imaging/Gifti.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/detail/CiftiFile.h"
#include "core/imaging/detail/DicomHeader.h"
#include "core/io/SeriesFiles.h"
#include "tests/support/Golden.h"
#include "tests/support/Peer.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

std::size_t count(const Json& json) { return static_cast<std::size_t>(json.number()); }

class NibabelPeer : public testing::Test {
protected:
    /// What the peer said about the files of one reader; it runs once for all tests.
    static std::vector<Json> of(const std::string& reader) {
        std::vector<Json> found;
        for (const Json& entry : entries().items())
            if (entry["reader"].text() == reader) found.push_back(entry);
        return found;
    }
    static std::vector<double> array(const Json& name) { return readNpy(folder() / name.text()).values; }

    static void TearDownTestSuite() { fs::remove_all(folder()); }

    void SetUp() override {
        CHRONNECT_NEEDS_PYTHON("nibabel");
        ASSERT_GT(entries().size(), 0u) << "the peer failed";
    }

private:
    static const fs::path& folder() {
        static const test::TemporaryFolder kept;
        return kept.path();
    }
    static const Json& entries() {
        static const Json read = [] {
            const fs::path shared = test::hasShared() ? test::sharedFolder() : fs::path();
            if (!test::runPython("tests/core/imaging/nibabel_peer.py", folder(), shared)) return Json::array();
            return Json::parse(readFile(folder() / "files.json"));
        }();
        return read;
    }
};

bool same(double ours, double theirs) {
    return std::abs(ours - theirs) <= 1e-6 * std::abs(theirs) || (!std::isfinite(ours) && !std::isfinite(theirs));
}

template <class Ours>
std::size_t differing(const Ours& ours, const std::vector<double>& theirs) {
    if (ours.size() != theirs.size()) return std::max(ours.size(), theirs.size());
    std::size_t found = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) found += !same(ours[i], theirs[i]);
    return found;
}

/// Both sides name the same places, to a hundredth of a millimetre; `flipped` when their slices run the other way.
void expectSamePlaces(const VoxelGrid& grid, const std::vector<double>& theirs, bool flipped) {
    VoxelGrid other = grid;
    std::copy_n(theirs.begin(), 12, other.affine.begin());
    for (const auto& corner : {std::array<std::size_t, 3>{0, 0, 0},
                               {grid.size[0] - 1, 0, 0},
                               {0, grid.size[1] - 1, 0},
                               {0, 0, grid.size[2]}}) {
        const double i = static_cast<double>(corner[0]), j = static_cast<double>(corner[1]),
                     k = static_cast<double>(corner[2]), last = static_cast<double>(grid.size[2]) - 1;
        const auto ours = grid.world(i, j, k), expected = other.world(i, j, flipped ? last - k : k);
        for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_NEAR(ours[axis], expected[axis], 0.01);
    }
}

bool slicesRunTheOtherWay(const VoxelGrid& grid, const std::vector<double>& theirs) {
    return grid.affine[2] * theirs[2] + grid.affine[6] * theirs[6] + grid.affine[10] * theirs[10] < 0;
}

void expectSameVolumes(const fs::path& path, const VoxelGrid& grid, const std::vector<double>& theirs, bool flipped) {
    const std::size_t plane = grid.size[0] * grid.size[1], slices = grid.size[2];
    std::size_t different = 0, volumes = 0;
    forEachVolume(path, {}, [&](std::size_t t, std::span<const float> voxels) {
        ASSERT_LE((t + 1) * voxels.size(), theirs.size());
        for (std::size_t k = 0; k < slices; ++k)
            for (std::size_t i = 0; i < plane; ++i)
                different += !same(voxels[k * plane + i],
                                   theirs[t * voxels.size() + (flipped ? slices - 1 - k : k) * plane + i]);
        ++volumes;
    });
    EXPECT_EQ(different, 0u);
    EXPECT_EQ(volumes * grid.voxelCount(), theirs.size());
}

void expectSameImage(const Json& entry, const std::vector<double>& theirs) {
    const NiftiHeader header = readNiftiHeader(entry["path"].text());
    const auto size = test::numbers(entry["size"]), affine = test::numbers(entry["affine"]);
    ASSERT_EQ(std::vector<double>(header.grid.size.begin(), header.grid.size.end()), size);
    ASSERT_EQ(header.volumes, count(entry["volumes"]));
    const bool flipped = slicesRunTheOtherWay(header.grid, affine);
    expectSamePlaces(header.grid, affine, flipped);
    expectSameVolumes(entry["path"].text(), header.grid, theirs, flipped);
    if (entry.contains("repetition_time")) {
        EXPECT_NEAR(header.repetitionTime, entry["repetition_time"].number(), 1e-9);
    }
}

/// The labels of one table; a key that stands twice counts once.
template <class Labels>
void expectSameLabels(const Labels& ours, const Json& theirs) {
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const Json& label = theirs.items()[i];
        EXPECT_EQ(ours[i].key, label["key"].number());
        EXPECT_EQ(ours[i].name, label["name"].text());
        for (std::size_t c = 0; c < 3; ++c)
            EXPECT_NEAR(ours[i].colour[c], 255 * label["colour"].items()[c].number(), 0.51);
    }
}

/// Region means; a region without values is not a number on both sides.
void expectSameMeans(const ExtractedSeries& ours, const Json& entry, const std::vector<double>& theirs) {
    std::vector<std::string> names;
    for (const Json& name : entry["names"].items()) names.push_back(name.text());
    EXPECT_EQ(ours.series.regions, names);
    EXPECT_EQ(differing(ours.series.values, theirs), 0u);
}

}  // namespace

TEST_F(NibabelPeer, DicomOfSiemensAndPhilips) {
    const auto files = of("dicom");
    if (files.empty()) GTEST_SKIP() << "no pydicom for the peer, or its package has no DICOM files";
    for (const Json& entry : files) {
        SCOPED_TRACE(entry["path"].text());
        expectSameImage(entry, array(entry["values"]));
    }
}

TEST_F(NibabelPeer, DicomThatNeedsAnIconSkippedOrASentence) {
    const auto pictures = of("dicom picture"), refused = of("refused dicom");
    if (pictures.empty() && refused.empty()) GTEST_SKIP() << "nibabel's package has no such DICOM files";
    for (const Json& entry : pictures) {
        SCOPED_TRACE(entry["path"].text());
        const DicomSeries series = findDicomSeries(entry["path"].text());
        EXPECT_EQ(std::vector<double>(series.grid.size.begin(), series.grid.size.end()), test::numbers(entry["size"]));
        const auto& m = series.grid.affine;
        EXPECT_NEAR(std::hypot(m[0], m[4], m[8]), entry["columns_mm"].number(), 1e-9);
    }
    for (const Json& entry : refused) {
        SCOPED_TRACE(entry["path"].text());
        try {
            findDicomSeries(entry["path"].text());
            ADD_FAILURE() << "was read";
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find(entry["sentence"].text()), std::string::npos) << error.what();
        }
    }
}

TEST_F(NibabelPeer, HeadersOfSiemens) {
    const auto files = of("csa");
    if (files.empty()) GTEST_SKIP() << "nibabel's package has no Siemens headers";
    for (const Json& entry : files) {
        SCOPED_TRACE(entry["path"].text());
        const std::string bytes = readFile(entry["path"].text());
        const Json &texts = entry["texts"], &numbers = entry["numbers"];
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto ours = detail::csaValues(bytes, texts.keys()[i]);
            ASSERT_EQ(ours.size(), texts.items()[i].size()) << texts.keys()[i];
            for (std::size_t k = 0; k < ours.size(); ++k)
                EXPECT_EQ(ours[k], texts.items()[i].items()[k].text()) << texts.keys()[i];
        }
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            std::vector<double> ours;
            for (const auto& text : detail::csaValues(bytes, numbers.keys()[i])) ours.push_back(std::stod(text));
            EXPECT_EQ(differing(ours, test::numbers(numbers.items()[i])), 0u) << numbers.keys()[i];
        }
    }
}

TEST_F(NibabelPeer, GiftiInEveryEncoding) {
    const auto files = of("gifti");
    if (files.empty()) GTEST_SKIP() << "no GIFTI files in nibabel's package and the shared data";
    for (const Json& entry : files) {
        SCOPED_TRACE(entry["path"].text());
        const GiftiFile ours = readGifti(entry["path"].text());
        ASSERT_EQ(ours.arrays.size(), entry["arrays"].size());
        for (std::size_t i = 0; i < ours.arrays.size(); ++i) {
            const Json& theirs = entry["arrays"].items()[i];
            EXPECT_EQ(ours.arrays[i].intent, theirs["intent"].text());
            const auto& shape = ours.arrays[i].shape;
            EXPECT_EQ(std::vector<double>(shape.begin(), shape.end()), test::numbers(theirs["shape"]));
            EXPECT_EQ(differing(ours.arrays[i].values, array(theirs["values"])), 0u);
        }
        expectSameLabels(ours.labels, entry["labels"]);
    }
    for (const Json& entry : of("gifti means"))
        expectSameMeans(extractGiftiSeries(entry["path"].text(), entry["labels"].text()), entry,
                        array(entry["values"]));
}

namespace {

void expectSameAxis(const CiftiAxis& ours, const Json& theirs) {
    constexpr const char* kinds[] = {"SeriesAxis", "BrainModelAxis", "ParcelsAxis", "LabelAxis", "ScalarAxis"};
    EXPECT_EQ(kinds[static_cast<std::size_t>(ours.kind)], theirs["kind"].text());
    EXPECT_EQ(ours.size, count(theirs["size"]));
    if (theirs.contains("step")) {
        EXPECT_NEAR(ours.step, theirs["step"].number(), 1e-9);
    }
    if (theirs.contains("names")) {
        EXPECT_EQ(Json(ours.names).dump(), theirs["names"].dump());
    }
    ASSERT_EQ(ours.tables.size(), theirs["tables"].size());
    for (std::size_t map = 0; map < ours.tables.size(); ++map)
        expectSameLabels(ours.tables[map], theirs["tables"].items()[map]);
}

void expectSameBlock(const CiftiBlock& ours, const Json& theirs, const std::vector<double>& places) {
    EXPECT_EQ(ours.structure, theirs["structure"].text());
    EXPECT_EQ(ours.first, count(theirs["first"]));
    EXPECT_EQ(ours.surfaceVertices, count(theirs["surface_vertices"]));
    std::vector<double> mine(ours.vertices.begin(), ours.vertices.end());
    for (const auto& voxel : ours.voxels) mine.insert(mine.end(), voxel.begin(), voxel.end());
    EXPECT_EQ(mine, places);
}

}  // namespace

TEST_F(NibabelPeer, CiftiOfEveryKind) {
    const auto files = of("cifti");
    if (files.empty()) GTEST_SKIP() << "no CIFTI files in nibabel's package and the shared data";
    for (const Json& entry : files) {
        SCOPED_TRACE(entry["path"].text());
        const detail::CiftiFile file = detail::openCifti(entry["path"].text());
        std::vector<double> values;
        detail::forEachCiftiRow(file, {}, [&](std::size_t, std::span<const double> row) {
            values.insert(values.end(), row.begin(), row.end());
        });
        const auto theirs = array(entry["values"]);
        ASSERT_EQ(values.size(), theirs.size());
        const std::size_t along = file.header.along.size, down = file.header.down.size;
        std::size_t different = 0;
        for (std::size_t r = 0; r < down; ++r)
            for (std::size_t c = 0; c < along; ++c) different += !same(values[r * along + c], theirs[c * down + r]);
        EXPECT_EQ(different, 0u);
        for (const auto& [axis, said] :
             {std::pair{&file.header.along, &entry["along"]}, {&file.header.down, &entry["down"]}}) {
            expectSameAxis(*axis, *said);
            ASSERT_EQ(axis->blocks.size(), (*said)["blocks"].size());
            for (std::size_t b = 0; b < axis->blocks.size(); ++b)
                expectSameBlock(axis->blocks[b], (*said)["blocks"].items()[b],
                                array((*said)["blocks"].items()[b]["places"]));
        }
    }
    for (const Json& entry : of("cifti means"))
        expectSameMeans(extractCiftiSeries(entry["path"].text(), entry["labels"].text()), entry,
                        array(entry["values"]));
}

TEST_F(NibabelPeer, ParcelSeriesAndParcelConnectivity) {
    int compared = 0;
    for (const Json& entry : of("cifti")) {
        const std::string path = entry["path"].text();
        const auto theirs = array(entry["values"]);
        if (path.ends_with(".ptseries.nii")) {
            const TimeSeries series = readCiftiSeries(path);
            EXPECT_EQ(differing(series.values, theirs), 0u);
            EXPECT_NEAR(series.repetitionTime, 0.72, 1e-9);
        } else if (path.ends_with(".pconn.nii")) {
            const ConnectivityMatrix matrix = readCiftiConnectivity(path);
            const std::size_t regions = matrix.regionCount();
            for (std::size_t a = 0; a < regions; ++a)
                for (std::size_t b = 0; b < a; ++b) EXPECT_NEAR(matrix.at(a, b), theirs[a * regions + b], 1e-6);
        } else {
            continue;
        }
        ++compared;
    }
    if (compared == 0) GTEST_SKIP() << "no CIFTI labels in the shared data to make parcels of";
    EXPECT_EQ(compared, 2);
}

TEST_F(NibabelPeer, NiftiOfBothVersionsAndByteOrders) {
    const auto files = of("nifti");
    if (files.empty()) GTEST_SKIP() << "no NIfTI files in nibabel's package and the shared data";
    for (const Json& entry : files) {
        SCOPED_TRACE(entry["path"].text());
        expectSameImage(entry, array(entry["values"]));
    }
}
