#include "core/imaging/detail/GiftiXml.h"

#include "core/base/Error.h"
#include "core/imaging/detail/ByteSource.h"
#include "core/imaging/detail/NiftiFile.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <pugixml.hpp>
#include <zlib.h>

namespace chronnect::detail {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw Error(ErrorKind::BadInput, what + " is not a usable GIFTI file: " + why);
}

std::string_view withoutPrefix(std::string_view text, std::string_view prefix) {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

struct Layout {
    std::vector<std::size_t> shape;
    std::size_t count = 0;
    VoxelType type = VoxelType::Float32;
    std::size_t bytes = 4;
    bool swapped = false;
    bool columnMajor = false;
};

Layout layoutOf(const pugi::xml_node& node, const std::string& what) {
    Layout layout;
    const int axes = node.attribute("Dimensionality").as_int();
    if (axes < 1 || axes > 2) refuse(what, "an array has " + std::to_string(axes) + " axes, where 1 or 2 are known");
    layout.count = 1;
    for (int axis = 0; axis < axes; ++axis) {
        const auto length = node.attribute(("Dim" + std::to_string(axis)).c_str()).as_ullong();
        if (length > std::numeric_limits<std::uint32_t>::max()) refuse(what, "an array states an impossible length");
        layout.shape.push_back(static_cast<std::size_t>(length));
        layout.count *= static_cast<std::size_t>(length);
    }
    const std::string_view type = withoutPrefix(node.attribute("DataType").as_string(), "NIFTI_TYPE_");
    if (type == "UINT8")
        layout.type = VoxelType::UInt8, layout.bytes = 1;
    else if (type == "INT32")
        layout.type = VoxelType::Int32;
    else if (type == "FLOAT32")
        layout.type = VoxelType::Float32;
    else if (type == "FLOAT64")
        layout.type = VoxelType::Float64, layout.bytes = 8;
    else if (type == "UINT32")
        layout.type = VoxelType::UInt32;
    else if (type == "INT16")
        layout.type = VoxelType::Int16, layout.bytes = 2;
    else
        refuse(what, "an array has a data type that GIFTI does not know");
    if (layout.count > std::numeric_limits<std::uint32_t>::max()) refuse(what, "an array states an impossible size");
    // Some writers use the names of the library's constants instead of the words of the standard.
    const std::string_view endian = node.attribute("Endian").as_string("LittleEndian");
    const bool little = endian == "LittleEndian" || endian == "GIFTI_ENDIAN_LITTLE";
    layout.swapped = little != (std::endian::native == std::endian::little);
    layout.columnMajor = std::string_view(node.attribute("ArrayIndexingOrder").as_string()) == "ColumnMajorOrder";
    return layout;
}

std::vector<double> asciiValues(const char* text, const Layout& layout, const std::string& what) {
    std::vector<double> values;
    while (values.size() < layout.count) {
        char* end = nullptr;
        const double value = std::strtod(text, &end);
        if (end == text) refuse(what, "an array holds fewer numbers than it states");
        values.push_back(value);
        text = end;
    }
    return values;
}

/// GIFTI names a file of its own folder; a path to elsewhere is not followed.
std::vector<std::byte> externalBytes(const pugi::xml_node& node, const Layout& layout, const std::string& what,
                                     const std::filesystem::path& folder) {
    const std::string name = node.attribute("ExternalFileName").as_string();
    const std::filesystem::path file(name);
    if (folder.empty() || name.empty() || file != file.filename() || name == "." || name == "..")
        refuse(what, "it keeps data in a file that is not in its own folder");
    const std::uint64_t offset = node.attribute("ExternalFileOffset").as_ullong();
    std::error_code error;
    const auto size = std::filesystem::file_size(folder / file, error);
    if (error || size < offset || size - offset < layout.count * layout.bytes)
        refuse(what, "the data file " + name + " is missing or too short");
    const auto source = openBytes(folder / file);
    std::vector<std::byte> bytes(layout.count * layout.bytes);
    if (source->skip(offset) < offset || source->read(bytes) < bytes.size())
        refuse(what, "the data file " + name + " is too short");
    return bytes;
}

std::vector<double> numbersOf(std::vector<std::byte> bytes, const Layout& layout, const std::string& what) {
    if (bytes.size() != layout.count * layout.bytes)
        refuse(what, "an array holds another number of bytes than it states");
    if (layout.swapped) swapBytes(bytes, layout.bytes);
    std::vector<double> values;
    visitVoxels(layout.type, bytes, [&](auto raw) { values.assign(raw.begin(), raw.end()); });
    return values;
}

void transposeColumns(std::vector<double>& values, const Layout& layout) {
    if (!layout.columnMajor || layout.shape.size() != 2) return;
    const std::size_t rows = layout.shape[0], columns = layout.shape[1];
    std::vector<double> turned(values.size());
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            turned[row * columns + column] = values[column * rows + row];
    values = std::move(turned);
}

GiftiArray readArray(const pugi::xml_node& node, const std::string& what, const std::filesystem::path& folder) {
    const Layout layout = layoutOf(node, what);
    GiftiArray array;
    array.intent = withoutPrefix(node.attribute("Intent").as_string(), "NIFTI_INTENT_");
    array.shape = layout.shape;
    const std::string_view encoding = node.attribute("Encoding").as_string();
    const char* text = node.child_value("Data");
    if (encoding == "ASCII" || encoding == "GIFTI_ENCODING_ASCII")
        array.values = asciiValues(text, layout, what);
    else if (encoding == "Base64Binary" || encoding == "Base64" || encoding == "GIFTI_ENCODING_B64BIN")
        array.values = numbersOf(decodeBase64(text, what), layout, what);
    else if (encoding == "GZipBase64Binary" || encoding == "GIFTI_ENCODING_B64GZ")
        array.values =
            numbersOf(inflateExactly(decodeBase64(text, what), layout.count * layout.bytes, what), layout, what);
    else if (encoding == "ExternalFileBinary" || encoding == "GIFTI_ENCODING_EXTBIN")
        array.values = numbersOf(externalBytes(node, layout, what, folder), layout, what);
    else
        refuse(what, "an array has an encoding that GIFTI does not know");
    transposeColumns(array.values, layout);
    return array;
}

/// The value of one named entry; the others may name people and are not looked at.
std::string metaValue(const pugi::xml_node& parent, std::string_view name) {
    for (const pugi::xml_node& entry : parent.child("MetaData").children("MD"))
        if (entry.child_value("Name") == name) return entry.child_value("Value");
    return {};
}

Hemisphere hemisphereOf(const std::string& structure) {
    if (structure.find("Left") != std::string::npos) return Hemisphere::Left;
    return structure.find("Right") != std::string::npos ? Hemisphere::Right : Hemisphere::Unknown;
}

std::uint8_t colourOf(const pugi::xml_attribute& attribute) {
    const double value = attribute.as_double(0.6);
    return static_cast<std::uint8_t>(std::isfinite(value) ? std::lround(255.0 * std::clamp(value, 0.0, 1.0)) : 0);
}

void readTimeStep(const std::string& text, GiftiFile& file) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || !std::isfinite(value)) return;
    // Writers disagree on seconds and milliseconds; only one of the two can be a repetition time.
    if (value >= 0.05 && value <= 30)
        file.timeStep = value;
    else if (value >= 50 && value <= 30000)
        file.timeStep = value / 1000;
}

}  // namespace

std::vector<std::byte> decodeBase64(std::string_view text, const std::string& what) {
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int have = 0;
    for (const char c : text) {
        std::uint32_t value = 0;
        if (c >= 'A' && c <= 'Z')
            value = static_cast<std::uint32_t>(c - 'A');
        else if (c >= 'a' && c <= 'z')
            value = static_cast<std::uint32_t>(c - 'a' + 26);
        else if (c >= '0' && c <= '9')
            value = static_cast<std::uint32_t>(c - '0' + 52);
        else if (c == '+')
            value = 62;
        else if (c == '/')
            value = 63;
        else if (c == '=' || c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        else
            refuse(what, "an array's text is not Base64");
        bits = (bits << 6) | value;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        bytes.push_back(static_cast<std::byte>((bits >> have) & 0xff));
    }
    return bytes;
}

std::vector<std::byte> inflateExactly(std::span<const std::byte> packed, std::size_t size, const std::string& what) {
    // DEFLATE cannot shrink by more than 1032 to 1: a larger promise is a lie and gets no memory.
    if (size > packed.size() * 1032 || packed.size() > std::numeric_limits<uInt>::max())
        refuse(what, "an array states an impossible size");
    std::vector<std::byte> bytes(size + 1);
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 32) != Z_OK)
        throw Error(ErrorKind::OutOfMemory, "Not enough memory to read " + what);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
    const int code = inflate(&stream, Z_FINISH);
    const std::size_t produced = static_cast<std::size_t>(stream.next_out - reinterpret_cast<Bytef*>(bytes.data()));
    inflateEnd(&stream);
    if (code != Z_STREAM_END || produced != size) refuse(what, "the compressed data of an array are damaged");
    bytes.resize(size);
    return bytes;
}

GiftiFile parseGifti(std::string_view xml, const std::string& what, const std::filesystem::path& folder) {
    pugi::xml_document document;
    const auto result = document.load_buffer(xml.data(), xml.size());
    if (!result) refuse(what, std::string("its XML is damaged (") + result.description() + ")");
    const pugi::xml_node root = document.child("GIFTI");
    if (!root) refuse(what, "it does not begin like one");
    GiftiFile file;
    file.hemisphere = hemisphereOf(metaValue(root, "AnatomicalStructurePrimary"));
    readTimeStep(metaValue(root, "TimeStep"), file);
    for (const pugi::xml_node& label : root.child("LabelTable").children("Label")) {
        const pugi::xml_attribute key = label.attribute("Key") ? label.attribute("Key") : label.attribute("Index");
        file.labels.push_back({key.as_int(),
                               label.child_value(),
                               {colourOf(label.attribute("Red")), colourOf(label.attribute("Green")),
                                colourOf(label.attribute("Blue"))}});
    }
    for (const pugi::xml_node& node : root.children("DataArray")) {
        file.arrays.push_back(readArray(node, what, folder));
        if (file.hemisphere == Hemisphere::Unknown)
            file.hemisphere = hemisphereOf(metaValue(node, "AnatomicalStructurePrimary"));
        if (file.timeStep == 0.0) readTimeStep(metaValue(node, "TimeStep"), file);
    }
    if (file.arrays.empty()) refuse(what, "it holds no data");
    return file;
}

}  // namespace chronnect::detail
