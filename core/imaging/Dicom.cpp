#include "core/imaging/Dicom.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/detail/DicomFrames.h"
#include "core/imaging/detail/DicomPictures.h"
#include "core/io/DicomFiles.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <tuple>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

using detail::DicomFrame;

/// The files of a folder in a fixed order, so that the same folder always gives the same series.
std::vector<fs::path> dicomFiles(const fs::path& folderOrFile, const JobContext& context) {
    std::vector<fs::path> files;
    std::error_code error;
    if (!fs::is_directory(folderOrFile, error)) {
        if (isDicomFile(folderOrFile)) files.push_back(folderOrFile);
        return files;
    }
    for (fs::recursive_directory_iterator at(folderOrFile, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error)) {
        context.throwIfCancelled();
        if (isDicomFile(at->path())) files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<DicomFrame> readFrames(const std::vector<fs::path>& files, const JobContext& context,
                                   std::size_t& unreadable) {
    std::vector<DicomFrame> frames;
    for (std::size_t i = 0; i < files.size(); ++i) {
        context.throwIfCancelled();
        try {
            auto more = detail::readDicomFrames(files[i]);
            unreadable += more.empty();
            std::move(more.begin(), more.end(), std::back_inserter(frames));
        } catch (const Error&) {
            if (files.size() == 1) throw;
            ++unreadable;
        }
        context.report(static_cast<double>(i + 1) / static_cast<double>(files.size()), "Reading DICOM headers");
    }
    return frames;
}

/// The series with most slices; a series whose slices differ in size or direction falls into several.
std::vector<DicomFrame> largestSeries(std::vector<DicomFrame> frames, std::size_t& others) {
    std::map<std::tuple<std::string, std::array<std::size_t, 2>, std::array<long, 6>>, std::vector<DicomFrame>>
        bySeries;
    for (DicomFrame& frame : frames) {
        std::array<long, 6> direction{};
        for (std::size_t i = 0; i < 3; ++i) {
            direction[i] = std::lround(1e3 * frame.row[i]);
            direction[3 + i] = std::lround(1e3 * frame.column[i]);
        }
        bySeries[{frame.series, frame.size, direction}].push_back(std::move(frame));
    }
    const auto largest = std::max_element(bySeries.begin(), bySeries.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
    });
    others = bySeries.size() - 1;
    return std::move(largest->second);
}

/// Slices of one position, in the order of time, for every position along the normal.
using Stacks = std::vector<std::vector<DicomFrame>>;
Stacks stacksOf(std::vector<DicomFrame> frames) {
    std::stable_sort(frames.begin(), frames.end(),
                     [](const DicomFrame& a, const DicomFrame& b) { return a.distance < b.distance; });
    Stacks result;
    for (DicomFrame& frame : frames) {
        if (result.empty() || frame.distance - result.back().front().distance > 0.01) result.emplace_back();
        result.back().push_back(std::move(frame));
    }
    for (auto& stack : result)
        std::stable_sort(stack.begin(), stack.end(),
                         [](const DicomFrame& a, const DicomFrame& b) { return a.when < b.when; });
    return result;
}

VoxelGrid gridOf(const Stacks& stacks) {
    const DicomFrame& first = stacks.front().front();
    const auto normal = detail::cross(first.row, first.column);
    double spacing = first.thickness;
    if (stacks.size() > 1)
        spacing = (stacks.back().front().distance - first.distance) / static_cast<double>(stacks.size() - 1);
    for (std::size_t k = 1; k < stacks.size(); ++k)
        if (std::abs(stacks[k].front().distance - stacks[k - 1].front().distance - spacing) > 0.1 * spacing)
            throw Error(ErrorKind::BadInput,
                        "The slices of the DICOM series do not lie at equal distances: some are missing");
    VoxelGrid grid;
    grid.size = {first.size[0], first.size[1], stacks.size()};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double sign = axis < 2 ? -1.0 : 1.0;  // DICOM points to the left and back, we to the right and front
        grid.affine[4 * axis] = sign * first.row[axis] * first.spacing[0];
        grid.affine[4 * axis + 1] = sign * first.column[axis] * first.spacing[1];
        grid.affine[4 * axis + 2] = sign * normal[axis] * spacing;
        grid.affine[4 * axis + 3] = sign * first.position[axis];
    }
    return grid;
}

/// Time from volume to volume as the clock of the scanner has it; 0 when it does not say.
double secondsBetweenVolumes(const std::vector<DicomFrame>& stack) {
    std::vector<double> steps;
    for (std::size_t t = 1; t < stack.size(); ++t) {
        if (stack[t].seconds < 0 || stack[t - 1].seconds < 0) return 0.0;
        steps.push_back(stack[t].seconds - stack[t - 1].seconds);
    }
    if (steps.size() < 2) return 0.0;
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
    return steps[steps.size() / 2];
}

void chooseRepetitionTime(const std::vector<DicomFrame>& stack, DicomSeries& series) {
    if (series.volumes < 2) return;
    const double stated = stack.front().repetitionTime, measured = secondsBetweenVolumes(stack);
    const auto plausible = [](double seconds) { return seconds >= 0.05 && seconds <= 30; };
    if (plausible(stated))
        series.repetitionTime = stated;
    else
        series.notices.push_back({Severity::Question,
                                  "The DICOM files do not state a plausible repetition time; give the repetition "
                                  "time in seconds"});
    if (plausible(stated) && plausible(measured) && std::abs(measured - stated) > 0.05 * stated)
        series.notices.push_back(
            {Severity::Question, "The DICOM files state a repetition time of " + numberText(stated, 4) +
                                     " s but their volumes were measured " + numberText(measured, 4) +
                                     " s apart; give the repetition time in seconds"});
}

/// Pixels of one file after the other; the last one is kept for its next frame. Plain numbers are read as they lie;
/// compressed pictures are decoded by ITK (GDCM), which rescales them too.
class PixelReader {
public:
    void copy(const DicomSlice& slice, const std::array<std::size_t, 3>& size, std::span<float> out) {
        const DicomPixels& pixels = *slice.pixels;
        if (slice.frame >= pixels.frames || slice.corner[0] + size[0] > pixels.columns ||
            slice.corner[1] + size[1] > pixels.rows)
            refuse();
        if (pixels.native)
            copyNative(slice, size, out);
        else
            copyDecoded(slice, size, out);
    }

private:
    [[noreturn]] static void refuse() {
        throw Error(ErrorKind::BadInput,
                    "A DICOM file holds fewer pixels than its header promises; copy the folder again");
    }

    void copyNative(const DicomSlice& slice, const std::array<std::size_t, 3>& size, std::span<float> out) {
        const DicomPixels& pixels = *slice.pixels;
        const std::size_t bytes = pixels.bits / 8;
        const std::uint64_t offset = pixels.offset + std::uint64_t{slice.frame} * pixels.columns * pixels.rows * bytes;
        if (slice.file != m_file || !m_stream.is_open()) {
            m_stream = std::ifstream(slice.file, std::ios::binary);
            m_file = slice.file;
        }
        m_raw.resize(size[0] * bytes);
        for (std::size_t row = 0; row < size[1]; ++row) {
            m_stream.seekg(static_cast<std::streamoff>(
                offset + ((slice.corner[1] + row) * pixels.columns + slice.corner[0]) * bytes));
            if (!m_stream.read(reinterpret_cast<char*>(m_raw.data()), static_cast<std::streamsize>(m_raw.size())))
                refuse();
            for (std::size_t i = 0; i < size[0]; ++i)
                out[row * size[0] + i] =
                    static_cast<float>(numberAt(pixels, i * bytes) * slice.slope + slice.intercept);
        }
    }

    double numberAt(const DicomPixels& pixels, std::size_t at) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < pixels.bits / 8; ++i) {
            const std::size_t from = pixels.bigEndian ? pixels.bits / 8 - 1 - i : i;
            value |= std::uint32_t{m_raw[at + from]} << (8 * i);
        }
        // Bits above those stored may hold anything.
        const std::size_t stored =
            pixels.storedBits > 0 && pixels.storedBits <= pixels.bits ? pixels.storedBits : pixels.bits;
        const std::uint64_t range = std::uint64_t{1} << stored;
        const std::uint64_t whole = value & (range - 1);
        return pixels.isSigned && whole >= range / 2 ? static_cast<double>(whole) - static_cast<double>(range)
                                                     : static_cast<double>(whole);
    }

    void copyDecoded(const DicomSlice& slice, const std::array<std::size_t, 3>& size, std::span<float> out) {
        if (slice.file != m_decodedFile) {
            m_decoded = detail::decodeDicomPictures(slice.file);
            m_decodedFile = slice.file;
        }
        const auto& have = m_decoded.size;
        if (slice.frame >= have[2] || slice.corner[0] + size[0] > have[0] || slice.corner[1] + size[1] > have[1])
            refuse();
        for (std::size_t row = 0; row < size[1]; ++row) {
            const std::size_t from = (slice.frame * have[1] + slice.corner[1] + row) * have[0] + slice.corner[0];
            std::copy_n(m_decoded.values.begin() + static_cast<std::ptrdiff_t>(from), size[0],
                        out.begin() + static_cast<std::ptrdiff_t>(row * size[0]));
        }
    }

    fs::path m_file, m_decodedFile;
    std::ifstream m_stream;
    std::vector<std::uint8_t> m_raw;
    detail::DicomPictures m_decoded;
};

/// 1 where every value is a whole number that fits 16 bits, else what lets the largest fit.
double storageStep(const DicomSeries& series, const JobContext& context) {
    double largest = 0;
    bool whole = true;
    forEachDicomVolume(series, context, [&](std::size_t, std::span<const float> voxels) {
        for (const float value : voxels) {
            largest = std::max<double>(largest, std::abs(value));
            whole &= value == std::nearbyint(value);
        }
    });
    return whole && largest <= 32767 ? 1.0 : std::max(largest, 1e-12) / 32000.0;
}

}  // namespace

DicomSeries findDicomSeries(const fs::path& folderOrFile, const JobContext& context) {
    std::size_t unreadable = 0, others = 0;
    const auto files = dicomFiles(folderOrFile, context);
    std::vector<DicomFrame> frames = readFrames(files, context, unreadable);
    if (frames.empty()) throw Error(ErrorKind::FileAccess, folderOrFile.string() + " holds no DICOM image");
    const Stacks stacks = stacksOf(largestSeries(std::move(frames), others));
    DicomSeries series;
    series.volumes = stacks.front().size();
    for (const auto& position : stacks)
        if (position.size() != series.volumes)
            throw Error(ErrorKind::BadInput, "The DICOM series in " + folderOrFile.string() +
                                                 " is not complete: its positions were measured " +
                                                 std::to_string(series.volumes) + " and " +
                                                 std::to_string(position.size()) + " times; copy all of its files");
    series.grid = gridOf(stacks);
    for (std::size_t t = 0; t < series.volumes; ++t)
        for (const auto& position : stacks) series.slices.push_back(position[t].slice);
    chooseRepetitionTime(stacks.front(), series);
    if (others > 0)
        series.notices.push_back(
            {Severity::Warning, "The folder holds " + std::to_string(others) + " further series; the largest is used"});
    if (unreadable > 0)
        series.notices.push_back(
            {Severity::Warning, std::to_string(unreadable) + " DICOM files hold no image that can be read"});
    return series;
}

void forEachDicomVolume(const DicomSeries& series, const JobContext& context,
                        const std::function<void(std::size_t, std::span<const float>)>& volume) {
    const std::size_t slices = series.grid.size[2], pixels = series.grid.size[0] * series.grid.size[1];
    std::vector<float> voxels(series.grid.voxelCount());
    PixelReader reader;
    for (std::size_t t = 0; t < series.volumes; ++t) {
        for (std::size_t k = 0; k < slices; ++k) {
            context.throwIfCancelled();
            reader.copy(series.slices[t * slices + k], series.grid.size, std::span(voxels).subspan(k * pixels, pixels));
        }
        volume(t, voxels);
        context.report(static_cast<double>(t + 1) / static_cast<double>(series.volumes), "Reading DICOM");
    }
}

void convertDicom(const DicomSeries& series, const fs::path& image, const JobContext& context) {
    const BoldWriteSpec spec{.grid = series.grid,
                             .volumes = series.volumes,
                             .repetitionTime = series.repetitionTime,
                             .slope = storageStep(series, context.part(0, 0.5))};
    PixelReader reader;
    const std::size_t slices = series.grid.size[2], pixels = series.grid.size[0] * series.grid.size[1];
    writeBold(image, spec, [&](std::size_t t, std::span<float> voxels) {
        for (std::size_t k = 0; k < slices; ++k) {
            context.throwIfCancelled();
            reader.copy(series.slices[t * slices + k], series.grid.size, voxels.subspan(k * pixels, pixels));
        }
        context.report(0.5 + 0.5 * static_cast<double>(t + 1) / static_cast<double>(series.volumes),
                       "Converting DICOM");
    });
}

}  // namespace chronnect
