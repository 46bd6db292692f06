#include "core/imaging/Cifti.h"

#include "core/base/Error.h"
#include "core/imaging/detail/CiftiFile.h"
#include "core/imaging/detail/CiftiXml.h"
#include "core/imaging/detail/VolumePipeline.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace chronnect {

namespace fs = std::filesystem;
using Kind = CiftiAxis::Kind;

namespace {

constexpr int ciftiExtension = 32;

bool hasCiftiIntent(const detail::RawHeader& raw) { return raw.intent >= 3000 && raw.intent < 3100; }

/// The XML between header and data; the length of every extension is held against the room there is.
std::string readXml(const detail::NiftiFile& file, const std::string& what) {
    const auto refuse = [&] {
        throw Error(ErrorKind::BadInput, what + " lacks the description that every CIFTI file has");
    };
    const auto source = detail::openBytes(file.dataPath);
    std::uint64_t at = 544;
    if (source->skip(at) < at) refuse();
    while (at + 8 <= file.dataOffset) {
        std::array<std::byte, 8> head{};
        if (source->read(head) < head.size()) refuse();
        if (file.raw.swapped) detail::swapBytes(head, 4);
        std::int32_t length = 0, code = 0;
        std::memcpy(&length, head.data(), 4);
        std::memcpy(&code, head.data() + 4, 4);
        if (length < 8 || at + static_cast<std::uint64_t>(length) > file.dataOffset) refuse();
        const auto content = static_cast<std::size_t>(length - 8);
        if (code == ciftiExtension) {
            std::string xml;
            while (xml.size() < content) {
                const std::size_t now = std::min<std::size_t>(content - xml.size(), 1 << 22);
                const std::size_t before = xml.size();
                xml.resize(before + now);
                if (source->read(std::as_writable_bytes(std::span(xml)).subspan(before)) < now) refuse();
            }
            xml.resize(std::strlen(xml.c_str()));  // padded with zeros to a multiple of 16
            return xml;
        }
        if (source->skip(content) < content) refuse();
        at += static_cast<std::uint64_t>(length);
    }
    refuse();
    return {};
}

/// Region names by row of a matrix whose rows are parcels and whose columns are time, or the other way round.
bool isParcelSeries(const CiftiHeader& header) {
    return (header.along.kind == Kind::Series && header.down.kind == Kind::Parcels) ||
           (header.along.kind == Kind::Parcels && header.down.kind == Kind::Series);
}

[[noreturn]] void wrongKind(const fs::path& path, const CiftiHeader& header, const char* wanted) {
    throw Error(ErrorKind::BadInput, path.string() + " is a " + header.kind() + " file where " + wanted + " is needed");
}

}  // namespace

std::string CiftiHeader::kind() const {
    const auto is = [&](Kind a, Kind d) { return along.kind == a && down.kind == d; };
    if (is(Kind::Series, Kind::BrainModels)) return "dtseries";
    if (is(Kind::Series, Kind::Parcels) || is(Kind::Parcels, Kind::Series)) return "ptseries";
    if (is(Kind::Labels, Kind::BrainModels)) return "dlabel";
    if (is(Kind::Scalars, Kind::BrainModels)) return "dscalar";
    if (is(Kind::Scalars, Kind::Parcels)) return "pscalar";
    if (is(Kind::Labels, Kind::Parcels)) return "plabel";
    if (is(Kind::Parcels, Kind::Parcels)) return "pconn";
    if (is(Kind::BrainModels, Kind::BrainModels)) return "dconn";
    return "CIFTI matrix";
}

detail::CiftiFile detail::openCifti(const fs::path& path) {
    CiftiFile file;
    file.data = openNiftiContainer(path);
    const RawHeader& raw = file.data.raw;
    const std::string what = path.string();
    if (!hasCiftiIntent(raw)) throw Error(ErrorKind::BadInput, what + " is not a CIFTI file");
    if (raw.version != 2) throw Error(ErrorKind::BadInput, what + " is damaged: a CIFTI file has a NIfTI-2 header");
    for (int axis = 1; axis <= 7; ++axis) {
        const bool matrix = axis == 5 || axis == 6;
        const bool stated = axis <= raw.dimension[0];
        if (matrix ? !stated || raw.dimension[axis] < 1 : stated && raw.dimension[axis] != 1)
            throw Error(ErrorKind::BadInput, what + " has dimensions that no CIFTI matrix has; it is damaged");
    }
    file.data.header.grid.size = {static_cast<std::size_t>(raw.dimension[5]), 1, 1};
    file.data.header.volumes = static_cast<std::size_t>(raw.dimension[6]);
    interpretData(file.data, what);
    auto axes =
        parseCiftiXml(readXml(file.data, what), {file.data.header.grid.size[0], file.data.header.volumes}, what);
    file.header = {std::move(axes[0]), std::move(axes[1]), file.data.header.dataType, file.data.header.notices};
    for (const CiftiAxis* axis : {&file.header.along, &file.header.down})
        if (axis->kind == Kind::Series && axis->step == 0.0)
            file.header.notices.push_back({Severity::Question,
                                           "The file does not state a plausible repetition time; give the "
                                           "repetition time in seconds"});
    return file;
}

void detail::forEachCiftiRow(const CiftiFile& file, const JobContext& context,
                             const std::function<void(std::size_t, std::span<const double>)>& use) {
    std::vector<double> values;
    forEachRawVolume(file.data, context, [&](std::size_t row, std::span<const std::byte> bytes) {
        visitVoxels(file.data.type, bytes, [&](auto raw) { values.assign(raw.begin(), raw.end()); });
        const auto& header = file.data.header;
        if (header.slope != 1.0 || header.intercept != 0.0)
            for (double& value : values) value = value * header.slope + header.intercept;
        use(row, values);
    });
}

CiftiHeader readCiftiHeader(const fs::path& path) { return detail::openCifti(path).header; }

bool isCifti(const fs::path& path) {
    try {
        return hasCiftiIntent(detail::openNiftiContainer(path).raw);
    } catch (const Error&) {
        return false;
    }
}

TimeSeries readCiftiSeries(const fs::path& path) {
    const detail::CiftiFile file = detail::openCifti(path);
    const CiftiHeader& header = file.header;
    if (!isParcelSeries(header)) wrongKind(path, header, "a parcel series (.ptseries.nii)");
    const bool timeAlong = header.along.kind == Kind::Series;
    const CiftiAxis& time = timeAlong ? header.along : header.down;
    TimeSeries series{timeAlong ? header.down.names : header.along.names, time.step, {}, {}};
    detail::forEachCiftiRow(file, {}, [&](std::size_t row, std::span<const double> values) {
        if (row == 0) series.values.resize(time.size * series.regions.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double value = std::isfinite(values[i]) ? values[i] : std::numeric_limits<double>::quiet_NaN();
            (timeAlong ? series.at(i, row) : series.at(row, i)) = value;
        }
    });
    return series;
}

bool isCiftiConnectivity(const fs::path& path) { return path.filename().string().ends_with(".pconn.nii"); }

ConnectivityMatrix readCiftiConnectivity(const fs::path& path) {
    const detail::CiftiFile file = detail::openCifti(path);
    const CiftiHeader& header = file.header;
    if (header.kind() != "pconn" || header.along.names != header.down.names)
        wrongKind(path, header, "parcel connectivity (.pconn.nii)");
    ConnectivityMatrix matrix{header.along.names, {}, "read from a pconn file"};
    detail::forEachCiftiRow(file, {}, [&](std::size_t row, std::span<const double> values) {
        if (row == 0) matrix.edges.assign(edgeCountOf(values.size()), 0.0);
        for (std::size_t column = 0; column < values.size(); ++column)
            if (column != row)
                matrix.edges[edgeIndex(std::min(row, column), std::max(row, column), values.size())] +=
                    0.5 * values[column];
    });
    return matrix;
}

}  // namespace chronnect
