#include "core/train/detail/Baselines.h"

#include "core/base/Random.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
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
            const auto a = fitDual(kind, part, aim.index_select(0, in), penalties[i]);
            sums[i] += lossOf(kind, torch::mv(across, a), aim.index_select(0, out));
        }
    }
    return penalties[static_cast<std::size_t>(std::ranges::min_element(sums) - sums.begin())];
}

std::vector<std::size_t> thinned(std::size_t count, std::uint64_t seed) {
    std::vector<std::size_t> places(count);
    for (std::size_t i = 0; i < count; ++i) places[i] = i;
    if (count <= rowsAtMost) return places;
    places = Random(seed).stream("thin").permutation(count);
    places.resize(rowsAtMost);
    return places;
}

}  // namespace

torch::Tensor fitDual(LinearKind kind, const torch::Tensor& kernel, const torch::Tensor& aim, double penalty) {
    if (kind == LinearKind::Ridge) return fitRidge(kernel, aim, penalty);
    return kind == LinearKind::Svm ? fitSvm(kernel, aim, penalty) : fitLogistic(kernel, aim, penalty);
}

LinearModel::LinearModel(const torch::Tensor& allRows, const std::vector<std::size_t>& training, const LinearTask& task,
                         const JobContext& context)
    : m_classes(task.targets.classes) {
    const at::NoGradGuard noGradient;
    const auto places = thinned(training.size(), task.seed);
    const auto rows = allRows.index_select(0, indexOf(places)).to(torch::kDouble);
    m_mean = rows.mean(0, true);
    m_deviation = rows.std(0, false, true).clamp_min(1e-9);
    m_rows = (rows - m_mean) / m_deviation;
    const auto kernel = kernelWith(rows);
    std::vector<std::string> who;
    std::vector<double> values;
    for (const std::size_t place : places) {
        who.push_back(task.subjects[training[place]]);
        values.push_back(task.targets.values[training[place]]);
    }
    const auto truth = torch::tensor(values, torch::kDouble);
    const auto fit = [&](const torch::Tensor& aim) {
        m_penalties.push_back(choosePenalty(task.kind, kernel, aim, who, task.seed, context));
        m_coefficients.push_back(fitDual(task.kind, kernel, aim, m_penalties.back()));
    };
    if (m_classes == 0) {
        m_centre = truth.mean().item<double>();
        fit(truth - m_centre);
    } else {
        for (int positive = m_classes == 2 ? 1 : 0; positive < m_classes; ++positive)
            fit((truth == positive).to(torch::kDouble));
    }
}

torch::Tensor LinearModel::kernelWith(const torch::Tensor& rows) const {
    const auto x = (rows.to(torch::kDouble) - m_mean) / m_deviation;
    // The added 1 is a lightly penalised intercept.
    return torch::mm(x, m_rows.t()) / static_cast<double>(m_rows.size(1)) + 1;
}

std::vector<std::vector<double>> LinearModel::predict(const torch::Tensor& rows) const {
    const at::NoGradGuard noGradient;
    const auto kernel = kernelWith(rows);
    std::vector<std::vector<double>> result(static_cast<std::size_t>(rows.size(0)));
    for (const auto& coefficients : m_coefficients) {
        const auto f = torch::mv(kernel, coefficients);
        for (std::size_t i = 0; i < result.size(); ++i) {
            const double value = f[static_cast<std::int64_t>(i)].item<double>();
            if (m_classes == 0)
                result[i] = {value + m_centre};
            else
                result[i].push_back(1 / (1 + std::exp(-value)));
        }
    }
    if (m_classes == 2)
        for (auto& row : result) row = {1 - row[0], row[0]};
    if (m_classes > 2)
        for (auto& row : result) {
            double sum = 0;
            for (const double value : row) sum += value;
            for (double& value : row) value /= std::max(sum, 1e-12);
        }
    return result;
}

std::vector<std::vector<double>> linearPredictions(const torch::Tensor& features,
                                                   const std::vector<std::size_t>& training,
                                                   const std::vector<std::size_t>& test, const LinearTask& task,
                                                   const JobContext& context) {
    const LinearModel model(features.index_select(0, indexOf(training)), training, task, context);
    return model.predict(features.index_select(0, indexOf(test)));
}

std::vector<std::vector<double>> constantPredictions(const Targets& targets, const std::vector<std::size_t>& training,
                                                     std::size_t count) {
    std::vector<double> guess(static_cast<std::size_t>(std::max(1, targets.classes)), 0.0);
    for (const std::size_t scan : training) {
        const double share = 1.0 / static_cast<double>(training.size());
        if (targets.classes > 0)
            guess[static_cast<std::size_t>(targets.classOf(scan))] += share;
        else
            guess[0] += share * targets.values[scan];
    }
    return std::vector<std::vector<double>>(count, guess);
}

}  // namespace chronnect::train
