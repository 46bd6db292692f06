#pragma once

#include "core/base/Parameters.h"

#include <string>

namespace chronnect {

enum class Readout { Sero, Garo, Mean };
template <>
struct EnumNames<Readout> {
    static constexpr std::array<std::string_view, 3> names{"sero", "garo", "mean"};
};

/// What matrix products are computed in while training; sums, weights and optimiser stay in float32.
enum class Precision { Float32, BFloat16, TensorFloat32 };
template <>
struct EnumNames<Precision> {
    static constexpr std::array<std::string_view, 3> names{"float32", "bf16", "tf32"};
};

enum class TimePooling { Mean, Sum, Param };
template <>
struct EnumNames<TimePooling> {
    static constexpr std::array<std::string_view, 3> names{"mean", "sum", "param"};
};

/// How region series become a sequence of graphs for the network (STAGIN's rules).
struct GraphSpec {
    int windowLength = 50;  ///< volumes
    int windowStep = 3;     ///< volumes; count = ceil((T - L) / S)
    double density = 30.0;  ///< percent of all N x N entries, diagonal included, strictly above the percentile

    bool operator==(const GraphSpec&) const = default;
};

template <SpecOf<GraphSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.windowLength, {"window_length", "Window length", "volumes", "Volumes correlated together", 3, 5000});
    visit(spec.windowStep, {"window_step", "Window step", "volumes", "Volumes between window starts", 1, 1000});
    visit(spec.density, {"density", "Graph density", "%", "Share of correlations kept as edges", 1, 99});
}

/// The STAGIN backbone. Source: public STAGIN code as described in the method notes.
struct NetworkSpec {
    int hidden = 128;
    int layers = 4;
    int heads = 1;
    Readout readout = Readout::Sero;
    TimePooling pooling = TimePooling::Mean;
    double dropout = 0.5;           ///< on the logits
    double attentionDropout = 0.1;  ///< readout weights and Transformer

    bool operator==(const NetworkSpec&) const = default;
};

template <SpecOf<NetworkSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.hidden, {"hidden", "Hidden width", "", "Features per region", 4, 2048});
    visit(spec.layers, {"layers", "GIN layers", "", "Graph isomorphism layers", 1, 12});
    visit(spec.heads, {"heads", "Attention heads", "", "Heads of the temporal Transformer", 1, 16});
    visit(spec.readout, {"readout", "Readout", "", "How regions are weighted: SERO, GARO or plain mean"});
    visit(spec.pooling, {"pooling", "Time pooling", "", "mean suits scans of different length; STAGIN used sum"});
    visit(spec.dropout, {"dropout", "Dropout", "", "On the logits", 0, 0.95});
    visit(spec.attentionDropout,
          {"attention_dropout", "Attention dropout", "", "Readout weights and Transformer", 0, 0.95});
}

enum class NodeTarget { FcProfile, InputFeature };
template <>
struct EnumNames<NodeTarget> {
    static constexpr std::array<std::string_view, 2> names{"fc_profile", "input_feature"};
};
enum class NodeLoss { Usual, ScaledCosine, MeanSquared };
template <>
struct EnumNames<NodeLoss> {
    static constexpr std::array<std::string_view, 3> names{"usual", "scaled_cosine", "mean_squared"};
};
enum class NodeMask { Random, Block };
template <>
struct EnumNames<NodeMask> {
    static constexpr std::array<std::string_view, 2> names{"random", "block"};
};
enum class Decoder { Usual, Mixer, Gin, Mlp };
template <>
struct EnumNames<Decoder> {
    static constexpr std::array<std::string_view, 4> names{"usual", "mixer", "gin", "mlp"};
};
enum class NodeFeature { BoldPatch, FcRow };
template <>
struct EnumNames<NodeFeature> {
    static constexpr std::array<std::string_view, 2> names{"bold_patch", "fc_row"};
};
enum class TimeCode { Usual, WholeSeries, MaskedSeries, None };
template <>
struct EnumNames<TimeCode> {
    static constexpr std::array<std::string_view, 4> names{"usual", "whole_series", "masked_series", "none"};
};
enum class EmaSchedule { Linear, Cosine };
template <>
struct EnumNames<EmaSchedule> {
    static constexpr std::array<std::string_view, 2> names{"linear", "cosine"};
};
enum class HandOut { Best, Last };
template <>
struct EnumNames<HandOut> {
    static constexpr std::array<std::string_view, 2> names{"best", "last"};
};
enum class GapRule { NonOverlapping, Published };
template <>
struct EnumNames<GapRule> {
    static constexpr std::array<std::string_view, 2> names{"non_overlapping", "published"};
};

/// Self-supervised pretraining. Defaults marked (ours) are stated choices, not the paper's. `Usual` means what the
/// objective itself is published with: ST-MAE scaled cosine and Mixer, ST-JEMA mean squared and Mixer, GraphMAE scaled
/// cosine, GIN and a time code that has not seen the hidden regions.
struct PretrainSpec {
    std::string objective = "st-mae";  ///< a registered name: st-mae, st-jema, graphmae
    GraphSpec graph;
    NetworkSpec network;
    NodeTarget nodeTarget = NodeTarget::FcProfile;
    NodeLoss nodeLoss = NodeLoss::Usual;
    double cosinePower = 2.0;
    NodeMask nodeMask = NodeMask::Random;
    double nodeMaskRatio = 0.5;
    double edgeMaskRatio = 0.5;
    Decoder decoder = Decoder::Usual;
    TimeCode timeCode = TimeCode::Usual;
    int blocks = 4;                                    ///< ST-JEMA: target blocks per window
    double blockSmallest = 0.10, blockLargest = 0.30;  ///< ST-JEMA: share of the regions in a block, drawn uniformly
    double emaStart = 0.996, emaEnd = 1.0;             ///< ST-JEMA: momentum of the target encoder (ours)
    EmaSchedule emaSchedule = EmaSchedule::Linear;
    NodeFeature nodeFeature = NodeFeature::BoldPatch;  ///< GraphMAE
    bool remask = true;          ///< GraphMAE: codes of hidden regions are blanked before decoding
    double replaceShare = 0.05;  ///< GraphMAE: hidden regions that get another region's features, not the token
    double edgeDrop = 0.0;       ///< GraphMAE: pairs taken out for the encoder only
    GapRule gap = GapRule::NonOverlapping;
    double spatialWeight = 0.5;  ///< gamma: 1 = spatial only, 0 = temporal only
    double nodeWeight = 1.0;
    double edgeWeight = 1.0;
    int targetsPerScan = 4;  ///< temporal targets per scan and step; 0 = every valid one
    int steps = 10000;
    int batch = 16;
    int accumulate = 1;   ///< parts a batch is computed in, one after another; gradients add up
    int cropVolumes = 0;  ///< random crop shared by the batch; 0 = the shortest scan
    double learningRate = 5e-4;
    double warmup = 0.05;  ///< share of steps
    double weightDecay = 0.0;
    double gradientClip = 1.0;        ///< norm; 0 = off
    double validationShare = 0.15;    ///< of subjects, held out for the honest evaluation
    int evaluateEvery = 200;          ///< steps between validation passes
    int checkpointEvery = 200;        ///< steps
    HandOut handOut = HandOut::Best;  ///< weights of the best validation loss, or of the last step
    int seed = 0;
    std::string device = "auto";  ///< auto, cpu, cuda:N
    Precision precision = Precision::Float32;

    bool operator==(const PretrainSpec&) const = default;
};

/// Which parts a pretraining has: what decides whether a setting has an effect.
struct PretrainParts {
    bool mae, jema, graphMae;  ///< all three for an objective that is not known here: then every setting is shown
    bool signal;               ///< GraphMAE on the signal of a window, which has no temporal part
    bool spatial, temporal;

    explicit PretrainParts(const PretrainSpec& spec)
        : mae(spec.objective != "st-jema" && spec.objective != "graphmae"),
          jema(spec.objective != "st-mae" && spec.objective != "graphmae"),
          graphMae(spec.objective != "st-mae" && spec.objective != "st-jema"),
          signal(spec.objective == "graphmae" && spec.nodeFeature == NodeFeature::BoldPatch),
          spatial(signal || spec.spatialWeight > 0),
          temporal(!signal && spec.spatialWeight < 1) {}
};

template <SpecOf<PretrainSpec> Spec, class Visit>
void visitMasking(Spec& spec, Visit&& visit) {
    const PretrainParts has(spec);
    const bool regions = has.graphMae || (has.mae && has.spatial);
    const bool cosine =
        spec.nodeLoss == NodeLoss::ScaledCosine || (spec.nodeLoss == NodeLoss::Usual && spec.objective != "st-jema");
    visit(spec.nodeTarget, when(has.mae, {"node_target", "Node target", "", "What masked regions must be rebuilt to"}));
    visit(spec.nodeLoss, {"node_loss", "Node loss", "", "usual: scaled cosine error, with st-jema mean squared error"});
    visit(spec.cosinePower,
          when(cosine, {"cosine_power", "Cosine power", "", "Exponent of the scaled cosine error", 1, 5}));
    visit(spec.nodeMask, when(regions, {"node_mask", "Node mask", "", "Random regions or blocks of consecutive ones"}));
    visit(spec.nodeMaskRatio,
          when(regions, {"node_mask_ratio", "Masked regions", "", "Share of regions hidden per window", 0, 0.95}));
    visit(spec.edgeMaskRatio, when(has.mae && has.spatial, {"edge_mask_ratio", "Masked pairs", "",
                                                            "Share of pairs hidden per window", 0, 0.95}));
    visit(spec.decoder, {"decoder", "Decoder", "", "One MLP-Mixer, GIN or MLP layer; usual: mixer, with graphmae gin"});
    visit(spec.timeCode, {"time_code", "Time code", "",
                          "What it is computed from. usual: the whole series, with graphmae "
                          "the series without hidden regions (same ones in all windows)"});
    visit(spec.blocks, when(has.jema, {"blocks", "Blocks", "", "Target blocks per window (st-jema)", 1, 32}));
    visit(spec.blockSmallest,
          when(has.jema, {"block_smallest", "Smallest block", "", "Share of the regions (st-jema)", 0.01, 0.9}));
    visit(spec.blockLargest,
          when(has.jema, {"block_largest", "Largest block", "", "Share of the regions (st-jema)", 0.01, 0.9}));
    visit(spec.emaStart, when(has.jema, {"ema_start", "First momentum", "", "Of the target encoder (st-jema)", 0, 1}));
    visit(spec.emaEnd, when(has.jema, {"ema_end", "Last momentum", "", "Of the target encoder (st-jema)", 0, 1}));
    visit(spec.emaSchedule,
          when(has.jema, {"ema_schedule", "Momentum schedule", "", "From first to last momentum (st-jema)"}));
    visit(spec.nodeFeature, when(has.graphMae, {"node_feature", "Node feature", "",
                                                "What a region shows and must rebuild (graphmae): its signal in "
                                                "the window, or its correlations"}));
    visit(spec.remask, when(has.graphMae && spec.decoder != Decoder::Mlp,
                            {"remask", "Re-mask", "", "Blank codes of hidden regions before decoding (graphmae)"}));
    visit(spec.replaceShare,
          when(has.graphMae, {"replace_share", "Replaced regions", "",
                              "Share of hidden regions shown as another region (graphmae)", 0, 0.9}));
    visit(spec.edgeDrop, when(has.graphMae, {"edge_drop", "Dropped pairs", "",
                                             "Share taken out for the encoder only (graphmae)", 0, 0.95}));
    visit(spec.gap,
          when(has.temporal, {"gap", "Window gap", "", "non_overlapping: source and target windows share no volume"}));
    // A weight of 0 is refused for GraphMAE on signals, so it must be possible to see and change it.
    visit(spec.spatialWeight,
          when(!has.signal || spec.spatialWeight == 0,
               {"spatial_weight", "Spatial weight", "", "1 = spatial only, 0 = temporal only", 0, 1}));
    visit(spec.nodeWeight, {"node_weight", "Node weight", "", "Weight of node reconstruction", 0, 1000});
    visit(spec.edgeWeight,
          when(has.mae || has.jema, {"edge_weight", "Edge weight", "", "Weight of edge reconstruction", 0, 1000}));
    visit(spec.targetsPerScan, when(has.temporal, {"targets_per_scan", "Temporal targets", "",
                                                   "Windows rebuilt per scan and step; 0 = all", 0, 10000}));
}

template <SpecOf<PretrainSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.objective, {"objective", "Objective", "", "Self-supervised objective"});
    visitParameters(spec.graph, visit);
    visitParameters(spec.network, [&](auto& value, const ParameterInfo& info) {  // an encoder, without readout or head
        visit(value, when(info.name == "hidden" || info.name == "layers", info));
    });
    visitMasking(spec, visit);
    visit(spec.steps, {"steps", "Steps", "", "Optimiser steps", 1, 100000000});
    visit(spec.batch, {"batch", "Batch", "scans", "Scans per step", 1, 4096});
    visit(spec.accumulate, {"accumulate", "Parts of a batch", "",
                            "Computed one after another, to need less memory; gradients add up", 1, 4096});
    visit(spec.cropVolumes,
          {"crop_volumes", "Crop", "volumes", "Random stretch of the scan; 0 = shortest scan", 0, 100000});
    visit(spec.learningRate, {"learning_rate", "Learning rate", "", "Peak of warm-up and cosine decay", 0, 1});
    visit(spec.warmup, {"warmup", "Warm-up", "", "Share of steps", 0, 0.9});
    visit(spec.weightDecay, {"weight_decay", "Weight decay", "", "", 0, 1});
    visit(spec.gradientClip, {"gradient_clip", "Gradient clip", "", "Largest gradient norm; 0 = off", 0, 1000});
    visit(spec.validationShare, {"validation_share", "Held-out subjects", "", "Share never trained on", 0, 0.9});
    visit(spec.evaluateEvery, {"evaluate_every", "Evaluate every", "steps", "", 1, 100000000});
    visit(spec.checkpointEvery, {"checkpoint_every", "Checkpoint every", "steps", "", 1, 100000000});
    visit(spec.handOut, {"hand_out", "Hand out", "", "Weights of the best validation loss or of the last step"});
    visit(spec.seed, {"seed", "Seed", "", "", 0, 1e9});
    visit(spec.device, {"device", "Device", "", "auto, cpu or cuda:N"});
    visit(spec.precision,
          {"precision", "Precision", "", "Of matrix products in training: float32, bf16, or tf32 on a GPU"});
}

enum class FinetuneMode { Full, LinearProbe, FromScratch };
template <>
struct EnumNames<FinetuneMode> {
    static constexpr std::array<std::string_view, 3> names{"full", "linear_probe", "from_scratch"};
};
enum class FoldBy { Subject, Family, Site };
template <>
struct EnumNames<FoldBy> {
    static constexpr std::array<std::string_view, 3> names{"subject", "family", "site"};
};

/// Supervised fine-tuning on one phenotype with cross-validation by subject.
struct FinetuneSpec {
    std::string target;  ///< column of participants.tsv
    FinetuneMode mode = FinetuneMode::Full;
    GraphSpec graph;  ///< used from scratch; a pretrained model brings its own
    NetworkSpec network;
    FoldBy foldBy = FoldBy::Subject;
    int folds = 5;
    double innerValidation = 0.15;
    int epochs = 30;
    int batch = 32;
    int accumulate = 1;  ///< parts a batch is computed in, one after another; gradients add up
    int cropVolumes = 0;
    double learningRate = 5e-4;  ///< OneCycle: start
    double maxLearningRate = 1e-3;
    double orthogonality = 1e-5;
    double gradientClip = 1.0;
    bool labelPermutation = true;  ///< also train with shuffled labels
    int permutations = 2;          ///< how often; p = (b + 1) / (m + 1)
    bool baselines = true;         ///< static FC, tangent space and motion on the same folds
    bool fromScratch = false;      ///< the same network without pretraining on the same folds
    bool linearProbe = false;      ///< a linear model on the frozen codes on the same folds
    std::string labelShares;       ///< percent of the training people, comma-separated; empty = no few-label curve
    std::string missingShares;     ///< percent of the windows dropped at test; empty = no missing-window test
    bool finalModel = true;        ///< train once more on everybody, for applying
    int seed = 0;
    std::string device = "auto";
    Precision precision = Precision::Float32;

    bool operator==(const FinetuneSpec&) const = default;
};

template <SpecOf<FinetuneSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    const bool scratch = spec.mode == FinetuneMode::FromScratch;
    visit(spec.target, {"target", "Target", "", "Column of participants.tsv: a class or a number"});
    visit(spec.mode, {"mode", "Mode", "", "Full fine-tuning, linear probe, or the same network from scratch"});
    visitParameters(spec.graph, [&](auto& value, const ParameterInfo& info) { visit(value, when(scratch, info)); });
    visitParameters(spec.network, [&](auto& value, const ParameterInfo& info) {  // a pretrained model brings its size
        visit(value, when(scratch || (info.name != "hidden" && info.name != "layers"), info));
    });
    visit(spec.foldBy, {"fold_by", "Keep together", "", "Who may never stand in two folds"});
    visit(spec.folds, {"folds", "Folds", "", "Cross-validation folds", 2, 100});
    visit(spec.innerValidation,
          {"inner_validation", "Inner validation", "", "Share of training subjects for early stopping", 0, 0.5});
    visit(spec.epochs, {"epochs", "Epochs", "", "", 1, 100000});
    visit(spec.batch, {"batch", "Batch", "scans", "", 1, 4096});
    visit(spec.accumulate, {"accumulate", "Parts of a batch", "",
                            "Computed one after another, to need less memory; gradients add up", 1, 4096});
    visit(spec.cropVolumes,
          {"crop_volumes", "Crop", "volumes", "Random stretch in training; 0 = whole scan", 0, 100000});
    visit(spec.learningRate, {"learning_rate", "Learning rate", "", "Start of OneCycle", 0, 1});
    visit(spec.maxLearningRate, {"max_learning_rate", "Peak rate", "", "Top of OneCycle", 0, 1});
    visit(spec.orthogonality, {"orthogonality", "Orthogonality", "", "Weight of the orthogonality term", 0, 1});
    visit(spec.gradientClip, {"gradient_clip", "Gradient clip", "", "Largest gradient norm; 0 = off", 0, 1000});
    visit(spec.labelPermutation,
          {"label_permutation", "Shuffled-label control", "", "Train again with shuffled labels"});
    visit(spec.permutations,
          when(spec.labelPermutation, {"permutations", "Permutations", "",
                                       "How often labels are shuffled; p is at least 1 / (this + 1)", 1, 10000}));
    visit(spec.baselines, {"baselines", "Baselines", "",
                           "Static FC, tangent space and motion, each with a linear model, on the same folds"});
    visit(spec.fromScratch, when(!scratch, {"from_scratch", "Also from scratch", "",
                                            "The same network without pretraining on the same folds"}));
    visit(spec.linearProbe, when(spec.mode != FinetuneMode::LinearProbe,
                                 {"linear_probe", "Also a linear probe", "",
                                  "A linear model on the frozen pretrained codes on the same folds"}));
    visit(spec.labelShares, {"label_shares", "Few-label curve", "%",
                             "Shares of the training people, such as 10,20,50,100; empty = none"});
    visit(spec.missingShares, {"missing_shares", "Missing windows", "%",
                               "Shares of windows dropped at test, such as 30,50,70,90; empty = none"});
    visit(spec.finalModel,
          {"final_model", "Final model", "", "Train once more on everybody, for applying to new scans"});
    visit(spec.seed, {"seed", "Seed", "", "", 0, 1e9});
    visit(spec.device, {"device", "Device", "", "auto, cpu or cuda:N"});
    visit(spec.precision,
          {"precision", "Precision", "", "Of matrix products in training: float32, bf16, or tf32 on a GPU"});
}

}  // namespace chronnect
