#include "core/train/detail/Masks.h"

#include "core/base/Error.h"
#include "core/model/detail/Kernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace chronnect::train {

namespace {

/// 64 independent bits, each set with probability share / 256: the binary expansion of the share, last bit first.
std::uint64_t biasedWord(unsigned share, Random& random) {
    if (share == 0) return 0;
    if (share >= 256) return ~std::uint64_t{0};
    std::uint64_t word = 0;
    for (unsigned bit = static_cast<unsigned>(std::countr_zero(share)); bit < 8; ++bit) {
        const std::uint64_t draw = random.bits();
        word = share >> bit & 1 ? word | draw : word & draw;
    }
    return word;
}

/// Pairs with one end (or both ends) among the chosen regions, without the diagonal.
torch::Tensor pairsBy(const torch::Tensor& chosen, bool oneEndIsEnough) {
    const auto flags = chosen.contiguous();
    const std::int64_t windows = flags.size(0), regions = flags.size(1), words = model::wordsOf(regions);
    auto mask = torch::zeros({windows, regions, words}, torch::kLong);
    auto* const allBits = reinterpret_cast<std::uint64_t*>(mask.data_ptr<std::int64_t>());
    const bool* const allFlags = flags.data_ptr<bool>();
    std::vector<std::uint64_t> all(static_cast<std::size_t>(words));
    for (std::int64_t region = 0; region < regions; ++region)
        all[static_cast<std::size_t>(region / 64)] |= std::uint64_t{1} << region % 64;
    at::parallel_for(0, windows, 8, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::uint64_t> some(static_cast<std::size_t>(words));
        for (std::int64_t window = from; window < to; ++window) {
            std::uint64_t* bits = allBits + window * regions * words;
            const bool* const row = allFlags + window * regions;
            std::ranges::fill(some, 0);
            for (std::int64_t region = 0; region < regions; ++region)
                if (row[region]) some[static_cast<std::size_t>(region / 64)] |= std::uint64_t{1} << region % 64;
            for (std::int64_t region = 0; region < regions; ++region, bits += words) {
                if (oneEndIsEnough)
                    std::ranges::copy(row[region] ? all : some, bits);
                else if (row[region])
                    std::ranges::copy(some, bits);
                bits[region / 64] &= ~(std::uint64_t{1} << region % 64);
            }
        }
    });
    return mask;
}

}  // namespace

torch::Tensor hiddenRegions(std::int64_t windows, std::int64_t regions, NodeMask kind, double ratio, Random& random) {
    auto mask = torch::zeros({windows, regions}, torch::kBool);
    const auto count = std::clamp<std::int64_t>(std::llround(ratio * static_cast<double>(regions)), 0, regions);
    bool* flags = mask.data_ptr<bool>();
    for (std::int64_t window = 0; window < windows; ++window, flags += regions) {
        if (kind == NodeMask::Block) {
            const auto from = random.below(static_cast<std::size_t>(regions - count + 1));
            std::fill_n(flags + from, count, true);
            continue;
        }
        const auto order = random.permutation(static_cast<std::size_t>(regions));
        for (std::int64_t i = 0; i < count; ++i) flags[order[static_cast<std::size_t>(i)]] = true;
    }
    return mask;
}

torch::Tensor hiddenPairs(std::int64_t windows, std::int64_t regions, double ratio, Random& random) {
    const std::int64_t words = model::wordsOf(regions);
    auto mask = torch::zeros({windows, regions, words}, torch::kLong);
    const auto share = static_cast<unsigned>(std::lround(std::clamp(ratio, 0.0, 1.0) * 256));
    auto* bits = reinterpret_cast<std::uint64_t*>(mask.data_ptr<std::int64_t>());
    for (std::int64_t window = 0; window < windows; ++window, bits += regions * words)
        for (std::int64_t row = 0; row < regions; ++row)
            for (std::int64_t word = row / 64; word < words; ++word) {
                std::uint64_t draw = biasedWord(share, random);
                if (word == row / 64) draw &= row % 64 == 63 ? 0 : ~std::uint64_t{0} << (row % 64 + 1);
                if (word == words - 1 && regions % 64) draw &= (std::uint64_t{1} << regions % 64) - 1;
                bits[row * words + word] |= draw;
                for (std::uint64_t rest = draw; rest; rest &= rest - 1) {
                    const std::int64_t column = 64 * word + std::countr_zero(rest);
                    bits[column * words + row / 64] |= std::uint64_t{1} << row % 64;
                }
            }
    return mask;
}

torch::Tensor pairsOfRegions(const torch::Tensor& hidden) { return pairsBy(hidden, true); }
torch::Tensor pairsWithin(const torch::Tensor& regions) { return pairsBy(regions, false); }

torch::Tensor hiddenBlocks(std::int64_t blocks, std::int64_t windows, std::int64_t regions, double low, double high,
                           Random& random) {
    auto mask = torch::zeros({blocks, windows, regions}, torch::kBool);
    bool* const flags = mask.data_ptr<bool>();
    const auto needed = std::max<std::int64_t>(1, regions / 10);
    std::vector<char> covered(static_cast<std::size_t>(regions));
    for (std::int64_t window = 0; window < windows; ++window)
        for (;;) {
            std::ranges::fill(covered, 0);
            for (std::int64_t block = 0; block < blocks; ++block) {
                const auto length = std::clamp<std::int64_t>(
                    std::llround(random.uniform(low, high) * static_cast<double>(regions)), 1, regions - 1);
                const auto from =
                    static_cast<std::int64_t>(random.below(static_cast<std::size_t>(regions - length + 1)));
                bool* const row = flags + (block * windows + window) * regions;
                std::fill_n(row, regions, false);
                std::fill_n(row + from, length, true);
                std::fill_n(covered.begin() + from, length, 1);
            }
            if (std::ranges::count(covered, 0) >= needed) break;
        }
    return mask;
}

}  // namespace chronnect::train
