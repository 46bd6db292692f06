#include "core/imaging/detail/CiftiXml.h"

#include "core/base/Error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <pugixml.hpp>

namespace chronnect::detail {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw Error(ErrorKind::BadInput, what + " has a CIFTI description that does not hold together: " + why);
}

std::string structureOf(const pugi::xml_node& node) {
    std::string name = node.attribute("BrainStructure").as_string();
    constexpr std::string_view prefix = "CIFTI_STRUCTURE_";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::vector<std::array<std::int32_t, 3>> voxelsOf(const char* text, const std::string& what) {
    const auto numbers = parseIndices(text, what);
    if (numbers.size() % 3 != 0) refuse(what, "a list of voxels is not a list of triples");
    std::vector<std::array<std::int32_t, 3>> voxels;
    for (std::size_t i = 0; i < numbers.size(); i += 3)
        voxels.push_back({static_cast<std::int32_t>(numbers[i]), static_cast<std::int32_t>(numbers[i + 1]),
                          static_cast<std::int32_t>(numbers[i + 2])});
    return voxels;
}

void readSeriesAxis(const pugi::xml_node& map, CiftiAxis& axis) {
    axis.kind = CiftiAxis::Kind::Series;
    axis.size = static_cast<std::size_t>(map.attribute("NumberOfSeriesPoints").as_ullong());
    if (std::string_view(map.attribute("SeriesUnit").as_string()) != "SECOND") return;
    const double step =
        map.attribute("SeriesStep").as_double() * std::pow(10.0, map.attribute("SeriesExponent").as_int());
    axis.step = std::isfinite(step) && step >= 0.05 && step <= 30.0 ? step : 0.0;
}

void readBrainModels(const pugi::xml_node& map, CiftiAxis& axis, const std::string& what) {
    axis.kind = CiftiAxis::Kind::BrainModels;
    for (const pugi::xml_node& model : map.children("BrainModel")) {
        CiftiBlock block;
        block.structure = structureOf(model);
        block.surface = std::string_view(model.attribute("ModelType").as_string()) == "CIFTI_MODEL_TYPE_SURFACE";
        block.first = static_cast<std::size_t>(model.attribute("IndexOffset").as_ullong());
        block.surfaceVertices = static_cast<std::size_t>(model.attribute("SurfaceNumberOfVertices").as_ullong());
        if (block.surface)
            block.vertices = parseIndices(model.child_value("VertexIndices"), what);
        else
            block.voxels = voxelsOf(model.child_value("VoxelIndicesIJK"), what);
        if (block.count() != model.attribute("IndexCount").as_ullong() || block.first != axis.size)
            refuse(what, "the brain model " + block.structure + " does not list as many places as it states");
        axis.size += block.count();
        axis.blocks.push_back(std::move(block));
    }
}

void readParcels(const pugi::xml_node& map, CiftiAxis& axis) {
    axis.kind = CiftiAxis::Kind::Parcels;
    for (const pugi::xml_node& parcel : map.children("Parcel"))
        axis.names.emplace_back(parcel.attribute("Name").as_string());
    axis.size = axis.names.size();
}

std::uint8_t colourOf(const pugi::xml_attribute& attribute) {
    const double value = attribute.as_double();
    return static_cast<std::uint8_t>(std::isfinite(value) ? std::lround(255.0 * std::clamp(value, 0.0, 1.0)) : 0);
}

void readMaps(const pugi::xml_node& map, CiftiAxis& axis, bool labels) {
    axis.kind = labels ? CiftiAxis::Kind::Labels : CiftiAxis::Kind::Scalars;
    for (const pugi::xml_node& named : map.children("NamedMap")) {
        axis.names.emplace_back(named.child_value("MapName"));
        if (!labels) continue;
        auto& table = axis.tables.emplace_back();
        for (const pugi::xml_node& label : named.child("LabelTable").children("Label"))
            table.push_back({label.attribute("Key").as_int(),
                             label.child_value(),
                             {colourOf(label.attribute("Red")), colourOf(label.attribute("Green")),
                              colourOf(label.attribute("Blue"))}});
    }
    axis.size = axis.names.size();
}

void readVolume(const pugi::xml_node& volume, CiftiAxis& axis) {
    const char* text = volume.attribute("VolumeDimensions").as_string();
    unsigned long size[3] = {};
    if (std::sscanf(text, "%lu,%lu,%lu", &size[0], &size[1], &size[2]) != 3) return;
    const pugi::xml_node transform = volume.child("TransformationMatrixVoxelIndicesIJKtoXYZ");
    const double unit = 1000.0 * std::pow(10.0, transform.attribute("MeterExponent").as_int(-3));
    const char* at = transform.child_value();
    for (double& value : axis.grid.affine) {
        char* end = nullptr;
        value = std::strtod(at, &end) * unit;
        if (end == at) return;
        at = end;
    }
    axis.grid.size = {size[0], size[1], size[2]};
}

CiftiAxis readAxis(const pugi::xml_node& map, const std::string& what) {
    CiftiAxis axis;
    const std::string_view type = map.attribute("IndicesMapToDataType").as_string();
    if (type == "CIFTI_INDEX_TYPE_SERIES")
        readSeriesAxis(map, axis);
    else if (type == "CIFTI_INDEX_TYPE_BRAIN_MODELS")
        readBrainModels(map, axis, what);
    else if (type == "CIFTI_INDEX_TYPE_PARCELS")
        readParcels(map, axis);
    else if (type == "CIFTI_INDEX_TYPE_LABELS")
        readMaps(map, axis, true);
    else if (type == "CIFTI_INDEX_TYPE_SCALARS")
        readMaps(map, axis, false);
    else
        refuse(what, "an axis has a type that CIFTI-2 does not define");
    readVolume(map.child("Volume"), axis);
    return axis;
}

/// "0", "1" or, for a square matrix whose sides are the same, "0,1".
bool appliesTo(const pugi::xml_node& map, int side) {
    const std::string_view text = map.attribute("AppliesToMatrixDimension").as_string();
    return text.find(static_cast<char>('0' + side)) != std::string_view::npos;
}

}  // namespace

std::vector<std::uint32_t> parseIndices(std::string_view text, const std::string& what) {
    std::vector<std::uint32_t> numbers;
    const char* at = text.data();
    const char* end = at + text.size();
    while (true) {
        while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || *at == ',')) ++at;
        if (at == end) return numbers;
        std::uint32_t number = 0;
        const auto parsed = std::from_chars(at, end, number);
        if (parsed.ec != std::errc() || number > std::numeric_limits<std::int32_t>::max())
            refuse(what, "a list of indices holds something else");
        numbers.push_back(number);
        at = parsed.ptr;
    }
}

std::array<CiftiAxis, 2> parseCiftiXml(std::string_view xml, const std::array<std::size_t, 2>& size,
                                       const std::string& what) {
    pugi::xml_document document;
    const auto result = document.load_buffer(xml.data(), xml.size());
    if (!result) refuse(what, std::string("its XML is damaged (") + result.description() + ")");
    const pugi::xml_node cifti = document.child("CIFTI");
    const std::string_view version = cifti.attribute("Version").as_string();
    if (version == "1" || version == "1.0")
        throw Error(ErrorKind::Unsupported,
                    what + " is a CIFTI-1 file; convert it with wb_command -file-convert -cifti-version-convert");
    std::array<CiftiAxis, 2> axes;
    for (int side = 0; side < 2; ++side) {
        bool found = false;
        for (const pugi::xml_node& map : cifti.child("Matrix").children("MatrixIndicesMap")) {
            if (found || !appliesTo(map, side)) continue;
            axes[static_cast<std::size_t>(side)] = readAxis(map, what);
            found = true;
        }
        if (!found) refuse(what, "one side of the matrix is not described");
        if (axes[static_cast<std::size_t>(side)].size != size[static_cast<std::size_t>(side)])
            refuse(what, "it describes " + std::to_string(axes[static_cast<std::size_t>(side)].size) +
                             " entries where the matrix has " + std::to_string(size[static_cast<std::size_t>(side)]));
    }
    return axes;
}

}  // namespace chronnect::detail
