#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace chronnect::model {

/// 64-bit words that hold one row of a binary graph.
constexpr std::int64_t wordsOf(std::int64_t regions) { return (regions + 63) / 64; }

/// z-scores every region over the scan: (x - mean) / (sd + 1e-9), sd with ddof 0, in double; 0 where a region is
/// constant or has a number that is not finite. `series` and `out` are volumes x regions.
void standardise(const float* series, std::size_t volumes, std::size_t regions, float* out);

/// One packed graph as index lists, row after row; made once per window and used for every feature.
struct RowLists {
    std::vector<std::uint16_t> columns;
    std::vector<std::uint32_t> begin;  ///< regions + 1
};
void listRows(const std::uint64_t* bits, std::int64_t regions, RowLists& lists);

/// In how many interleaved sums a region's neighbours are added up. Two is the order in which the outputs of public
/// checkpoints agree within 1e-5; four hides the latency of the addition.
enum class Summation { InTwo, InFour };

/// How wide the registers are that sums are kept in: 64 bytes where the processor has them. The results are the same
/// bit for bit; the compiler is not fit to turn one form into the other.
enum class Registers { Wide, Half };
Registers widestRegisters();

/// y_i = sum over neighbours j of x_j + eps x_i, for one graph; x and y are regions x width, row-major, not the same.
/// `panel` is working memory, resized as needed.
void aggregateRows(const RowLists& lists, const float* x, std::int64_t regions, std::int64_t width, float eps, float* y,
                   std::vector<float>& panel, Summation summation = Summation::InTwo,
                   Registers registers = widestRegisters());

/// Percentile (0 to 100) with linear interpolation over all regions^2 entries of a symmetric matrix whose diagonal is
/// its largest value, from the upper triangle alone. `work` is working memory.
double symmetricPercentile(const float* matrix, std::int64_t regions, double percent, std::vector<float>& work);

/// Sets bit (i, j) where matrix_ij > threshold and neither region is dead, and always the diagonal.
void packGraph(const float* matrix, const std::uint8_t* dead, std::int64_t regions, double threshold,
               std::uint64_t* bits);

}  // namespace chronnect::model
