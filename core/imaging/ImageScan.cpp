#include "core/imaging/ImageScan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <vector>

namespace chronnect {

namespace {

void lookAtFirstVolume(ImageScan& scan, std::span<const float> voxels) {
    constexpr std::size_t mostValues = 5000;
    std::unordered_set<float> distinct;
    std::size_t pairs = 0, equal = 0;
    for (std::size_t i = 0; i < voxels.size(); ++i) {
        if (distinct.size() < mostValues && std::isfinite(voxels[i])) distinct.insert(voxels[i]);
        if (i == 0 || (voxels[i] == 0 && voxels[i - 1] == 0)) continue;
        ++pairs;
        equal += voxels[i] == voxels[i - 1];
    }
    scan.distinctValues = distinct.size();
    scan.equalNeighbours = pairs == 0 ? 0.0 : static_cast<double>(equal) / static_cast<double>(pairs);
}

}  // namespace

ImageScan scanImage(const std::filesystem::path& path, const JobContext& context) {
    ImageScan scan;
    scan.header = readNiftiHeader(path, context.silent());
    double low = std::numeric_limits<double>::infinity(), high = -low;
    std::vector<float> first;
    std::vector<char> changes;
    forEachVolume(path, context, [&](std::size_t index, std::span<const float> voxels) {
        if (index == 0) {
            lookAtFirstVolume(scan, voxels);
            first.assign(voxels.begin(), voxels.end());
            changes.assign(voxels.size(), 0);
        }
        for (std::size_t i = 0; i < voxels.size(); ++i) {
            const float value = voxels[i];
            if (!std::isfinite(value)) {
                ++scan.notFinite;
                continue;
            }
            low = std::min<double>(low, value);
            high = std::max<double>(high, value);
            scan.wholeNumbers &= value == std::nearbyint(value);
            changes[i] |= value != first[i];
        }
    });
    if (low <= high) {
        scan.minimum = low;
        scan.maximum = high;
    }
    scan.constantVoxels = static_cast<std::size_t>(std::count(changes.begin(), changes.end(), 0));
    return scan;
}

std::string imageKind(const ImageScan& scan) {
    if (scan.header.volumes > 1) return "4-D image";
    const bool labels = scan.wholeNumbers && scan.minimum >= 0 && scan.notFinite == 0;
    if (labels && scan.distinctValues == 2 && scan.maximum == 1) return "brain mask";
    // Neighbours in a measured image hardly ever agree; in regions most do.
    if (labels && scan.distinctValues >= 2 && scan.distinctValues < 5000 && scan.equalNeighbours > 0.5)
        return "label image";
    return "3-D image";
}

std::string axisCodes(const VoxelGrid& grid) {
    constexpr const char* letters[3] = {"LR", "PA", "IS"};
    std::string codes = "???";
    // The largest remaining direction cosine decides first, so that two oblique axes never get the same letter.
    bool columnDone[3] = {}, rowDone[3] = {};
    for (int turn = 0; turn < 3; ++turn) {
        double best = -1;
        std::size_t bestRow = 0, bestColumn = 0;
        for (std::size_t column = 0; column < 3; ++column) {
            const double length = std::hypot(grid.affine[column], grid.affine[4 + column], grid.affine[8 + column]);
            for (std::size_t row = 0; row < 3; ++row) {
                const double cosine = length > 0 ? std::abs(grid.affine[4 * row + column]) / length : 0.0;
                if (!columnDone[column] && !rowDone[row] && cosine > best)
                    best = cosine, bestRow = row, bestColumn = column;
            }
        }
        columnDone[bestColumn] = rowDone[bestRow] = true;
        codes[bestColumn] = letters[bestRow][grid.affine[4 * bestRow + bestColumn] > 0 ? 1 : 0];
    }
    return codes;
}

}  // namespace chronnect
