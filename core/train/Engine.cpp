#include "core/base/Error.h"
#include "core/base/SpecJson.h"
#include "core/learning/Launch.h"
#include "core/learning/Learning.h"
#include "core/learning/TensorBoard.h"
#include "core/model/Windows.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/Explain.h"
#include "core/train/detail/Export.h"
#include "core/train/detail/Finetune.h"
#include "core/train/detail/Passport.h"
#include "core/train/detail/Pretrain.h"

#include <torch/torch.h>

#include <cmath>

namespace chronnect {

namespace {

using namespace train;

/// The curves go beside the checkpoints, from the first of the processes that train together.
TrainingObserver withCurves(const CheckpointPlan& plan, const TrainingObserver& observer) {
    if (plan.folder.empty() || !launchFromEnvironment().isFirst()) return observer;
    return alsoToTensorBoard(plan.folder / "tensorboard", plan.resume, observer);
}

std::vector<float> floats(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

void fill(NetworkArrays& arrays, const model::NetworkOutput& output, const Batch& batch, const NetworkSpec& spec) {
    arrays.scans = static_cast<std::size_t>(batch.series.size(0));
    arrays.layers = static_cast<std::size_t>(spec.layers);
    arrays.windows = static_cast<std::size_t>(batch.windows());
    arrays.regions = static_cast<std::size_t>(batch.graphs.regions);
    arrays.hidden = static_cast<std::size_t>(spec.hidden);
    arrays.outputs = static_cast<std::size_t>(output.logits.size(1));
    arrays.keys = static_cast<std::size_t>(output.timeAttention.size(2));
    arrays.windowStarts = batch.starts;
    arrays.logits = floats(output.logits);
    arrays.nodeAttention = floats(output.nodeAttention);
    arrays.timeAttention = floats(output.timeAttention);
    arrays.latent = floats(output.latent);
    const auto dense =
        model::unpackGraphs(batch.graphs.bits, batch.graphs.regions, torch::kByte).to(torch::kCPU).contiguous();
    arrays.adjacency.assign(dense.data_ptr<std::uint8_t>(), dense.data_ptr<std::uint8_t>() + dense.numel());
    arrays.orthogonality = output.orthogonality.item<double>();
}

class TorchEngine final : public LearningEngine {
public:
    DeviceReport devices() const override {
        return guarded(JobContext{}, [] { return describeDevices(); });
    }

    std::vector<std::string> objectives() const override { return objectiveNames(); }

    PretrainResult pretrain(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                            const TrainingObserver& observer, const JobContext& context) const override {
        return train::pretrain(scans, spec, plan, withCurves(plan, observer), context);
    }

    ResourceForecast forecast(const ScanSource& scans, const PretrainSpec& spec,
                              const JobContext& context) const override {
        return forecastPretraining(scans, spec, context);
    }

    FinetuneResult finetune(const ScanSource& scans, const std::vector<std::string>& targets, const Model* pretrained,
                            const FinetuneSpec& spec, const CheckpointPlan& plan, const TrainingObserver& observer,
                            const JobContext& context) const override {
        const TrainingObserver curves = withCurves(plan, observer);
        return train::finetune(scans, targets, {spec, pretrained, nullptr, plan, curves, context});
    }

    FinetuneResult finetuneOn(const FixedFolds& fixed, const ScanSource& scans, const std::vector<std::string>& targets,
                              const FinetuneSpec& spec, const CheckpointPlan& plan, const TrainingObserver& observer,
                              const JobContext& context) const override {
        const TrainingObserver curves = withCurves(plan, observer);
        return train::finetune(scans, targets, {spec, nullptr, &fixed, plan, curves, context});
    }

    std::vector<ScanPrediction> predict(const ScanSource& scans, const Model& model, const std::string& device,
                                        const JobContext& context) const override;

    Explanation explain(const ScanSource& scans, std::size_t scan, const Model& model, const std::string& device,
                        const JobContext& context) const override {
        return train::explain(scans, scan, model, device, context);
    }

    Reconstruction reconstruct(const ScanSource& scans, std::size_t scan, const Model& model,
                               const MaskRequest& request, const std::string& device,
                               const JobContext& context) const override {
        return train::reconstruct(scans, scan, model, request, device, context);
    }

    Model importStaginCheckpoint(const std::filesystem::path& path, const GraphSpec& graph) const override;

    NetworkArrays forward(const std::vector<float>& series, std::size_t scans, std::size_t volumes, bool standardise,
                          const Model& model, const std::string& device, const JobContext& context) const override;

    std::string torchScript(const Model& model) const override {
        return guarded(JobContext{}, [&] { return train::torchScript(model); });
    }
};

std::vector<ScanPrediction> TorchEngine::predict(const ScanSource& scans, const Model& model, const std::string& device,
                                                 const JobContext& context) const {
    return guarded(context, [&] {
        useTrainingThreads();
        model::Compute compute;
        compute.device = deviceOf(device);
        compute.context = context;
        compare(model, scans);
        auto network = reviveFinetuned(model, compute.device);
        const Cohort cohort(scans);
        std::vector<ScanPrediction> predictions;
        for (std::size_t scan = 0; scan < scans.count(); ++scan) {
            context.report(static_cast<double>(scan) / static_cast<double>(scans.count()), "Predicting");
            ScanPrediction prediction;
            prediction.scan = scans.info(scan).id;
            prediction.subject = scans.info(scan).subject;
            prediction.truth = std::nan("");
            prediction.output =
                predictScans(network, cohort, graphOf(model), {scan}, static_cast<int>(model.classes.size()),
                             model.targetMean, model.targetScale, compute)
                    .front();
            predictions.push_back(std::move(prediction));
        }
        return predictions;
    });
}

Model TorchEngine::importStaginCheckpoint(const std::filesystem::path& path, const GraphSpec& graph) const {
    return guarded(JobContext{}, [&] {
        auto weights = model::readStaginCheckpoint(path);
        model::Network network(weights.regions, weights.outputs, weights.network);
        model::assignTensors(*network, weights.tensors);
        Model model;
        model.kind = Model::Kind::Finetuned;
        model.name = path.stem().string();
        model.passport = Json::object();
        model.passport.set("graph", toJson(graph)).set("network", toJson(weights.network));
        model.passport.set("regions", weights.regions).set("imported_from", path.filename().string());
        for (std::int64_t region = 0; region < weights.regions; ++region)
            model.regions.push_back("region " + std::to_string(region + 1));
        if (weights.outputs > 1)
            for (std::int64_t i = 0; i < weights.outputs; ++i) model.classes.push_back("class " + std::to_string(i));
        model.weights = packTensors(model::namedTensors(*network));
        return model;
    });
}

NetworkArrays TorchEngine::forward(const std::vector<float>& series, std::size_t scans, std::size_t volumes,
                                   bool standardise, const Model& model, const std::string& device,
                                   const JobContext& context) const {
    return guarded(context, [&] {
        const torch::NoGradGuard noGradient;
        useTrainingThreads();
        const std::size_t regions = model.regions.size();
        if (scans == 0 || volumes == 0 || series.size() != scans * volumes * regions)
            throw Error(ErrorKind::BadInput, "The series holds " + std::to_string(series.size()) + " values; " +
                                                 std::to_string(scans) + " scans of " + std::to_string(volumes) +
                                                 " volumes and the model's " + std::to_string(regions) +
                                                 " regions need " + std::to_string(scans * volumes * regions));
        model::Compute compute;
        compute.device = deviceOf(device);
        compute.context = context;
        const auto size = [](std::size_t value) { return static_cast<std::int64_t>(value); };
        auto all =
            torch::from_blob(const_cast<float*>(series.data()), {size(scans), size(volumes), size(regions)}).clone();
        if (standardise)
            for (std::int64_t scan = 0; scan < all.size(0); ++scan) all[scan].copy_(model::standardised(all[scan]));
        const GraphSpec graph = graphOf(model);
        Batch batch;
        batch.series = all.to(compute.device);
        batch.windowLength = graph.windowLength;
        batch.starts = windowStarts(static_cast<int>(volumes), graph);
        if (batch.starts.empty())
            throw Error(ErrorKind::BadInput, "The series of " + std::to_string(volumes) +
                                                 " volumes is no longer than one window of " +
                                                 std::to_string(graph.windowLength));
        batch.graphs = model::buildGraphs(batch.series, batch.starts, graph, compute);
        // In float64: sums over windows and regions reach hundreds, and in float32 their last digits depend on the
        // processor. What is handed to other programs should be the same everywhere.
        auto network = reviveFinetuned(model, compute.device);
        network->to(torch::kDouble);
        NetworkArrays arrays;
        fill(arrays,
             network->forward(batch.series.to(torch::kDouble), batch.starts, batch.windowLength, batch.graphs, true,
                              compute),
             batch, network->spec());
        return arrays;
    });
}

}  // namespace

std::unique_ptr<LearningEngine> createLearningEngine() { return std::make_unique<TorchEngine>(); }

}  // namespace chronnect
