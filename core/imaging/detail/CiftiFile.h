#pragma once

#include "core/imaging/Cifti.h"
#include "core/imaging/detail/NiftiFile.h"

#include <functional>
#include <span>

namespace chronnect::detail {

/// A CIFTI file whose rows can be streamed: row r is "volume" r of `data`.
struct CiftiFile {
    CiftiHeader header;
    NiftiFile data;
};

CiftiFile openCifti(const std::filesystem::path& path);

/// Calls `use(row, values)` for every row in order.
void forEachCiftiRow(const CiftiFile& file, const JobContext& context,
                     const std::function<void(std::size_t row, std::span<const double> values)>& use);

}  // namespace chronnect::detail
