#include "core/store/detail/FloatRows.h"

#include "core/base/Error.h"

#include <algorithm>
#include <limits>

namespace chronnect::detail {

namespace {

constexpr hsize_t chunkBytes = hsize_t{1} << 18;         // a scan of 490 x 400 values touches 5 of them
constexpr hsize_t largestChunkBytes = hsize_t{1} << 26;  // HDF5 allocates a whole chunk to check it
constexpr std::size_t cacheBytes = std::size_t{4} << 20;

H5Handle chunkCache() {
    H5Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    H5Pset_chunk_cache(access.get(), 521, cacheBytes, 1.0);  // read chunks are not needed again
    return access;
}

}  // namespace

FloatRows FloatRows::create(const H5Group& group, const std::string& name, std::size_t columns) {
    const hsize_t extent[2]{0, columns}, most[2]{H5S_UNLIMITED, columns};
    const hsize_t chunk[2]{std::max<hsize_t>(1, chunkBytes / (columns * sizeof(float))), columns};
    const H5Handle space(H5Screate_simple(2, extent, most), H5Sclose);
    const H5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(properties.get(), 2, chunk);
    H5Pset_fletcher32(properties.get());
    FloatRows rows;
    rows.m_where = group.path() + name;
    rows.m_columns = columns;
    rows.m_dataset = H5Handle(H5Dcreate2(group.id(), name.c_str(), H5T_IEEE_F32LE, space.get(), H5P_DEFAULT,
                                         properties.get(), chunkCache().get()),
                              H5Dclose);
    if (!rows.m_dataset) throw Error(ErrorKind::FileAccess, "Cannot write " + rows.m_where);
    return rows;
}

FloatRows FloatRows::open(const H5Group& group, const std::string& name, std::size_t columns) {
    FloatRows rows;
    rows.m_where = group.path() + name;
    const auto refuse = [&](const std::string& what) { throw Error(ErrorKind::BadInput, rows.m_where + " " + what); };
    group.openDataset(name);  // refuses links to other files
    rows.m_dataset = H5Handle(H5Dopen2(group.id(), name.c_str(), chunkCache().get()), H5Dclose);
    const H5Handle space(H5Dget_space(rows.m_dataset.get()), H5Sclose);
    const H5Handle type(H5Dget_type(rows.m_dataset.get()), H5Tclose);
    const H5Handle properties(H5Dget_create_plist(rows.m_dataset.get()), H5Pclose);
    hsize_t extent[2], chunk[2];
    if (!space || !type || H5Sget_simple_extent_ndims(space.get()) != 2 || H5Tget_class(type.get()) != H5T_FLOAT ||
        H5Sget_simple_extent_dims(space.get(), extent, nullptr) != 2 || extent[1] != columns)
        refuse("is no matrix of " + std::to_string(columns) + " columns");
    const std::size_t item = H5Tget_size(type.get());
    if (H5Pget_layout(properties.get()) != H5D_CHUNKED || H5Pget_chunk(properties.get(), 2, chunk) != 2 ||
        chunk[0] > largestChunkBytes / item || chunk[1] > largestChunkBytes / item / chunk[0])
        refuse("is not stored in chunks of a usable size");
    // Only sums and byte order filters keep the size, so anything that could inflate a small file is refused.
    for (int i = 0; i < H5Pget_nfilters(properties.get()); ++i) {
        unsigned flags = 0, config = 0;
        std::size_t elements = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags, &elements, nullptr, 0, nullptr, &config);
        if (filter != H5Z_FILTER_FLETCHER32 && filter != H5Z_FILTER_SHUFFLE) refuse("is compressed; save it without");
    }
    const hsize_t stored = H5Dget_storage_size(rows.m_dataset.get()) / item;
    if (extent[0] > stored / columns) refuse("declares more values than it stores");
    rows.m_rows = extent[0];
    rows.m_columns = columns;
    return rows;
}

void FloatRows::append(std::span<const float> values) {
    const hsize_t count[2]{values.size() / m_columns, m_columns}, start[2]{m_rows, 0};
    const hsize_t extent[2]{m_rows + count[0], m_columns};
    if (H5Dset_extent(m_dataset.get(), extent) < 0) throw Error(ErrorKind::FileAccess, "Cannot write " + m_where);
    const H5Handle target(H5Dget_space(m_dataset.get()), H5Sclose);
    H5Sselect_hyperslab(target.get(), H5S_SELECT_SET, start, nullptr, count, nullptr);
    const H5Handle source(H5Screate_simple(2, count, nullptr), H5Sclose);
    if (H5Dwrite(m_dataset.get(), H5T_NATIVE_FLOAT, source.get(), target.get(), H5P_DEFAULT, values.data()) < 0)
        throw Error(ErrorKind::FileAccess, "Cannot write " + m_where + ": is the disk full?");
    m_rows = extent[0];
}

void FloatRows::read(std::size_t firstRow, std::size_t rows, std::vector<float>& values) const {
    const hsize_t count[2]{rows, m_columns}, start[2]{firstRow, 0};
    const H5Handle source(H5Dget_space(m_dataset.get()), H5Sclose);
    H5Sselect_hyperslab(source.get(), H5S_SELECT_SET, start, nullptr, count, nullptr);
    const H5Handle target(H5Screate_simple(2, count, nullptr), H5Sclose);
    values.resize(rows * m_columns);
    if (H5Dread(m_dataset.get(), H5T_NATIVE_FLOAT, target.get(), source.get(), H5P_DEFAULT, values.data()) < 0)
        throw Error(ErrorKind::BadInput, m_where + " cannot be read from row " + std::to_string(firstRow) +
                                             "; the file is damaged");
}

}  // namespace chronnect::detail
