#pragma once

#include "core/base/Random.h"
#include "core/learning/Specs.h"
#include "core/model/detail/Network.h"
#include "core/train/detail/Cohort.h"
#include "core/train/detail/Decoders.h"

#include <torch/torch.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chronnect::train {

/// What one step of pretraining minimises, and its parts before their weights, for the curves.
struct Losses {
    torch::Tensor total;
    std::map<std::string, double> parts;
};

/// A batch as the network saw it: what was hidden, and the codes of what was left.
struct View {
    torch::Tensor hidden;        ///< windows x regions, bool, on the device; all false where nothing is hidden
    torch::Tensor hiddenPairs;   ///< packed like graphs, on the device
    model::Graphs visible;
    torch::Tensor latent;        ///< windows x regions x width
    torch::Tensor features;      ///< unmasked node features x_i, detached; windows x regions x width
};

/// A temporal question: rebuild window `target` from two others. Windows are numbered over the batch.
struct Triple {
    std::int64_t target = 0, before = 0, after = 0;
};

/// A self-supervised task: one class in one file, registered in Objective.cpp. The encoder, the masks, the training
/// loop, the evaluation and the views are shared; `parameters()` are trained with the encoder and dropped afterwards.
class Objective : public torch::nn::Module {
public:
    virtual Losses losses(model::Encoder& encoder, const Batch& batch, Random& random,
                          const model::Compute& compute) = 0;
    /// After the optimiser; `progress` from 0 to 1 over the training.
    virtual void afterStep(const model::Encoder& encoder, double progress);

    /// Masks drawn as in training, or given (undefined = drawn), and the codes of what is visible.
    virtual View view(model::Encoder& encoder, const Batch& batch, const torch::Tensor& hidden,
                      const torch::Tensor& hiddenPairs, Random& random, const model::Compute& compute) = 0;
    /// Probabilities of the edges of a window from its own codes (count x regions x width): count x regions x regions.
    virtual torch::Tensor edges(const torch::Tensor& z) = 0;
    /// The same from the codes of two other windows.
    virtual torch::Tensor edgesBetween(const torch::Tensor& before, const torch::Tensor& after) = 0;
    /// Node predictions, count x regions x target width, from masked codes or from two other windows.
    virtual torch::Tensor nodes(const torch::Tensor& z, const torch::Tensor& hidden, const model::Graphs& visible,
                                const model::Compute& compute) = 0;
    virtual torch::Tensor nodesBetween(const torch::Tensor& before, const torch::Tensor& after,
                                       const model::Graphs& visible, const model::Compute& compute) = 0;
    /// Whether node predictions are rows of the window's correlation matrix.
    virtual bool predictsProfiles() const = 0;
    /// Whether it has a temporal branch.
    virtual bool isTemporal() const = 0;
};

/// Common parts of the reconstructing objectives: tokens, decoders and the losses on edges and nodes.
class ReconstructionObjective : public Objective {
public:
    ReconstructionObjective(const PretrainSpec& spec, std::int64_t regions, std::int64_t nodeTargetWidth,
                            Decoder decoder);

    View view(model::Encoder& encoder, const Batch& batch, const torch::Tensor& hidden,
              const torch::Tensor& hiddenPairs, Random& random, const model::Compute& compute) override;
    torch::Tensor edges(const torch::Tensor& z) override;
    torch::Tensor edgesBetween(const torch::Tensor& before, const torch::Tensor& after) override;
    torch::Tensor nodes(const torch::Tensor& z, const torch::Tensor& hidden, const model::Graphs& visible,
                        const model::Compute& compute) override;
    torch::Tensor nodesBetween(const torch::Tensor& before, const torch::Tensor& after, const model::Graphs& visible,
                               const model::Compute& compute) override;
    bool predictsProfiles() const override { return m_spec.nodeTarget == NodeTarget::FcProfile; }
    bool isTemporal() const override { return m_spec.spatialWeight < 1; }

protected:
    /// Draws the masks of `batch` when the caller has none.
    /// Draws from `draw` scan by scan, each from numbers of its own: a process that holds part of a batch draws for
    /// its scans what one with all of them would.
    static torch::Tensor scanByScan(const Batch& batch, Random& random,
                                    const std::function<torch::Tensor(std::int64_t windows, Random&)>& draw);
    virtual torch::Tensor drawRegions(const Batch& batch, Random& random) const;
    virtual torch::Tensor drawPairs(const Batch& batch, const torch::Tensor& hidden, Random& random) const;
    /// Re-masking between encoder and decoder: the codes of hidden regions are replaced.
    virtual torch::Tensor remasked(const torch::Tensor& z, const torch::Tensor& hidden) const;
    /// What nodes are rebuilt to, for windows numbered over the batch; never differentiable.
    virtual torch::Tensor nodeTargets(const Batch& batch, const View& view, const std::vector<std::int64_t>& windows) const;

    torch::Tensor edgeCodes(const torch::Tensor& z);
    /// Per-window node loss over `which` regions (windows x regions, bool), summed over windows.
    torch::Tensor nodeLoss(const torch::Tensor& predicted, const torch::Tensor& target, const torch::Tensor& which) const;
    std::pair<torch::Tensor, torch::Tensor> spatialLosses(const Batch& batch, const View& view,
                                                          const model::Compute& compute);
    std::pair<torch::Tensor, torch::Tensor> temporalLosses(const Batch& batch, const View& view,
                                                           const std::vector<Triple>& triples,
                                                           const model::Compute& compute);
    /// Targets and their sources for every scan of the batch, drawn by the gap rule; empty when none is valid.
    std::vector<Triple> drawTriples(const Batch& batch, Random& random) const;
    Losses combine(const std::pair<torch::Tensor, torch::Tensor>& spatial,
                   const std::pair<torch::Tensor, torch::Tensor>& temporal) const;
    std::vector<torch::Tensor> ownParameters() const { return parameters(); }

    PretrainSpec m_spec;
    std::int64_t m_regions;
    torch::Tensor m_encoderToken, m_decoderToken;
    DecoderBlock m_nodeDecoder{nullptr}, m_edgeDecoder{nullptr};
    torch::nn::Linear m_nodeOutput{nullptr}, m_between{nullptr};
};

/// Mean binary cross-entropy of probabilities over the pairs i < j set in `which` (windows x regions x regions, bool).
/// Probabilities are clamped to [1e-6, 1 - 1e-6]. Summed over windows.
torch::Tensor edgeLoss(const torch::Tensor& probability, const torch::Tensor& truth, const torch::Tensor& which);

/// Registered names, in the order shown to people.
std::vector<std::string> objectiveNames();
/// Throws Error(BadInput) for a name that is not registered.
std::shared_ptr<Objective> makeObjective(const PretrainSpec& spec, std::int64_t regions);

// One maker per objective, each in its own file.
std::shared_ptr<Objective> makeStMae(const PretrainSpec& spec, std::int64_t regions);

}  // namespace chronnect::train
