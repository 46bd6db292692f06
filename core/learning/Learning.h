#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/base/Notice.h"
#include "core/learning/Explanation.h"
#include "core/learning/Folds.h"
#include "core/learning/MethodScores.h"
#include "core/learning/ScanSource.h"
#include "core/learning/Specs.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace chronnect {

/// One point of the training curves; a plain copy, safe to hand to another thread.
struct TrainingSnapshot {
    int step = 0, steps = 0;               ///< optimiser steps done and planned (over all folds when fine-tuning)
    int fold = 0, folds = 0;               ///< fine-tuning only
    std::string phase;                     ///< "training", "validation", "baseline", ...
    std::map<std::string, double> losses;  ///< "total", "spatial node", "validation total", ...
    double learningRate = 0, gradientNorm = 0;
    double scansPerSecond = 0, secondsLeft = 0;
    double effectiveRank = 0;  ///< of the codes of held-out windows; 0 = not measured at this step
    std::string alarm;         ///< what is wrong at this step ("the codes are collapsing ..."); usually empty
};
using TrainingObserver = std::function<void(const TrainingSnapshot&)>;

/// A trained network as a value: weights are opaque bytes, everything else is readable.
struct Model {
    enum class Kind { Pretrained, Finetuned };
    Kind kind = Kind::Pretrained;
    std::string name;
    Json passport;  ///< spec, regions hash, TR, seed, versions, how trained, on whom
    std::vector<std::string> regions;
    std::vector<std::string> classes;        ///< fine-tuned classifier; empty for a number
    double targetMean = 0, targetScale = 1;  ///< regression: the network predicts (y - mean) / scale
    std::vector<std::byte> weights;          ///< archive of named tensors
    std::vector<TrainingSnapshot> history;
};

/// A model's score beside the trivial answers to the same question, on held-out subjects.
struct ReconstructionScore {
    std::string question;                        ///< "temporal edges, gap 17 windows", "spatial nodes", ...
    std::string metric;                          ///< "AUROC", "AP", "cosine"
    double model = 0, low = 0, high = 0;         ///< with 95 % bootstrap interval over subjects
    std::map<std::string, double> baselines;     ///< "copy nearest", "mean of flanks", "scan mean", "group mean"
    std::string against;                         ///< the strongest baseline
    double gain = 0, gainLow = 0, gainHigh = 0;  ///< model minus that baseline, paired over subjects, 95 % interval
    int subjects = 0;                            ///< held-out subjects behind the score
};

struct PretrainResult {
    Model model;
    std::vector<ReconstructionScore> scores;
    double effectiveRank = 0;          ///< of the latent codes on held-out windows
    std::vector<std::string> heldOut;  ///< subjects behind the scores: neither trained on nor used to choose weights
    std::vector<std::string>
        watched;  ///< subjects not trained on whose loss chose the weights; empty = none or the same
    Notices notices;
    bool stoppedEarly = false;
    int handedOutStep = 0;     ///< the step after which the model had these weights
    double handedOutLoss = 0;  ///< its validation loss; 0 when there were no held-out subjects
};

/// What a training would need, from a few steps on the real data.
struct ResourceForecast {
    int measuredSteps = 0;
    double secondsPerStep = 0, seconds = 0;  ///< of one step; of everything: steps, validation, final scores
    std::size_t peakMemory = 0;              ///< bytes of main memory of this process; 0 where it cannot be measured
    std::size_t checkpointSize = 0, modelSize = 0, disk = 0;  ///< bytes; disk: largest sum on disk at one time
    int scansAtATime = 0, windowsPerScan = 0;                 ///< of the measured steps
    std::int64_t parameters = 0;                              ///< trained ones
    Notices notices;
};

struct FinetuneResult {
    Model model;  ///< by the same procedure on all subjects (but the inner validation), for applying
    std::vector<Model> foldModels;
    std::vector<MethodScore> scores;
    std::vector<ScanPrediction> predictions;  ///< every scan from the fold that did not train on it
    std::vector<MethodPredictions> methods;   ///< the same for every method, in the order of `scores`
    std::vector<CalibrationBin> calibration;  ///< classes only
    std::vector<PairedGain> gains;            ///< of every learned method over the strongest reference
    std::vector<CurvePoint> curves;           ///< few labels, missing windows; empty unless asked for
    std::vector<MethodScore>
        sites;            ///< how well the site is decoded, where there are several; chance in the method's name
    Json record;          ///< what is needed to repeat it: settings, folds, seeds, versions, hash of the data
    std::string verdict;  ///< one plain sentence: gain over the baseline or none
    Notices notices;
};

/// What a person may hide before asking for a reconstruction.
struct MaskRequest {
    int window = 0;
    bool temporal = false;                   ///< rebuild from two other windows instead of the masked window itself
    std::vector<int> regions;                ///< hidden regions; empty = random by the model's ratio
    std::vector<std::pair<int, int>> pairs;  ///< hidden pairs; empty = random by the model's ratio
    int hiddenFrom = -1, hiddenTo = -1;      ///< windows of a stretch hidden from the network, ends included; -1 = none
    int seed = 0;

    bool operator==(const MaskRequest&) const = default;
};

/// One window as it was, as it was shown to the network, and as it was rebuilt. Pairs as in edgeIndex.
struct Reconstruction {
    std::string scan;
    int window = 0;                        ///< of the model's own windows, like all windows here
    int windowLength = 0, windowStep = 0;  ///< volumes: window w begins at volume w * windowStep
    double repetitionTime = 0;             ///< s; 0 = unknown
    std::size_t regions = 0;
    std::vector<int> sourceWindows;    ///< the windows the network saw (temporal)
    std::vector<float> truth;          ///< 0 or 1 per pair
    std::vector<std::uint8_t> hidden;  ///< 1 where the network did not see the pair
    std::vector<float> predicted;      ///< probability per pair
    std::vector<std::uint8_t> hiddenRegions;
    std::vector<float> profileTruth, profilePredicted;  ///< regions x regions node targets; empty unless FC profile
    std::vector<ReconstructionScore> scores;            ///< of this window alone, with baselines
};

struct DeviceInfo {
    std::string name;         ///< "cpu", "cuda:0"
    std::string description;  ///< "NVIDIA H100, 80 GiB"
    bool usable = true;
    std::string problem;  ///< why not, and how to get it
};
struct DeviceReport {
    std::vector<DeviceInfo> devices;
    std::string library;  ///< "LibTorch 1.13.1"
    std::string blas;     ///< name and measured GFLOP/s
    Notices notices;      ///< reference BLAS in use, no CUDA, ...
};

/// What a fine-tuned network computes for scans of equal length, in evaluation mode; all arrays row-major.
struct NetworkArrays {
    std::size_t scans = 0, layers = 0, windows = 0, regions = 0, hidden = 0, outputs = 0;
    std::size_t keys = 0;  ///< windows, or windows + 1 with a pooling token
    std::vector<int> windowStarts;
    std::vector<float> logits;            ///< scans x outputs
    std::vector<float> nodeAttention;     ///< scans x layers x windows x regions; one value per scan and layer for Mean
    std::vector<float> timeAttention;     ///< scans x layers x keys x keys, row = query
    std::vector<float> latent;            ///< scans x layers x hidden
    std::vector<std::uint8_t> adjacency;  ///< scans x windows x regions x regions
    double orthogonality = 0;             ///< before its weight
};

/// Where training may leave and find its checkpoint; empty folder = none.
struct CheckpointPlan {
    std::filesystem::path folder;
    bool resume = false;               ///< continue from the newest checkpoint there, bit for bit
    std::stop_token finish;            ///< asked to stop here and return what has been learned so far (unlike cancel)
    std::filesystem::path branchFrom;  ///< folder of another training's checkpoint to start from; never written to
    std::shared_ptr<const std::atomic<bool>> pause = {};  ///< while true, training waits between two steps
};

/// Folds fixed before anything is fitted, in the numbering of the scans, and the pretrained model of each: none, one
/// for all, or one per fold, so that the people a fold is judged by need not have been pretrained on either.
struct FixedFolds {
    std::vector<Fold> folds;
    std::vector<Model> pretrained;
};

/// Everything that needs LibTorch, behind plain values. The window loads an implementation at run time;
/// the command line links it. Methods run on the calling thread until done, stopped or cancelled.
class LearningEngine {
public:
    virtual ~LearningEngine() = default;
    virtual DeviceReport devices() const = 0;
    virtual std::vector<std::string> objectives() const = 0;
    virtual PretrainResult pretrain(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                                    const TrainingObserver& observer, const JobContext& context) const = 0;
    /// Takes two steps of that training on the real data and tells what all of it would need. Writes nothing.
    virtual ResourceForecast forecast(const ScanSource& scans, const PretrainSpec& spec,
                                      const JobContext& context) const = 0;
    /// `targets[i]` is the phenotype text of scan i; empty = missing, the scan is left out with a notice.
    virtual FinetuneResult finetune(const ScanSource& scans, const std::vector<std::string>& targets,
                                    const Model* pretrained, const FinetuneSpec& spec, const CheckpointPlan& plan,
                                    const TrainingObserver& observer, const JobContext& context) const = 0;
    /// The same on given folds. Scans without a phenotype are left out of them with a notice.
    virtual FinetuneResult finetuneOn(const FixedFolds& fixed, const ScanSource& scans,
                                      const std::vector<std::string>& targets, const FinetuneSpec& spec,
                                      const CheckpointPlan& plan, const TrainingObserver& observer,
                                      const JobContext& context) const = 0;
    virtual std::vector<ScanPrediction> predict(const ScanSource& scans, const Model& model, const std::string& device,
                                                const JobContext& context) const = 0;
    virtual Explanation explain(const ScanSource& scans, std::size_t scan, const Model& model,
                                const std::string& device, const JobContext& context) const = 0;
    virtual Reconstruction reconstruct(const ScanSource& scans, std::size_t scan, const Model& model,
                                       const MaskRequest& request, const std::string& device,
                                       const JobContext& context) const = 0;
    /// A state dict saved by the public STAGIN code with `torch.save` (PyTorch zip format). Windows and density are not
    /// in that file, so they are given. Throws Error(BadInput) naming what is missing or misshapen.
    virtual Model importStaginCheckpoint(const std::filesystem::path& path, const GraphSpec& graph) const = 0;
    /// All outputs for `scans` scans of `volumes` x regions each. `standardise` z-scores each region first.
    virtual NetworkArrays forward(const std::vector<float>& series, std::size_t scans, std::size_t volumes,
                                  bool standardise, const Model& model, const std::string& device,
                                  const JobContext& context) const = 0;
    /// A TorchScript module as the bytes of its file, for `torch.jit.load`: the network with the building of its graphs
    /// (fine-tuned), or the encoder with it (pretrained). Its methods are told in resources/docs/export.md.
    virtual std::string torchScript(const Model& model) const = 0;
};

/// Implemented in core/train; the runtime module exports it as `chronnect_create_learning_engine`.
std::unique_ptr<LearningEngine> createLearningEngine();

/// One file per model: readable header and weights. Atomic. Throws Error.
void saveModel(const std::filesystem::path& path, const Model& model);
Model loadModel(const std::filesystem::path& path);
std::vector<std::byte> serializeModel(const Model& model);
Model deserializeModel(const std::vector<std::byte>& bytes);

Json toJson(const ReconstructionScore& score);
Json toJson(const PretrainResult& result);  ///< without weights
Json toJson(const FinetuneResult& result);  ///< without weights
Json toJson(const DeviceReport& report);
Json toJson(const ResourceForecast& forecast);

}  // namespace chronnect
