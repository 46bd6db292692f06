#include "core/imaging/Gifti.h"

#include "core/base/Error.h"
#include "core/imaging/detail/ByteSource.h"
#include "core/imaging/detail/GiftiXml.h"
#include "core/imaging/detail/SeriesNotices.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// A surface of 164,000 vertices with an hour of series stays below this.
constexpr std::size_t largestText = std::size_t{4} << 30;

std::string readText(const fs::path& path) {
    const auto source = detail::openBytes(path);
    std::string text;
    std::size_t got = 1;
    while (got > 0) {
        const std::size_t before = text.size();
        if (before >= largestText) throw Error(ErrorKind::Unsupported, path.string() + " is larger than 4 GB");
        text.resize(before + (std::size_t{1} << 20));
        got = source->read(std::as_writable_bytes(std::span(text)).subspan(before));
        text.resize(before + got);
    }
    return text;
}

const GiftiArray* arrayOf(const GiftiFile& file, std::string_view intent) {
    const auto found = std::find_if(file.arrays.begin(), file.arrays.end(), [&](const GiftiArray& a) { return a.intent == intent; });
    return found == file.arrays.end() ? nullptr : &*found;
}

bool isUnlabelled(const GiftiLabel& label) {
    std::string name = label.name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name == "???" || name == "unknown" || name.find("medial wall") != std::string::npos || name.find("medial_wall") != std::string::npos;
}

/// One column per volume: each array is a volume, or one array has a column per volume.
std::vector<std::span<const double>> volumesOf(const GiftiFile& file, std::vector<std::vector<double>>& columns) {
    std::vector<std::span<const double>> volumes;
    for (const GiftiArray& array : file.arrays) {
        if (array.shape.size() == 2 && array.shape[1] > 1) {
            for (std::size_t t = 0; t < array.shape[1]; ++t) {
                auto& column = columns.emplace_back();
                for (std::size_t v = 0; v < array.shape[0]; ++v) column.push_back(array.values[v * array.shape[1] + t]);
            }
        } else {
            volumes.emplace_back(array.values);
        }
    }
    for (const auto& column : columns) volumes.emplace_back(column);
    return volumes;
}

}  // namespace

std::string GiftiFile::kind() const {
    if (arrayOf(*this, "POINTSET") && arrayOf(*this, "TRIANGLE")) return "GIFTI surface";
    if (arrayOf(*this, "LABEL")) return "GIFTI labels";
    if (arrayOf(*this, "TIME_SERIES")) return "GIFTI series";
    return "GIFTI data";
}

GiftiFile readGifti(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    return detail::parseGifti(readText(path), path.string(), folder);
}

SurfaceMesh readSurface(const fs::path& path) {
    const GiftiFile file = readGifti(path);
    const GiftiArray* points = arrayOf(file, "POINTSET");
    const GiftiArray* triangles = arrayOf(file, "TRIANGLE");
    if (!points || !triangles) throw Error(ErrorKind::BadInput, path.string() + " holds no surface (points and triangles)");
    if (points->values.size() != points->rows() * 3 || triangles->values.size() % 3 != 0)
        throw Error(ErrorKind::BadInput, path.string() + " is damaged: points or triangles do not come in threes");
    SurfaceMesh mesh;
    mesh.hemisphere = file.hemisphere;
    for (std::size_t i = 0; i + 2 < points->values.size(); i += 3)
        mesh.points.push_back({static_cast<float>(points->values[i]), static_cast<float>(points->values[i + 1]),
                               static_cast<float>(points->values[i + 2])});
    for (std::size_t i = 0; i + 2 < triangles->values.size(); i += 3) {
        std::array<std::int32_t, 3> triangle{};
        for (std::size_t corner = 0; corner < 3; ++corner) {
            const double index = triangles->values[i + corner];
            if (!(index >= 0 && index < static_cast<double>(mesh.points.size())))
                throw Error(ErrorKind::BadInput, path.string() + " is damaged: a triangle names a point that is not there");
            triangle[corner] = static_cast<std::int32_t>(index);
        }
        mesh.triangles.push_back(triangle);
    }
    return mesh;
}

ExtractedSeries extractGiftiSeries(const fs::path& seriesPath, const fs::path& labelsPath, const ExtractionSpec& spec) {
    const GiftiFile file = readGifti(seriesPath), labelFile = readGifti(labelsPath);
    const GiftiArray* keys = arrayOf(labelFile, "LABEL");
    if (!keys) throw Error(ErrorKind::BadInput, labelsPath.string() + " holds no labels");
    std::vector<std::vector<double>> columns;
    const auto volumes = volumesOf(file, columns);
    ExtractedSeries result;
    result.notices = file.notices;
    std::map<int, std::size_t> regionOf;
    for (const GiftiLabel& label : labelFile.labels)
        if (!isUnlabelled(label) && label.key != 0) regionOf.emplace(label.key, 0);
    for (auto& [key, region] : regionOf) {
        region = result.series.regions.size();
        const auto label = std::find_if(labelFile.labels.begin(), labelFile.labels.end(), [k = key](const GiftiLabel& l) { return l.key == k; });
        result.series.regions.push_back(label->name);
    }
    const std::size_t regions = regionOf.size();
    if (regions == 0) throw Error(ErrorKind::BadInput, labelsPath.string() + " names no region");
    std::vector<std::int32_t> regionOfVertex(keys->values.size(), -1);
    result.coverage.usedVoxels.assign(regions, 0);
    for (std::size_t v = 0; v < keys->values.size(); ++v)
        if (const auto found = regionOf.find(static_cast<int>(keys->values[v])); found != regionOf.end()) {
            regionOfVertex[v] = static_cast<std::int32_t>(found->second);
            ++result.coverage.usedVoxels[found->second];
        }
    std::size_t leftOut = 0;
    for (const auto& volume : volumes) {
        if (volume.size() != regionOfVertex.size())
            throw Error(ErrorKind::BadInput, "The labels are for a surface of " + std::to_string(regionOfVertex.size()) +
                                                 " vertices and the series for one of " + std::to_string(volume.size()) +
                                                 "; take labels of the same mesh");
        std::vector<double> sums(regions, 0.0);
        std::vector<std::size_t> counts(regions, 0);
        for (std::size_t v = 0; v < volume.size(); ++v) {
            if (regionOfVertex[v] < 0) continue;
            if (!std::isfinite(volume[v])) {
                ++leftOut;
                continue;
            }
            sums[static_cast<std::size_t>(regionOfVertex[v])] += volume[v];
            ++counts[static_cast<std::size_t>(regionOfVertex[v])];
        }
        for (std::size_t r = 0; r < regions; ++r)
            result.series.values.push_back(counts[r] == 0 ? std::numeric_limits<double>::quiet_NaN() : sums[r] / static_cast<double>(counts[r]));
    }
    result.series.repetitionTime = file.timeStep;
    if (file.timeStep == 0.0)
        result.notices.push_back({Severity::Question, "The file does not state its repetition time; give the repetition time in seconds"});
    result.coverage.atlasVoxels = result.coverage.gridVoxels = result.coverage.usedVoxels;
    for (const std::size_t used : result.coverage.usedVoxels) result.coverage.coverage.push_back(used > 0 ? 1.0 : 0.0);
    detail::finishSeries(result, spec, leftOut);
    return result;
}

}  // namespace chronnect
