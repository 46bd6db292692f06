#pragma once

#include "core/store/detail/Hdf5.h"

#include <string>

namespace chronnect::detail {

/// A float32 dataset rows x columns that grows at its end and is read in stretches of rows. It is chunked and not
/// compressed: deflate would gain a tenth on BOLD series and cost more time than the disk does. Every chunk has a
/// Fletcher-32 sum, so that a damaged one is an error and not a wrong number. Hold an H5Session around every call.
class FloatRows {
public:
    FloatRows() = default;
    static FloatRows create(const H5Group& group, const std::string& name, std::size_t columns);

    /// Throws Error(BadInput) unless it is a matrix of `columns` float columns whose declared size fits what is stored.
    static FloatRows open(const H5Group& group, const std::string& name, std::size_t columns);

    std::size_t rowCount() const { return m_rows; }
    void append(std::span<const float> values);                                       ///< whole rows
    void read(std::size_t firstRow, std::size_t rows, std::vector<float>& values) const;
    void close() { m_dataset = H5Handle(); }

private:
    H5Handle m_dataset;
    std::string m_where;
    std::size_t m_rows = 0, m_columns = 0;
};

}  // namespace chronnect::detail
