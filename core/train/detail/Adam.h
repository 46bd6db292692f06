#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace chronnect::train {

/// Adam (Kingma & Ba 2015) as PyTorch computes it, with first-moment decay that may change from step to step and
/// state that is plain tensors, so that a checkpoint holds all of it.
class Adam {
public:
    Adam(std::vector<torch::Tensor> parameters, double weightDecay);

    /// One step from the gradients on the parameters; those without a gradient are left alone.
    void step(double learningRate, double beta1 = 0.9);
    void clearGradients();

    std::int64_t steps() const { return m_steps; }
    void setSteps(std::int64_t steps) { m_steps = steps; }
    /// First and second moments in the order of the parameters.
    const std::vector<torch::Tensor>& first() const { return m_first; }
    const std::vector<torch::Tensor>& second() const { return m_second; }
    const std::vector<torch::Tensor>& parameters() const { return m_parameters; }

private:
    std::vector<torch::Tensor> m_parameters, m_first, m_second;
    double m_weightDecay;
    std::int64_t m_steps = 0;
};

/// Norm over all gradients before clipping to `largest` (0 = leave them). Not finite when a gradient is not.
double clipGradients(const std::vector<torch::Tensor>& parameters, double largest);

/// Linear warm-up over `warmup` of the steps, then a cosine from `peak` to 0. `step` counts from 0.
double warmCosine(std::int64_t step, std::int64_t steps, double peak, double warmup);

/// PyTorch's OneCycle with cosine annealing, pct_start 0.2, final rate = start / 1000; beta1 cycles 0.95 - 0.85 - 0.95.
struct OneCycle {
    std::int64_t steps = 1;
    double start = 5e-4, peak = 1e-3;

    double learningRate(std::int64_t step) const;
    double beta1(std::int64_t step) const;

private:
    double between(std::int64_t step, double low, double high, double last) const;
};

}  // namespace chronnect::train
