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

/// What one step of pretraining minimises, and its parts before their weights, for the curves. All of it stays on the
/// device: a GPU can work on while the processor prepares what comes next.
struct Losses {
    torch::Tensor total;
    std::map<std::string, torch::Tensor> parts;  ///< single numbers, detached; "total" among them

    /// The parts as numbers; waits for the device once.
    std::map<std::string, double> values() const;
};

/// What is hidden in a batch, windows x ..., on the CPU.
struct Masks {
    torch::Tensor regions;  ///< windows x regions, bool
    torch::Tensor pairs;    ///< taken out of the graphs the encoder sees; packed like graphs
    torch::Tensor asked;    ///< to be rebuilt; same packing; undefined = those taken out
};

/// A batch as the network saw it: what was hidden, and the codes of what was left.
struct View {
    torch::Tensor hidden;       ///< windows x regions, bool, on the device; all false where nothing is hidden
    bool hidesRegions = false;  ///< whether any of them is
    torch::Tensor hiddenPairs;  ///< packed like graphs, on the device
    torch::Tensor askedPairs;   ///< the same
    model::Graphs visible;      ///< what the encoder saw
    model::Graphs decoded;      ///< what a GIN decoder of the window's own nodes may use
    torch::Tensor latent;       ///< windows x regions x width
    torch::Tensor targets;      ///< windows x regions x target width, detached; undefined where made window by window
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

    virtual Masks drawMasks(const Batch& batch, Random& random) const = 0;
    /// The codes of what `masks` leave visible.
    virtual View view(model::Encoder& encoder, const Batch& batch, const Masks& masks, Random& random,
                      const model::Compute& compute) = 0;

    /// Whether it says which edges a window has, so that `edges` and `edgesBetween` may be called.
    virtual bool predictsEdges() const { return true; }
    /// Probabilities of the edges of a window from its own codes (count x regions x width): count x regions x regions.
    virtual torch::Tensor edges(const torch::Tensor& z, const torch::Tensor& hidden) = 0;
    /// The same from the codes of two other windows.
    virtual torch::Tensor edgesBetween(const torch::Tensor& before, const torch::Tensor& after) = 0;
    /// Node predictions, count x regions x target width, from masked codes or from two other windows.
    virtual torch::Tensor nodes(const torch::Tensor& z, const torch::Tensor& hidden, const model::Graphs& decoded,
                                const model::Compute& compute) = 0;
    virtual torch::Tensor nodesBetween(const torch::Tensor& before, const torch::Tensor& after,
                                       const model::Graphs& visible, const model::Compute& compute) = 0;
    /// What nodes are rebuilt to, for windows numbered over the batch; never differentiable.
    virtual torch::Tensor nodeTargets(const Batch& batch, const View& view,
                                      const std::vector<std::int64_t>& windows) const = 0;
    /// Whether node predictions are rows of the window's correlation matrix.
    virtual bool predictsProfiles() const = 0;
    /// Whether the node targets of one region can be averaged over windows and people. Signals cannot.
    virtual bool targetsHaveMean() const { return true; }
    /// Answers without learning that only this objective's question has, by name, regions x target width each.
    /// `scan` and `group` are mean correlation matrices (of the scan's other windows, undefined when there are none; of
    /// other people).
    virtual std::map<std::string, torch::Tensor> ownGuesses(const Batch& batch, const View& view, std::int64_t window,
                                                            const torch::Tensor& scan,
                                                            const torch::Tensor& group) const;
    virtual bool isSpatial() const = 0;
    virtual bool isTemporal() const = 0;
    /// The part of the loss that means the same at every step, for choosing the best weights; NaN when there is none.
    virtual double comparable(const std::map<std::string, double>& parts) const { return parts.at("total"); }
};

/// Common parts of the reconstructing objectives: tokens, decoders and the losses on edges and nodes.
class ReconstructionObjective : public Objective {
public:
    ReconstructionObjective(const PretrainSpec& spec, std::int64_t regions, std::int64_t nodeTargetWidth,
                            Decoder decoder);

    Masks drawMasks(const Batch& batch, Random& random) const override;
    View view(model::Encoder& encoder, const Batch& batch, const Masks& masks, Random& random,
              const model::Compute& compute) override;
    torch::Tensor edges(const torch::Tensor& z, const torch::Tensor& hidden) override;
    torch::Tensor edgesBetween(const torch::Tensor& before, const torch::Tensor& after) override;
    torch::Tensor nodes(const torch::Tensor& z, const torch::Tensor& hidden, const model::Graphs& decoded,
                        const model::Compute& compute) override;
    torch::Tensor nodesBetween(const torch::Tensor& before, const torch::Tensor& after, const model::Graphs& visible,
                               const model::Compute& compute) override;
    torch::Tensor nodeTargets(const Batch& batch, const View& view,
                              const std::vector<std::int64_t>& windows) const override;
    bool predictsProfiles() const override { return m_spec.nodeTarget == NodeTarget::FcProfile; }
    bool isSpatial() const override { return m_spec.spatialWeight > 0; }
    bool isTemporal() const override { return m_spec.spatialWeight < 1; }
    Losses losses(model::Encoder& encoder, const Batch& batch, Random& random, const model::Compute& compute) override;

protected:
    using Draw = std::function<torch::Tensor(std::int64_t windows, Random&)>;
    /// Draws scan by scan, each from numbers of its own: a process that holds part of a batch draws for its scans what
    /// one with all of them would. `sameInAllWindows` draws one window per scan and repeats it.
    static torch::Tensor scanByScan(const Batch& batch, Random& random, const Draw& draw,
                                    bool sameInAllWindows = false);
    /// A time code that has not seen hidden regions needs the same ones hidden in all windows of a scan.
    bool sameRegionsInAllWindows() const { return m_spec.timeCode == TimeCode::MaskedSeries; }
    /// GRU states at the ends of the windows as the settings say: (scans x windows) x width.
    torch::Tensor timeCodes(model::Encoder& encoder, const Batch& batch, const torch::Tensor& hidden,
                            const model::Compute& compute) const;
    /// Fills `view.latent` and, where they are made at once, `view.targets`.
    virtual void encode(model::Encoder& encoder, const Batch& batch, const torch::Tensor& codes, View& view,
                        Random& random, const model::Compute& compute);
    /// Re-masking between encoder and decoder: the codes of hidden regions are replaced.
    virtual torch::Tensor remasked(const torch::Tensor& z, const torch::Tensor& hidden);
    /// Whether a temporal question asks for all pairs of the target window, or only for the asked ones.
    virtual bool asksAllPairsBetween() const { return true; }

    torch::Tensor edgeCodes(const torch::Tensor& z);
    /// Per-window node loss over `which` regions (windows x regions, bool), summed over windows.
    torch::Tensor nodeLoss(const torch::Tensor& predicted, const torch::Tensor& target,
                           const torch::Tensor& which) const;
    std::pair<torch::Tensor, torch::Tensor> spatialLosses(const Batch& batch, const View& view,
                                                          const model::Compute& compute);
    std::pair<torch::Tensor, torch::Tensor> temporalLosses(const Batch& batch, const View& view,
                                                           const std::vector<Triple>& triples,
                                                           const model::Compute& compute);
    /// Targets and their sources for every scan of the batch, drawn by the gap rule; empty when none is valid.
    std::vector<Triple> drawTriples(const Batch& batch, Random& random) const;
    Losses combine(const std::pair<torch::Tensor, torch::Tensor>& spatial,
                   const std::pair<torch::Tensor, torch::Tensor>& temporal) const;
    std::vector<torch::Tensor> ownParameters() const;  ///< the trained ones

    PretrainSpec m_spec;
    std::int64_t m_regions;
    torch::Tensor m_encoderToken, m_decoderToken;
    DecoderBlock m_nodeDecoder{nullptr}, m_edgeDecoder{nullptr};
    torch::nn::Linear m_nodeOutput{nullptr}, m_between{nullptr};
};

/// Numbers of scan `scan` of the batch, wherever in the batch of all processes it stands.
Random numbersOf(const Random& shared, const Batch& batch, std::int64_t scan);

/// Mean binary cross-entropy of probabilities over the pairs i < j set in `which` (windows x regions x regions, bool).
/// Probabilities are clamped to [1e-6, 1 - 1e-6]. Summed over windows.
torch::Tensor edgeLoss(const torch::Tensor& probability, const torch::Tensor& truth, const torch::Tensor& which);

/// Registered names, in the order shown to people.
std::vector<std::string> objectiveNames();
/// The settings with every `Usual` replaced by what the objective itself is published with.
PretrainSpec resolved(PretrainSpec spec);
/// Throws Error(BadInput) for a name that is not registered.
std::shared_ptr<Objective> makeObjective(const PretrainSpec& spec, std::int64_t regions);

// One maker per objective, each in its own file.
std::shared_ptr<Objective> makeStMae(const PretrainSpec& spec, std::int64_t regions);
std::shared_ptr<Objective> makeStJema(const PretrainSpec& spec, std::int64_t regions);
std::shared_ptr<Objective> makeGraphMae(const PretrainSpec& spec, std::int64_t regions);

}  // namespace chronnect::train
