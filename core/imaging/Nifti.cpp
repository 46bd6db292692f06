#include "core/imaging/Nifti.h"

#include "core/imaging/Dicom.h"
#include "core/imaging/detail/NiftiFile.h"
#include "core/imaging/detail/VolumePipeline.h"
#include "core/io/DicomFiles.h"

#include <cmath>
#include <limits>

namespace chronnect {

namespace {

using detail::NiftiFile;

/// Stored value to real value, in double so that 32-bit integers keep their digits.
template <class T>
void scaleInto(std::span<const T> raw, double slope, double intercept, std::span<float> out) {
    if (slope == 1.0 && intercept == 0.0)
        for (std::size_t i = 0; i < raw.size(); ++i) out[i] = static_cast<float>(raw[i]);
    else
        for (std::size_t i = 0; i < raw.size(); ++i)
            out[i] = static_cast<float>(static_cast<double>(raw[i]) * slope + intercept);
}

std::vector<std::byte> readOnlyVolume(const NiftiFile& file, const std::filesystem::path& path) {
    if (file.header.volumes != 1)
        throw Error(ErrorKind::BadInput, path.string() + " has " + std::to_string(file.header.volumes) +
                                             " volumes where an image of one is needed");
    detail::VolumeReader reader(file);
    std::vector<std::byte> bytes;
    reader.next(bytes);
    reader.finish();
    return bytes;
}

[[noreturn]] void refuseLabel(const std::filesystem::path& path, double value) {
    throw Error(ErrorKind::BadInput, path.string() + " is not a label image: it holds the value " +
                                         std::to_string(value) + ", and labels are whole numbers of at most 32 bits");
}

template <class T>
std::int32_t labelOf(T raw, const NiftiHeader& header, const std::filesystem::path& path) {
    if constexpr (std::is_integral_v<T>)
        if (header.slope == 1.0 && header.intercept == 0.0) {
            if (!std::in_range<std::int32_t>(raw)) refuseLabel(path, static_cast<double>(raw));
            return static_cast<std::int32_t>(raw);
        }
    const double value = static_cast<double>(raw) * header.slope + header.intercept;
    // A scaled label is off by rounding of the slope, which is stored in 32 bits; a probability or average by more.
    const double whole = std::nearbyint(value);
    if (!(std::abs(value - whole) <= 1e-4) || std::abs(whole) > std::numeric_limits<std::int32_t>::max())
        refuseLabel(path, value);
    return static_cast<std::int32_t>(whole);
}

}  // namespace

bool isDicom(const std::filesystem::path& path, const JobContext& context) {
    std::error_code error;
    return std::filesystem::is_directory(path, error) ? holdsDicom(path, context) : isDicomFile(path);
}

NiftiHeader readNiftiHeader(const std::filesystem::path& path, const JobContext& context) {
    if (!isDicom(path, context)) return detail::openNifti(path).header;
    const DicomSeries series = findDicomSeries(path, context);
    NiftiHeader header;
    header.grid = series.grid;
    header.volumes = series.volumes;
    header.repetitionTime = series.repetitionTime;
    header.dataType = "float32";
    header.bytesPerVoxel = sizeof(float);
    header.version = -1;
    header.orientationFrom = "dicom";
    header.notices = series.notices;
    return header;
}

void forEachVolume(const std::filesystem::path& path, const JobContext& context,
                   const std::function<void(std::size_t, std::span<const float>)>& volume) {
    if (isDicom(path, context))
        return forEachDicomVolume(findDicomSeries(path, context.part(0, 0.3)), context.part(0.3, 1), volume);
    const NiftiFile file = detail::openNifti(path);
    std::vector<float> values;
    detail::forEachRawVolume(file, context, [&](std::size_t index, std::span<const std::byte> bytes) {
        values.resize(file.header.grid.voxelCount());
        detail::visitVoxels(file.type, bytes, [&](auto raw) {
            scaleInto(raw, file.header.slope, file.header.intercept, std::span(values));
        });
        volume(index, values);
    });
}

Volume readVolume(const std::filesystem::path& path) {
    const NiftiFile file = detail::openNifti(path);
    const auto bytes = readOnlyVolume(file, path);
    Volume result{file.header.grid, std::vector<float>(file.header.grid.voxelCount())};
    detail::visitVoxels(file.type, bytes, [&](auto raw) {
        scaleInto(raw, file.header.slope, file.header.intercept, std::span(result.values));
    });
    return result;
}

LabelVolume readLabels(const std::filesystem::path& path) {
    const NiftiFile file = detail::openNifti(path);
    const auto bytes = readOnlyVolume(file, path);
    LabelVolume result{file.header.grid, std::vector<std::int32_t>(file.header.grid.voxelCount())};
    detail::visitVoxels(file.type, bytes, [&](auto raw) {
        for (std::size_t i = 0; i < raw.size(); ++i) result.labels[i] = labelOf(raw[i], file.header, path);
    });
    return result;
}

}  // namespace chronnect
