#pragma once

#include "core/train/detail/Cohort.h"
#include "core/train/detail/Passport.h"

#include <functional>
#include <vector>

namespace chronnect::train {

/// One scan and the output of one network that is to be explained: the margin of the likeliest class over the mean of
/// the others, or the number. Gradients of weights are switched off. Work goes some windows at a time, so that memory
/// stays far below a gigabyte for 400 regions and 184 windows.
class Explained {
public:
    /// `output` is a class index, or -1 for the likeliest (0 for a number).
    Explained(model::Network network, const Batch& batch, int output, const model::Compute& compute);

    const Batch& batch() const { return m_batch; }
    const model::Network& network() const { return m_network; }
    const model::Compute& compute() const { return m_compute; }
    int output() const { return m_output; }
    double value() const { return m_value; }  ///< for the scan as it is
    const model::NetworkOutput& whole() const { return m_whole; }
    const std::vector<torch::Tensor>& layers() const { return m_layers; }  ///< windows x regions x width each

    /// The explained output from layer outputs. Differentiable.
    torch::Tensor outputOf(const std::vector<torch::Tensor>& layers) const;
    /// Layer outputs for other graphs (same windows), or another series. No gradient.
    std::vector<torch::Tensor> layersOf(const model::Graphs& graphs) const;
    std::vector<torch::Tensor> layersOf(const torch::Tensor& series) const;

    /// Dense, possibly fractional, graphs of windows from..to.
    using DenseGraphs = std::function<torch::Tensor(std::int64_t from, std::int64_t to)>;
    /// The output for such graphs, and the gradient of every entry: windows x regions x regions.
    std::pair<double, torch::Tensor> edgeGradient(const DenseGraphs& graphs) const;
    /// The output for a series (as batch().series) with the graphs as they are, and the gradient of every sample.
    std::pair<double, torch::Tensor> seriesGradient(const torch::Tensor& series) const;

private:
    torch::Tensor codesOf(const torch::Tensor& series) const;
    std::vector<torch::Tensor> layerGradients(const std::vector<torch::Tensor>& layers, double& value) const;
    std::int64_t chunk() const;

    mutable model::Network m_network;
    Batch m_batch;
    int m_output;
    model::Compute m_compute;
    torch::Tensor m_codes;
    std::vector<torch::Tensor> m_layers;
    model::NetworkOutput m_whole;
    double m_value = 0;
};

/// Integrated gradients (Sundararajan et al. 2017) along the straight line from a baseline: attributions that add up to
/// output - baseline output. The trapezoid rule is refined by halving until they do within `tolerance` of the
/// difference, or `steps` are reached.
struct Integrated {
    torch::Tensor values;
    double output = 0, baseline = 0;
    double error = 0;  ///< |sum - difference| / |difference|
    int steps = 0;
};
Integrated integratedEdges(const Explained& explained, double tolerance, int steps,
                           const JobContext& context = {});  ///< from self-loops alone; windows x N x N
Integrated integratedSeries(const Explained& explained, double tolerance, int steps,
                            const JobContext& context = {});  ///< from the scan's mean; volumes x N

/// |gradient x presence| of every edge: windows x regions x regions, symmetric, zero diagonal.
torch::Tensor edgeImportance(const Explained& explained);

}  // namespace chronnect::train
