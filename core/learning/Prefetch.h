#pragma once

#include "core/learning/ScanSource.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace chronnect {

/// The same scans, read ahead of time by a thread of its own in the order in which training will ask for them, so that
/// a step never waits for the disk. At most `ahead` scans are held. Reads may come in another order or for other scans:
/// what is not waiting is fetched from `source` there and then. A failed read ahead throws where the scan is asked for.
std::shared_ptr<const ScanSource> prefetching(std::shared_ptr<const ScanSource> source, std::vector<std::size_t> order,
                                              std::size_t ahead = 64);

}  // namespace chronnect
