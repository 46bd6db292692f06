#include "core/train/detail/Baselines.h"

#include "core/base/Random.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

namespace chronnect::train {

namespace {

/// Penalties tried, for kernels scaled to about 1 on the diagonal.
constexpr std::array penalties{1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0};
/// Rows a kernel method is fitted on at most; a larger training set is thinned at random.
constexpr std::size_t rowsAtMost = 3000;

torch::Tensor indexOf(const std::vector<std::size_t>& rows) {
    return torch::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()), torch::kLong);
}

/// Balanced class weights: every class weighs the same in all.
torch::Tensor balancedWeights(const torch::Tensor& positive) {
    const double count = static_cast<double>(positive.numel());
    const double positives = std::max(1.0, positive.sum().item<double>());
    const double negatives = std::max(1.0, count - positives);
    return torch::where(positive > 0.5, torch::full_like(positive, count / (2 * positives)),
                        torch::full_like(positive, count / (2 * negatives)));
}

/// Coefficients a of f = K a for weighted logistic loss + penalty / 2 a'Ka, by Newton steps.
torch::Tensor fitLogistic(const torch::Tensor& kernel, const torch::Tensor& positive, double penalty) {
    const auto weights = balancedWeights(positive);
    auto coefficients = torch::zeros_like(positive);
    for (int step = 0; step < 30; ++step) {
        const auto f = torch::mv(kernel, coefficients);
        const auto p = torch::sigmoid(f);
        const auto curvature = (weights * p * (1 - p)).clamp_min(1e-9);
        const auto aim = f + weights * (positive - p) / curvature;
        const auto system = curvature.unsqueeze(1) * kernel + penalty * torch::eye(kernel.size(0), torch::kDouble);
        const auto next = torch::linalg_solve(system, curvature * aim);
        const double change = (next - coefficients).abs().max().item<double>();
        coefficients = next;
        if (change < 1e-8 * (1 + coefficients.abs().max().item<double>())) break;
    }
    return coefficients;
}

/// Squared hinge loss, class-weighted, by Newton steps over the set of margin violators (Chapelle 2007).
torch::Tensor fitSvm(const torch::Tensor& kernel, const torch::Tensor& positive, double penalty) {
    const auto sign = 2 * positive - 1;
    const auto weights = balancedWeights(positive);
    auto coefficients = torch::zeros_like(positive);
    auto active = torch::ones_like(positive, torch::kBool);
    for (int step = 0; step < 50; ++step) {
        const auto rows = active.nonzero().flatten();
        const auto part = kernel.index_select(0, rows).index_select(1, rows);
        const auto ridge = torch::diag(penalty / weights.index_select(0, rows));
        coefficients = torch::zeros_like(positive);
        coefficients.index_put_({rows}, torch::linalg_solve(part + ridge, sign.index_select(0, rows)));
        const auto next = (sign * torch::mv(kernel, coefficients)) < 1;
        if (torch::equal(next, active) || !next.any().item<bool>()) break;
        active = next;
    }
    return coefficients;
}

torch::Tensor fitRidge(const torch::Tensor& kernel, const torch::Tensor& values, double penalty) {
    return torch::linalg_solve(kernel + penalty * torch::eye(kernel.size(0), torch::kDouble), values);
}

torch::Tensor fit(LinearKind kind, const torch::Tensor& kernel, const torch::Tensor& aim, double penalty) {
    if (kind == LinearKind::Ridge) return fitRidge(kernel, aim, penalty);
    return kind == LinearKind::Svm ? fitSvm(kernel, aim, penalty) : fitLogistic(kernel, aim, penalty);
}

/// Mean loss of predictions f on held-out rows, by the model's own measure.
double lossOf(LinearKind kind, const torch::Tensor& f, const torch::Tensor& aim) {
    if (kind == LinearKind::Ridge) return (f - aim).square().mean().item<double>();
    const auto sign = 2 * aim - 1;
    const auto weights = balancedWeights(aim);
    if (kind == LinearKind::Svm) return (weights * (1 - sign * f).clamp_min(0).square()).mean().item<double>();
    return (weights * torch::softplus(-sign * f)).mean().item<double>();
}

/// Penalty with the least loss over five folds of whole subjects.
double choosePenalty(LinearKind kind, const torch::Tensor& kernel, const torch::Tensor& aim,
                     const std::vector<std::string>& subjects, std::uint64_t seed, const JobContext& context) {
    std::map<std::string, int> foldOf;
    for (const auto& subject : subjects) foldOf[subject] = 0;
    const auto order = Random(seed).stream("penalty").permutation(foldOf.size());
    std::size_t next = 0;
    for (auto& [subject, fold] : foldOf) fold = static_cast<int>(order[next++] % 5);
    std::array<double, penalties.size()> sums{};
    for (int fold = 0; fold < 5; ++fold) {
        std::vector<std::size_t> inside, outside;
        for (std::size_t i = 0; i < subjects.size(); ++i) (foldOf[subjects[i]] == fold ? outside : inside).push_back(i);
        if (inside.size() < 2 || outside.empty()) continue;
        const auto in = indexOf(inside), out = indexOf(outside);
        const auto part = kernel.index_select(0, in).index_select(1, in);
        const auto across = kernel.index_select(0, out).index_select(1, in);
        for (std::size_t i = 0; i < penalties.size(); ++i) {
            context.throwIfCancelled();
            const auto a = fit(kind, part, aim.index_select(0, in), penalties[i]);
            sums[i] += lossOf(kind, torch::mv(across, a), aim.index_select(0, out));
        }
    }
    return penalties[static_cast<std::size_t>(std::ranges::min_element(sums) - sums.begin())];
}

torch::Tensor upperWithDiagonal(const torch::Tensor& matrix) {
    const auto mask = torch::ones_like(matrix, torch::kBool).triu();
    // Off-diagonal entries stand twice in the matrix: weigh them so that distances are kept.
    auto weighted = matrix * std::sqrt(2.0);
    weighted.diagonal().copy_(matrix.diagonal());
    return weighted.masked_select(mask);
}

torch::Tensor applyToEigenvalues(const torch::Tensor& matrix, const std::function<torch::Tensor(const torch::Tensor&)>& f) {
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
            step += applyToEigenvalues(whitened, [](const auto& v) { return v.log(); }) / static_cast<double>(matrices.size());
        }
        const auto change = torch::linalg_eigh(step);
        const auto grow = torch::mm(std::get<1>(change) * std::get<0>(change).exp().unsqueeze(0), std::get<1>(change).t());
        mean = torch::mm(torch::mm(root, grow), root);
        if (step.norm().item<double>() < 1e-7 * static_cast<double>(mean.size(0))) break;
    }
    return mean;
}

}  // namespace

torch::Tensor staticConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans, const JobContext& context) {
    const torch::NoGradGuard noGradient;
    const auto mask = torch::ones({cohort.regions(), cohort.regions()}, torch::kBool).triu(1);
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : scans) {
        context.throwIfCancelled();
        const auto r = model::correlation(cohort.scan(scan).to(torch::kDouble)).masked_select(mask);
        rows.push_back(torch::atanh(r.clamp(-0.999999, 0.999999)));
    }
    return torch::stack(rows);
}

torch::Tensor tangentConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans,
                                  const std::vector<std::size_t>& training, double shrinkage, const JobContext& context) {
    const torch::NoGradGuard noGradient;
    const auto identity = torch::eye(cohort.regions(), torch::kDouble);
    const auto covariance = [&](std::size_t scan) {
        return (1 - shrinkage) * model::correlation(cohort.scan(scan).to(torch::kDouble)) + shrinkage * identity;
    };
    std::vector<torch::Tensor> reference;
    for (std::size_t i = 0; i < std::min<std::size_t>(training.size(), 60); ++i) reference.push_back(covariance(training[i]));
    const auto mean = geometricMean(reference, context);
    const auto inverse = applyToEigenvalues(mean, [](const auto& v) { return v.rsqrt(); });
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : scans) {
        context.throwIfCancelled();
        const auto whitened = torch::mm(torch::mm(inverse, covariance(scan)), inverse);
        rows.push_back(upperWithDiagonal(applyToEigenvalues(whitened, [](const auto& v) { return v.log(); })));
    }
    return torch::stack(rows);
}

std::vector<std::vector<double>> linearPredictions(const torch::Tensor& features, const Targets& targets,
                                                   const std::vector<std::string>& subjects,
                                                   const std::vector<std::size_t>& allTraining,
                                                   const std::vector<std::size_t>& test, LinearKind kind,
                                                   std::uint64_t seed, const JobContext& context) {
    const torch::NoGradGuard noGradient;
    std::vector<std::size_t> training = allTraining;
    if (training.size() > rowsAtMost) {
        const auto order = Random(seed).stream("thin").permutation(training.size());
        for (std::size_t i = 0; i < rowsAtMost; ++i) training[i] = allTraining[order[i]];
        training.resize(rowsAtMost);
    }
    const auto rows = features.index_select(0, indexOf(training));
    const auto mean = rows.mean(0, true), deviation = rows.std(0, false, true).clamp_min(1e-9);
    const double scale = 1.0 / static_cast<double>(features.size(1));
    const auto x = (rows - mean) / deviation;
    const auto y = (features.index_select(0, indexOf(test)) - mean) / deviation;
    // The added 1 is a lightly penalised intercept.
    const auto kernel = torch::mm(x, x.t()) * scale + 1, across = torch::mm(y, x.t()) * scale + 1;
    std::vector<std::string> who;
    std::vector<double> values;
    for (const std::size_t row : training) {
        who.push_back(subjects[row]);
        values.push_back(targets.values[row]);
    }
    const auto truth = torch::tensor(values, torch::kDouble);
    std::vector<std::vector<double>> result(test.size());
    if (targets.classes == 0) {
        const auto centre = truth.mean();
        const auto aim = truth - centre;
        const auto a = fitRidge(kernel, aim, choosePenalty(LinearKind::Ridge, kernel, aim, who, seed, context));
        const auto f = torch::mv(across, a) + centre;
        for (std::size_t i = 0; i < test.size(); ++i) result[i] = {f[static_cast<std::int64_t>(i)].item<double>()};
        return result;
    }
    const int machines = targets.classes == 2 ? 1 : targets.classes;
    for (int machine = 0; machine < machines; ++machine) {
        const int positiveClass = targets.classes == 2 ? 1 : machine;
        const auto aim = (truth == positiveClass).to(torch::kDouble);
        const auto a = fit(kind, kernel, aim, choosePenalty(kind, kernel, aim, who, seed, context));
        const auto p = torch::sigmoid(torch::mv(across, a));
        for (std::size_t i = 0; i < test.size(); ++i) {
            const double share = p[static_cast<std::int64_t>(i)].item<double>();
            if (targets.classes == 2) result[i] = {1 - share, share};
            else result[i].push_back(share);
        }
    }
    for (auto& row : result) {
        double sum = 0;
        for (const double value : row) sum += value;
        for (double& value : row) value /= std::max(sum, 1e-12);
    }
    return result;
}

}  // namespace chronnect::train
