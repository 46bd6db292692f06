#pragma once

#include <cstdint>
#include <vector>

namespace chronnect::model::bf16 {

// Matrix products of bfloat16 numbers with float32 sums, by the processor's own instructions (AVX512-BF16). Numbers go
// in pairs that follow each other along the summed dimension, so a pair is one 32-bit word. Call only where
// available().

bool available();

/// Words that hold `count` numbers side by side.
constexpr std::int64_t pairsOf(std::int64_t count) { return (count + 1) / 2; }
/// Words from one row of a right factor to the next.
constexpr std::int64_t paddedColumns(std::int64_t columns) { return (columns + 31) / 32 * 32; }

/// Rounds rows of `columns` floats (`stride` apart) to rows of pairs, pairsOf(columns) words each, 0 after the last.
void narrow(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, std::uint32_t* out);

/// Pairs rows 2r and 2r + 1 of x: pairsOf(rows) rows of paddedColumns(columns) words; 0 where x has nothing.
void pairRows(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, std::uint32_t* out);

/// Turns rows of pairs (rows x pairs words) into pairs rows of paddedColumns(rows) words; 0 where there is nothing.
void transpose(const std::uint32_t* x, std::int64_t rows, std::int64_t pairs, std::uint32_t* out);

/// A left factor: the pair `p` of row `m` is at data[m * rowStride + p * pairStride].
struct Left {
    const std::uint32_t* data = nullptr;
    std::int64_t rows = 0, rowStride = 0, pairStride = 0;
};
/// A right factor: `pairs` rows of paddedColumns words, `stride` apart.
struct Right {
    const std::uint32_t* data = nullptr;
    std::int64_t pairs = 0, columns = 0, stride = 0;
};
/// c (+)= a b in float32; rows of c are `stride` apart.
void multiply(const Left& a, const Right& b, float* c, std::int64_t stride, bool add);

}  // namespace chronnect::model::bf16
