#include "core/model/detail/BFloat16.h"
#include "core/model/detail/FusedRun.h"

namespace chronnect::model::fused {

namespace {

/// Rows of the Gram matrix made by one product: its upper triangle in steps costs 60 % of the whole. Even, for pairs.
constexpr std::int64_t gramRows = 80;
/// Words read behind the last column of a right factor that begins within a padded row.
constexpr std::int64_t slack = 32;

/// A row-major float matrix in memory.
struct Matrix {
    const float* data = nullptr;
    std::int64_t rows = 0, columns = 0, stride = 0;
    bool transposed = false;
};

at::Tensor wrap(const Matrix& matrix) {
    const auto tensor = at::from_blob(const_cast<float*>(matrix.data), {matrix.rows, matrix.columns},
                                      {matrix.stride, 1}, at::TensorOptions().dtype(at::kFloat));
    return matrix.transposed ? tensor.t() : tensor;
}

/// c (+)= a b by the BLAS; rows of c are `stride` apart.
void multiply(const Matrix& a, const Matrix& b, float* c, std::int64_t stride, bool add) {
    const auto left = wrap(a), right = wrap(b);
    auto result = wrap({c, left.size(0), right.size(1), stride});
    if (add)
        at::addmm_out(result, result, left, right);
    else
        at::mm_out(result, left, right);
}

std::uint32_t* reserved(std::vector<std::uint32_t>& words, std::int64_t count) {
    if (words.size() < static_cast<std::size_t>(count)) words.resize(static_cast<std::size_t>(count));
    return words.data();
}

/// x times a right factor of width x width that was made once.
void multiplyRounded(const Run& run, const std::vector<std::uint32_t>& factor, const float* x, float* y,
                     Scratch& scratch) {
    const auto [regions, width] = run.extent;
    const std::int64_t pairs = bf16::pairsOf(width);
    auto* left = reserved(scratch.left, regions * pairs);
    bf16::narrow(x, regions, width, width, left);
    bf16::multiply({left, regions, pairs, 1}, {factor.data(), pairs, width, bf16::paddedColumns(width)}, y, width,
                   false);
}

void gramRounded(const Run& run, const float* h, Scratch& scratch) {
    const auto [regions, width] = run.extent;
    const std::int64_t pairs = bf16::pairsOf(width), padded = bf16::paddedColumns(regions);
    auto* left = reserved(scratch.left, regions * pairs);
    auto* right = reserved(scratch.right, pairs * padded + slack);
    bf16::narrow(h, regions, width, width, left);
    bf16::transpose(left, regions, pairs, right);
    for (std::int64_t from = 0; from < regions; from += gramRows)
        bf16::multiply({left + from * pairs, std::min(gramRows, regions - from), pairs, 1},
                       {right + from, pairs, regions - from, padded}, scratch.gram.gram.data() + from * regions + from,
                       regions, false);
}

void gramExact(const Run& run, const float* h, Scratch& scratch) {
    const auto [regions, width] = run.extent;
    for (std::int64_t from = 0; from < regions; from += gramRows) {
        const Matrix rows{h + from * width, std::min(gramRows, regions - from), width, width};
        const Matrix rest{h + from * width, regions - from, width, width, true};
        multiply(rows, rest, scratch.gram.gram.data() + from * regions + from, regions, false);
    }
}

/// g += (U + U^T) h, block of rows by block of rows.
void addSymmetricExact(const Run& run, const float* h, Scratch& scratch, float* g) {
    const auto [regions, width] = run.extent;
    float* gram = scratch.gram.gram.data();
    for (std::int64_t from = 0; from < regions; from += gramRows) {
        const std::int64_t count = std::min(gramRows, regions - from), to = from + count, rest = regions - to;
        mirrorBlock(gram, regions, from, to);
        const Matrix wide{gram + from * regions + from, count, regions - from, regions};
        multiply(wide, {h + from * width, regions - from, width, width}, g + from * width, width, true);
        if (rest == 0) continue;
        const Matrix tall{gram + from * regions + to, count, rest, regions, true};
        multiply(tall, {h + from * width, count, width, width}, g + to * width, width, true);
    }
}

void addSymmetricRounded(const Run& run, const float* h, Scratch& scratch, float* g) {
    const auto [regions, width] = run.extent;
    const std::int64_t padded = bf16::paddedColumns(width);
    float* gram = scratch.gram.gram.data();
    auto* right = reserved(scratch.right, bf16::pairsOf(regions) * padded);
    bf16::pairRows(h, regions, width, width, right);
    for (std::int64_t from = 0; from < regions; from += gramRows) {
        const std::int64_t count = std::min(gramRows, regions - from), to = from + count, rest = regions - to;
        mirrorBlock(gram, regions, from, to);
        const std::uint32_t* rows = right + from / 2 * padded;
        const std::int64_t across = regions - from, pairs = bf16::pairsOf(across);
        auto* wide = reserved(scratch.left, count * pairs);
        bf16::narrow(gram + from * regions + from, count, across, regions, wide);
        bf16::multiply({wide, count, pairs, 1}, {rows, pairs, width, padded}, g + from * width, width, true);
        if (rest == 0) continue;
        auto* tall = reserved(scratch.left, bf16::pairsOf(count) * bf16::paddedColumns(rest));
        bf16::pairRows(gram + from * regions + to, count, rest, regions, tall);
        bf16::multiply({tall, rest, 1, bf16::paddedColumns(rest)}, {rows, bf16::pairsOf(count), width, padded},
                       g + to * width, width, true);
    }
}

}  // namespace

Weight makeWeight(const torch::Tensor& value, bool inBFloat16) {
    Weight weight;
    weight.value = value.detach().contiguous();
    if (!inBFloat16) return weight;
    const std::int64_t width = value.size(0), pairs = bf16::pairsOf(width);
    const auto size = static_cast<std::size_t>(pairs * bf16::paddedColumns(width));
    std::vector<std::uint32_t> rows(static_cast<std::size_t>(width * pairs));
    bf16::narrow(weight.value.data_ptr<float>(), width, width, width, rows.data());
    weight.forward.resize(size);
    bf16::transpose(rows.data(), width, pairs, weight.forward.data());
    weight.backward.resize(size);
    bf16::pairRows(weight.value.data_ptr<float>(), width, width, width, weight.backward.data());
    return weight;
}

void mapForward(const Run& run, const Weight& weight, const float* x, float* y, Scratch& scratch) {
    if (run.inBFloat16) return multiplyRounded(run, weight.forward, x, y, scratch);
    const auto [regions, width] = run.extent;
    multiply({x, regions, width, width}, {weight.value.data_ptr<float>(), width, width, width, true}, y, width, false);
}

void mapBackward(const Run& run, const Weight& weight, const float* y, float* x, Scratch& scratch) {
    if (run.inBFloat16) return multiplyRounded(run, weight.backward, y, x, scratch);
    const auto [regions, width] = run.extent;
    multiply({y, regions, width, width}, {weight.value.data_ptr<float>(), width, width, width}, x, width, false);
}

void addWeightGradient(const Run& run, const float* dy, const float* x, float* gradient, Scratch& scratch) {
    const auto [regions, width] = run.extent;
    if (!run.inBFloat16)
        return multiply({dy, regions, width, width, true}, {x, regions, width, width}, gradient, width, true);
    const std::int64_t pairs = bf16::pairsOf(regions), padded = bf16::paddedColumns(width);
    auto* left = reserved(scratch.left, pairs * padded);
    auto* right = reserved(scratch.right, pairs * padded);
    bf16::pairRows(dy, regions, width, width, left);
    bf16::pairRows(x, regions, width, width, right);
    bf16::multiply({left, width, 1, padded}, {right, pairs, width, padded}, gradient, width, true);
}

double gramOf(const Run& run, const float* h, Scratch& scratch) {
    const std::int64_t regions = run.extent.regions;
    GramWork& work = scratch.gram;
    work.gram.resize(static_cast<std::size_t>(regions * regions));
    work.largest.resize(static_cast<std::size_t>(regions));
    if (run.inBFloat16)
        gramRounded(run, h, scratch);
    else
        gramExact(run, h, scratch);
    rowMaxima(work.gram.data(), regions, work.largest.data());
    return orthogonalityOf(work.gram.data(), work.largest.data(), regions);
}

void addOrthogonalityGradient(const Run& run, const float* h, float factor, Scratch& scratch, float* g) {
    const double value = gramOf(run, h, scratch);
    orthogonalityGradient(scratch.gram.gram.data(), run.extent.regions, value, static_cast<double>(factor),
                          scratch.gram);
    if (run.inBFloat16)
        addSymmetricRounded(run, h, scratch, g);
    else
        addSymmetricExact(run, h, scratch, g);
}

}  // namespace chronnect::model::fused
