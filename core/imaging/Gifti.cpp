#include "core/imaging/Gifti.h"

#include "core/base/Error.h"
#include "core/imaging/detail/ByteSource.h"
#include "core/imaging/detail/GiftiXml.h"

#include <algorithm>
#include <cmath>

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
    const auto found =
        std::find_if(file.arrays.begin(), file.arrays.end(), [&](const GiftiArray& a) { return a.intent == intent; });
    return found == file.arrays.end() ? nullptr : &*found;
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
    if (!points || !triangles)
        throw Error(ErrorKind::BadInput, path.string() + " holds no surface (points and triangles)");
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
                throw Error(ErrorKind::BadInput,
                            path.string() + " is damaged: a triangle names a point that is not there");
            triangle[corner] = static_cast<std::int32_t>(index);
        }
        mesh.triangles.push_back(triangle);
    }
    return mesh;
}

}  // namespace chronnect
