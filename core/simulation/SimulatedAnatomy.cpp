#include "core/base/Error.h"
#include "core/base/Random.h"
#include "core/simulation/Simulation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

constexpr double sphereRadius = 7.5;  // mm
constexpr int wantedVoxels = 3;

/// A superquadric with the exponent 2.2 or so is a slightly boxy ellipsoid; x is folded onto one side.
struct Part {
    std::array<double, 3> centre, radius;
    double exponent;
};

/// Half a cerebrum, a temporal lobe, half a cerebellum and the brain stem, in MNI mm.
constexpr Part parts[] = {{{23, -15, 21}, {46, 92, 56}, 2.3},
                          {{44, -14, -16}, {25, 52, 25}, 2.2},
                          {{22, -64, -33}, {32, 33, 24}, 2.2},
                          {{0, -30, -36}, {12, 13, 32}, 2.2}};

VoxelGrid gridFor(double voxelMm) {
    // Whole voxels around the midline, so that left and right are sampled alike.
    constexpr double low[] = {-78, -114, -78}, high[] = {78, 84, 90};
    VoxelGrid grid;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double first = std::floor(low[axis] / voxelMm) * voxelMm;
        grid.size[axis] = static_cast<std::size_t>(std::ceil((high[axis] - first) / voxelMm - 1e-9)) + 1;
        grid.affine[axis * 4 + axis] = voxelMm;
        grid.affine[axis * 4 + 3] = first;
    }
    grid.affine[1] = grid.affine[2] = grid.affine[4] = grid.affine[6] = grid.affine[8] = grid.affine[9] = 0;
    return grid;
}

double squaredDistance(const std::array<double, 3>& a, const std::array<double, 3>& b) {
    return std::pow(a[0] - b[0], 2) + std::pow(a[1] - b[1], 2) + std::pow(a[2] - b[2], 2);
}

struct BrainVoxel {
    std::size_t index;
    std::array<double, 3> place;
};

/// Gives small regions their nearest voxels from the background, or from a neighbour that has more to spare.
void growSmallRegions(const Parcellation& parcellation, const std::vector<BrainVoxel>& brain, std::vector<int>& owner,
                      std::vector<int>& count) {
    for (int wanted = 1; wanted <= wantedVoxels; ++wanted)
        for (std::size_t n = 0; n < count.size(); ++n)
            while (count[n] < wanted) {
                double best = std::numeric_limits<double>::max();
                std::size_t chosen = brain.size();
                for (std::size_t v = 0; v < brain.size(); ++v) {
                    if (owner[v] == static_cast<int>(n) ||
                        (owner[v] >= 0 && count[static_cast<std::size_t>(owner[v])] <= wanted))
                        continue;
                    const double distance = squaredDistance(brain[v].place, parcellation.regions[n].centre);
                    if (distance < best) {
                        best = distance;
                        chosen = v;
                    }
                }
                if (chosen == brain.size()) break;
                if (owner[chosen] >= 0) --count[static_cast<std::size_t>(owner[chosen])];
                owner[chosen] = static_cast<int>(n);
                ++count[n];
            }
}

void labelVoxels(const Parcellation& parcellation, const std::vector<BrainVoxel>& brain, LabelVolume& labels) {
    std::vector<int> owner(brain.size(), -1), count(parcellation.regions.size(), 0);
    for (std::size_t v = 0; v < brain.size(); ++v) {
        double best = sphereRadius * sphereRadius;
        for (std::size_t n = 0; n < parcellation.regions.size(); ++n) {
            const double distance = squaredDistance(brain[v].place, parcellation.regions[n].centre);
            if (distance <= best) {
                best = distance;
                owner[v] = static_cast<int>(n);
            }
        }
        if (owner[v] >= 0) ++count[static_cast<std::size_t>(owner[v])];
    }
    growSmallRegions(parcellation, brain, owner, count);
    const auto empty = std::find(count.begin(), count.end(), 0);
    if (empty != count.end())
        throw Error(ErrorKind::BadInput,
                    "Region " + parcellation.regions[static_cast<std::size_t>(empty - count.begin())].name +
                        " would get no voxel; choose smaller voxels");
    for (std::size_t v = 0; v < brain.size(); ++v)
        if (owner[v] >= 0)
            labels.labels[brain[v].index] = parcellation.regions[static_cast<std::size_t>(owner[v])].label;
}

}  // namespace

double brainShape(const std::array<double, 3>& place) {
    constexpr double blend = 14;
    const std::array<double, 3> folded{std::abs(place[0]), place[1], place[2]};
    double sum = 0;
    for (const Part& part : parts) {
        double power = 0;
        for (std::size_t axis = 0; axis < 3; ++axis)
            power += std::pow(std::abs(folded[axis] - part.centre[axis]) / part.radius[axis], part.exponent);
        sum += std::exp(-blend * std::pow(power, 1 / part.exponent));
    }
    return -std::log(std::max(sum, 1e-300)) / blend;
}

SimulatedAnatomy simulateAnatomy(const Parcellation& parcellation, double voxelMm) {
    if (!(voxelMm >= 1 && voxelMm <= 12)) throw Error(ErrorKind::BadInput, "Voxels must measure between 1 and 12 mm");
    SimulatedAnatomy anatomy;
    const VoxelGrid grid = gridFor(voxelMm);
    anatomy.mask = {grid, std::vector<float>(grid.voxelCount(), 0.0f)};
    anatomy.baseline = {grid, std::vector<float>(grid.voxelCount(), 0.0f)};
    anatomy.labels = {grid, std::vector<std::int32_t>(grid.voxelCount(), 0)};
    Random random = Random(160).stream("baseline");
    std::vector<BrainVoxel> brain;
    std::size_t index = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++index) {
                const auto place = grid.world(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
                const double shape = brainShape(place);
                if (shape >= 1) continue;
                anatomy.mask.values[index] = 1;
                // Brighter in the middle, a gentle receive field, and some texture.
                anatomy.baseline.values[index] = static_cast<float>(
                    std::round(8800 + 2200 * (1 - shape) + 500 * std::cos(place[1] / 50) + 250 * random.normal()));
                brain.push_back({index, place});
            }
    labelVoxels(parcellation, brain, anatomy.labels);
    return anatomy;
}

}  // namespace chronnect
