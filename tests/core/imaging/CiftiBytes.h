#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace chronnect::test {

template <class T>
void put(std::string& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// A CIFTI-2 file by hand: `along` x `down` float32, `along` fastest.
inline std::string ciftiBytes(std::int64_t along, std::int64_t down, std::int32_t intent, const std::string& maps,
                              const std::vector<float>& values) {
    std::string xml = "<?xml version=\"1.0\"?><CIFTI Version=\"2\"><Matrix>" + maps + "</Matrix></CIFTI>";
    xml.resize((xml.size() + 8 + 15) / 16 * 16 - 8, '\0');
    std::string bytes(544, '\0');
    put<std::int32_t>(bytes, 0, 540);
    std::memcpy(bytes.data() + 4, "n+2\0\r\n\032\n", 8);
    put<std::int16_t>(bytes, 12, 16);
    put<std::int16_t>(bytes, 14, 32);
    const std::int64_t dimension[8] = {6, 1, 1, 1, 1, along, down, 1};
    for (std::size_t i = 0; i < 8; ++i) put(bytes, 16 + 8 * i, dimension[i]);
    put<std::int64_t>(bytes, 168, static_cast<std::int64_t>(552 + xml.size()));
    put<std::int32_t>(bytes, 504, intent);
    bytes[540] = 1;
    std::string extension(8, '\0');
    put(extension, 0, static_cast<std::int32_t>(8 + xml.size()));
    put<std::int32_t>(extension, 4, 32);
    bytes += extension + xml;
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    return bytes;
}

inline std::string seriesMap(int side, std::size_t points, const std::string& step = "0.72") {
    return "<MatrixIndicesMap AppliesToMatrixDimension=\"" + std::to_string(side) +
           "\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_SERIES\" NumberOfSeriesPoints=\"" + std::to_string(points) +
           "\" SeriesExponent=\"0\" SeriesStart=\"0\" SeriesStep=\"" + step + "\" SeriesUnit=\"SECOND\"/>";
}

inline std::string parcelMap(const std::string& sides, const std::vector<std::string>& names) {
    std::string text = "<MatrixIndicesMap AppliesToMatrixDimension=\"" + sides +
                       "\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_PARCELS\">";
    for (const auto& name : names) text += "<Parcel Name=\"" + name + "\"/>";
    return text + "</MatrixIndicesMap>";
}

/// A left cortex of 10 vertices with those given, and two voxels of the thalamus.
inline std::string modelMap(const std::string& vertices, std::size_t count, std::size_t surface = 10) {
    return "<MatrixIndicesMap AppliesToMatrixDimension=\"1\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_BRAIN_MODELS\">"
           "<BrainModel IndexOffset=\"0\" IndexCount=\"" +
           std::to_string(count) +
           "\" ModelType=\"CIFTI_MODEL_TYPE_SURFACE\" BrainStructure=\"CIFTI_STRUCTURE_CORTEX_LEFT\" SurfaceNumberOfVertices=\"" +
           std::to_string(surface) + "\"><VertexIndices>" + vertices +
           "</VertexIndices></BrainModel><BrainModel IndexOffset=\"" + std::to_string(count) +
           "\" IndexCount=\"2\" ModelType=\"CIFTI_MODEL_TYPE_VOXELS\" "
           "BrainStructure=\"CIFTI_STRUCTURE_THALAMUS_RIGHT\"><VoxelIndicesIJK>1 2 3\n4 5 6</VoxelIndicesIJK></BrainModel></MatrixIndicesMap>";
}

/// Keys 7 Front, 3 Thalamus and 9 Absent.
inline const std::string labelMap =
    "<MatrixIndicesMap AppliesToMatrixDimension=\"0\" IndicesMapToDataType=\"CIFTI_INDEX_TYPE_LABELS\"><NamedMap>"
    "<MapName>Toy</MapName><LabelTable><Label Key=\"0\" Red=\"0\" Green=\"0\" Blue=\"0\" Alpha=\"0\">?\?\?</Label>"
    "<Label Key=\"7\" Red=\"1\" Green=\"0.5\" Blue=\"0\" Alpha=\"1\">Front</Label>"
    "<Label Key=\"3\" Red=\"0\" Green=\"0\" Blue=\"1\" Alpha=\"1\">Thalamus</Label>"
    "<Label Key=\"9\" Red=\"0\" Green=\"0\" Blue=\"1\" Alpha=\"1\">Absent</Label></LabelTable></NamedMap></MatrixIndicesMap>";

}  // namespace chronnect::test
