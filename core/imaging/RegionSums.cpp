#include "core/imaging/detail/RegionSums.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect::detail {

namespace {

/// Exact for integers of at most 32 bits, double for the others.
template <class T>
using SumOf = std::conditional_t<std::is_integral_v<T> && sizeof(T) <= 4, std::int64_t, double>;

template <class T>
void addRuns(std::span<const T> voxels, std::span<const RegionRun> runs, std::span<double> sums) {
    for (const RegionRun& run : runs) {
        SumOf<T> sum{};
        for (const T* at = voxels.data() + run.start; at != voxels.data() + run.start + run.length; ++at)
            sum += static_cast<SumOf<T>>(*at);
        sums[run.region] += static_cast<double>(sum);
    }
}

/// The slow way, taken only for a volume in which some region has a value that is not finite.
template <class T>
std::size_t addFiniteOnly(std::span<const T> voxels, std::span<const RegionRun> runs, std::span<double> sums,
                          std::vector<std::size_t>& counts) {
    std::fill(sums.begin(), sums.end(), 0.0);
    std::size_t left = 0;
    for (const RegionRun& run : runs)
        for (const T value : voxels.subspan(run.start, run.length)) {
            if (std::isfinite(static_cast<double>(value))) {
                sums[run.region] += static_cast<double>(value);
            } else {
                --counts[run.region];
                ++left;
            }
        }
    return left;
}

}  // namespace

std::vector<RegionRun> regionRuns(std::span<const std::int32_t> regionOfVoxel) {
    std::vector<RegionRun> runs;
    for (std::size_t i = 0; i < regionOfVoxel.size();) {
        const std::int32_t region = regionOfVoxel[i];
        std::size_t end = i + 1;
        while (end < regionOfVoxel.size() && regionOfVoxel[end] == region) ++end;
        if (region >= 0)
            runs.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end - i),
                            static_cast<std::uint32_t>(region)});
        i = end;
    }
    return runs;
}

std::size_t regionMeans(const VoxelCoding& coding, std::span<const std::byte> volume, std::span<const RegionRun> runs,
                        std::span<const std::size_t> voxelCounts, std::span<double> means) {
    std::fill(means.begin(), means.end(), 0.0);
    std::vector<std::size_t> counts(voxelCounts.begin(), voxelCounts.end());
    std::size_t leftOut = 0;
    visitVoxels(coding.type, volume, [&]<class T>(std::span<const T> voxels) {
        addRuns(voxels, runs, means);
        if constexpr (std::is_floating_point_v<T>)
            if (!std::all_of(means.begin(), means.end(), [](double sum) { return std::isfinite(sum); }))
                leftOut = addFiniteOnly(voxels, runs, means, counts);
    });
    for (std::size_t region = 0; region < means.size(); ++region)
        means[region] = counts[region] == 0
                            ? std::numeric_limits<double>::quiet_NaN()
                            : means[region] / static_cast<double>(counts[region]) * coding.slope + coding.intercept;
    return leftOut;
}

}  // namespace chronnect::detail
