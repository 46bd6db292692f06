#pragma once

#include "core/base/JobContext.h"

#include <cstddef>
#include <functional>

namespace chronnect {

/// How many threads a data-parallel loop may use (CHRONNECT_THREADS, else the number of cores).
int threadCount();

/// Calls `body(i)` for 0..count-1 on a few threads and waits; the first exception is rethrown.
/// Checks for cancellation between turns. Results must not depend on the order of the turns.
void parallelFor(std::size_t count, const JobContext& context, const std::function<void(std::size_t)>& body);

}  // namespace chronnect
