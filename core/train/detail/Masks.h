#pragma once

#include "core/base/Random.h"
#include "core/learning/Specs.h"

#include <torch/types.h>

namespace chronnect::train {

/// Hidden regions, windows x regions (bool, CPU). Random: round(ratio N) of them without replacement in every window.
/// Block: one run of that many consecutive regions.
torch::Tensor hiddenRegions(std::int64_t windows, std::int64_t regions, NodeMask kind, double ratio, Random& random);

/// Hidden pairs as symmetric packed bits, windows x regions x words (int64, CPU), each pair with probability `ratio`
/// (to 1/256) independently; the diagonal is never hidden.
torch::Tensor hiddenPairs(std::int64_t windows, std::int64_t regions, double ratio, Random& random);

/// Pairs with an end in a hidden region, same packing: incident edges of masked nodes.
torch::Tensor pairsOfRegions(const torch::Tensor& hiddenRegions);
/// Pairs with both ends among the chosen regions (windows x regions, bool, CPU), same packing.
torch::Tensor pairsWithin(const torch::Tensor& regions);

/// K blocks of consecutive regions per window, each round(alpha N) long with alpha uniform in [low, high], drawn anew
/// until at least a tenth of the regions stays visible. Returns K x windows x regions (bool, CPU).
torch::Tensor hiddenBlocks(std::int64_t blocks, std::int64_t windows, std::int64_t regions, double low, double high,
                           Random& random);

}  // namespace chronnect::train
