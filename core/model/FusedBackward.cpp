#include "core/model/detail/FusedRun.h"

#include <memory>

namespace chronnect::model::fused {

namespace {

/// Sums of a pass over all windows, one row per slot; added up in the order of the slots.
template <class T>
class SlotSums {
public:
    SlotSums(std::int64_t slots, std::int64_t length)
        : m_length(static_cast<std::size_t>(length)), m_values(static_cast<std::size_t>(slots) * m_length, T{}) {}
    T* of(std::int64_t slot) { return m_values.data() + static_cast<std::size_t>(slot) * m_length; }
    torch::Tensor total() const {
        std::vector<double> sums(m_length, 0.0);
        for (std::size_t slot = 0; slot < m_values.size(); slot += m_length)
            for (std::size_t i = 0; i < m_length; ++i) sums[i] += static_cast<double>(m_values[slot + i]);
        return torch::tensor(sums, torch::kDouble);
    }

private:
    std::size_t m_length;
    std::vector<T> m_values;
};

/// Gradients of a normalisation's weight and bias, and the means that its input's gradient needs.
struct NormGradient {
    torch::Tensor weight, bias, plain, relative;
    GradientMeans means() const { return {plain.data_ptr<float>(), relative.data_ptr<float>()}; }
};

/// Weight and bias get this process's share: gradients of parameters are added up over processes afterwards.
NormGradient normGradient(const torch::Tensor& sums, const Norm& norm, const Compute& compute) {
    const std::int64_t width = norm.mean.size(0);
    NormGradient result;
    result.bias = sums.slice(0, 0, width).to(torch::kFloat);
    result.weight = sums.slice(0, width).to(torch::kFloat);
    auto all = sums.clone();
    if (compute.sum) compute.sum(all);
    all = (all / norm.rows).to(torch::kFloat);
    result.plain = all.slice(0, 0, width).contiguous();
    result.relative = all.slice(0, width).contiguous();
    return result;
}

class Backward {
public:
    Backward(Run& run, const ResultGradients& gradients) : m_run(run), m_gradients(gradients) {
        if (run.released) throw std::logic_error("the encoder's backward pass can run only once");
        run.released = true;
        m_arrives = gradients.last.defined();
        m_g = run.features();
        if (m_arrives) m_g.copy_(gradients.last);
    }

    InputGradients run() {
        m_result.layers.resize(m_run.layers.size());
        for (std::size_t layer = m_run.layers.size(); layer-- > 0;) {
            behind(layer);
            throughSecond(layer);
            m_run.release(m_run.layers[layer].y2);
            throughFirst(layer);
            m_run.release(m_run.layers[layer].y1);
            m_arrives = true;
        }
        m_run.release(m_g);
        return std::move(m_result);
    }

private:
    float* g(std::int64_t window) const { return m_run.of(m_g, window); }
    /// Collects what reaches a layer's output, up to behind its second normalisation.
    void behind(std::size_t layer) {
        Layer& here = m_run.layers[layer];
        SlotSums<double> sums(m_run.slots(), 2 * m_run.extent.width);
        forWindows(m_run, [&](Scratch& scratch, std::int64_t slot, std::int64_t window) {
            if (!m_arrives) std::fill_n(g(window), m_run.extent.count(), 0.0f);
            addArriving(layer, window, scratch);
            throughRelu(m_run.of(here.y2, window), here.norm2.affine(), m_run.extent, g(window), sums.of(slot));
        });
        checkInBackward(m_run.compute);
        here.arriving.clear();
        m_norm = normGradient(sums.total(), here.norm2, m_run.compute);
        m_result.layers[layer].norm2Weight = m_norm.weight;
        m_result.layers[layer].norm2Bias = m_norm.bias;
    }

    void addArriving(std::size_t layer, std::int64_t window, Scratch& scratch) {
        const auto [regions, width] = m_run.extent;
        for (const OuterGradient& part : m_run.layers[layer].arriving)
            addOuter(part.weights.data_ptr<float>() + window * regions, part.vectors.data_ptr<float>() + window * width,
                     m_run.extent, g(window));
        if (const auto& mean = m_gradients.means[layer]; mean.defined()) {
            const float* arriving = mean.data_ptr<float>() + window * width;
            std::copy_n(arriving, width, scratch.v.begin());
            for (std::int64_t c = 0; c < width; ++c)
                scratch.v[static_cast<std::size_t>(c)] /= static_cast<float>(regions);
            addOuter(nullptr, scratch.v.data(), m_run.extent, g(window));
        }
        if (!m_gradients.orthogonality.defined()) return;
        const float factor = m_gradients.orthogonality.item<float>() / static_cast<float>(m_run.windows);
        if (factor == 0) return;
        outputOf(m_run, layer, window, scratch.h.data());
        addOrthogonalityGradient(m_run, scratch.h.data(), factor, scratch, g(window));
    }

    /// From behind the second normalisation to behind the first.
    void throughSecond(std::size_t layer) {
        Layer& here = m_run.layers[layer];
        const std::int64_t width = m_run.extent.width;
        SlotSums<double> sums(m_run.slots(), 2 * width);
        SlotSums<float> weights(m_run.slots(), width * width);
        forWindows(m_run, [&](Scratch& scratch, std::int64_t slot, std::int64_t window) {
            const float* y1 = m_run.of(here.y1, window);
            float *dy = scratch.v.data(), *a = scratch.h.data();
            throughNorm(m_run.of(here.y2, window), here.norm2.affine(), m_norm.means(), m_run.extent, g(window), dy);
            normalisedRelu(y1, here.norm1.affine(), m_run.extent, a);
            addWeightGradient(m_run, dy, a, weights.of(slot), scratch);
            mapBackward(m_run, here.weight2, dy, g(window), scratch);
            throughRelu(y1, here.norm1.affine(), m_run.extent, g(window), sums.of(slot));
        });
        checkInBackward(m_run.compute);
        m_norm = normGradient(sums.total(), here.norm1, m_run.compute);
        LayerGradients& result = m_result.layers[layer];
        result.weight2 = weights.total().to(torch::kFloat).view({width, width});
        result.norm1Weight = m_norm.weight;
        result.norm1Bias = m_norm.bias;
    }

    /// From behind the first normalisation to the layer's input.
    void throughFirst(std::size_t layer) {
        Layer& here = m_run.layers[layer];
        const std::int64_t width = m_run.extent.width;
        SlotSums<double> eps(m_run.slots(), 1);
        SlotSums<float> weights(m_run.slots(), width * width);
        if (layer == 0) prepareInput();
        forWindows(m_run, [&](Scratch& scratch, std::int64_t slot, std::int64_t window) {
            const float* h = inputOf(m_run, layer, window, scratch);
            float *v = scratch.v.data(), *dy = scratch.y.data();
            aggregateWindow(m_run, h, here.eps, window, scratch, v);
            throughNorm(m_run.of(here.y1, window), here.norm1.affine(), m_norm.means(), m_run.extent, g(window), dy);
            addWeightGradient(m_run, dy, v, weights.of(slot), scratch);
            mapBackward(m_run, here.weight1, dy, v, scratch);
            *eps.of(slot) += product(v, h, m_run.extent.count());
            // A is symmetric, so the same sum serves backwards.
            aggregateWindow(m_run, v, here.eps, window, scratch, g(window));
            if (layer == 0) toInput(window, slot);
        });
        checkInBackward(m_run.compute);
        LayerGradients& result = m_result.layers[layer];
        result.weight1 = weights.total().to(torch::kFloat).view({width, width});
        result.eps = eps.total().to(torch::kFloat).view({1, 1});
        if (layer == 0) finishInput();
    }

    void prepareInput() {
        const auto [regions, width] = m_run.extent;
        m_table = std::make_unique<SlotSums<float>>(m_run.slots(), regions * width);
        m_token = std::make_unique<SlotSums<float>>(m_run.slots(), width);
        m_result.code = torch::empty({m_run.windows, width}, torch::kFloat);
    }

    /// Deals the gradient of a window's input out to table, token and code.
    void toInput(std::int64_t window, std::int64_t slot) {
        const auto [regions, width] = m_run.extent;
        const bool* hidden =
            m_run.input.hidden.defined() ? m_run.input.hidden.data_ptr<bool>() + window * regions : nullptr;
        std::vector<double> sums(static_cast<std::size_t>(width), 0.0);
        columnSums(g(window), m_run.extent, sums.data());
        float* code = m_result.code.data_ptr<float>() + window * width;
        for (std::int64_t c = 0; c < width; ++c) code[c] = static_cast<float>(sums[static_cast<std::size_t>(c)]);
        if (!hidden) return addScaled(g(window), 1, m_run.extent.count(), m_table->of(slot));
        for (std::int64_t region = 0; region < regions; ++region)
            addScaled(g(window) + region * width, 1, width,
                      hidden[region] ? m_token->of(slot) : m_table->of(slot) + region * width);
    }

    void finishInput() {
        m_result.table = m_table->total().to(torch::kFloat).view({m_run.extent.regions, m_run.extent.width});
        if (m_run.input.hidden.defined()) m_result.token = m_token->total().to(torch::kFloat);
    }

    Run& m_run;
    const ResultGradients& m_gradients;
    torch::Tensor m_g;       ///< the one large gradient, changed in place all the way
    bool m_arrives = false;  ///< whether m_g holds something yet
    NormGradient m_norm;     ///< of the normalisation passed last
    std::unique_ptr<SlotSums<float>> m_table, m_token;
    InputGradients m_result;
};

}  // namespace

InputGradients runBackward(Run& run, const ResultGradients& gradients) {
    const torch::NoGradGuard noGradient;
    return Backward(run, gradients).run();
}

}  // namespace chronnect::model::fused
