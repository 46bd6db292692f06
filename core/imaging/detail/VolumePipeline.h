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

/// The same for an uncompressed file, where volumes can be read anywhere: several threads read and call `use` for
/// volumes of their own, in any order, so that each volume is still in the processor's cache when it is used.
void forEachRawVolumeInParallel(const NiftiFile& file, const JobContext& context,
                                const std::function<void(std::size_t index, std::span<const std::byte> bytes)>& use);

}  // namespace chronnect::detail
