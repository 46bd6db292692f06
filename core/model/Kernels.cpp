#include "core/model/detail/Kernels.h"

#include "core/model/detail/Clones.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

namespace chronnect::model {

namespace {

/// Floats of one feature panel: regions x panel must stay in the first-level cache (400 x 16 x 4 B = 25.6 kB).
constexpr std::int64_t panelWidth = 16;

/// A row of the panel in one register of 64 bytes, and half of it in one of 32. GCC 12 keeps sums of the former in
/// memory where registers are narrower, which takes five times as long; so there are two forms of each sum, equal bit
/// for bit.
typedef float PanelRow __attribute__((vector_size(panelWidth * sizeof(float))));
typedef float HalfRow __attribute__((vector_size(panelWidth * sizeof(float) / 2)));

/// Sums the listed rows of a regions x 16 panel. Two interleaved sums hide the latency of the addition.
CHRONNECT_CLONES
void sumPanel(const std::uint16_t* columns, const std::uint32_t* begin, const float* panel, std::int64_t regions,
              float eps, float* sums, std::int64_t stride) {
    const auto* rows = reinterpret_cast<const PanelRow*>(panel);
    for (std::int64_t row = 0; row < regions; ++row) {
        PanelRow a{}, b{};
        std::uint32_t k = begin[row];
        const std::uint32_t end = begin[row + 1];
        for (; k + 1 < end; k += 2) {
            a += rows[columns[k]];
            b += rows[columns[k + 1]];
        }
        if (k < end) a += rows[columns[k]];
        const PanelRow total = a + b + eps * rows[row];
        std::memcpy(sums + row * stride, &total, sizeof total);
    }
}

/// The same in four interleaved sums: an addition takes three cycles and a load one.
CHRONNECT_CLONES
void sumPanelInFour(const std::uint16_t* columns, const std::uint32_t* begin, const float* panel, std::int64_t regions,
                    float eps, float* sums, std::int64_t stride) {
    const auto* rows = reinterpret_cast<const PanelRow*>(panel);
    for (std::int64_t row = 0; row < regions; ++row) {
        PanelRow a{}, b{}, c{}, d{};
        std::uint32_t k = begin[row];
        const std::uint32_t end = begin[row + 1];
        for (; k + 3 < end; k += 4) {
            a += rows[columns[k]];
            b += rows[columns[k + 1]];
            c += rows[columns[k + 2]];
            d += rows[columns[k + 3]];
        }
        for (; k < end; ++k) a += rows[columns[k]];
        const PanelRow total = (a + b) + (c + d) + eps * rows[row];
        std::memcpy(sums + row * stride, &total, sizeof total);
    }
}

CHRONNECT_CLONES
void sumHalves(const std::uint16_t* columns, const std::uint32_t* begin, const float* panel, std::int64_t regions,
               float eps, float* sums, std::int64_t stride) {
    const auto* rows = reinterpret_cast<const HalfRow*>(panel);
    for (std::int64_t row = 0; row < regions; ++row) {
        HalfRow a0{}, a1{}, b0{}, b1{};
        std::uint32_t k = begin[row];
        const std::uint32_t end = begin[row + 1];
        for (; k + 1 < end; k += 2) {
            const HalfRow *one = rows + 2 * columns[k], *two = rows + 2 * columns[k + 1];
            a0 += one[0];
            a1 += one[1];
            b0 += two[0];
            b1 += two[1];
        }
        if (k < end) {
            a0 += rows[2 * columns[k]];
            a1 += rows[2 * columns[k] + 1];
        }
        const HalfRow first = a0 + b0 + eps * rows[2 * row], second = a1 + b1 + eps * rows[2 * row + 1];
        std::memcpy(sums + row * stride, &first, sizeof first);
        std::memcpy(sums + row * stride + panelWidth / 2, &second, sizeof second);
    }
}

CHRONNECT_CLONES
void sumHalvesInFour(const std::uint16_t* columns, const std::uint32_t* begin, const float* panel, std::int64_t regions,
                     float eps, float* sums, std::int64_t stride) {
    const auto* rows = reinterpret_cast<const HalfRow*>(panel);
    for (std::int64_t row = 0; row < regions; ++row) {
        HalfRow a0{}, a1{}, b0{}, b1{}, c0{}, c1{}, d0{}, d1{};
        std::uint32_t k = begin[row];
        const std::uint32_t end = begin[row + 1];
        for (; k + 3 < end; k += 4) {
            const HalfRow *one = rows + 2 * columns[k], *two = rows + 2 * columns[k + 1],
                          *three = rows + 2 * columns[k + 2], *four = rows + 2 * columns[k + 3];
            a0 += one[0];
            a1 += one[1];
            b0 += two[0];
            b1 += two[1];
            c0 += three[0];
            c1 += three[1];
            d0 += four[0];
            d1 += four[1];
        }
        for (; k < end; ++k) {
            a0 += rows[2 * columns[k]];
            a1 += rows[2 * columns[k] + 1];
        }
        const HalfRow first = (a0 + b0) + (c0 + d0) + eps * rows[2 * row],
                      second = (a1 + b1) + (c1 + d1) + eps * rows[2 * row + 1];
        std::memcpy(sums + row * stride, &first, sizeof first);
        std::memcpy(sums + row * stride + panelWidth / 2, &second, sizeof second);
    }
}

}  // namespace

CHRONNECT_CLONES
void standardise(const float* series, std::size_t volumes, std::size_t regions, float* out) {
    std::vector<double> mean(regions), squares(regions), factor(regions);
    const auto count = static_cast<double>(volumes);
    for (std::size_t volume = 0; volume < volumes; ++volume)
        for (std::size_t region = 0; region < regions; ++region)
            mean[region] += double{series[volume * regions + region]};
    for (std::size_t region = 0; region < regions; ++region) mean[region] /= count;
    for (std::size_t volume = 0; volume < volumes; ++volume)
        for (std::size_t region = 0; region < regions; ++region) {
            const double rest = double{series[volume * regions + region]} - mean[region];
            squares[region] += rest * rest;
        }
    for (std::size_t region = 0; region < regions; ++region) {
        const double deviation = std::sqrt(squares[region] / count);
        // A number that is not finite makes the deviation so, too.
        const bool constant = !(deviation > 1e-12 * (1 + std::abs(mean[region]))) || !std::isfinite(deviation);
        factor[region] = constant ? 0 : 1 / (deviation + 1e-9);
        if (constant) mean[region] = 0;
    }
    for (std::size_t volume = 0; volume < volumes; ++volume)
        for (std::size_t region = 0; region < regions; ++region) {
            const double rest = double{series[volume * regions + region]} - mean[region];
            out[volume * regions + region] = factor[region] == 0 ? 0.0f : static_cast<float>(rest * factor[region]);
        }
}

void listRows(const std::uint64_t* bits, std::int64_t regions, RowLists& lists) {
    const std::int64_t words = wordsOf(regions);
    std::size_t neighbours = 0;
    for (std::int64_t word = 0; word < regions * words; ++word)
        neighbours += static_cast<std::size_t>(std::popcount(bits[word]));
    lists.columns.resize(neighbours);
    lists.begin.resize(static_cast<std::size_t>(regions) + 1);
    std::uint32_t count = 0;
    for (std::int64_t row = 0; row < regions; ++row) {
        lists.begin[static_cast<std::size_t>(row)] = count;
        for (std::int64_t word = 0; word < words; ++word)
            for (std::uint64_t rest = bits[row * words + word]; rest; rest &= rest - 1)
                lists.columns[count++] = static_cast<std::uint16_t>(64 * word + std::countr_zero(rest));
    }
    lists.begin[static_cast<std::size_t>(regions)] = count;
}

Registers widestRegisters() {
#ifdef CHRONNECT_HAS_CLONES
    static const bool wide = __builtin_cpu_supports("x86-64-v4");
    return wide ? Registers::Wide : Registers::Half;
#else
    return Registers::Half;
#endif
}

void aggregateRows(const RowLists& lists, const float* x, std::int64_t regions, std::int64_t width, float eps, float* y,
                   std::vector<float>& panel, Summation summation, Registers registers) {
    const bool wide = registers == Registers::Wide;
    const auto sum =
        summation == Summation::InTwo ? (wide ? sumPanel : sumHalves) : (wide ? sumPanelInFour : sumHalvesInFour);
    // Twice the panel: the second half takes the sums of a last panel that is narrower than 16. One row more to begin
    // at a cache line.
    panel.resize(static_cast<std::size_t>((2 * regions + 1) * panelWidth));
    void* place = panel.data();
    std::size_t room = panel.size() * sizeof(float);
    auto* const rows = static_cast<float*>(std::align(sizeof(PanelRow), room - sizeof(PanelRow), place, room));
    for (std::int64_t from = 0; from < width; from += panelWidth) {
        const std::int64_t here = std::min(panelWidth, width - from);
        for (std::int64_t row = 0; row < regions; ++row) {
            float* target = rows + row * panelWidth;
            std::memcpy(target, x + row * width + from, static_cast<std::size_t>(here) * sizeof(float));
            std::fill(target + here, target + panelWidth, 0.0f);
        }
        if (here == panelWidth) {
            sum(lists.columns.data(), lists.begin.data(), rows, regions, eps, y + from, width);
            continue;
        }
        float* sums = rows + regions * panelWidth;
        sum(lists.columns.data(), lists.begin.data(), rows, regions, eps, sums, panelWidth);
        for (std::int64_t row = 0; row < regions; ++row)
            std::memcpy(y + row * width + from, sums + row * panelWidth,
                        static_cast<std::size_t>(here) * sizeof(float));
    }
}

double symmetricPercentile(const float* matrix, std::int64_t regions, double percent, std::vector<float>& work) {
    const std::int64_t pairs = regions * (regions - 1) / 2;
    const double place = percent / 100 * static_cast<double>(regions * regions - 1);
    const auto below = static_cast<std::int64_t>(std::floor(place));
    work.resize(static_cast<std::size_t>(pairs));
    float* out = work.data();
    for (std::int64_t row = 0; row + 1 < regions; ++row) {
        std::memcpy(out, matrix + row * regions + row + 1, static_cast<std::size_t>(regions - row - 1) * sizeof(float));
        out += regions - row - 1;
    }
    // In the sorted whole each pair stands twice and the diagonal is at the end.
    const auto valueAt = [&](std::int64_t rank) -> double {
        const std::int64_t pair = rank / 2;
        if (pair >= pairs) return matrix[0];
        std::nth_element(work.begin(), work.begin() + pair, work.end());
        return work[static_cast<std::size_t>(pair)];
    };
    const double low = valueAt(below);
    double high = low;
    if (const std::int64_t above = below + 1; above / 2 != below / 2)
        high = above / 2 >= pairs ? matrix[0] : *std::min_element(work.begin() + above / 2, work.end());
    return low + (place - static_cast<double>(below)) * (high - low);
}

void packGraph(const float* matrix, const std::uint8_t* dead, std::int64_t regions, double threshold,
               std::uint64_t* bits) {
    const std::int64_t words = wordsOf(regions);
    for (std::int64_t row = 0; row < regions; ++row) {
        const float* values = matrix + row * regions;
        for (std::int64_t word = 0; word < words; ++word) {
            std::uint64_t packed = 0;
            const std::int64_t from = 64 * word, to = std::min(regions, from + 64);
            if (!dead[row])
                for (std::int64_t column = from; column < to; ++column)
                    packed |= static_cast<std::uint64_t>(double{values[column]} > threshold && !dead[column])
                              << (column - from);
            if (row >= from && row < to) packed |= std::uint64_t{1} << (row - from);
            bits[row * words + word] = packed;
        }
    }
}

}  // namespace chronnect::model
