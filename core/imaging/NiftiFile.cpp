#include "core/imaging/detail/NiftiFile.h"

#include "core/base/Error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace chronnect::detail {

namespace fs = std::filesystem;

namespace {

struct TypeInfo {
    int code;
    VoxelType type;
    std::size_t bytes;
    const char* name;
};
constexpr std::array<TypeInfo, 10> voxelTypes{{{2, VoxelType::UInt8, 1, "uint8"},
                                               {4, VoxelType::Int16, 2, "int16"},
                                               {8, VoxelType::Int32, 4, "int32"},
                                               {16, VoxelType::Float32, 4, "float32"},
                                               {64, VoxelType::Float64, 8, "float64"},
                                               {256, VoxelType::Int8, 1, "int8"},
                                               {512, VoxelType::UInt16, 2, "uint16"},
                                               {768, VoxelType::UInt32, 4, "uint32"},
                                               {1024, VoxelType::Int64, 8, "int64"},
                                               {1280, VoxelType::UInt64, 8, "uint64"}}};

std::string unsupportedType(int code) {
    switch (code) {
        case 1: return "single bits";
        case 32:
        case 1792:
        case 2048: return "complex numbers: save its magnitude first";
        case 128:
        case 2304: return "colours (RGB): it is a picture, not a measurement";
        case 1536: return "128-bit numbers";
        default: return "data type " + std::to_string(code) + ", which NIfTI does not define";
    }
}

/// A file name's ending in lower case, "" or ".gz" split off.
struct Ending {
    std::string stem, kind, compression;
};
Ending endingOf(const fs::path& path) {
    std::string name = path.filename().string();
    Ending result;
    const auto lower = [](std::string text) {
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
        return text;
    };
    if (name.size() > 3 && lower(name.substr(name.size() - 3)) == ".gz") {
        result.compression = name.substr(name.size() - 3);
        name.resize(name.size() - 3);
    }
    const auto dot = name.rfind('.');
    result.stem = name.substr(0, dot);
    if (dot != std::string::npos) result.kind = lower(name.substr(dot));
    return result;
}

/// The other file of a .hdr/.img pair: the same name, in either case and with or without .gz.
fs::path partnerOf(const fs::path& path, const std::string& kind) {
    const Ending ending = endingOf(path);
    std::string upper = kind;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    std::vector<std::string> endings{kind + ending.compression, kind, kind + ".gz", upper, upper + ".gz"};
    for (const std::string& candidate : endings) {
        const fs::path partner = path.parent_path() / (ending.stem + candidate);
        std::error_code ignored;
        if (fs::exists(partner, ignored)) return partner;
    }
    throw Error(ErrorKind::FileAccess,
                path.string() + " is one half of an image; its other half " + ending.stem + kind + " is not beside it");
}

void interpretDimensions(const RawHeader& raw, NiftiHeader& header, const std::string& what) {
    const auto axes = raw.dimension[0];
    if (axes < 1 || axes > 7)
        throw Error(ErrorKind::BadInput, what + " states " + std::to_string(axes) + " axes; NIfTI allows 1 to 7");
    std::array<std::size_t, 4> size{1, 1, 1, 1};
    for (std::size_t axis = 1; axis <= static_cast<std::size_t>(axes); ++axis) {
        const auto length = raw.dimension[axis];
        if (length < 1)
            throw Error(ErrorKind::BadInput, what + " states a length of " + std::to_string(length) + " for axis " +
                                                 std::to_string(axis) + "; it is damaged");
        if (axis <= 4)
            size[axis - 1] = static_cast<std::size_t>(length);
        else if (length > 1)
            throw Error(ErrorKind::Unsupported, what + " has " + std::to_string(axes) +
                                                    " axes; an image of three, or four with time, is needed");
    }
    header.grid.size = {size[0], size[1], size[2]};
    header.volumes = size[3];
}

const TypeInfo& interpretType(const RawHeader& raw, NiftiHeader& header, const std::string& what) {
    const auto info =
        std::find_if(voxelTypes.begin(), voxelTypes.end(), [&](const TypeInfo& t) { return t.code == raw.dataType; });
    if (info == voxelTypes.end())
        throw Error(ErrorKind::Unsupported, what + " cannot be used: its voxels are " + unsupportedType(raw.dataType));
    header.dataType = info->name;
    header.bytesPerVoxel = info->bytes;
    if (raw.bitsPerVoxel != static_cast<int>(8 * info->bytes))
        header.notices.push_back({Severity::Warning, "The header says " + std::to_string(raw.bitsPerVoxel) +
                                                         " bits per voxel but " + info->name + " has " +
                                                         std::to_string(8 * info->bytes) + "; the data type is used"});
    return *info;
}

void interpretScaling(const RawHeader& raw, NiftiHeader& header) {
    header.slope = 1.0;
    header.intercept = 0.0;
    // NIfTI-1: a slope of 0 means that there is no scaling; NaN is written by programs that mean the same.
    if (raw.slope == 0.0 || !std::isfinite(raw.slope)) return;
    header.slope = raw.slope;
    header.intercept = std::isfinite(raw.intercept) ? raw.intercept : 0.0;
}

std::uint64_t interpretOffset(const RawHeader& raw, NiftiHeader& header, const std::string& what) {
    const std::uint64_t least = !raw.singleFile || raw.version == 0 ? 0 : raw.version == 2 ? 544 : 352;
    if (!std::isfinite(raw.dataOffset)) {
        header.notices.push_back(
            {Severity::Warning, "The header does not say where the voxels start; the usual place, byte " +
                                    std::to_string(least) + ", is used"});
        return least;
    }
    if (raw.dataOffset < 0 || raw.dataOffset > 9e15)
        throw Error(ErrorKind::BadInput, what + " states an impossible start of its voxels; it is damaged");
    const auto stated = static_cast<std::uint64_t>(raw.dataOffset);
    if (stated >= least) return stated;
    if (stated != 0)
        header.notices.push_back({Severity::Warning, "The header lets the voxels start inside itself; byte " +
                                                         std::to_string(least) + " is used"});
    return least;
}

/// Walks the chain of header extensions; their content (which may name people) is not looked at.
void checkExtensions(std::span<const std::byte> start, std::uint64_t headerSize, std::uint64_t dataOffset, bool swapped,
                     NiftiHeader& header) {
    if (start.size() < headerSize + 12 || dataOffset < headerSize + 12 || start[headerSize] == std::byte{0}) return;
    std::int32_t length = 0;
    std::byte raw[4];
    std::memcpy(raw, start.data() + headerSize + 4, 4);
    if (swapped) std::reverse(raw, raw + 4);
    std::memcpy(&length, raw, 4);
    if (length < 8 || length % 16 != 0 || headerSize + 4 + static_cast<std::uint64_t>(length) > dataOffset)
        header.notices.push_back(
            {Severity::Warning, "A header extension states a wrong length; extensions are left out"});
}

/// Everything the header promises, held against the file before any memory is asked for.
void checkSize(const NiftiFile& file, const std::string& what) {
    std::uint64_t bytes = file.header.bytesPerVoxel;
    for (const std::size_t length :
         {file.header.grid.size[0], file.header.grid.size[1], file.header.grid.size[2], file.header.volumes}) {
        if (bytes > (std::uint64_t{1} << 62) / length)
            throw Error(ErrorKind::BadInput, what + " states impossible dimensions; it is damaged");
        bytes *= length;
    }
    const std::uint64_t onDisk = fs::file_size(file.dataPath);
    // DEFLATE cannot shrink by more than 1032 to 1.
    const std::uint64_t atMost = file.header.compressed ? onDisk * 1032 : onDisk;
    if (file.dataOffset > atMost)
        throw Error(ErrorKind::BadInput,
                    what + " states that its voxels start beyond the end of the file; it is damaged");
    if (bytes > atMost - file.dataOffset)
        throw Error(ErrorKind::BadInput,
                    what + " is shorter than its header promises: " + std::to_string(atMost - file.dataOffset) +
                        (file.header.compressed ? " bytes of voxels at the very most instead of "
                                                : " bytes of voxels instead of ") +
                        std::to_string(bytes) + "; copy or download it again");
}

NiftiFile openChecked(const fs::path& path, bool container) {
    const Ending ending = endingOf(path);
    const fs::path headerPath = ending.kind == ".img" ? partnerOf(path, ".hdr") : path;
    const std::string what = headerPath.string();
    NiftiFile file;
    std::vector<std::byte> start(540 + 12);
    {
        const auto source = openBytes(headerPath);
        start.resize(source->read(start));
        file.header.compressed = source->compressed();
    }
    file.raw = parseRawHeader(start, what);
    const RawHeader& raw = file.raw;
    file.header.version = raw.version;
    file.header.bigEndian = raw.swapped == (std::endian::native == std::endian::little);
    const bool pair = !raw.singleFile;
    if (raw.version == 0 && ending.kind == ".nii")
        throw Error(ErrorKind::BadInput, what +
                                             " lacks the NIfTI signature; if it is an Analyze image, rename it to .hdr "
                                             "beside its .img");
    file.dataPath = pair ? partnerOf(headerPath, ".img") : headerPath;
    if (pair) file.header.compressed = isGzip(file.dataPath);
    if (!ending.compression.empty() && !file.header.compressed)
        file.header.notices.push_back(
            {Severity::Warning, "The name says .gz but the file is not compressed; it was read as it is"});
    if (raw.version == 0)
        file.header.notices.push_back(
            {Severity::Warning, "This is an Analyze image, an older format without orientation"});
    file.dataOffset = interpretOffset(raw, file.header, what);
    if (container) return file;

    if (raw.intent >= 3000 && raw.intent < 3100)
        throw Error(ErrorKind::Unsupported,
                    what + " is a CIFTI file, not a volume; open it as region or surface series");
    interpretDimensions(raw, file.header, what);
    interpretData(file, what);
    interpretOrientation(raw, file.header);
    interpretRepetitionTime(raw, file.header);
    if (!pair) checkExtensions(start, raw.version == 2 ? 540 : 348, file.dataOffset, raw.swapped, file.header);
    return file;
}

}  // namespace

void interpretData(NiftiFile& file, const std::string& what) {
    file.type = interpretType(file.raw, file.header, what).type;
    checkSize(file, what);
    interpretScaling(file.raw, file.header);
}

NiftiFile openNifti(const fs::path& path) { return openChecked(path, false); }
NiftiFile openNiftiContainer(const fs::path& path) { return openChecked(path, true); }

VolumeReader::VolumeReader(const NiftiFile& file, std::size_t first)
    : m_file(file), m_source(openBytes(file.dataPath)), m_done(first) {
    const std::uint64_t offset = file.dataOffset + static_cast<std::uint64_t>(first) * file.volumeBytes();
    if (m_source->skip(offset) < offset)
        throw Error(ErrorKind::BadInput,
                    file.dataPath.string() + " ends before its first voxel; copy or download it again");
}

void VolumeReader::next(std::vector<std::byte>& volume, const JobContext& context) {
    constexpr std::size_t piece = std::size_t{8} << 20;
    const std::size_t wanted = m_file.volumeBytes();
    std::size_t have = 0;
    while (have < wanted) {
        context.throwIfCancelled();
        const std::size_t now = std::min(piece, wanted - have);
        if (volume.size() < have + now) volume.resize(have + now);
        const std::size_t got = m_source->read(std::span(volume).subspan(have, now));
        have += got;
        if (got < now)
            throw Error(ErrorKind::BadInput, m_file.dataPath.string() +
                                                 " is shorter than its header promises: it ends in volume " +
                                                 std::to_string(m_done + 1) + " of " +
                                                 std::to_string(m_file.header.volumes) + "; copy or download it again");
    }
    volume.resize(wanted);
    if (m_file.raw.swapped) swapBytes(volume, m_file.header.bytesPerVoxel);
    ++m_done;
}

void VolumeReader::finish(const JobContext& context) {
    if (!m_source->compressed()) return;
    std::vector<std::byte> scratch(1 << 16);
    while (m_source->read(scratch) > 0) context.throwIfCancelled();
}

void swapBytes(std::span<std::byte> values, std::size_t bytesPerValue) {
    if (bytesPerValue < 2) return;
    for (std::size_t i = 0; i + bytesPerValue <= values.size(); i += bytesPerValue)
        std::reverse(values.begin() + static_cast<std::ptrdiff_t>(i),
                     values.begin() + static_cast<std::ptrdiff_t>(i + bytesPerValue));
}

}  // namespace chronnect::detail
