#include "core/store/detail/FloatRows.h"

#include "core/base/Error.h"

#include <algorithm>

namespace chronnect::detail {

namespace {

constexpr hsize_t chunkBytes = hsize_t{1} << 20;

}  // namespace

FloatRows::FloatRows(const H5Group& group, const std::string& name, std::size_t columns)
    : m_where(group.path() + name), m_columns(columns) {
    const hsize_t extent[2]{0, m_columns}, most[2]{H5S_UNLIMITED, m_columns};
    const hsize_t chunk[2]{std::max<hsize_t>(1, chunkBytes / (m_columns * sizeof(float))), m_columns};
    const H5Handle space(H5Screate_simple(2, extent, most), H5Sclose);
    const H5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    H5Pset_chunk(properties.get(), 2, chunk);
    H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
    H5Pset_chunk_cache(access.get(), 1, 0, 1.0);  // written once and in order: straight through
    m_dataset = H5Handle(
        H5Dcreate2(group.id(), name.c_str(), H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, properties.get(), access.get()),
        H5Dclose);
    if (!m_dataset) throw Error(ErrorKind::FileAccess, "Cannot write " + m_where);
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

RowMap RowMap::of(const H5Group& group, const std::string& name, std::size_t columns) {
    const auto refuse = [&](const std::string& what) {
        throw Error(ErrorKind::BadInput, group.path() + name + " " + what);
    };
    const H5Handle dataset = group.openDataset(name);
    const H5Handle space(H5Dget_space(dataset.get()), H5Sclose), type(H5Dget_type(dataset.get()), H5Tclose);
    const H5Handle properties(H5Dget_create_plist(dataset.get()), H5Pclose);
    hsize_t extent[2], chunk[2];
    if (!space || !type || H5Sget_simple_extent_ndims(space.get()) != 2 || H5Tequal(type.get(), H5T_IEEE_F32LE) <= 0 ||
        H5Sget_simple_extent_dims(space.get(), extent, nullptr) != 2 || extent[1] != columns)
        refuse("is no 32-bit matrix of " + std::to_string(columns) + " columns");
    if (H5Pget_layout(properties.get()) != H5D_CHUNKED || H5Pget_chunk(properties.get(), 2, chunk) != 2 ||
        chunk[1] != columns || H5Pget_nfilters(properties.get()) != 0)
        refuse("is compressed or cut across its columns; save it without");
    if (extent[0] > H5Dget_storage_size(dataset.get()) / sizeof(float) / columns)
        refuse("declares more values than it stores");

    RowMap map{extent[0], columns, chunk[0], {}};
    for (hsize_t row = 0; row < extent[0]; row += chunk[0]) {
        const hsize_t at[2]{row, 0};
        unsigned filters = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t size = 0;
        if (H5Dget_chunk_info_by_coord(dataset.get(), at, &filters, &address, &size) < 0 || address == HADDR_UNDEF ||
            size / sizeof(float) / columns < chunk[0])
            refuse("lacks the rows from " + std::to_string(row));
        map.chunks.push_back(address);
    }
    return map;
}

}  // namespace chronnect::detail
