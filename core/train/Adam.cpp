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
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        auto& parameter = m_parameters[i];
        if (!parameter.grad().defined()) continue;
        auto gradient = parameter.grad();
        if (m_weightDecay != 0) gradient = gradient.add(parameter, m_weightDecay);
        m_first[i].mul_(beta1).add_(gradient, 1 - beta1);
        m_second[i].mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        const auto denominator = (m_second[i].sqrt() / std::sqrt(correction2)).add_(epsilon);
        parameter.addcdiv_(m_first[i], denominator, -learningRate / correction1);
    }
}

void Adam::clearGradients() {
    for (auto& parameter : m_parameters) parameter.mutable_grad() = torch::Tensor();
}

double clipGradients(const std::vector<torch::Tensor>& parameters, double largest) {
    const torch::NoGradGuard noGradient;
    double squares = 0;
    for (const auto& parameter : parameters)
        if (parameter.grad().defined()) squares += std::pow(parameter.grad().norm().item<double>(), 2);
    const double norm = std::sqrt(squares);
    if (largest > 0 && norm > largest)
        for (const auto& parameter : parameters)
            if (parameter.grad().defined()) parameter.grad().mul_(largest / (norm + 1e-6));
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
