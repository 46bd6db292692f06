#include "core/model/detail/BFloat16.h"

#include <algorithm>

#if defined(__x86_64__) && defined(__GNUC__)
#define CHRONNECT_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#include <immintrin.h>
#endif

namespace chronnect::model::bf16 {

#ifdef CHRONNECT_BF16

namespace {

constexpr std::int64_t lanes = 16;
/// Rows of a tile: 12 x 2 sums of 16 leave room for the factors in 32 registers and hide the latency.
constexpr int tileRows = 12;

inline __mmask16 firstLanes(std::int64_t count) {
    return static_cast<__mmask16>(count >= lanes ? 0xffff : count <= 0 ? 0 : (1u << count) - 1);
}

/// Rounds 16 floats to the low halves of 16 words.
CHRONNECT_BF16 inline __m512i rounded(__m512 x) { return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x)); }

struct Tile {
    const std::uint32_t *a, *b;
    std::int64_t rowStride, pairStride, pairs, stepB;
    float* c;
    std::int64_t stride;
    __mmask16 low, high;
    bool add;
};

template <int rows>
CHRONNECT_BF16 void multiplyTile(const Tile& t) {
    __m512 first[rows], second[rows];
    for (int row = 0; row < rows; ++row) {
        first[row] = t.add ? _mm512_maskz_loadu_ps(t.low, t.c + row * t.stride) : _mm512_setzero_ps();
        second[row] = t.add ? _mm512_maskz_loadu_ps(t.high, t.c + row * t.stride + lanes) : _mm512_setzero_ps();
    }
    const std::uint32_t *a = t.a, *b = t.b;
    for (std::int64_t pair = 0; pair < t.pairs; ++pair, a += t.pairStride, b += t.stepB) {
        const auto left = (__m512bh)_mm512_loadu_si512(b), right = (__m512bh)_mm512_loadu_si512(b + lanes);
        for (int row = 0; row < rows; ++row) {
            const auto factor = (__m512bh)_mm512_set1_epi32(static_cast<int>(a[row * t.rowStride]));
            first[row] = _mm512_dpbf16_ps(first[row], factor, left);
            second[row] = _mm512_dpbf16_ps(second[row], factor, right);
        }
    }
    for (int row = 0; row < rows; ++row) {
        _mm512_mask_storeu_ps(t.c + row * t.stride, t.low, first[row]);
        _mm512_mask_storeu_ps(t.c + row * t.stride + lanes, t.high, second[row]);
    }
}

template <int rows>
CHRONNECT_BF16 void multiplyRest(int count, const Tile& t) {
    if (count == rows) return multiplyTile<rows>(t);
    if constexpr (rows > 1) multiplyRest<rows - 1>(count, t);
}

}  // namespace

bool available() {
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

CHRONNECT_BF16
void narrow(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, std::uint32_t* out) {
    for (std::int64_t row = 0; row < rows; ++row) {
        auto* target = reinterpret_cast<std::uint16_t*>(out + row * pairsOf(columns));
        const float* source = x + row * stride;
        std::int64_t c = 0;
        for (; c + lanes <= columns; c += lanes)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + c),
                                (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(source + c)));
        if (c == columns) continue;
        const auto rest = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(firstLanes(columns - c), source + c));
        _mm256_mask_storeu_epi16(target + c, firstLanes(2 * pairsOf(columns) - c), rest);
    }
}

CHRONNECT_BF16
void pairRows(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, std::uint32_t* out) {
    const std::int64_t padded = paddedColumns(columns);
    for (std::int64_t row = 0; row < rows; row += 2) {
        std::uint32_t* target = out + row / 2 * padded;
        const float* source = x + row * stride;
        for (std::int64_t c = 0; c < padded; c += lanes) {
            const __mmask16 mask = firstLanes(columns - c);
            const auto even = rounded(_mm512_maskz_loadu_ps(mask, source + c));
            auto odd = _mm512_setzero_si512();
            if (row + 1 < rows) odd = rounded(_mm512_maskz_loadu_ps(mask, source + stride + c));
            _mm512_storeu_si512(target + c, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
        }
    }
}

CHRONNECT_BF16
void transpose(const std::uint32_t* x, std::int64_t rows, std::int64_t pairs, std::uint32_t* out) {
    const std::int64_t padded = paddedColumns(rows);
    const auto numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const auto places = _mm512_mullo_epi32(numbers, _mm512_set1_epi32(static_cast<int>(pairs)));
    for (std::int64_t row = 0; row < padded; row += lanes) {
        const __mmask16 mask = firstLanes(rows - row);
        for (std::int64_t pair = 0; pair < pairs; ++pair)
            _mm512_storeu_si512(
                out + pair * padded + row,
                mask ? _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), mask, places, x + row * pairs + pair, 4)
                     : _mm512_setzero_si512());
    }
}

void multiply(const Left& a, const Right& b, float* c, std::int64_t stride, bool add) {
    for (std::int64_t column = 0; column < b.columns; column += 2 * lanes)
        for (std::int64_t row = 0; row < a.rows; row += tileRows) {
            const Tile tile{a.data + row * a.rowStride,
                            b.data + column,
                            a.rowStride,
                            a.pairStride,
                            b.pairs,
                            b.stride,
                            c + row * stride + column,
                            stride,
                            firstLanes(b.columns - column),
                            firstLanes(b.columns - column - lanes),
                            add};
            multiplyRest<tileRows>(static_cast<int>(std::min<std::int64_t>(tileRows, a.rows - row)), tile);
        }
}

#else

bool available() { return false; }
void narrow(const float*, std::int64_t, std::int64_t, std::int64_t, std::uint32_t*) {}
void pairRows(const float*, std::int64_t, std::int64_t, std::int64_t, std::uint32_t*) {}
void transpose(const std::uint32_t*, std::int64_t, std::int64_t, std::uint32_t*) {}
void multiply(const Left&, const Right&, float*, std::int64_t, bool) {}

#endif

}  // namespace chronnect::model::bf16
