#include "core/train/detail/Baselines.h"

#include "core/base/Random.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace chronnect::train {

namespace {

torch::Tensor upperWithDiagonal(const torch::Tensor& matrix) {
    const auto mask = torch::ones_like(matrix, torch::kBool).triu();
    // Off-diagonal entries stand twice in the matrix: weigh them so that distances are kept.
    auto weighted = matrix * std::sqrt(2.0);
    weighted.diagonal().copy_(matrix.diagonal());
    return weighted.masked_select(mask);
}

torch::Tensor applyToEigenvalues(const torch::Tensor& matrix,
                                 const std::function<torch::Tensor(const torch::Tensor&)>& f) {
    const auto [values, vectors] = torch::linalg_eigh(matrix);
    return torch::mm(vectors * f(values.clamp_min(1e-10)).unsqueeze(0), vectors.t());
}

/// Geometric mean by the fixed point of Fletcher and Joshi, at most 20 rounds.
torch::Tensor geometricMean(const std::vector<torch::Tensor>& matrices, const JobContext& context) {
    torch::Tensor mean = torch::zeros_like(matrices.front());
    for (const auto& matrix : matrices) mean += matrix / static_cast<double>(matrices.size());
    for (int round = 0; round < 20; ++round) {
        const auto root = applyToEigenvalues(mean, [](const auto& v) { return v.sqrt(); });
        const auto inverse = applyToEigenvalues(mean, [](const auto& v) { return v.rsqrt(); });
        auto step = torch::zeros_like(mean);
        for (const auto& matrix : matrices) {
            context.throwIfCancelled();
            const auto whitened = torch::mm(torch::mm(inverse, matrix), inverse);
            step += applyToEigenvalues(whitened, [](const auto& v) { return v.log(); }) /
                    static_cast<double>(matrices.size());
        }
        const auto change = torch::linalg_eigh(step);
        const auto grow =
            torch::mm(std::get<1>(change) * std::get<0>(change).exp().unsqueeze(0), std::get<1>(change).t());
        mean = torch::mm(torch::mm(root, grow), root);
        if (step.norm().item<double>() < 1e-7 * static_cast<double>(mean.size(0))) break;
    }
    return mean;
}

}  // namespace

torch::Tensor staticRow(const torch::Tensor& series) {
    const torch::NoGradGuard noGradient;
    const auto mask = torch::ones({series.size(1), series.size(1)}, torch::kBool).triu(1);
    const auto r = model::correlation(series.to(torch::kDouble)).masked_select(mask);
    return torch::atanh(r.clamp(-0.999999, 0.999999));
}

torch::Tensor staticConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans,
                                 const JobContext& context) {
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : scans) {
        context.throwIfCancelled();
        rows.push_back(staticRow(cohort.scan(scan)));
    }
    return torch::stack(rows);
}

std::vector<std::size_t> someOf(const std::vector<std::size_t>& scans, std::size_t atMost) {
    if (scans.size() <= atMost) return scans;
    auto order = Random(0).stream("some of " + std::to_string(atMost)).permutation(scans.size());
    order.resize(atMost);
    std::ranges::sort(order);
    std::vector<std::size_t> some;
    for (const std::size_t place : order) some.push_back(scans[place]);
    return some;
}

TangentSpace::TangentSpace(const Cohort& cohort, const std::vector<std::size_t>& training, double shrinkage,
                           const JobContext& context)
    : m_shrinkage(shrinkage) {
    const torch::NoGradGuard noGradient;
    std::vector<torch::Tensor> reference;
    for (const std::size_t scan : someOf(training, 60)) reference.push_back(shrunk(cohort.scan(scan)));
    m_inverse = applyToEigenvalues(geometricMean(reference, context), [](const auto& v) { return v.rsqrt(); });
}

torch::Tensor TangentSpace::shrunk(const torch::Tensor& series) const {
    const auto identity = torch::eye(series.size(1), torch::kDouble);
    return (1 - m_shrinkage) * model::correlation(series.to(torch::kDouble)) + m_shrinkage * identity;
}

torch::Tensor TangentSpace::row(const torch::Tensor& series) const {
    const torch::NoGradGuard noGradient;
    const auto whitened = torch::mm(torch::mm(m_inverse, shrunk(series)), m_inverse);
    return upperWithDiagonal(applyToEigenvalues(whitened, [](const auto& v) { return v.log(); }));
}

torch::Tensor tangentConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans,
                                  const std::vector<std::size_t>& training, double shrinkage,
                                  const JobContext& context) {
    const TangentSpace space(cohort, training, shrinkage, context);
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : scans) {
        context.throwIfCancelled();
        rows.push_back(space.row(cohort.scan(scan)));
    }
    return torch::stack(rows);
}

}  // namespace chronnect::train
