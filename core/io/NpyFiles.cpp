#include "core/io/SeriesFiles.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/Bytes.h"
#include "core/io/SeriesSources.h"
#include "core/io/Text.h"

#include <cmath>
#include <functional>
#include <limits>
#include <optional>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view magic{"\x93NUMPY", 6};
constexpr std::size_t byteLimit = std::size_t{4} << 30;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::BadInput, "The .npy array is not valid: " + why);
}

/// What stands in the header dictionary.
struct NpyHeader {
    std::string type;  ///< "<f4"
    bool fortranOrder = false;
    std::vector<std::size_t> shape;
    std::size_t dataStart = 0;
};

/// The text behind `'key':` in the Python dictionary of the header.
std::string_view entry(std::string_view header, std::string_view key) {
    for (const char quote : {'\'', '"'}) {
        const std::string quoted = quote + std::string(key) + quote;
        const auto at = header.find(quoted);
        if (at == std::string_view::npos) continue;
        const auto rest = text::trimmed(header.substr(at + quoted.size()));
        if (rest.starts_with(':')) return text::trimmed(rest.substr(1));
    }
    refuse("its header has no entry '" + std::string(key) + "'");
}

std::vector<std::size_t> shapeOf(std::string_view value) {
    const auto close = value.find(')');
    if (!value.starts_with('(') || close == std::string_view::npos) refuse("its shape is not a tuple");
    std::vector<std::size_t> shape;
    for (auto cell : text::cells(value.substr(1, close - 1), ',')) {
        if (cell.empty()) continue;
        if (cell.ends_with('L')) cell.remove_suffix(1);  // long integers of Python 2
        const auto size = text::number(cell);
        if (!size || *size < 0 || std::floor(*size) != *size || *size > 9e15)
            refuse("its shape is not a list of sizes");
        shape.push_back(static_cast<std::size_t>(*size));
        if (shape.size() > 32) refuse("it has more than 32 dimensions");
    }
    return shape;
}

NpyHeader headerOf(std::string_view bytes) {
    if (!bytes.starts_with(magic) || bytes.size() < 10) refuse("it does not start with NumPy's signature");
    const int version = static_cast<unsigned char>(bytes[6]);
    if (version < 1 || version > 3) refuse("format version " + std::to_string(version) + " is unknown");
    const std::size_t start = version == 1 ? 10 : 12;
    if (bytes.size() < start) refuse("it is cut off inside the header");
    const std::size_t length =
        version == 1 ? bytes::read<std::uint16_t>(bytes, 8) : bytes::read<std::uint32_t>(bytes, 8);
    if (length > bytes.size() - start) refuse("it is cut off inside the header");
    const std::string_view dictionary = bytes.substr(start, length);
    NpyHeader header;
    const auto type = entry(dictionary, "descr");
    if (type.size() < 2 || (type.front() != '\'' && type.front() != '"'))
        throw Error(ErrorKind::Unsupported, "The .npy array holds records; save one plain numeric array");
    header.type = std::string(type.substr(1, type.find(type.front(), 1) - 1));
    header.fortranOrder = entry(dictionary, "fortran_order").starts_with("True");
    header.shape = shapeOf(entry(dictionary, "shape"));
    header.dataStart = start + length;
    return header;
}

double halfToDouble(std::uint16_t half) {
    const int exponent = (half >> 10) & 0x1F;
    const double mantissa = half & 0x3FF;
    double value = exponent == 0    ? std::ldexp(mantissa, -24)
                   : exponent == 31 ? (mantissa == 0 ? std::numeric_limits<double>::infinity()
                                                     : std::numeric_limits<double>::quiet_NaN())
                                    : std::ldexp(mantissa + 1024, exponent - 25);
    return half & 0x8000 ? -value : value;
}

/// How one element becomes a double.
struct ElementReader {
    std::size_t size;
    double (*read)(std::string_view bytes, std::size_t at, bool bigEndian);
};

template <class T>
ElementReader plainReader() {
    return {sizeof(T), [](std::string_view bytes, std::size_t at, bool big) {
                return static_cast<double>(bytes::read<T>(bytes, at, big));
            }};
}

ElementReader readerOf(std::string_view type) {
    const std::string_view code =
        !type.empty() && std::string_view("<>|=").find(type.front()) != std::string_view::npos ? type.substr(1) : type;
    if (code == "f4") return plainReader<float>();
    if (code == "f8") return plainReader<double>();
    if (code == "i1") return plainReader<std::int8_t>();
    if (code == "i2") return plainReader<std::int16_t>();
    if (code == "i4") return plainReader<std::int32_t>();
    if (code == "i8") return plainReader<std::int64_t>();
    if (code == "u1" || code == "b1" || code == "?") return plainReader<std::uint8_t>();
    if (code == "u2") return plainReader<std::uint16_t>();
    if (code == "u4") return plainReader<std::uint32_t>();
    if (code == "u8") return plainReader<std::uint64_t>();
    if (code == "f2")
        return {2, [](std::string_view bytes, std::size_t at, bool big) {
                    return halfToDouble(bytes::read<std::uint16_t>(bytes, at, big));
                }};
    throw Error(ErrorKind::Unsupported, "The .npy array is of type '" + std::string(type.substr(0, 20)) +
                                            "'; save it as a real or integer array, e.g. array.astype('float32')");
}

std::size_t countOf(const std::vector<std::size_t>& shape) {
    std::size_t count = 1;
    for (const std::size_t size : shape) {
        if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size)
            refuse("its shape is larger than memory");
        count *= size;
    }
    return count;
}

/// Position in the file of element `index` of the C-ordered result.
std::size_t fortranPosition(std::size_t index, const std::vector<std::size_t>& shape) {
    std::size_t position = 0;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        std::size_t stride = 1;
        for (std::size_t before = 0; before < axis; ++before) stride *= shape[before];
        position += index % shape[axis] * stride;
        index /= shape[axis];
    }
    return position;
}

std::string npyHeader(std::string_view type, std::span<const std::size_t> shape) {
    std::string dictionary = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (";
    for (const std::size_t size : shape) dictionary += std::to_string(size) + ", ";
    if (shape.size() > 1) dictionary.resize(dictionary.size() - 2);
    dictionary += "), }";
    while ((magic.size() + 4 + dictionary.size() + 1) % 64) dictionary += ' ';
    dictionary += '\n';
    std::string out(magic);
    out += '\x01';
    out += '\0';
    bytes::append(out, static_cast<std::uint16_t>(dictionary.size()));
    return out + dictionary;
}

template <class T>
std::string npyBytes(std::string_view type, std::span<const std::size_t> shape, std::span<const T> values) {
    if (countOf({shape.begin(), shape.end()}) != values.size())
        throw Error(ErrorKind::Internal, "The shape of the array to write does not match its values");
    std::string out = npyHeader(type, shape);
    out.reserve(out.size() + values.size() * sizeof(T));
    for (const T value : values) bytes::append(out, value);
    return out;
}

}  // namespace

Array parseNpy(std::string_view content) {
    NpyHeader header = headerOf(content);
    const ElementReader element = readerOf(header.type);
    const std::size_t count = countOf(header.shape), held = (content.size() - header.dataStart) / element.size;
    if (count > held)
        refuse("its shape needs " + std::to_string(count) + " values but the file holds " + std::to_string(held));
    const bool bigEndian = header.type.starts_with('>');
    Array array;
    array.values.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t position = header.fortranOrder ? fortranPosition(i, header.shape) : i;
        array.values[i] = element.read(content, header.dataStart + position * element.size, bigEndian);
    }
    array.shape = std::move(header.shape);
    return array;
}

std::vector<std::size_t> npyShape(std::string_view content) {
    NpyHeader header = headerOf(content);
    readerOf(header.type);
    return std::move(header.shape);
}

Array readNpy(const fs::path& path) {
    try {
        return parseNpy(readFile(path, byteLimit));
    } catch (const Error& error) {
        throw Error("Cannot read " + path.string(), error);
    }
}

void writeNpy(const fs::path& path, std::span<const std::size_t> shape, std::span<const float> values) {
    writeFileAtomically(path, npyBytes<float>("<f4", shape, values));
}

void writeNpy(const fs::path& path, std::span<const std::size_t> shape, std::span<const double> values) {
    writeFileAtomically(path, npyBytes<double>("<f8", shape, values));
}

std::string npyBytesOf(const NamedArray& array) { return npyBytes<float>("<f4", array.shape, std::span(array.values)); }

}  // namespace chronnect
