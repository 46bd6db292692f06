// Our values and ITK's, for every readable image of the shared data.
#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "tests/support/TestPaths.h"

#include <gtest/gtest.h>

#include <cmath>

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkNiftiImageIO.h>

using namespace chronnect;
namespace fs = std::filesystem;

namespace {

using ItkImage = itk::Image<double, 4>;

/// Through a link in a folder of its own: ITK opens a.nii for a.nii.gz when both lie side by side.
ItkImage::Pointer readWithItk(const fs::path& path, const test::TemporaryFolder& folder) {
    const fs::path alone = folder.path() / path.filename();
    fs::remove(alone);
    fs::create_symlink(fs::canonical(path), alone);
    auto reader = itk::ImageFileReader<ItkImage>::New();
    reader->SetImageIO(itk::NiftiImageIO::New());
    reader->SetFileName(alone.string());
    reader->Update();
    return reader->GetOutput();
}

void expectSameGrid(const VoxelGrid& grid, const ItkImage& image, double voxel) {
    for (const auto& corner : {std::array<long, 3>{0, 0, 0},
                               {static_cast<long>(grid.size[0]) - 1, 0, 0},
                               {0, static_cast<long>(grid.size[1]) - 1, 0},
                               {0, 0, static_cast<long>(grid.size[2]) - 1}}) {
        ItkImage::PointType point;
        image.TransformIndexToPhysicalPoint(ItkImage::IndexType{{corner[0], corner[1], corner[2], 0}}, point);
        const auto world = grid.world(corner[0], corner[1], corner[2]);
        // ITK's axes are left, posterior, superior.
        EXPECT_NEAR(world[0], -point[0], 0.01 * voxel);
        EXPECT_NEAR(world[1], -point[1], 0.01 * voxel);
        EXPECT_NEAR(world[2], point[2], 0.01 * voxel);
    }
}

}  // namespace

TEST(NiftiPeer, ValuesAndPlacesEqualItks) {
    CHRONNECT_NEEDS_SHARED();
    const test::TemporaryFolder folder;
    int compared = 0;
    for (const char* part : {"small_volumes", "hybrid_4d_ground_truth", "templates"})
        for (const auto& entry : fs::recursive_directory_iterator(test::sharedFolder() / "data" / part)) {
            const std::string name = entry.path().filename().string();
            if (!name.ends_with(".nii") && !name.ends_with(".nii.gz")) continue;
            if (name.starts_with("complex")) continue;
            SCOPED_TRACE(entry.path().string());
            const NiftiHeader header = readNiftiHeader(entry.path());
            if (header.version == 2) continue;  // ITK 5.2 knows NIfTI-1 only
            const auto image = readWithItk(entry.path(), folder);
            const auto size = image->GetLargestPossibleRegion().GetSize();
            EXPECT_EQ(header.grid.size, (std::array<std::size_t, 3>{size[0], size[1], size[2]}));
            ASSERT_EQ(header.volumes, size[3]);
            std::size_t different = 0;
            forEachVolume(entry.path(), {}, [&](std::size_t index, std::span<const float> voxels) {
                const double* theirs = image->GetBufferPointer() + index * voxels.size();
                for (std::size_t i = 0; i < voxels.size(); ++i)
                    if (!(std::abs(voxels[i] - theirs[i]) <= 1e-6 * std::abs(theirs[i])) &&
                        !(std::isnan(voxels[i]) && std::isnan(theirs[i])))
                        ++different;
            });
            EXPECT_EQ(different, 0u);
            if (header.orientationFrom != "none" && header.notices.empty()) expectSameGrid(header.grid, *image, 2.0);
            ++compared;
        }
    EXPECT_GT(compared, 40);
}
