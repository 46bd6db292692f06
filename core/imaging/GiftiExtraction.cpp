#include "core/base/Error.h"
#include "core/imaging/Gifti.h"
#include "core/imaging/detail/SeriesNotices.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// How file names tell the sides apart, left first.
constexpr std::array<std::array<std::string_view, 2>, 6> sidesInNames{
    {{"hemi-L", "hemi-R"}, {".L.", ".R."}, {"lh.", "rh."}, {"lh_", "rh_"}, {"_left", "_right"}, {"-left", "-right"}}};

bool isUnlabelled(const GiftiLabel& label) {
    std::string name = label.name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name == "???" || name == "unknown" || name.find("medial wall") != std::string::npos ||
           name.find("medial_wall") != std::string::npos;
}

/// The labels of one side of the brain.
struct SideLabels {
    fs::path path;
    Hemisphere side = Hemisphere::Unknown;
    std::vector<GiftiLabel> labels;           ///< those that are regions, by key
    std::vector<std::int32_t> labelOfVertex;  ///< position in `labels`, or -1
};

SideLabels readSideLabels(const fs::path& path, Hemisphere side) {
    const GiftiFile file = readGifti(path);
    const auto keys =
        std::find_if(file.arrays.begin(), file.arrays.end(), [](const GiftiArray& a) { return a.intent == "LABEL"; });
    if (keys == file.arrays.end()) throw Error(ErrorKind::BadInput, path.string() + " holds no labels");
    SideLabels result;
    result.path = path;
    result.side = side != Hemisphere::Unknown ? side : file.hemisphere;
    std::map<int, std::int32_t> positionOf;
    for (const GiftiLabel& label : file.labels)
        if (!isUnlabelled(label) && label.key != 0 && positionOf.emplace(label.key, 0).second)
            result.labels.push_back(label);
    std::stable_sort(result.labels.begin(), result.labels.end(),
                     [](const GiftiLabel& a, const GiftiLabel& b) { return a.key < b.key; });
    for (std::size_t i = 0; i < result.labels.size(); ++i)
        positionOf[result.labels[i].key] = static_cast<std::int32_t>(i);
    for (const double key : keys->values) {
        const auto found = std::abs(key) < 2e9 ? positionOf.find(static_cast<int>(key)) : positionOf.end();
        result.labelOfVertex.push_back(found == positionOf.end() ? -1 : found->second);
    }
    if (result.labels.empty()) throw Error(ErrorKind::BadInput, path.string() + " names no region");
    return result;
}

Hemisphere sideOfName(const fs::path& path) {
    const std::string name = path.filename().string();
    for (const auto& [left, right] : sidesInNames) {
        if (name.find(left) != name.npos) return Hemisphere::Left;
        if (name.find(right) != name.npos) return Hemisphere::Right;
    }
    return Hemisphere::Unknown;
}

/// The labels of both sides, left first, where the two files lie beside each other.
std::vector<SideLabels> readLabels(const fs::path& path) {
    std::vector<SideLabels> sides{readSideLabels(path, sideOfName(path))};
    if (const fs::path other = otherHemisphere(path); !other.empty())
        sides.push_back(readSideLabels(other, sideOfName(other)));
    std::stable_sort(sides.begin(), sides.end(),
                     [](const SideLabels& a, const SideLabels& b) { return a.side < b.side; });
    return sides;
}

Parcellation parcellationOf(const std::vector<SideLabels>& sides, const fs::path& path) {
    Parcellation parcellation;
    parcellation.name = path.filename().string();
    parcellation.name.resize(std::min(parcellation.name.find('.'), parcellation.name.size()));
    std::map<std::string, int> uses;
    for (const SideLabels& side : sides)
        for (const GiftiLabel& label : side.labels) ++uses[label.name];
    int number = 0;
    for (const SideLabels& side : sides)
        for (const GiftiLabel& label : side.labels) {
            Region region;
            region.label = sides.size() > 1 ? ++number : label.key;
            region.name = label.name;
            if (uses[label.name] > 1 && side.side != Hemisphere::Unknown)
                region.name = (side.side == Hemisphere::Left ? "L_" : "R_") + label.name;
            region.hemisphere = side.side;
            region.colour = label.colour;
            parcellation.regions.push_back(std::move(region));
        }
    return parcellation;
}

/// One entry per volume: each array is a volume, or one array has a column per volume.
struct SurfaceSeries {
    GiftiFile file;
    std::vector<std::vector<double>> columns;

    explicit SurfaceSeries(GiftiFile from) : file(std::move(from)) {
        for (GiftiArray& array : file.arrays) {
            if (array.shape.size() == 2 && array.shape[1] > 1) {
                for (std::size_t t = 0; t < array.shape[1]; ++t) {
                    auto& column = columns.emplace_back();
                    for (std::size_t v = 0; v < array.shape[0]; ++v)
                        column.push_back(array.values[v * array.shape[1] + t]);
                }
            } else {
                columns.push_back(std::move(array.values));
            }
        }
    }
};

/// Fills the regions `first`... of the series with the means of one side; returns how many values were not numbers.
std::size_t averageSide(const SurfaceSeries& surface, const SideLabels& labels, std::size_t first,
                        ExtractedSeries& result, const JobContext& context) {
    const std::size_t regions = labels.labels.size();
    std::size_t leftOut = 0;
    for (std::size_t t = 0; t < surface.columns.size(); ++t) {
        context.throwIfCancelled();
        const auto& volume = surface.columns[t];
        if (volume.size() != labels.labelOfVertex.size())
            throw Error(ErrorKind::BadInput, "The labels are for a surface of " +
                                                 std::to_string(labels.labelOfVertex.size()) +
                                                 " vertices and the series for one of " +
                                                 std::to_string(volume.size()) + "; take labels of the same mesh");
        std::vector<double> sums(regions, 0.0);
        std::vector<std::size_t> counts(regions, 0);
        for (std::size_t v = 0; v < volume.size(); ++v) {
            if (labels.labelOfVertex[v] < 0) continue;
            const auto region = static_cast<std::size_t>(labels.labelOfVertex[v]);
            leftOut += !std::isfinite(volume[v]);
            if (!std::isfinite(volume[v])) continue;
            sums[region] += volume[v];
            ++counts[region];
        }
        for (std::size_t r = 0; r < regions; ++r)
            if (counts[r] > 0) result.series.at(t, first + r) = sums[r] / static_cast<double>(counts[r]);
    }
    return leftOut;
}

/// The series that belongs to one side of the labels: the file named, or its partner.
fs::path seriesOfSide(const fs::path& series, const SideLabels& side, std::size_t sides) {
    if (sides == 1 || side.side == Hemisphere::Unknown || sideOfName(series) == Hemisphere::Unknown) return series;
    return sideOfName(series) == side.side ? series : otherHemisphere(series);
}

void countVertices(const SideLabels& side, bool measured, RegionCoverage& coverage) {
    std::vector<std::size_t> counts(side.labels.size(), 0);
    for (const std::int32_t label : side.labelOfVertex)
        if (label >= 0) ++counts[static_cast<std::size_t>(label)];
    for (const std::size_t count : counts) {
        coverage.atlasVoxels.push_back(count);
        coverage.gridVoxels.push_back(count);
        coverage.usedVoxels.push_back(measured ? count : 0);
        coverage.coverage.push_back(measured && count > 0 ? 1.0 : 0.0);
    }
}

}  // namespace

fs::path otherHemisphere(const fs::path& path) {
    const std::string name = path.filename().string();
    for (const auto& sides : sidesInNames)
        for (std::size_t side = 0; side < 2; ++side) {
            const auto at = name.find(sides[side]);
            if (at == name.npos) continue;
            std::string other = name;
            other.replace(at, sides[side].size(), sides[1 - side]);
            std::error_code error;
            const fs::path partner = path.parent_path() / other;
            return fs::is_regular_file(partner, error) ? partner : fs::path();
        }
    return {};
}

bool isGifti(const fs::path& path) {
    std::string name = path.filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name.ends_with(".gii") || name.ends_with(".gii.gz");
}

Parcellation readGiftiParcellation(const fs::path& labels) { return parcellationOf(readLabels(labels), labels); }

ExtractedSeries extractGiftiSeries(const fs::path& seriesPath, const fs::path& labelsPath, const ExtractionSpec& spec,
                                   const JobContext& context) {
    const auto sides = readLabels(labelsPath);
    ExtractedSeries result;
    result.series.regions = parcellationOf(sides, labelsPath).names();
    std::size_t first = 0, leftOut = 0, volumes = 0;
    for (const SideLabels& side : sides) {
        const fs::path path = seriesOfSide(seriesPath, side, sides.size());
        countVertices(side, !path.empty(), result.coverage);
        if (!path.empty()) {
            const SurfaceSeries surface(readGifti(path));
            if (volumes == 0) {
                volumes = surface.columns.size();
                result.series.repetitionTime = surface.file.timeStep;
                result.series.values.assign(volumes * result.series.regions.size(),
                                            std::numeric_limits<double>::quiet_NaN());
            }
            if (surface.columns.size() != volumes)
                throw Error(ErrorKind::BadInput, "The series of the two hemispheres have " + std::to_string(volumes) +
                                                     " and " + std::to_string(surface.columns.size()) +
                                                     " volumes; they do not belong together");
            leftOut += averageSide(surface, side, first, result, context);
        }
        first += side.labels.size();
    }
    if (volumes == 0)
        throw Error(ErrorKind::BadInput, seriesPath.string() + " is of another hemisphere than its labels");
    if (result.series.repetitionTime == 0.0)
        result.notices.push_back(
            {Severity::Question, "The file does not state its repetition time; give the repetition time in seconds"});
    detail::finishSeries(result, spec, leftOut);
    return result;
}

}  // namespace chronnect
