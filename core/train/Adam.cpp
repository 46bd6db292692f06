#include "core/train/detail/Adam.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

namespace chronnect::train {

namespace {

constexpr double beta2 = 0.999, epsilon = 1e-8;

double cosineBetween(double from, double to, double share) {
    return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

Adam::Adam(std::vector<torch::Tensor> parameters, double weightDecay)
    : m_parameters(std::move(parameters)), m_weightDecay(weightDecay) {
    const torch::NoGradGuard noGradient;
    for (const auto& parameter : m_parameters) {
        m_first.push_back(torch::zeros_like(parameter));
        m_second.push_back(torch::zeros_like(parameter));
    }
}

void Adam::step(double learningRate, double beta1) {
    const torch::NoGradGuard noGradient;
    ++m_steps;
    // PyTorch corrects with the current beta1 to the power of the step, also when beta1 cycles.
    const double correction1 = 1 - std::pow(beta1, static_cast<double>(m_steps));
    const double correction2 = 1 - std::pow(beta2, static_cast<double>(m_steps));
    // Lists of tensors: a GPU then starts a few operations instead of hundreds of tiny ones.
    std::vector<torch::Tensor> parameters, gradients, first, second;
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        if (!m_parameters[i].grad().defined()) continue;
        parameters.push_back(m_parameters[i]);
        gradients.push_back(m_parameters[i].grad());
        first.push_back(m_first[i]);
        second.push_back(m_second[i]);
    }
    if (parameters.empty()) return;
    if (m_weightDecay != 0) gradients = at::_foreach_add(gradients, parameters, m_weightDecay);
    at::_foreach_mul_(first, beta1);
    at::_foreach_add_(first, gradients, 1 - beta1);
    at::_foreach_mul_(second, beta2);
    at::_foreach_addcmul_(second, gradients, gradients, 1 - beta2);
    auto denominators = at::_foreach_sqrt(second);
    at::_foreach_div_(denominators, std::sqrt(correction2));
    at::_foreach_add_(denominators, epsilon);
    at::_foreach_addcdiv_(parameters, first, denominators, -learningRate / correction1);
}

void Adam::clearGradients() {
    for (auto& parameter : m_parameters) parameter.mutable_grad() = torch::Tensor();
}

double clipGradients(const std::vector<torch::Tensor>& parameters, double largest) {
    const torch::NoGradGuard noGradient;
    std::vector<torch::Tensor> gradients;
    for (const auto& parameter : parameters)
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    if (gradients.empty()) return 0;
    const auto norms = torch::stack(at::_foreach_norm(gradients)).to(torch::kCPU, torch::kDouble);
    double squares = 0;
    for (std::int64_t i = 0; i < norms.numel(); ++i) squares += std::pow(norms.data_ptr<double>()[i], 2);
    const double norm = std::sqrt(squares);
    if (largest > 0 && norm > largest) at::_foreach_mul_(gradients, largest / (norm + 1e-6));
    return norm;
}

double warmCosine(std::int64_t step, std::int64_t steps, double peak, double warmup) {
    const double warm = warmup * static_cast<double>(steps);
    const double place = static_cast<double>(step);
    if (place < warm) return peak * (place + 1) / (warm + 1);
    return cosineBetween(peak, 0, (place - warm) / std::max(1.0, static_cast<double>(steps) - warm));
}

double OneCycle::between(std::int64_t step, double low, double high, double last) const {
    const double place = static_cast<double>(step), total = static_cast<double>(steps);
    const double turn = 0.2 * total - 1, end = total - 1;
    if (place <= turn && turn > 0) return cosineBetween(low, high, place / turn);
    return cosineBetween(high, last, std::min(1.0, (place - turn) / std::max(1.0, end - turn)));
}

double OneCycle::learningRate(std::int64_t step) const { return between(step, start, peak, start / 1000); }
double OneCycle::beta1(std::int64_t step) const { return between(step, 0.95, 0.85, 0.95); }

}  // namespace chronnect::train
