#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>

#include <zlib.h>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void cannotWrite(const fs::path& path) {
    throw fileError("Cannot write", path, {errno, std::generic_category()});
}

/// Bytes to a file, as one gzip member where the name ends in .gz. The gzip header holds neither time nor name,
/// so that the same input gives the same bytes.
class ByteSink {
public:
    ByteSink(const fs::path& path, bool compress) : m_path(path), m_compress(compress), m_buffer(1 << 18) {
#ifdef _WIN32
        m_file.reset(_wfopen(path.c_str(), L"wb"));
#else
        m_file.reset(std::fopen(path.c_str(), "wbe"));
#endif
        if (!m_file) cannotWrite(path);
        // Level 1: what makes scans large is noise, which a higher level shrinks hardly more.
        if (m_compress && deflateInit2(&m_stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw Error(ErrorKind::OutOfMemory, "Not enough memory to compress " + path.string());
    }
    ~ByteSink() {
        if (m_compress) deflateEnd(&m_stream);
    }
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;

    void write(const void* bytes, std::size_t count) {
        if (!m_compress) return put(bytes, count);
        const auto* from = static_cast<const Bytef*>(bytes);
        while (count > 0) {
            const std::size_t now = std::min<std::size_t>(count, 1u << 30);
            deflateSome(from, now, Z_NO_FLUSH);
            from += now;
            count -= now;
        }
    }
    void finish() {
        if (m_compress) deflateSome(nullptr, 0, Z_FINISH);
        if (std::fflush(m_file.get()) != 0) cannotWrite(m_path);
    }

private:
    void put(const void* bytes, std::size_t count) {
        if (std::fwrite(bytes, 1, count, m_file.get()) != count) cannotWrite(m_path);
    }
    void deflateSome(const Bytef* from, std::size_t count, int flush) {
        m_stream.next_in = const_cast<Bytef*>(from);
        m_stream.avail_in = static_cast<uInt>(count);
        do {
            m_stream.next_out = m_buffer.data();
            m_stream.avail_out = static_cast<uInt>(m_buffer.size());
            deflate(&m_stream, flush);
            put(m_buffer.data(), m_buffer.size() - m_stream.avail_out);
        } while (m_stream.avail_out == 0);
    }

    fs::path m_path;
    bool m_compress;
    std::vector<Bytef> m_buffer;
    std::unique_ptr<std::FILE, CloseFile> m_file;
    z_stream m_stream{};
};

struct OutputHeader {
    VoxelGrid grid;
    std::size_t volumes = 1;
    double repetitionTime = 0.0;
    int dataType = 16, bits = 32;
    double slope = 1.0;
};

template <class T>
void put(std::array<unsigned char, 352>& bytes, std::size_t offset, T value) {
    auto raw = std::bit_cast<std::array<unsigned char, sizeof(T)>>(value);
    if constexpr (std::endian::native == std::endian::big) std::reverse(raw.begin(), raw.end());
    std::copy(raw.begin(), raw.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// Rotation as a unit quaternion, if the affine is a rotation, a reflection of k, and voxel sizes; else false.
bool quaternionOf(const VoxelGrid& grid, std::array<double, 4>& abcd, double& reflection) {
    const auto& m = grid.affine;
    double r[3][3];
    for (int column = 0; column < 3; ++column) {
        const double size = std::hypot(m[column], m[4 + column], m[8 + column]);
        if (size == 0) return false;
        for (int row = 0; row < 3; ++row) r[row][column] = m[4 * row + column] / size;
    }
    const double determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                               r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                               r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
    if (std::abs(std::abs(determinant) - 1) > 1e-5) return false;  // sheared
    reflection = determinant < 0 ? -1 : 1;
    for (auto& row : r) row[2] *= reflection;
    // The largest of the four components first: the others follow from sums and differences without cancellation.
    const double squares[4] = {1 + r[0][0] + r[1][1] + r[2][2], 1 + r[0][0] - r[1][1] - r[2][2],
                               1 - r[0][0] + r[1][1] - r[2][2], 1 - r[0][0] - r[1][1] + r[2][2]};
    const auto largest = std::max_element(squares, squares + 4) - squares;
    const double twice = std::sqrt(squares[largest]), factor = 0.5 / twice;
    const double xy = r[0][1] + r[1][0], xz = r[0][2] + r[2][0], yz = r[1][2] + r[2][1];
    const double ax = r[2][1] - r[1][2], ay = r[0][2] - r[2][0], az = r[1][0] - r[0][1];
    const double rows[4][4] = {{0, ax, ay, az}, {ax, 0, xy, xz}, {ay, xy, 0, yz}, {az, xz, yz, 0}};
    for (int i = 0; i < 4; ++i) abcd[i] = i == largest ? 0.5 * twice : rows[largest][i] * factor;
    if (abcd[0] < 0)
        for (double& value : abcd) value = -value;
    return true;
}

std::array<unsigned char, 352> encode(const OutputHeader& header, const fs::path& path) {
    std::array<unsigned char, 352> bytes{};
    const auto& size = header.grid.size;
    for (const std::size_t length : {size[0], size[1], size[2], header.volumes})
        if (length < 1 || length > 32767)
            throw Error(ErrorKind::Unsupported, "Cannot write " + path.string() + ": an axis of " +
                                                    std::to_string(length) + " voxels does not fit a NIfTI-1 file");
    put<std::int32_t>(bytes, 0, 348);
    bytes[38] = 'r';
    const bool time = header.volumes > 1;
    const std::array<std::size_t, 8> dimensions{time ? 4u : 3u, size[0], size[1], size[2], header.volumes, 1, 1, 1};
    for (std::size_t i = 0; i < 8; ++i) put(bytes, 40 + 2 * i, static_cast<std::int16_t>(dimensions[i]));
    put(bytes, 70, static_cast<std::int16_t>(header.dataType));
    put(bytes, 72, static_cast<std::int16_t>(header.bits));
    std::array<double, 4> quaternion{1, 0, 0, 0};
    double reflection = 1;
    const bool hasQform = quaternionOf(header.grid, quaternion, reflection);
    const auto& m = header.grid.affine;
    put(bytes, 76, static_cast<float>(reflection));
    for (std::size_t axis = 0; axis < 3; ++axis)
        put(bytes, 80 + 4 * axis, static_cast<float>(std::hypot(m[axis], m[4 + axis], m[8 + axis])));
    put(bytes, 92, static_cast<float>(time ? header.repetitionTime : 0.0));
    put(bytes, 108, 352.0f);
    put(bytes, 112, static_cast<float>(header.slope));
    bytes[123] = time && header.repetitionTime > 0 ? 2 | 8 : 2;  // mm, seconds
    put(bytes, 252, static_cast<std::int16_t>(hasQform ? 2 : 0));
    put(bytes, 254, std::int16_t{2});
    for (std::size_t i = 0; i < 3; ++i) put(bytes, 256 + 4 * i, static_cast<float>(quaternion[i + 1]));
    for (std::size_t i = 0; i < 3; ++i) put(bytes, 268 + 4 * i, static_cast<float>(m[4 * i + 3]));
    for (std::size_t i = 0; i < 12; ++i) put(bytes, 280 + 4 * i, static_cast<float>(m[i]));
    std::memcpy(bytes.data() + 344, "n+1", 4);
    return bytes;
}

bool wantsGzip(const fs::path& path) {
    const std::string name = path.filename().string();
    const auto endsWith = [&](std::string_view ending) {
        return name.size() > ending.size() && name.ends_with(ending);
    };
    if (!endsWith(".nii") && !endsWith(".nii.gz"))
        throw Error(ErrorKind::BadInput, "Cannot write " + path.string() + ": images are written as .nii or .nii.gz");
    return endsWith(".gz");
}

void writeImage(const fs::path& path, const OutputHeader& header, const std::function<void(ByteSink&)>& writeVoxels) {
    static_assert(std::endian::native == std::endian::little, "voxels are written in little-endian order");
    const bool gzip = wantsGzip(path);
    const auto bytes = encode(header, path);
    writeAtomically(path, [&](const fs::path& temporary) {
        ByteSink sink(temporary, gzip);
        sink.write(bytes.data(), bytes.size());
        writeVoxels(sink);
        sink.finish();
    });
}

void requireSize(const VoxelGrid& grid, std::size_t count, const fs::path& path) {
    if (grid.voxelCount() != count)
        throw Error(ErrorKind::Internal, "Cannot write " + path.string() + ": grid and number of voxels differ");
}

template <class T>
void writeLabelsAs(ByteSink& sink, const std::vector<std::int32_t>& labels) {
    const std::vector<T> stored(labels.begin(), labels.end());
    sink.write(stored.data(), stored.size() * sizeof(T));
}

}  // namespace

void writeVolume(const fs::path& path, const Volume& volume) {
    requireSize(volume.grid, volume.values.size(), path);
    writeImage(path, {.grid = volume.grid},
               [&](ByteSink& sink) { sink.write(volume.values.data(), volume.values.size() * sizeof(float)); });
}

void writeLabels(const fs::path& path, const LabelVolume& volume) {
    requireSize(volume.grid, volume.labels.size(), path);
    const auto fits = [&](std::int32_t limit) {
        return std::all_of(volume.labels.begin(), volume.labels.end(),
                           [&](auto label) { return std::abs(std::int64_t{label}) <= limit; });
    };
    const bool small = fits(32767);
    const OutputHeader header{.grid = volume.grid, .dataType = small ? 4 : 8, .bits = small ? 16 : 32};
    writeImage(path, header, [&](ByteSink& sink) {
        if (small)
            writeLabelsAs<std::int16_t>(sink, volume.labels);
        else
            writeLabelsAs<std::int32_t>(sink, volume.labels);
    });
}

void writeBold(const fs::path& path, const BoldWriteSpec& spec,
               const std::function<void(std::size_t, std::span<float>)>& volume) {
    if (!(spec.slope > 0) || !std::isfinite(spec.slope))
        throw Error(ErrorKind::BadInput, "Cannot write " + path.string() + ": the slope must be a positive number");
    const OutputHeader header{.grid = spec.grid,
                              .volumes = spec.volumes,
                              .repetitionTime = spec.repetitionTime,
                              .dataType = 4,
                              .bits = 16,
                              .slope = spec.slope};
    writeImage(path, header, [&](ByteSink& sink) {
        std::vector<float> values(spec.grid.voxelCount());
        std::vector<std::int16_t> stored(values.size());
        // The slope is kept in 32 bits; dividing by what a reader will multiply with keeps the error at half a step.
        const double step = static_cast<float>(spec.slope);
        for (std::size_t index = 0; index < spec.volumes; ++index) {
            volume(index, values);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const double number = std::nearbyint(values[i] / step);
                if (!(std::abs(number) <= 32767))
                    throw Error(ErrorKind::Numerical, "Cannot write " + path.string() + ": a value of volume " +
                                                          std::to_string(index + 1) +
                                                          " does not fit 16 bits; use a larger slope");
                stored[i] = static_cast<std::int16_t>(number);
            }
            sink.write(stored.data(), stored.size() * sizeof(std::int16_t));
        }
    });
}

}  // namespace chronnect
