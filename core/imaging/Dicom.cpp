#include "core/imaging/Dicom.h"

#include "core/base/Error.h"
#include "core/imaging/Nifti.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include <itkGDCMImageIO.h>
#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkMetaDataObject.h>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector cross(const Vector& a, const Vector& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// What places one slice in space and time.
struct Slice {
    fs::path path;
    std::string series;
    std::array<std::size_t, 2> size{};
    std::array<double, 2> spacing{};
    Vector position{}, row{}, column{};  ///< LPS+ mm
    double thickness = 1.0;
    std::tuple<double, double, double> when;  ///< temporal position, acquisition, instance
    double repetitionTime = 0.0;              ///< ms
    double distance = 0.0;                    ///< along the normal of the slices
};

bool isDicomFile(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    char start[132] = {};
    return file.read(start, sizeof start) && std::string_view(start + 128, 4) == "DICM";
}

std::string textOf(const itk::MetaDataDictionary& dictionary, const char* tag) {
    std::string text;
    itk::ExposeMetaData<std::string>(dictionary, tag, text);
    return text;
}

double numberOf(const itk::MetaDataDictionary& dictionary, const char* tag) {
    const double number = std::strtod(textOf(dictionary, tag).c_str(), nullptr);
    return std::isfinite(number) ? number : 0.0;
}

/// The file's name only: the folders above it are often named after the person.
std::string shortName(const fs::path& path) { return path.filename().string(); }

Slice readSlice(const fs::path& path) {
    auto io = itk::GDCMImageIO::New();
    io->SetFileName(path.string());
    io->ReadImageInformation();
    const auto& dictionary = io->GetMetaDataDictionary();
    if (textOf(dictionary, "0008|0008").find("MOSAIC") != std::string::npos)
        throw Error(ErrorKind::Unsupported, shortName(path) + " is a mosaic of slices; convert the folder with dcm2niix first");
    if (numberOf(dictionary, "0028|0008") > 1 || (io->GetNumberOfDimensions() > 2 && io->GetDimensions(2) > 1))
        throw Error(ErrorKind::Unsupported, shortName(path) + " holds several frames; convert the folder with dcm2niix first");
    if (io->GetNumberOfComponents() != 1)
        throw Error(ErrorKind::Unsupported, shortName(path) + " is a colour picture, not a measurement");
    Slice slice;
    slice.path = path;
    slice.series = textOf(dictionary, "0020|000e");
    for (unsigned axis = 0; axis < 2; ++axis) {
        slice.size[axis] = io->GetDimensions(axis);
        slice.spacing[axis] = io->GetSpacing(axis);
    }
    for (unsigned axis = 0; axis < 3; ++axis) {
        slice.position[axis] = io->GetOrigin(axis);
        slice.row[axis] = io->GetDirection(0)[axis];
        slice.column[axis] = io->GetDirection(1)[axis];
    }
    slice.thickness = io->GetNumberOfDimensions() > 2 ? io->GetSpacing(2) : 1.0;
    slice.when = {numberOf(dictionary, "0020|0100"), numberOf(dictionary, "0020|0012"), numberOf(dictionary, "0020|0013")};
    slice.repetitionTime = numberOf(dictionary, "0018|0080");
    slice.distance = dot(slice.position, cross(slice.row, slice.column));
    return slice;
}

std::vector<Slice> readSlices(const fs::path& folder, const JobContext& context, std::size_t& unreadable) {
    std::vector<Slice> slices;
    for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
        context.throwIfCancelled();
        if (!entry.is_regular_file() || !isDicomFile(entry.path())) continue;
        try {
            slices.push_back(readSlice(entry.path()));
        } catch (const itk::ExceptionObject&) {
            ++unreadable;  // reports, and pictures in an encoding that GDCM does not know
        }
    }
    return slices;
}

/// The series with most slices; a series whose slices differ in size or direction falls into several.
std::vector<Slice> largestSeries(std::vector<Slice> slices, std::size_t& others) {
    std::map<std::tuple<std::string, std::array<std::size_t, 2>, std::array<long, 6>>, std::vector<Slice>> bySeries;
    for (Slice& slice : slices) {
        std::array<long, 6> direction{};
        for (std::size_t i = 0; i < 3; ++i) {
            direction[i] = std::lround(1e3 * slice.row[i]);
            direction[3 + i] = std::lround(1e3 * slice.column[i]);
        }
        bySeries[{slice.series, slice.size, direction}].push_back(std::move(slice));
    }
    const auto largest = std::max_element(bySeries.begin(), bySeries.end(),
                                          [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    others = bySeries.size() - 1;
    return std::move(largest->second);
}

/// Slices of one position, in the order of time, for every position along the normal.
std::vector<std::vector<Slice>> stacks(std::vector<Slice> slices) {
    std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.distance < b.distance; });
    std::vector<std::vector<Slice>> result;
    for (Slice& slice : slices) {
        if (result.empty() || slice.distance - result.back().front().distance > 0.01) result.emplace_back();
        result.back().push_back(std::move(slice));
    }
    for (auto& stack : result) std::stable_sort(stack.begin(), stack.end(), [](const Slice& a, const Slice& b) { return a.when < b.when; });
    return result;
}

VoxelGrid gridOf(const std::vector<std::vector<Slice>>& stack) {
    const Slice& first = stack.front().front();
    const Vector normal = cross(first.row, first.column);
    double spacing = first.thickness;
    if (stack.size() > 1) spacing = (stack.back().front().distance - first.distance) / static_cast<double>(stack.size() - 1);
    for (std::size_t k = 1; k < stack.size(); ++k)
        if (std::abs(stack[k].front().distance - stack[k - 1].front().distance - spacing) > 0.1 * spacing)
            throw Error(ErrorKind::BadInput, "The slices of the DICOM series do not lie at equal distances: some are missing");
    VoxelGrid grid;
    grid.size = {first.size[0], first.size[1], stack.size()};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double sign = axis < 2 ? -1.0 : 1.0;  // DICOM points to the left and back, we to the right and front
        grid.affine[4 * axis] = sign * first.row[axis] * first.spacing[0];
        grid.affine[4 * axis + 1] = sign * first.column[axis] * first.spacing[1];
        grid.affine[4 * axis + 2] = sign * normal[axis] * spacing;
        grid.affine[4 * axis + 3] = sign * first.position[axis];
    }
    return grid;
}

using ItkSlice = itk::Image<float, 3>;

ItkSlice::Pointer readPixels(const fs::path& path) {
    auto reader = itk::ImageFileReader<ItkSlice>::New();
    reader->SetImageIO(itk::GDCMImageIO::New());
    reader->SetFileName(path.string());
    reader->Update();
    return reader->GetOutput();
}

/// 1 where every value is a whole number that fits 16 bits, else what lets the largest fit.
double storageStep(const DicomSeries& series, const JobContext& context) {
    double largest = 0;
    bool whole = true;
    for (const fs::path& file : series.files) {
        context.throwIfCancelled();
        const auto slice = readPixels(file);
        const float* values = slice->GetBufferPointer();
        for (std::size_t i = 0; i < series.grid.size[0] * series.grid.size[1]; ++i) {
            largest = std::max<double>(largest, std::abs(values[i]));
            whole &= values[i] == std::nearbyint(values[i]);
        }
    }
    return whole && largest <= 32767 ? 1.0 : std::max(largest, 1e-12) / 32000.0;
}

}  // namespace

bool holdsDicom(const fs::path& folder) {
    constexpr int mostFiles = 300;  // a folder of anything else is not searched to its end
    std::error_code error;
    int seen = 0;
    for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end && seen < mostFiles; at.increment(error)) {
        if (!at->is_regular_file()) continue;
        if (isDicomFile(at->path())) return true;
        ++seen;
    }
    return false;
}

DicomSeries findDicomSeries(const fs::path& folder, const JobContext& context) {
    std::size_t unreadable = 0, others = 0;
    std::vector<Slice> slices = readSlices(folder, context, unreadable);
    if (slices.empty()) throw Error(ErrorKind::FileAccess, folder.string() + " holds no DICOM image");
    const auto stack = stacks(largestSeries(std::move(slices), others));
    DicomSeries series;
    series.volumes = stack.front().size();
    for (const auto& position : stack)
        if (position.size() != series.volumes)
            throw Error(ErrorKind::BadInput, "The DICOM series in " + folder.string() + " is not complete: its positions were measured " +
                                                 std::to_string(series.volumes) + " and " + std::to_string(position.size()) +
                                                 " times; copy all of its files");
    series.grid = gridOf(stack);
    for (std::size_t t = 0; t < series.volumes; ++t)
        for (const auto& position : stack) series.files.push_back(position[t].path);
    const double seconds = stack.front().front().repetitionTime / 1000.0;
    if (series.volumes > 1 && seconds >= 0.05 && seconds <= 30) series.repetitionTime = seconds;
    else if (series.volumes > 1)
        series.notices.push_back({Severity::Question, "The DICOM files do not state a plausible repetition time; give the repetition "
                                                      "time in seconds"});
    if (others > 0)
        series.notices.push_back({Severity::Warning, "The folder holds " + std::to_string(others) + " further series; the largest is used"});
    if (unreadable > 0)
        series.notices.push_back({Severity::Warning, std::to_string(unreadable) + " DICOM files hold no image that can be read"});
    return series;
}

void convertDicom(const DicomSeries& series, const fs::path& image, const JobContext& context) {
    try {
        const BoldWriteSpec spec{.grid = series.grid, .volumes = series.volumes, .repetitionTime = series.repetitionTime,
                                 .slope = storageStep(series, context.part(0, 0.5))};
        const std::size_t slices = series.grid.size[2], pixels = series.grid.size[0] * series.grid.size[1];
        writeBold(image, spec, [&](std::size_t volume, std::span<float> voxels) {
            for (std::size_t k = 0; k < slices; ++k) {
                context.throwIfCancelled();
                const auto slice = readPixels(series.files[volume * slices + k]);
                if (slice->GetLargestPossibleRegion().GetNumberOfPixels() != pixels)
                    throw Error(ErrorKind::BadInput, "A DICOM file changed while the series was read");
                std::copy_n(slice->GetBufferPointer(), pixels, voxels.begin() + static_cast<std::ptrdiff_t>(k * pixels));
            }
            context.report(0.5 + 0.5 * static_cast<double>(volume + 1) / static_cast<double>(series.volumes), "Converting DICOM");
        });
    } catch (const itk::ExceptionObject&) {
        throw Error(ErrorKind::BadInput, "A file of the DICOM series cannot be read; copy the folder again");
    }
}

}  // namespace chronnect
