#pragma once

#include <cstdint>

namespace chronnect {

/// Prints how many scans a second the processor can prepare for a GPU that pretrains: reading and z-scoring them, and
/// drawing what is hidden. Returns what `main` shall.
int measureHostSide(std::int64_t regions);

}  // namespace chronnect
