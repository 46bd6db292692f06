#pragma once

#include "core/base/Error.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/detail/ByteSource.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chronnect::detail {

/// How one voxel is stored.
enum class VoxelType { Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float32, Float64 };

/// The fields of a NIfTI-1, NIfTI-2 or Analyze header in one form, in the byte order of this machine.
struct RawHeader {
    int version = 1;         ///< 0 for Analyze
    bool swapped = false;    ///< the file has the other byte order
    bool singleFile = true;  ///< magic n+1 or n+2
    int dataType = 0, bitsPerVoxel = 0, intent = 0, units = 0;
    std::int64_t dimension[8] = {};
    double pixelSize[8] = {};
    double dataOffset = 0.0;
    double slope = 0.0, intercept = 0.0;
    int qformCode = 0, sformCode = 0;
    double quaternion[3] = {}, qoffset[3] = {};
    double sform[12] = {};
};

/// Reads the fields; `bytes` is the start of the file. `what` is the file for messages. Throws Error(BadInput).
RawHeader parseRawHeader(std::span<const std::byte> bytes, const std::string& what);

/// Fills grid, orientationFrom and the notices about them.
void interpretOrientation(const RawHeader& raw, NiftiHeader& header);

/// Fills repetitionTime (s) and the notices about it.
void interpretRepetitionTime(const RawHeader& raw, NiftiHeader& header);

/// A validated header and where its voxels are.
struct NiftiFile {
    NiftiHeader header;
    RawHeader raw;
    VoxelType type = VoxelType::Int16;
    std::filesystem::path dataPath;
    std::uint64_t dataOffset = 0;

    std::size_t volumeBytes() const { return header.grid.voxelCount() * header.bytesPerVoxel; }
};

/// Opens `.nii`, `.nii.gz` or either file of a `.hdr/.img` pair and validates it against the file. Throws Error.
NiftiFile openNifti(const std::filesystem::path& path);

/// Header and place of the data only, for formats inside NIfTI (CIFTI): data type and size are not yet looked at.
NiftiFile openNiftiContainer(const std::filesystem::path& path);

/// Data type and scaling, and, with grid and volumes set, the check of the size against the file. Throws Error.
void interpretData(NiftiFile& file, const std::string& what);

/// Raw volumes one after the other, already in the byte order of this machine.
class VolumeReader {
public:
    /// `first` > 0 is quick only where the file is not compressed.
    explicit VolumeReader(const NiftiFile& file, std::size_t first = 0);

    /// Reads the next volume; its memory grows with what arrives, not with what the header says.
    void next(std::vector<std::byte>& volume, const JobContext& context = {});

    /// Reads what follows the last volume, so that the checksum of a compressed file is seen.
    void finish(const JobContext& context = {});

private:
    const NiftiFile& m_file;
    std::unique_ptr<ByteSource> m_source;
    std::size_t m_done = 0;
};

void swapBytes(std::span<std::byte> values, std::size_t bytesPerValue);

/// Calls `function(std::span<const T>)` with the voxels as the type they are stored in.
template <class Function>
decltype(auto) visitVoxels(VoxelType type, std::span<const std::byte> bytes, Function&& function) {
    const auto as = [&]<class T>(T) {
        return function(std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)));
    };
    switch (type) {
        case VoxelType::Int8: return as(std::int8_t{});
        case VoxelType::UInt8: return as(std::uint8_t{});
        case VoxelType::Int16: return as(std::int16_t{});
        case VoxelType::UInt16: return as(std::uint16_t{});
        case VoxelType::Int32: return as(std::int32_t{});
        case VoxelType::UInt32: return as(std::uint32_t{});
        case VoxelType::Int64: return as(std::int64_t{});
        case VoxelType::UInt64: return as(std::uint64_t{});
        case VoxelType::Float32: return as(float{});
        case VoxelType::Float64: return as(double{});
    }
    throw Error(ErrorKind::Internal, "a voxel type without a reader");
}

}  // namespace chronnect::detail
