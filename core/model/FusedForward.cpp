#include "core/model/detail/FusedRun.h"

#include <cstring>
#include <numeric>

namespace chronnect::model::fused {

namespace {

/// Column means and squares about them, put together part by part (Chan, Golub and LeVeque 1983).
struct Moments {
    explicit Moments(std::size_t width) : mean(width, 0.0), squares(width, 0.0) {}
    double rows = 0;
    std::vector<double> mean, squares;

    void add(double moreRows, const std::vector<double>& moreMean, const std::vector<double>& moreSquares) {
        const double all = rows + moreRows;
        if (moreRows == 0) return;
        for (std::size_t c = 0; c < mean.size(); ++c) {
            const double away = moreMean[c] - mean[c];
            mean[c] += away * moreRows / all;
            squares[c] += moreSquares[c] + away * away * rows * moreRows / all;
        }
        rows = all;
    }
};

/// Moments of the rows of all processes together.
void shareMoments(Moments& moments, const SumOverProcesses& sum) {
    const auto width = static_cast<std::int64_t>(moments.mean.size());
    const auto count = torch::full({1}, moments.rows, torch::kDouble);
    const auto means = torch::tensor(moments.mean, torch::kDouble);
    auto sums = torch::cat({means * moments.rows, count});
    sum(sums);
    const double rows = sums[-1].item<double>();
    const auto mean = sums.slice(0, 0, width) / rows;
    auto squares = torch::tensor(moments.squares, torch::kDouble) + (means - mean).square() * moments.rows;
    sum(squares);
    moments.rows = rows;
    for (std::int64_t c = 0; c < width; ++c) {
        moments.mean[static_cast<std::size_t>(c)] = mean[c].item<double>();
        moments.squares[static_cast<std::size_t>(c)] = squares[c].item<double>();
    }
}

Norm finished(const torch::Tensor& mean, const torch::Tensor& variance, torch::nn::BatchNorm1d& norm, double rows) {
    Norm result;
    const auto inverse = (variance + norm->options.eps()).rsqrt();
    result.mean = mean.to(torch::kFloat).contiguous();
    result.inverse = inverse.to(torch::kFloat).contiguous();
    result.scale = (inverse * norm->weight.to(torch::kDouble)).to(torch::kFloat).contiguous();
    result.shift = norm->bias.detach().to(torch::kFloat).contiguous();
    result.rows = rows;
    return result;
}

/// Statistics of this batch, which the running ones take up as PyTorch keeps them: variance with divisor n - 1.
Norm trainingNorm(torch::nn::BatchNorm1d& norm, const torch::Tensor& bias, Moments moments, const Compute& compute) {
    if (compute.sum) shareMoments(moments, compute.sum);
    const auto mean = torch::tensor(moments.mean, torch::kDouble);
    const auto variance = torch::tensor(moments.squares, torch::kDouble) / moments.rows;
    const double momentum = norm->options.momentum().value_or(0.1);
    const double unbiased = moments.rows / std::max(1.0, moments.rows - 1);
    norm->running_mean.lerp_((mean + bias).to(torch::kFloat), momentum);
    norm->running_var.lerp_((variance * unbiased).to(torch::kFloat), momentum);
    norm->num_batches_tracked.add_(1);
    return finished(mean, variance, norm, moments.rows);
}

/// The passes over all windows, layer by layer.
class Forward {
public:
    Forward(EncoderImpl& encoder, Run& run) : m_encoder(encoder), m_run(run) {
        const auto options = torch::dtype(torch::kFloat);
        for (std::size_t layer = 0; layer < run.layers.size(); ++layer)
            m_result.means.push_back(torch::empty({run.windows, run.extent.width}, options));
        if (run.wish.last) m_result.last = torch::empty({run.windows, run.extent.regions, run.extent.width}, options);
        if (run.wish.orthogonality) m_orthogonality.resize(static_cast<std::size_t>(run.windows));
    }

    ForwardResult run() {
        for (std::size_t layer = 0; layer < m_run.layers.size(); ++layer) trainLayer(layer);
        forWindows(m_run, [&](Scratch& scratch, std::int64_t, std::int64_t window) {
            const std::size_t layer = m_run.layers.size() - 1;
            outputOf(m_run, layer, window, scratch.h.data());
            finish(layer, window, scratch);
        });
        m_run.compute.check();
        if (m_run.wish.orthogonality) {
            const double sum = std::accumulate(m_orthogonality.begin(), m_orthogonality.end(), 0.0);
            m_result.orthogonality = torch::tensor(sum / static_cast<double>(m_run.windows), torch::kFloat);
        }
        return std::move(m_result);
    }

private:
    /// Input, neighbour sums and first Linear map; the input is the previous layer's output, so its results follow too.
    void first(std::size_t layer, std::int64_t window, Scratch& scratch, float* y) {
        const Layer& here = m_run.layers[layer];
        const float* h = inputOf(m_run, layer, window, scratch);
        if (layer > 0) finish(layer - 1, window, scratch);
        aggregateWindow(m_run, h, here.eps, window, scratch, scratch.v.data());
        mapForward(m_run, here.weight1, scratch.v.data(), y, scratch);
    }

    void second(std::size_t layer, const float* y1, std::int64_t window, Scratch& scratch) {
        const Layer& here = m_run.layers[layer];
        normalisedRelu(y1, here.norm1.affine(), m_run.extent, scratch.v.data());
        mapForward(m_run, here.weight2, scratch.v.data(), m_run.of(here.y2, window), scratch);
    }

    /// Runs `pass` over all windows and returns the moments of what it leaves in `y`.
    template <class Pass>
    Moments withMoments(const torch::Tensor& y, const Pass& pass) {
        const auto width = static_cast<std::size_t>(m_run.extent.width);
        std::vector<Moments> parts(static_cast<std::size_t>(m_run.slots()), Moments(width));
        forWindows(m_run, [&](Scratch& scratch, std::int64_t slot, std::int64_t window) {
            pass(scratch, window);
            std::vector<double> mean(width), squares(width);
            columnMoments(m_run.of(y, window), m_run.extent, mean.data(), squares.data());
            parts[static_cast<std::size_t>(slot)].add(static_cast<double>(m_run.extent.regions), mean, squares);
        });
        m_run.compute.check();
        Moments all(width);
        for (const Moments& part : parts) all.add(part.rows, part.mean, part.squares);
        return all;
    }

    void trainLayer(std::size_t layer) {
        Layer& here = m_run.layers[layer];
        auto& module = m_encoder.gin[layer];
        here.y1 = m_run.features();
        const auto one = withMoments(here.y1, [&](Scratch& scratch, std::int64_t window) {
            first(layer, window, scratch, m_run.of(here.y1, window));
        });
        here.norm1 = trainingNorm(module->norm1, module->linear1->bias, one, m_run.compute);
        here.y2 = m_run.features();
        const auto two = withMoments(here.y2, [&](Scratch& scratch, std::int64_t window) {
            second(layer, m_run.of(here.y1, window), window, scratch);
        });
        here.norm2 = trainingNorm(module->norm2, module->linear2->bias, two, m_run.compute);
        if (!m_run.backward) m_run.release(here.y1);
    }

    /// What is wanted of a layer's output, which is in scratch.h.
    void finish(std::size_t layer, std::int64_t window, Scratch& scratch) {
        const auto width = m_run.extent.width;
        std::vector<double> sums(static_cast<std::size_t>(width), 0.0);
        columnSums(scratch.h.data(), m_run.extent, sums.data());
        float* mean = m_result.means[layer].data_ptr<float>() + window * width;
        for (std::int64_t c = 0; c < width; ++c)
            mean[c] = static_cast<float>(sums[static_cast<std::size_t>(c)] / static_cast<double>(m_run.extent.regions));
        if (m_run.wish.last && layer + 1 == m_run.layers.size())
            std::memcpy(m_run.of(m_result.last, window), scratch.h.data(), scratch.h.size() * sizeof(float));
        if (!m_run.wish.orthogonality) return;
        m_orthogonality[static_cast<std::size_t>(window)] += gramOf(m_run, scratch.h.data(), scratch);
    }

    EncoderImpl& m_encoder;
    Run& m_run;
    ForwardResult m_result;
    std::vector<double> m_orthogonality;  ///< of every window, summed over layers
};

}  // namespace

ForwardResult runForward(EncoderImpl& encoder, Run& run) { return Forward(encoder, run).run(); }

}  // namespace chronnect::model::fused
