#include "core/base/Error.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/detail/CiftiFile.h"
#include "core/imaging/detail/SeriesNotices.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

namespace chronnect {

namespace fs = std::filesystem;
using Kind = CiftiAxis::Kind;

namespace {

/// A brainordinate by what it is, so that two files may list different ones.
std::uint64_t identity(const CiftiBlock& block, std::size_t index) {
    if (block.surface) return block.vertices[index];
    const auto& voxel = block.voxels[index];
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(voxel[0])) << 42) ^
           (static_cast<std::uint64_t>(static_cast<std::uint32_t>(voxel[1])) << 21) ^
           static_cast<std::uint32_t>(voxel[2]);
}

bool isUnlabelled(const CiftiLabel& label) { return label.key == 0 || label.name == "???"; }

struct DenseLabels {
    Parcellation parcellation;
    std::vector<std::int32_t> region;  ///< per brainordinate: row of the parcellation or -1
};

Hemisphere hemisphereOfStructure(const std::string& structure) {
    if (structure.ends_with("_LEFT")) return Hemisphere::Left;
    return structure.ends_with("_RIGHT") ? Hemisphere::Right : Hemisphere::Unknown;
}

DenseLabels readDenseLabels(const detail::CiftiFile& file, const fs::path& path, std::size_t map) {
    const CiftiHeader& header = file.header;
    if (header.kind() != "dlabel")
        throw Error(ErrorKind::BadInput,
                    path.string() + " is a " + header.kind() + " file where labels (.dlabel.nii) are needed");
    if (map >= header.along.size)
        throw Error(ErrorKind::BadInput,
                    path.string() + " has only " + std::to_string(header.along.size) + " maps of labels");
    DenseLabels labels;
    labels.parcellation.name = header.along.names[map];
    std::map<int, std::size_t> rowOf;
    for (const CiftiLabel& label : header.along.tables[map]) {
        if (isUnlabelled(label)) continue;
        Region region;
        region.label = label.key;
        region.name = label.name;
        region.colour = label.colour;
        labels.parcellation.regions.push_back(region);
    }
    auto& regions = labels.parcellation.regions;
    std::stable_sort(regions.begin(), regions.end(),
                     [](const Region& a, const Region& b) { return a.label < b.label; });
    for (std::size_t r = 0; r < regions.size(); ++r) rowOf.emplace(regions[r].label, r);
    labels.region.assign(header.down.size, -1);
    detail::forEachCiftiRow(file, {}, [&](std::size_t row, std::span<const double> keys) {
        const auto found = std::isfinite(keys[map]) && std::abs(keys[map]) < 2e9
                               ? rowOf.find(static_cast<int>(keys[map]))
                               : rowOf.end();
        if (found != rowOf.end()) labels.region[row] = static_cast<std::int32_t>(found->second);
    });
    for (const CiftiBlock& block : header.down.blocks)
        for (std::size_t i = 0; i < block.count(); ++i)
            if (const auto region = labels.region[block.first + i];
                region >= 0 && regions[static_cast<std::size_t>(region)].hemisphere == Hemisphere::Unknown)
                regions[static_cast<std::size_t>(region)].hemisphere = hemisphereOfStructure(block.structure);
    return labels;
}

/// Region of every brainordinate of the series, matched by structure; counts what the labels have and what was found.
std::vector<std::int32_t> matchBrainordinates(const CiftiAxis& series, const CiftiAxis& labelled,
                                              const DenseLabels& labels, RegionCoverage& coverage) {
    const std::size_t regions = labels.parcellation.regions.size();
    coverage.atlasVoxels.assign(regions, 0);
    coverage.usedVoxels.assign(regions, 0);
    std::map<std::string, std::unordered_map<std::uint64_t, std::int32_t>> regionOf;
    for (const CiftiBlock& block : labelled.blocks)
        for (std::size_t i = 0; i < block.count(); ++i)
            if (const auto region = labels.region[block.first + i]; region >= 0) {
                regionOf[block.structure][identity(block, i)] = region;
                ++coverage.atlasVoxels[static_cast<std::size_t>(region)];
            }
    std::vector<std::int32_t> result(series.size, -1);
    for (const CiftiBlock& block : series.blocks) {
        const auto same = std::find_if(labelled.blocks.begin(), labelled.blocks.end(),
                                       [&](const CiftiBlock& other) { return other.structure == block.structure; });
        if (same == labelled.blocks.end()) continue;
        if (block.surface && block.surfaceVertices != same->surfaceVertices)
            throw Error(ErrorKind::BadInput,
                        "The labels are for a surface of " + std::to_string(same->surfaceVertices) +
                            " vertices and the series for one of " + std::to_string(block.surfaceVertices) +
                            "; take labels of the same mesh");
        const auto& known = regionOf[block.structure];
        for (std::size_t i = 0; i < block.count(); ++i)
            if (const auto found = known.find(identity(block, i)); found != known.end()) {
                result[block.first + i] = found->second;
                ++coverage.usedVoxels[static_cast<std::size_t>(found->second)];
            }
    }
    coverage.gridVoxels = coverage.atlasVoxels;
    for (std::size_t r = 0; r < regions; ++r)
        coverage.coverage.push_back(coverage.gridVoxels[r] == 0 ? 0.0
                                                                : static_cast<double>(coverage.usedVoxels[r]) /
                                                                      static_cast<double>(coverage.gridVoxels[r]));
    return result;
}

}  // namespace

Parcellation readCiftiParcellation(const fs::path& path, std::size_t map) {
    return readDenseLabels(detail::openCifti(path), path, map).parcellation;
}

ExtractedSeries extractCiftiSeries(const fs::path& seriesPath, const fs::path& labelsPath, const ExtractionSpec& spec,
                                   const JobContext& context) {
    const detail::CiftiFile file = detail::openCifti(seriesPath);
    if (file.header.kind() != "dtseries")
        throw Error(ErrorKind::BadInput, seriesPath.string() + " is a " + file.header.kind() +
                                             " file where a dense series (.dtseries.nii) is needed");
    const detail::CiftiFile labelFile = detail::openCifti(labelsPath);
    const DenseLabels labels = readDenseLabels(labelFile, labelsPath, 0);
    const std::size_t regions = labels.parcellation.regions.size(), volumes = file.header.along.size;
    if (regions == 0) throw Error(ErrorKind::BadInput, labelsPath.string() + " names no region");

    ExtractedSeries result;
    result.notices = file.header.notices;
    const auto regionOf = matchBrainordinates(file.header.down, labelFile.header.down, labels, result.coverage);
    std::vector<double> sums;
    std::vector<std::uint32_t> counts;
    std::size_t leftOut = 0;
    detail::forEachCiftiRow(file, context, [&](std::size_t row, std::span<const double> values) {
        if (row == 0) {
            sums.assign(regions * volumes, 0.0);
            counts.assign(regions * volumes, 0);
        }
        if (regionOf[row] < 0) return;
        const std::size_t start = static_cast<std::size_t>(regionOf[row]) * volumes;
        for (std::size_t t = 0; t < volumes; ++t) {
            if (!std::isfinite(values[t])) {
                ++leftOut;
                continue;
            }
            sums[start + t] += values[t];
            ++counts[start + t];
        }
    });
    result.series.regions = labels.parcellation.names();
    result.series.repetitionTime = file.header.along.step;
    result.series.values.resize(volumes * regions);
    for (std::size_t r = 0; r < regions; ++r)
        for (std::size_t t = 0; t < volumes; ++t) {
            const std::size_t at = r * volumes + t;
            result.series.at(t, r) = counts[at] == 0 ? std::numeric_limits<double>::quiet_NaN() : sums[at] / counts[at];
        }
    detail::finishSeries(result, spec, leftOut);
    return result;
}

}  // namespace chronnect
