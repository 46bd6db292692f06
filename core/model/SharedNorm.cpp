#include "core/model/detail/SharedNorm.h"

#include <algorithm>
#include <utility>

namespace chronnect::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Carries the sum over processes to the backward pass.
struct SumCapsule : torch::CustomClassHolder {
    explicit SumCapsule(SumOverProcesses value) : sum(std::move(value)) {}
    SumOverProcesses sum;
};

struct Statistics {
    torch::Tensor mean, variance;  ///< over the rows of all processes, divisor n
    double rows = 0;
};

/// Two passes, so that a mean far from 0 costs no digits.
Statistics statisticsOf(const torch::Tensor& rows, const SumOverProcesses& sum) {
    const torch::NoGradGuard noGradient;
    Statistics statistics;
    const auto count = torch::full({1}, rows.size(0), torch::dtype(torch::kDouble).device(rows.device()));
    auto sums = torch::cat({rows.sum(0, false, torch::kDouble), count});
    sum(sums);
    statistics.rows = sums[-1].item<double>();
    statistics.mean = (sums.slice(0, 0, -1) / statistics.rows).to(rows.scalar_type());
    auto squares = (rows - statistics.mean).square_().sum(0, false, torch::kDouble);
    sum(squares);
    statistics.variance = (squares / statistics.rows).to(rows.scalar_type());
    return statistics;
}

struct SharedNorm : torch::autograd::Function<SharedNorm> {
    static Variable forward(AutogradContext* context, const Variable& rows, const Variable& weight,
                            const Variable& bias, const Statistics& statistics, double eps,
                            const SumOverProcesses& sum) {
        const auto inverse = (statistics.variance + eps).rsqrt();
        context->save_for_backward({rows, weight, statistics.mean, inverse});
        context->saved_data["rows"] = statistics.rows;
        context->saved_data["sum"] = at::IValue::make_capsule(c10::make_intrusive<SumCapsule>(sum));
        return (rows - statistics.mean) * (inverse * weight) + bias;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &rows = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3];
        const auto holder = context->saved_data["sum"].toCapsule();
        const auto relative = (rows - mean) * inverse;
        const auto toBias = gradients[0].sum(0), toWeight = (gradients[0] * relative).sum(0);
        auto both = torch::stack({toBias, toWeight}).to(torch::kDouble);
        static_cast<SumCapsule*>(holder.get())->sum(both);
        both = (both / context->saved_data["rows"].toDouble()).to(rows.scalar_type());
        const auto toRows = (gradients[0] - both[0] - relative * both[1]) * (inverse * weight);
        // Weight and bias get this process's share: gradients of parameters are added up over processes afterwards.
        return {toRows, toWeight, toBias, Variable(), Variable(), Variable()};
    }
};

/// Running statistics as PyTorch keeps them: variance with divisor n - 1.
void remember(torch::nn::BatchNorm1d& norm, const Statistics& statistics) {
    const torch::NoGradGuard noGradient;
    const double momentum = norm->options.momentum().value_or(0.1);
    const double unbiased = statistics.rows / std::max(1.0, statistics.rows - 1);
    norm->running_mean.lerp_(statistics.mean, momentum);
    norm->running_var.lerp_(statistics.variance * unbiased, momentum);
    norm->num_batches_tracked.add_(1);
}

}  // namespace

torch::Tensor normalised(torch::nn::BatchNorm1d& norm, const torch::Tensor& given, const Compute& compute) {
    const auto rows = given.to(norm->weight.scalar_type());  // a Linear map before it may have answered in bf16
    if (!compute.sum || !norm->is_training()) return norm(rows);
    const Statistics statistics = statisticsOf(rows, compute.sum);
    remember(norm, statistics);
    return SharedNorm::apply(rows, norm->weight, norm->bias, statistics, norm->options.eps(), compute.sum);
}

}  // namespace chronnect::model
