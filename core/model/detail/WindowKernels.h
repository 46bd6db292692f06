#pragma once

#include <cstdint>
#include <vector>

namespace chronnect::model {

// Passes over the features of one window: regions x width, row-major, small enough to stay in the second-level cache.
// All sums run in blocks of rows in float and over the blocks in double, always in the same order.

/// Batch normalisation as (y - mean) * scale + shift; `inverse` is 1 / sqrt(variance + eps). All of length width.
struct Affine {
    const float *mean = nullptr, *inverse = nullptr, *scale = nullptr, *shift = nullptr;
};

/// One window's features and their extent.
struct Extent {
    std::int64_t regions = 0, width = 0;
    std::int64_t count() const { return regions * width; }
};

/// out = max(0, norm(y)).
void normalisedRelu(const float* y, const Affine& norm, Extent extent, float* out);

/// Mean of every column and sum of squares about it.
void columnMoments(const float* y, Extent extent, double* mean, double* squares);

/// Sum of every column.
void columnSums(const float* y, Extent extent, double* sums);

/// g becomes 0 where relu(norm(y)) is 0; sums[0..width) += column sums of g, sums[width..) += those of g * relative y.
void throughRelu(const float* y, const Affine& norm, Extent extent, float* g, double* sums);

/// Means over all rows of the gradient behind a normalisation, plain and times the relative y.
struct GradientMeans {
    const float *plain = nullptr, *relative = nullptr;
};

/// Backward of the normalisation: out = scale * (g - plain - relative y * relative).
void throughNorm(const float* y, const Affine& norm, const GradientMeans& means, Extent extent, const float* g,
                 float* out);

/// g_i += weights_i * vector; weights may be null for ones.
void addOuter(const float* weights, const float* vector, Extent extent, float* g);

/// out = sum over regions of weights_i * h_i.
void weightedRows(const float* h, const float* weights, Extent extent, float* out);

/// out_i = h_i . vector.
void rowProducts(const float* h, const float* vector, Extent extent, float* out);

/// sum of a * b.
double product(const float* a, const float* b, std::int64_t count);

/// g += part * factor.
void addScaled(const float* part, float factor, std::int64_t count, float* g);

/// Working memory for the Gram matrix of one window.
struct GramWork {
    std::vector<float> gram, largest, toLargest;
    std::vector<std::int32_t> where;
};

/// Largest entry of every row of a Gram matrix (regions x regions) of which only the upper triangle is read.
void rowMaxima(const float* gram, std::int64_t regions, float* largest);

/// Orthogonality of one window from the upper triangle of its Gram matrix and the row maxima: Frobenius norm of
/// triu(G / max - I).
double orthogonalityOf(const float* gram, const float* largest, std::int64_t regions);

/// Turns the upper triangle of `gram` into U, so that the gradient to the codes is (U + U^T) H. `value` is the
/// orthogonality of the window, `factor` the gradient that arrives at it; reads work.largest.
void orthogonalityGradient(float* gram, std::int64_t regions, double value, double factor, GramWork& work);

/// Makes the diagonal block of rows and columns [from, to) of U + U^T in place of U's.
void mirrorBlock(float* gram, std::int64_t regions, std::int64_t from, std::int64_t to);

}  // namespace chronnect::model
