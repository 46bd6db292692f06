#pragma once

#include "core/model/detail/FusedEncoder.h"
#include "core/model/detail/Kernels.h"
#include "core/model/detail/WindowKernels.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

namespace chronnect::model::fused {

/// A batch normalisation ready for use; float tensors of length width, the Linear bias before it left out on both
/// sides.
struct Norm {
    torch::Tensor mean, inverse, scale, shift;
    double rows = 0;  ///< of all processes

    Affine affine() const {
        return {mean.data_ptr<float>(), inverse.data_ptr<float>(), scale.data_ptr<float>(), shift.data_ptr<float>()};
    }
};

/// A gradient that reaches a layer's output as weights times a vector per window; weights undefined = all 1.
struct OuterGradient {
    torch::Tensor weights, vectors;  ///< windows x regions, windows x width
};

/// The matrix of a Linear map, width x width, and for products in bf16 the same in both orders as right factors.
struct Weight {
    torch::Tensor value;
    std::vector<std::uint32_t> forward, backward;
};

struct Layer {
    Weight weight1, weight2;
    float eps = 0;
    Norm norm1, norm2;
    torch::Tensor y1, y2;  ///< results of the Linear maps, windows x regions x width
    std::vector<OuterGradient> arriving;
};

/// Working memory of one thread.
struct Scratch {
    explicit Scratch(Extent extent) : h(static_cast<std::size_t>(extent.count())), v(h.size()), y(h.size()) {}
    std::vector<float> panel, h, v, y;
    std::vector<std::uint32_t> left, right;  ///< rounded factors of a product in bf16
    GramWork gram;
};

/// One pass through the encoder, kept from forward to backward.
struct Run {
    Run() = default;
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
        for (Layer& layer : layers) release(layer.y1), release(layer.y2);
    }

    Graphs graphs;
    mutable std::vector<RowLists> lists;  ///< of every window, made by the first pass that comes to it
    NodeInput input;                      ///< detached and contiguous
    std::vector<Layer> layers;
    EncodingWish wish;
    Compute compute;
    Extent extent;
    std::int64_t windows = 0;
    bool backward = false, released = false, inBFloat16 = false;
    std::shared_ptr<FeatureBuffers> buffers;

    torch::Tensor features() const { return buffers->take({windows, extent.regions, extent.width}); }
    void release(torch::Tensor& features) const {
        if (features.defined()) buffers->giveBack(std::move(features));
        features = torch::Tensor();
    }

    float* of(const torch::Tensor& features, std::int64_t window) const {
        return features.data_ptr<float>() + window * extent.count();
    }
    /// Parts that are summed up separately and then in order, so that the number of threads changes nothing.
    std::int64_t slots() const { return std::min<std::int64_t>(windows, 64); }
};

/// Calls body(scratch, slot, window) for all windows; threads take the slots in turn. Ends early, without a word, when
/// the work shall stop: look at compute.context afterwards.
template <class Body>
void forWindows(const Run& run, const Body& body) {
    std::atomic<std::int64_t> next{0};
    at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) {
        const torch::NoGradGuard noGradient;
        Scratch scratch(run.extent);
        for (std::int64_t slot = next++; slot < run.slots(); slot = next++) {
            const std::int64_t end = (slot + 1) * run.windows / run.slots();
            for (std::int64_t window = slot * run.windows / run.slots(); window < end; ++window) {
                if (run.compute.context.stopRequested()) return;
                body(scratch, slot, window);
            }
        }
    });
}

/// A cancelled backward pass leaves through the autograd engine, which only carries std exceptions.
inline void checkInBackward(const Compute& compute) {
    if (compute.context.stopRequested()) throw std::runtime_error("stopped");
}

/// The input of a layer for one window, in scratch.h.
const float* inputOf(const Run& run, std::size_t layer, std::int64_t window, Scratch& scratch);
/// scratch.v = A x + eps x.
void aggregateWindow(const Run& run, const float* x, float eps, std::int64_t window, Scratch& scratch, float* out);
/// Output of a layer for one window.
void outputOf(const Run& run, std::size_t layer, std::int64_t window, float* out);

// Products of one window, by the BLAS in float32 or by the processor's bf16 instructions with float32 sums.

Weight makeWeight(const torch::Tensor& value, bool inBFloat16);
/// y = x W^T.
void mapForward(const Run& run, const Weight& weight, const float* x, float* y, Scratch& scratch);
/// x = y W.
void mapBackward(const Run& run, const Weight& weight, const float* y, float* x, Scratch& scratch);
/// gradient += dy^T x.
void addWeightGradient(const Run& run, const float* dy, const float* x, float* gradient, Scratch& scratch);
/// Upper triangle of h h^T and its row maxima into scratch.gram; returns the window's orthogonality.
double gramOf(const Run& run, const float* h, Scratch& scratch);
/// g += gradient of `factor` times the orthogonality of the codes h.
void addOrthogonalityGradient(const Run& run, const float* h, float factor, Scratch& scratch, float* g);

/// Runs the layers; fills the run, and the means (layers x windows x width), orthogonality and last output.
struct ForwardResult {
    std::vector<torch::Tensor> means;
    torch::Tensor orthogonality, last;
};
ForwardResult runForward(EncoderImpl& encoder, Run& run);

/// Gradients of the results: undefined = none.
struct ResultGradients {
    std::vector<torch::Tensor> means;
    torch::Tensor orthogonality, last;
};
struct LayerGradients {
    torch::Tensor eps, weight1, norm1Weight, norm1Bias, weight2, norm2Weight, norm2Bias;
};
struct InputGradients {
    torch::Tensor table, code, token;
    std::vector<LayerGradients> layers;
};
InputGradients runBackward(Run& run, const ResultGradients& gradients);

}  // namespace chronnect::model::fused
