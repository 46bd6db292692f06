#include "core/imaging/detail/Affine.h"
#include "core/imaging/detail/NiftiFile.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace chronnect::detail {

namespace {

constexpr std::size_t sizeOfNifti1 = 348;
constexpr std::size_t sizeOfNifti2 = 540;

/// Fields by their byte offset, in either byte order.
class Fields {
public:
    Fields(std::span<const std::byte> bytes, bool swapped) : m_bytes(bytes), m_swapped(swapped) {}

    template <class T>
    T get(std::size_t offset) const {
        std::byte raw[sizeof(T)];
        std::memcpy(raw, m_bytes.data() + offset, sizeof(T));
        if (m_swapped) std::reverse(raw, raw + sizeof(T));
        T value;
        std::memcpy(&value, raw, sizeof(T));
        return value;
    }
    bool textAt(std::size_t offset, std::string_view text) const {
        return std::memcmp(m_bytes.data() + offset, text.data(), text.size()) == 0;
    }

private:
    std::span<const std::byte> m_bytes;
    bool m_swapped;
};

RawHeader parseNifti1(const Fields& fields, bool swapped, const std::string& what) {
    RawHeader raw;
    raw.swapped = swapped;
    raw.singleFile = fields.textAt(344, std::string_view("n+1\0", 4));
    const bool pair = fields.textAt(344, std::string_view("ni1\0", 4));
    raw.version = raw.singleFile || pair ? 1 : 0;
    const std::size_t magicEnd = 348;
    const bool blank = fields.get<std::int32_t>(magicEnd - 4) == 0;
    // Analyze 7.5 has its "smin" there, which is zero in practice; anything else is a damaged NIfTI.
    if (raw.version == 0 && !blank)
        throw Error(ErrorKind::BadInput, what +
                                             " has a header of the right size but not the NIfTI signature; the file "
                                             "is damaged or of another format");
    for (std::size_t i = 0; i < 8; ++i) raw.dimension[i] = fields.get<std::int16_t>(40 + 2 * i);
    for (std::size_t i = 0; i < 8; ++i) raw.pixelSize[i] = fields.get<float>(76 + 4 * i);
    raw.dataType = fields.get<std::int16_t>(70);
    raw.bitsPerVoxel = fields.get<std::int16_t>(72);
    raw.dataOffset = fields.get<float>(108);
    if (raw.version == 0) return raw;
    raw.intent = fields.get<std::int16_t>(68);
    raw.slope = fields.get<float>(112);
    raw.intercept = fields.get<float>(116);
    raw.units = fields.get<std::uint8_t>(123);
    raw.qformCode = fields.get<std::int16_t>(252);
    raw.sformCode = fields.get<std::int16_t>(254);
    for (std::size_t i = 0; i < 3; ++i) raw.quaternion[i] = fields.get<float>(256 + 4 * i);
    for (std::size_t i = 0; i < 3; ++i) raw.qoffset[i] = fields.get<float>(268 + 4 * i);
    for (std::size_t i = 0; i < 12; ++i) raw.sform[i] = fields.get<float>(280 + 4 * i);
    return raw;
}

RawHeader parseNifti2(const Fields& fields, bool swapped, const std::string& what) {
    RawHeader raw;
    raw.version = 2;
    raw.swapped = swapped;
    raw.singleFile = fields.textAt(4, std::string_view("n+2\0", 4));
    if (!raw.singleFile && !fields.textAt(4, std::string_view("ni2\0", 4)))
        throw Error(ErrorKind::BadInput, what + " has a NIfTI-2 header without its signature; the file is damaged");
    raw.dataType = fields.get<std::int16_t>(12);
    raw.bitsPerVoxel = fields.get<std::int16_t>(14);
    for (std::size_t i = 0; i < 8; ++i) raw.dimension[i] = fields.get<std::int64_t>(16 + 8 * i);
    for (std::size_t i = 0; i < 8; ++i) raw.pixelSize[i] = fields.get<double>(104 + 8 * i);
    raw.dataOffset = static_cast<double>(fields.get<std::int64_t>(168));
    raw.slope = fields.get<double>(176);
    raw.intercept = fields.get<double>(184);
    raw.qformCode = fields.get<std::int32_t>(344);
    raw.sformCode = fields.get<std::int32_t>(348);
    for (std::size_t i = 0; i < 3; ++i) raw.quaternion[i] = fields.get<double>(352 + 8 * i);
    for (std::size_t i = 0; i < 3; ++i) raw.qoffset[i] = fields.get<double>(376 + 8 * i);
    for (std::size_t i = 0; i < 12; ++i) raw.sform[i] = fields.get<double>(400 + 8 * i);
    raw.units = fields.get<std::int32_t>(500);
    raw.intent = fields.get<std::int32_t>(504);
    return raw;
}

bool isUsable(const Affine& affine) {
    return std::all_of(affine.begin(), affine.end(), [](double v) { return std::isfinite(v); }) &&
           std::abs(determinant(affine)) > 1e-12;
}

double positiveSize(double pixelSize) {
    const double size = std::abs(pixelSize);
    return std::isfinite(size) && size > 0 ? size : 1.0;
}

/// The rotation of the quaternion (NIfTI-1 standard, "method 2"), columns scaled by the voxel size.
Affine qformAffine(const RawHeader& raw) {
    const auto [b, c, d] = std::to_array(raw.quaternion);
    const double left = 1.0 - (b * b + c * c + d * d);
    double a = left > 1e-7 ? std::sqrt(left) : 0.0;
    const double norm = left > 1e-7 ? 1.0 : 1.0 / std::sqrt(b * b + c * c + d * d);
    const double x = b * norm, y = c * norm, z = d * norm;
    const double sx = positiveSize(raw.pixelSize[1]), sy = positiveSize(raw.pixelSize[2]);
    const double sz = positiveSize(raw.pixelSize[3]) * (raw.pixelSize[0] < 0 ? -1.0 : 1.0);
    return {(a * a + x * x - y * y - z * z) * sx,
            2 * (x * y - a * z) * sy,
            2 * (x * z + a * y) * sz,
            raw.qoffset[0],
            2 * (x * y + a * z) * sx,
            (a * a + y * y - x * x - z * z) * sy,
            2 * (y * z - a * x) * sz,
            raw.qoffset[1],
            2 * (x * z - a * y) * sx,
            2 * (y * z + a * x) * sy,
            (a * a + z * z - x * x - y * y) * sz,
            raw.qoffset[2]};
}

/// Largest distance in mm between the places two affines give the corners of the image.
double cornerDistance(VoxelGrid grid, const Affine& first, const Affine& second) {
    double largest = 0.0;
    for (int corner = 0; corner < 8; ++corner) {
        const double i = corner & 1 ? static_cast<double>(grid.size[0]) - 1 : 0;
        const double j = corner & 2 ? static_cast<double>(grid.size[1]) - 1 : 0;
        const double k = corner & 4 ? static_cast<double>(grid.size[2]) - 1 : 0;
        grid.affine = first;
        const auto a = grid.world(i, j, k);
        grid.affine = second;
        const auto b = grid.world(i, j, k);
        largest = std::max(largest, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
    }
    return largest;
}

/// Millimetres per unit of the header; 1 for mm and for what it does not say.
double lengthUnit(int units) {
    switch (units & 0x07) {
        case 1: return 1000.0;
        case 3: return 0.001;
        default: return 1.0;
    }
}

void scaleLengths(Affine& affine, double unit) {
    for (double& value : affine) value *= unit;
}

}  // namespace

RawHeader parseRawHeader(std::span<const std::byte> bytes, const std::string& what) {
    if (bytes.empty()) throw Error(ErrorKind::BadInput, what + " is empty");
    if (bytes.size() < 4)
        throw Error(ErrorKind::BadInput,
                    what + " is not a NIfTI image: it has only " + std::to_string(bytes.size()) + " bytes");
    for (const bool swapped : {false, true}) {
        const auto size = static_cast<std::uint32_t>(Fields(bytes, swapped).get<std::int32_t>(0));
        if (size != sizeOfNifti1 && size != sizeOfNifti2) continue;
        if (bytes.size() < size)
            throw Error(ErrorKind::BadInput, what + " is not a NIfTI image: its header is cut off after " +
                                                 std::to_string(bytes.size()) + " of " + std::to_string(size) +
                                                 " bytes");
        const Fields fields(bytes, swapped);
        return size == sizeOfNifti1 ? parseNifti1(fields, swapped, what) : parseNifti2(fields, swapped, what);
    }
    throw Error(ErrorKind::BadInput,
                what + " is not a NIfTI or Analyze image: its header size field is neither 348 nor 540");
}

void interpretOrientation(const RawHeader& raw, NiftiHeader& header) {
    Affine sform, qform = qformAffine(raw);
    std::copy(std::begin(raw.sform), std::end(raw.sform), sform.begin());
    const double unit = lengthUnit(raw.units);
    const bool hasSform = raw.sformCode > 0 && isUsable(sform);
    const bool hasQform = raw.qformCode > 0 && isUsable(qform);
    if (raw.sformCode > 0 && !hasSform)
        header.notices.push_back({Severity::Warning, "The sform of the image is not usable; it is left out"});
    if (hasSform && hasQform) {
        const double distance = cornerDistance(header.grid, sform, qform) * unit;
        const double voxel = std::cbrt(std::abs(determinant(sform))) * unit;
        if (distance > 0.1 * voxel)
            header.notices.push_back({Severity::Warning, "sform and qform disagree by up to " +
                                                             std::to_string(static_cast<long>(std::lround(distance))) +
                                                             " mm; the sform is used: check left and right"});
    }
    if (hasSform || hasQform) {
        header.grid.affine = hasSform ? sform : qform;
        header.orientationFrom = hasSform ? "sform" : "qform";
    } else {
        const double sx = positiveSize(raw.pixelSize[1]), sy = positiveSize(raw.pixelSize[2]);
        header.grid.affine = {sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, positiveSize(raw.pixelSize[3]), 0};
        header.orientationFrom = "none";
        header.notices.push_back({Severity::Question,
                                  "The image does not say its orientation: left and right are not "
                                  "known, and it cannot be matched to an atlas of another grid"});
    }
    if (unit != 1.0) {
        scaleLengths(header.grid.affine, unit);
        header.notices.push_back(
            {Severity::Information,
             std::string("Lengths are in ") + (unit > 1 ? "metres" : "micrometres") + " and were converted to mm"});
    }
}

void interpretRepetitionTime(const RawHeader& raw, NiftiHeader& header) {
    header.repetitionTime = 0.0;
    if (header.volumes < 2) return;
    const double stated = raw.pixelSize[4];
    const auto ask = [&](const std::string& why) {
        header.notices.push_back({Severity::Question, why + "; give the repetition time in seconds"});
    };
    if (!std::isfinite(stated) || stated <= 0) return ask("The image does not state its repetition time");
    double perSecond = 1.0;
    switch (raw.units & 0x38) {
        case 0:
        case 8: break;
        case 16: perSecond = 1e3; break;
        case 24: perSecond = 1e6; break;
        default: return ask("The fourth axis of the image is not time");
    }
    const double seconds = stated / perSecond;
    if (seconds < 0.05 || seconds > 30.0) {
        std::string text = std::to_string(seconds);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') text.pop_back();
        return ask("The image states an implausible repetition time of " + text + " s" +
                   (seconds >= 50 && seconds <= 30000 ? " (milliseconds?)" : ""));
    }
    if ((raw.units & 0x38) == 0)
        header.notices.push_back({Severity::Information, "The image names no unit of time; seconds are assumed"});
    header.repetitionTime = seconds;
}

}  // namespace chronnect::detail
