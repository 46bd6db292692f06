#include "core/model/detail/WindowKernels.h"

#include "core/model/detail/Clones.h"

#include <algorithm>
#include <cmath>

namespace chronnect::model {

namespace {

/// Rows summed in float before the sum goes on in double.
constexpr std::int64_t blockRows = 16;
/// Columns handled together, so that their partial sums stay in registers or the first-level cache.
constexpr std::int64_t blockColumns = 64;
/// Below this a row's largest product counts as 0: a region whose code is all zero would divide 0 by 0.
constexpr float smallestMaximum = 1e-12f;

}  // namespace

CHRONNECT_CLONES
void normalisedRelu(const float* y, const Affine& norm, Extent extent, float* out) {
    const std::int64_t width = extent.width;
    const float *mean = norm.mean, *scale = norm.scale, *shift = norm.shift;
    for (std::int64_t row = 0; row < extent.regions; ++row) {
        const float* source = y + row * width;
        float* target = out + row * width;
        for (std::int64_t c = 0; c < width; ++c) {
            const float value = (source[c] - mean[c]) * scale[c] + shift[c];
            target[c] = value > 0 ? value : 0;
        }
    }
}

CHRONNECT_CLONES
void columnSums(const float* y, Extent extent, double* sums) {
    for (std::int64_t from = 0; from < extent.width; from += blockColumns) {
        const std::int64_t columns = std::min(blockColumns, extent.width - from);
        for (std::int64_t first = 0; first < extent.regions; first += blockRows) {
            float part[blockColumns] = {};
            for (std::int64_t row = first; row < std::min(first + blockRows, extent.regions); ++row) {
                const float* source = y + row * extent.width + from;
                for (std::int64_t c = 0; c < columns; ++c) part[c] += source[c];
            }
            for (std::int64_t c = 0; c < columns; ++c) sums[from + c] += static_cast<double>(part[c]);
        }
    }
}

CHRONNECT_CLONES
static void squaresAbout(const float* y, Extent extent, const double* mean, double* squares) {
    for (std::int64_t from = 0; from < extent.width; from += blockColumns) {
        const std::int64_t columns = std::min(blockColumns, extent.width - from);
        float middle[blockColumns];
        for (std::int64_t c = 0; c < columns; ++c) middle[c] = static_cast<float>(mean[from + c]);
        for (std::int64_t first = 0; first < extent.regions; first += blockRows) {
            float part[blockColumns] = {};
            for (std::int64_t row = first; row < std::min(first + blockRows, extent.regions); ++row) {
                const float* source = y + row * extent.width + from;
                for (std::int64_t c = 0; c < columns; ++c) {
                    const float away = source[c] - middle[c];
                    part[c] += away * away;
                }
            }
            for (std::int64_t c = 0; c < columns; ++c) squares[from + c] += static_cast<double>(part[c]);
        }
    }
}

void columnMoments(const float* y, Extent extent, double* mean, double* squares) {
    std::fill_n(mean, extent.width, 0.0);
    std::fill_n(squares, extent.width, 0.0);
    columnSums(y, extent, mean);
    for (std::int64_t c = 0; c < extent.width; ++c) mean[c] /= static_cast<double>(extent.regions);
    squaresAbout(y, extent, mean, squares);
    // The mean was rounded to float above; what that adds to the squares is taken off again.
    for (std::int64_t c = 0; c < extent.width; ++c) {
        const double off = mean[c] - static_cast<double>(static_cast<float>(mean[c]));
        squares[c] = std::max(0.0, squares[c] - static_cast<double>(extent.regions) * off * off);
    }
}

CHRONNECT_CLONES
void throughRelu(const float* y, const Affine& norm, Extent extent, float* g, double* sums) {
    for (std::int64_t from = 0; from < extent.width; from += blockColumns) {
        const std::int64_t columns = std::min(blockColumns, extent.width - from);
        const float *mean = norm.mean + from, *inverse = norm.inverse + from;
        const float *scale = norm.scale + from, *shift = norm.shift + from;
        for (std::int64_t first = 0; first < extent.regions; first += blockRows) {
            float plain[blockColumns] = {}, relative[blockColumns] = {};
            for (std::int64_t row = first; row < std::min(first + blockRows, extent.regions); ++row) {
                const float* source = y + row * extent.width + from;
                float* target = g + row * extent.width + from;
                for (std::int64_t c = 0; c < columns; ++c) {
                    const float away = source[c] - mean[c];
                    const float kept = away * scale[c] + shift[c] > 0 ? target[c] : 0;
                    target[c] = kept;
                    plain[c] += kept;
                    relative[c] += kept * (away * inverse[c]);
                }
            }
            for (std::int64_t c = 0; c < columns; ++c) {
                sums[from + c] += static_cast<double>(plain[c]);
                sums[extent.width + from + c] += static_cast<double>(relative[c]);
            }
        }
    }
}

CHRONNECT_CLONES
void throughNorm(const float* y, const Affine& norm, const GradientMeans& means, Extent extent, const float* g,
                 float* out) {
    const std::int64_t width = extent.width;
    for (std::int64_t row = 0; row < extent.regions; ++row) {
        const float* source = y + row * width;
        const float* arriving = g + row * width;
        float* target = out + row * width;
        for (std::int64_t c = 0; c < width; ++c)
            target[c] = norm.scale[c] * (arriving[c] - means.plain[c] -
                                         (source[c] - norm.mean[c]) * norm.inverse[c] * means.relative[c]);
    }
}

CHRONNECT_CLONES
void addOuter(const float* weights, const float* vector, Extent extent, float* g) {
    for (std::int64_t row = 0; row < extent.regions; ++row) {
        const float weight = weights ? weights[row] : 1.0f;
        float* target = g + row * extent.width;
        for (std::int64_t c = 0; c < extent.width; ++c) target[c] += weight * vector[c];
    }
}

CHRONNECT_CLONES
void weightedRows(const float* h, const float* weights, Extent extent, float* out) {
    std::fill_n(out, extent.width, 0.0f);
    for (std::int64_t row = 0; row < extent.regions; ++row) {
        const float* source = h + row * extent.width;
        for (std::int64_t c = 0; c < extent.width; ++c) out[c] += weights[row] * source[c];
    }
}

CHRONNECT_CLONES
void rowProducts(const float* h, const float* vector, Extent extent, float* out) {
    constexpr std::int64_t lanes = 16;
    for (std::int64_t row = 0; row < extent.regions; ++row) {
        const float* source = h + row * extent.width;
        float part[lanes] = {};
        std::int64_t c = 0;
        for (; c + lanes <= extent.width; c += lanes)
            for (std::int64_t lane = 0; lane < lanes; ++lane) part[lane] += source[c + lane] * vector[c + lane];
        float sum = 0;
        for (const float value : part) sum += value;
        for (; c < extent.width; ++c) sum += source[c] * vector[c];
        out[row] = sum;
    }
}

CHRONNECT_CLONES
double product(const float* a, const float* b, std::int64_t count) {
    constexpr std::int64_t lanes = 64, block = 1024;
    double total = 0;
    for (std::int64_t first = 0; first < count; first += block) {
        const std::int64_t end = std::min(first + block, count);
        float part[lanes] = {};
        std::int64_t i = first;
        for (; i + lanes <= end; i += lanes)
            for (std::int64_t lane = 0; lane < lanes; ++lane) part[lane] += a[i + lane] * b[i + lane];
        for (; i < end; ++i) part[0] += a[i] * b[i];
        for (const float value : part) total += static_cast<double>(value);
    }
    return total;
}

CHRONNECT_CLONES
void addScaled(const float* part, float factor, std::int64_t count, float* g) {
    for (std::int64_t i = 0; i < count; ++i) g[i] += factor * part[i];
}

CHRONNECT_CLONES
void rowMaxima(const float* gram, std::int64_t regions, float* largest) {
    constexpr std::int64_t lanes = 16;
    for (std::int64_t row = 0; row < regions; ++row) largest[row] = gram[row * regions + row];
    for (std::int64_t row = 0; row < regions; ++row) {
        const float* values = gram + row * regions;
        float here[lanes];
        std::fill_n(here, lanes, largest[row]);
        std::int64_t column = row + 1;
        for (; column + lanes <= regions; column += lanes)
            for (std::int64_t lane = 0; lane < lanes; ++lane) {
                const float value = values[column + lane], other = largest[column + lane];
                here[lane] = value > here[lane] ? value : here[lane];
                largest[column + lane] = value > other ? value : other;
            }
        for (; column < regions; ++column) {
            here[0] = std::max(here[0], values[column]);
            largest[column] = std::max(largest[column], values[column]);
        }
        largest[row] = *std::max_element(here, here + lanes);
    }
}

CHRONNECT_CLONES
double orthogonalityOf(const float* gram, const float* largest, std::int64_t regions) {
    constexpr std::int64_t lanes = 16;
    double total = 0;
    for (std::int64_t row = 0; row < regions; ++row) {
        const float* values = gram + row * regions;
        const auto maximum = static_cast<double>(std::max(largest[row], smallestMaximum));
        float part[lanes] = {};
        std::int64_t column = row + 1;
        for (; column + lanes <= regions; column += lanes)
            for (std::int64_t lane = 0; lane < lanes; ++lane)
                part[lane] += values[column + lane] * values[column + lane];
        for (; column < regions; ++column) part[0] += values[column] * values[column];
        double squares = 0;
        for (const float value : part) squares += static_cast<double>(value);
        const double own = static_cast<double>(values[row]) / maximum - 1;
        total += squares / (maximum * maximum) + own * own;
    }
    return std::sqrt(total);
}

namespace {

/// Column of every row's largest entry, the first of equals as torch::max finds it, from the upper triangle.
CHRONNECT_CLONES
void largestColumns(const float* gram, const float* largest, std::int64_t regions, std::int32_t* where) {
    std::fill_n(where, regions, static_cast<std::int32_t>(regions));
    for (std::int64_t row = 0; row < regions; ++row) {
        const float* values = gram + row * regions;
        const float mine = largest[row];
        const auto here = static_cast<std::int32_t>(row);
        for (std::int64_t column = row; column < regions; ++column) {
            const std::int32_t before = where[column];
            where[column] = values[column] == largest[column] && here < before ? here : before;
        }
        if (where[row] < here) continue;  // an earlier column has it
        where[row] = static_cast<std::int32_t>(std::find(values + row, values + regions, mine) - values);
    }
}

CHRONNECT_CLONES
float scaledRow(float* values, std::int64_t count, float factor) {
    constexpr std::int64_t lanes = 16;
    float part[lanes] = {}, squares = 0;
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            part[lane] += values[i + lane] * values[i + lane];
            values[i + lane] *= factor;
        }
    for (; i < count; ++i) {
        squares += values[i] * values[i];
        values[i] *= factor;
    }
    for (const float value : part) squares += value;
    return squares;
}

}  // namespace

void orthogonalityGradient(float* gram, std::int64_t regions, double value, double factor, GramWork& work) {
    if (!(value > 0)) {  // all rows orthogonal: the norm has no slope there, PyTorch says 0
        std::fill_n(gram, regions * regions, 0.0f);
        return;
    }
    work.where.resize(work.largest.size());
    work.toLargest.resize(work.largest.size());
    largestColumns(gram, work.largest.data(), regions, work.where.data());
    for (std::int64_t row = 0; row < regions; ++row) {
        const auto at = static_cast<std::size_t>(row);
        float* own = gram + row * regions + row;
        const bool dead = work.largest[at] < smallestMaximum;
        const auto maximum = static_cast<double>(std::max(work.largest[at], smallestMaximum));
        const double inverse = 1 / maximum, slope = factor / value;
        const double diagonal = static_cast<double>(*own), excess = diagonal / maximum - 1;
        const auto squares =
            static_cast<double>(scaledRow(own + 1, regions - row - 1, static_cast<float>(slope * inverse * inverse)));
        *own = static_cast<float>(slope * excess * inverse);
        const double toLargest = -slope * (squares * inverse + excess * diagonal) * inverse * inverse;
        work.toLargest[at] = dead ? 0 : static_cast<float>(toLargest);
    }
    for (std::int64_t row = 0; row < regions; ++row) {
        // Codes that are not numbers have no largest entry.
        const auto other = std::min<std::int64_t>(work.where[static_cast<std::size_t>(row)], regions - 1);
        gram[std::min(row, other) * regions + std::max(row, other)] += work.toLargest[static_cast<std::size_t>(row)];
    }
}

void mirrorBlock(float* gram, std::int64_t regions, std::int64_t from, std::int64_t to) {
    for (std::int64_t row = from; row < to; ++row) {
        gram[row * regions + row] *= 2;
        for (std::int64_t column = row + 1; column < to; ++column)
            gram[column * regions + row] = gram[row * regions + column];
    }
}

}  // namespace chronnect::model
