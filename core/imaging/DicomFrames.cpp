#include "core/imaging/detail/DicomFrames.h"

#include "core/base/Error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>

namespace chronnect::detail {

namespace fs = std::filesystem;

namespace {

/// Decoded bytes that are never too many, and bytes of picture per byte of file beyond that.
constexpr std::uint64_t alwaysDecoded = std::uint64_t{32} << 20, mostCompression = 200;

/// No scanner writes more; a header that says so is damaged.
constexpr std::size_t mostFrames = 1'000'000, longestSide = 65'535;

/// "HHMMSS.FFFFFF" as seconds; -1 when it is not there.
double timeOfDay(const std::string& text) {
    if (text.size() < 6) return -1;
    const double number = std::strtod(text.c_str(), nullptr);
    if (!(number >= 0 && number < 240000)) return -1;
    const double hours = std::floor(number / 10000), minutes = std::floor(std::fmod(number, 10000) / 100);
    return 3600 * hours + 60 * minutes + std::fmod(number, 100);
}

constexpr DicomTag imageType = 0x00080008, acquisitionTime = 0x00080032, echoTime = 0x00180081,
                   repetitionTime = 0x00180080, sliceThickness = 0x00180050, sliceSpacing = 0x00180088,
                   seriesUid = 0x0020000e, acquisitionNumber = 0x00200012, instanceNumber = 0x00200013,
                   positionPatient = 0x00200032, orientationPatient = 0x00200037, temporalPosition = 0x00200100,
                   samplesPerPixel = 0x00280002, frameCount = 0x00280008, rowCount = 0x00280010,
                   columnCount = 0x00280011, pixelSpacing = 0x00280030, bitsAllocated = 0x00280100,
                   bitsStored = 0x00280101, pixelSigned = 0x00280103, rescaleIntercept = 0x00281052,
                   rescaleSlope = 0x00281053, mosaicCount = 0x0019100a, siemensCreator = 0x00190010,
                   csaHeader = 0x00291010;
constexpr DicomTag sharedGroups = 0x52009229, frameGroups = 0x52009230, planePosition = 0x00209113,
                   planeOrientation = 0x00209116, pixelMeasures = 0x00289110, frameContent = 0x00209111,
                   timing = 0x00189112, echo = 0x00189114, rescaling = 0x00289145, temporalIndex = 0x00209128,
                   frameTime = 0x00189074, effectiveEcho = 0x00189082;

const DicomItem nothing;

/// The part `sequence` of a frame, which stands with the frame or with what all frames share.
const DicomItem& partOf(const DicomItem& frame, const DicomItem& shared, DicomTag sequence) {
    if (const DicomItem* own = frame.first(sequence)) return *own;
    const DicomItem* common = shared.first(sequence);
    return common ? *common : nothing;
}

void placeFrame(DicomFrame& frame, const DicomItem& position, const DicomItem& orientation, const DicomItem& measures) {
    if (const auto at = position.numbers(positionPatient); at.size() == 3)
        std::copy(at.begin(), at.end(), frame.position.begin());
    if (const auto along = orientation.numbers(orientationPatient); along.size() == 6) {
        std::copy_n(along.begin(), 3, frame.row.begin());
        std::copy_n(along.begin() + 3, 3, frame.column.begin());
    }
    // DICOM states the distance between rows first.
    if (const auto spacing = measures.numbers(pixelSpacing); spacing.size() == 2 && spacing[0] > 0 && spacing[1] > 0)
        frame.spacing = {spacing[1], spacing[0]};
    for (const DicomTag tag : {sliceThickness, sliceSpacing})
        if (const double thickness = measures.number(tag); thickness > 0) frame.thickness = thickness;
    frame.distance = dot(frame.position, cross(frame.row, frame.column));
}

/// The second and third word of the image type: magnitude, phase and so on; other words change within a series.
std::string kindOfImage(const std::string& type) {
    for (const char* kind : {"\\P\\", "\\PHASE", "\\R\\", "\\I\\", "\\REAL", "\\IMAGINARY"})
        if ((type + "\\").find(kind) != std::string::npos) return kind;
    return {};
}

void rescale(DicomFrame& frame, const DicomItem& from) {
    if (const double slope = from.number(rescaleSlope); slope != 0) frame.slope = slope;
    if (from.values.contains(rescaleIntercept)) frame.intercept = from.number(rescaleIntercept);
}

/// How many slices a mosaic holds: Siemens says it twice, in different private places.
std::size_t slicesOfMosaic(const DicomItem& data) {
    if (data.text(siemensCreator).starts_with("SIEMENS"))
        if (const std::size_t count = data.whole(mosaicCount); count > 0) return count;
    const auto found = data.values.find(csaHeader);
    const auto values =
        found == data.values.end() ? std::vector<std::string>() : csaValues(found->second, "NumberOfImagesInMosaic");
    const double count = values.empty() ? 0.0 : std::strtod(values.front().c_str(), nullptr);
    return count >= 1 && count <= 10000 ? static_cast<std::size_t>(count) : 0;
}

/// The direction in which the slices of a mosaic follow each other; that of row x column where it is not stated.
DicomVector mosaicNormal(const DicomFrame& whole, const DicomItem& data) {
    DicomVector normal = cross(whole.row, whole.column), stated{};
    const auto found = data.values.find(csaHeader);
    const auto values =
        found == data.values.end() ? std::vector<std::string>() : csaValues(found->second, "SliceNormalVector");
    for (std::size_t axis = 0; axis < 3 && values.size() >= 3; ++axis)
        stated[axis] = std::strtod(values[axis].c_str(), nullptr);
    if (dot(normal, stated) < 0)
        for (double& component : normal) component = -component;
    return normal;
}

/// Siemens puts the slices of a volume into one picture, side by side.
std::vector<DicomFrame> framesOfMosaic(const DicomFrame& whole, const DicomItem& data, const std::string& name) {
    const std::size_t slices = slicesOfMosaic(data);
    if (slices == 0)
        throw Error(ErrorKind::BadInput,
                    name + " is a mosaic of slices that does not say how many; convert the folder with dcm2niix first");
    const auto across = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(slices))));
    const std::array<std::size_t, 2> tile{whole.size[0] / across, whole.size[1] / across};
    if (tile[0] == 0 || tile[1] == 0)
        throw Error(ErrorKind::BadInput, name + " states more slices than its mosaic holds");
    if (whole.size[0] % across != 0 || whole.size[1] % across != 0)
        throw Error(ErrorKind::BadInput, name + " is a mosaic that cannot be cut into " + std::to_string(slices) +
                                             " equal slices: it was scaled or damaged; take the file of the scanner");
    const DicomVector normal = mosaicNormal(whole, data);
    std::vector<DicomFrame> frames;
    for (std::size_t k = 0; k < slices; ++k) {
        DicomFrame frame = whole;
        frame.size = tile;
        frame.slice.corner = {(k % across) * tile[0], (k / across) * tile[1]};
        for (std::size_t axis = 0; axis < 3;
             ++axis)  // the position stated is that of the whole picture around the middle
            frame.position[axis] +=
                whole.row[axis] * whole.spacing[0] * static_cast<double>(whole.size[0] - tile[0]) / 2 +
                whole.column[axis] * whole.spacing[1] * static_cast<double>(whole.size[1] - tile[1]) / 2 +
                normal[axis] * whole.thickness * static_cast<double>(k);
        frame.distance = dot(frame.position, cross(frame.row, frame.column));
        frames.push_back(std::move(frame));
    }
    return frames;
}

/// Enhanced files keep place and time of each frame in sequences.
std::vector<DicomFrame> framesOfEnhanced(const DicomFrame& whole, const DicomItem& data, std::size_t count,
                                         const std::string& name) {
    const auto perFrame = data.sequences.find(frameGroups);
    if (perFrame == data.sequences.end() || perFrame->second.size() != count)
        throw Error(ErrorKind::BadInput,
                    name + " holds several frames but does not say where they lie; convert it with dcm2niix first");
    const DicomItem* stated = data.first(sharedGroups);
    const DicomItem& shared = stated ? *stated : nothing;
    std::vector<DicomFrame> frames;
    for (std::size_t f = 0; f < count; ++f) {
        const DicomItem& own = perFrame->second[f];
        DicomFrame frame = whole;
        frame.slice.frame = f;
        placeFrame(frame, partOf(own, shared, planePosition), partOf(own, shared, planeOrientation),
                   partOf(own, shared, pixelMeasures));
        const DicomItem& content = partOf(own, shared, frameContent);
        frame.when = {static_cast<double>(content.whole(temporalIndex)), std::get<1>(whole.when),
                      static_cast<double>(f)};
        if (const std::string time = content.text(frameTime); time.size() > 8)
            frame.seconds = timeOfDay(time.substr(8));
        if (const double milliseconds = partOf(own, shared, timing).number(repetitionTime); milliseconds > 0)
            frame.repetitionTime = milliseconds / 1000;
        const auto echoes = partOf(own, shared, echo).doubles(effectiveEcho);
        if (!echoes.empty()) frame.series += std::to_string(echoes.front());
        rescale(frame, partOf(own, shared, rescaling));
        frames.push_back(std::move(frame));
    }
    return frames;
}

/// Compressed pictures are items one after the other up to an end mark. GDCM ends the whole program at some that are
/// cut off, so they are walked through before it sees them.
void checkFragments(const fs::path& path, std::uint64_t at, std::uint64_t size) {
    std::ifstream stream(path, std::ios::binary);
    for (bool first = true; at + 8 <= size; first = false) {
        std::array<std::uint8_t, 8> head{};
        stream.seekg(static_cast<std::streamoff>(at));
        if (!stream.read(reinterpret_cast<char*>(head.data()), 8)) break;
        const auto number = [&](std::size_t i) {
            return std::uint32_t{head[i]} | std::uint32_t{head[i + 1]} << 8 | std::uint32_t{head[i + 2]} << 16 |
                   std::uint32_t{head[i + 3]} << 24;
        };
        const std::uint32_t tag = number(0), length = number(4);  // the halves of a tag stand in this order
        if (tag == 0xe0ddfffe && !first) return;
        if (tag != 0xe000fffe || length > size - at - 8 || (first && length % 4 != 0)) break;
        at += 8 + std::uint64_t{length};
    }
    throw Error(ErrorKind::BadInput,
                path.filename().string() + " ends inside its compressed pictures or is damaged there; copy it again");
}

/// How the pixels are stored; checked against the file, so that nothing is read beyond its end.
std::shared_ptr<const DicomPixels> pixelsOf(const DicomHeader& header, const DicomFrame& whole, const fs::path& path) {
    DicomPixels pixels;
    pixels.columns = whole.size[0];
    pixels.rows = whole.size[1];
    pixels.frames = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::clamp(header.data.number(frameCount), 1.0, double(mostFrames))));
    pixels.bits = header.data.whole(bitsAllocated);
    pixels.storedBits = header.data.whole(bitsStored);
    pixels.isSigned = header.data.whole(pixelSigned) == 1;
    pixels.bigEndian = header.data.bigEndian;
    pixels.offset = header.pixelOffset;
    pixels.native = !header.encapsulated && (pixels.bits == 8 || pixels.bits == 16 || pixels.bits == 32);
    std::error_code error;
    const auto size = fs::file_size(path, error);
    const std::uint64_t needed = std::uint64_t{pixels.columns} * pixels.rows * pixels.frames * (pixels.bits / 8);
    if (!pixels.native) {
        // The decoders allocate what the header promises before they look at the pictures.
        if (error || needed > std::max<std::uint64_t>(alwaysDecoded, size * mostCompression))
            throw Error(ErrorKind::BadInput,
                        path.filename().string() + " promises more pixels than its pictures can hold; copy it again");
        if (header.encapsulated) checkFragments(path, header.pixelOffset, size);
        return std::make_shared<const DicomPixels>(pixels);
    }
    if (error || needed > header.pixelBytes || size < header.pixelOffset || needed > size - header.pixelOffset)
        throw Error(ErrorKind::BadInput,
                    path.filename().string() + " is shorter than its DICOM header promises; copy it again");
    return std::make_shared<const DicomPixels>(pixels);
}

}  // namespace

std::vector<DicomFrame> readDicomFrames(const fs::path& path) {
    const DicomHeader header = readDicomHeader(path);
    const DicomItem& data = header.data;
    const std::string name = path.filename().string();  // the folders above are often named after the person
    DicomFrame whole;
    whole.slice.file = path;
    whole.size = {data.whole(columnCount), data.whole(rowCount)};
    if (header.pixelOffset == 0 || whole.size[0] == 0 || whole.size[1] == 0 || data.whole(samplesPerPixel) > 1)
        return {};
    if (whole.size[0] > longestSide || whole.size[1] > longestSide)
        throw Error(ErrorKind::BadInput, name + " is damaged: it states an impossible size");
    whole.slice.pixels = pixelsOf(header, whole, path);
    const std::string type = data.text(imageType);
    whole.series = data.text(seriesUid) + kindOfImage(type) + data.text(echoTime);
    placeFrame(whole, data, data, data);
    rescale(whole, data);
    whole.when = {data.number(temporalPosition), data.number(acquisitionNumber), data.number(instanceNumber)};
    whole.seconds = timeOfDay(data.text(acquisitionTime));
    whole.repetitionTime = data.number(repetitionTime) / 1000;
    std::vector<DicomFrame> frames;
    if (type.find("MOSAIC") != std::string::npos)
        frames = framesOfMosaic(whole, data, name);
    else if (whole.slice.pixels->frames > 1 || data.first(frameGroups))
        frames = framesOfEnhanced(whole, data, whole.slice.pixels->frames, name);
    else
        frames.push_back(whole);
    for (DicomFrame& frame : frames) {
        frame.slice.slope = frame.slope;
        frame.slice.intercept = frame.intercept;
    }
    return frames;
}

}  // namespace chronnect::detail
