#pragma once

#include "core/store/detail/Hdf5.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace chronnect::detail {

/// Writes a float32 dataset rows x columns that grows at its end, in chunks of about a megabyte and uncompressed:
/// deflate would gain a tenth on BOLD series and cost more time than the disk does. Hold an H5Session around calls.
class FloatRows {
public:
    FloatRows() = default;
    FloatRows(const H5Group& group, const std::string& name, std::size_t columns);
    void append(std::span<const float> values);  ///< whole rows
    void close() { m_dataset = H5Handle(); }

private:
    H5Handle m_dataset;
    std::string m_where;
    hsize_t m_rows = 0, m_columns = 0;
};

/// Where the rows of such a dataset lie in the file, so that they are read past HDF5: several threads at once, without
/// its lock, and not a byte more than asked for.
struct RowMap {
    std::size_t rows = 0, columns = 0, rowsPerChunk = 0;
    std::vector<std::uint64_t> chunks;  ///< byte position of each chunk

    /// Throws Error(BadInput) unless it is an uncompressed little-endian float32 matrix of `columns` columns and all
    /// chunks are there. Hold an H5Session.
    static RowMap of(const H5Group& group, const std::string& name, std::size_t columns);
};

}  // namespace chronnect::detail
