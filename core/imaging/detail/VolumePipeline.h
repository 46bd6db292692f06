#pragma once

#include "core/base/JobContext.h"
#include "core/imaging/detail/NiftiFile.h"

#include <cstddef>
#include <functional>
#include <span>

namespace chronnect::detail {

/// Calls `use(index, bytes)` for each raw volume in order on the calling thread, while another thread reads and
/// inflates the next ones; three volumes are in memory. Reports progress, checks for cancellation and, at the end,
/// the checksum. Exceptions of either side end both.
void forEachRawVolume(const NiftiFile& file, const JobContext& context,
                      const std::function<void(std::size_t index, std::span<const std::byte> bytes)>& use);

}  // namespace chronnect::detail
