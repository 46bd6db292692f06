#include "core/train/detail/Finetune.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/base/SpecJson.h"
#include "core/distributed/detail/ProcessGroup.h"
#include "core/model/Windows.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/Checkpoint.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace chronnect::train {

namespace {

namespace F = torch::nn::functional;

std::string hashOfWeights(const Model& model) {
    return sha256({reinterpret_cast<const char*>(model.weights.data()), model.weights.size()});
}

class FoldTraining {
public:
    FoldTraining(const FoldTask& task, const Fold& fold, const EpochObserver& observer)
        : m_task(task), m_fold(fold), m_observer(observer), m_seed(static_cast<std::uint64_t>(task.spec.seed)) {
        torch::manual_seed(Random(m_seed).stream("network " + task.name).bits());
        m_network = model::Network(task.cohort.regions(), std::max(1, task.targets.classes), task.network);
        if (task.pretrained)
            model::assignTensors(*m_network->encoder, unpackTensors(task.pretrained->weights), "encoder.");
        m_network->to(task.compute.device);
        m_adam = std::make_unique<Adam>(m_network->parameters(), 0.0);
        m_batch = std::clamp(task.spec.batch, 1, static_cast<int>(fold.training.size()));
        m_parts = task.spec.accumulate;
        m_stepsPerEpoch = static_cast<int>((fold.training.size() + static_cast<std::size_t>(m_batch) - 1) /
                                           static_cast<std::size_t>(m_batch));
        m_cycle = {static_cast<std::int64_t>(task.epochs) * m_stepsPerEpoch, task.spec.learningRate,
                   task.spec.maxLearningRate};
        measureTargets();
    }

    TrainedFold run();

private:
    void measureTargets();
    torch::Tensor aims(const std::vector<std::size_t>& scans) const;
    torch::Tensor loss(const torch::Tensor& logits, const torch::Tensor& aim) const;
    Batch batchOf(const std::vector<std::size_t>& scans, int first, int length);
    std::vector<std::size_t> scansOf(int step, const std::vector<std::size_t>& order) const;
    double trainStep(int epoch, int step, const std::vector<std::size_t>& order, TrainingSnapshot& snapshot);
    double takeStep(int epoch, int step, const std::vector<std::size_t>& order, TrainingSnapshot& snapshot);
    void addGradients(const Batch& batch, double share, double shareOfScans, double& value, double& orthogonality);
    double weightOf(const std::vector<std::size_t>& scans) const;
    int commonLength(const std::vector<std::size_t>& scans) const;
    bool halveParts();
    double validate();
    void keepBest(int epoch, double validation);
    void save(int epoch);
    int resume();
    std::string claim() const;

    const FoldTask& m_task;
    const Fold& m_fold;
    const EpochObserver& m_observer;
    std::uint64_t m_seed;
    model::Network m_network{nullptr};
    std::unique_ptr<Adam> m_adam;
    OneCycle m_cycle;
    int m_batch = 1, m_parts = 1, m_stepsPerEpoch = 1, m_bestEpoch = 0;
    double m_mean = 0, m_scale = 1, m_best = 0;
    std::vector<float> m_weights;  ///< of the classes
    torch::Tensor m_classWeights;  ///< the same on the device
    std::vector<NamedTensor> m_bestWeights;
    std::map<std::size_t, torch::Tensor> m_graphs;  ///< packed, of whole scans
    std::int64_t m_graphBytes = 0;
};

/// Balanced class weights, or mean and spread of the number, from the training scans only.
void FoldTraining::measureTargets() {
    const auto& targets = m_task.targets;
    if (targets.classes > 0) {
        std::vector<float> counts(static_cast<std::size_t>(targets.classes), 0.0f);
        for (const std::size_t scan : m_fold.training) counts[static_cast<std::size_t>(targets.classOf(scan))] += 1;
        for (float& count : counts)
            count = count > 0 ? static_cast<float>(m_fold.training.size()) / (static_cast<float>(counts.size()) * count)
                              : 0;
        m_classWeights = torch::tensor(counts).to(m_task.compute.device);
        m_weights = counts;
        return;
    }
    double sum = 0, squares = 0;
    const double count = static_cast<double>(m_fold.training.size());
    for (const std::size_t scan : m_fold.training) sum += targets.values[scan];
    m_mean = sum / count;
    for (const std::size_t scan : m_fold.training) squares += std::pow(targets.values[scan] - m_mean, 2);
    m_scale = std::max(std::sqrt(squares / count), 1e-12);
}

torch::Tensor FoldTraining::aims(const std::vector<std::size_t>& scans) const {
    std::vector<double> values;
    for (const std::size_t scan : scans) values.push_back(m_task.targets.values[scan]);
    const auto all = torch::tensor(values, torch::kDouble).to(m_task.compute.device);
    if (m_task.targets.classes > 0) return all.to(torch::kLong);
    return ((all - m_mean) / m_scale).to(torch::kFloat);
}

torch::Tensor FoldTraining::loss(const torch::Tensor& logits, const torch::Tensor& aim) const {
    if (m_task.targets.classes > 0)
        return F::cross_entropy(logits, aim, F::CrossEntropyFuncOptions().weight(m_classWeights));
    return F::mse_loss(logits.squeeze(1), aim);
}

/// 0 = all scans are equally long; else what the shortest of them has.
int FoldTraining::commonLength(const std::vector<std::size_t>& scans) const {
    const auto volumes = [&](std::size_t scan) { return m_task.cohort.source().info(scan).volumes; };
    const bool even = std::ranges::all_of(scans, [&](std::size_t scan) { return volumes(scan) == volumes(scans[0]); });
    return even ? 0 : m_task.cohort.shortest(scans);
}

/// The graphs of whole scans are the same in every epoch: they are kept while they take less than a quarter gigabyte.
Batch FoldTraining::batchOf(const std::vector<std::size_t>& scans, int first, int length) {
    const auto& [cohort, compute] = std::tie(m_task.cohort, m_task.compute);
    const auto volumes = [&](std::size_t scan) { return cohort.scan(scan).size(0); };
    const bool whole =
        length == 0 && std::ranges::all_of(scans, [&](std::size_t s) { return volumes(s) == volumes(scans[0]); });
    if (!whole) return makeBatch(cohort, scans, first, length, m_task.graph, compute);
    std::vector<torch::Tensor> series, bits;
    Batch batch;
    for (const std::size_t scan : scans) {
        series.push_back(cohort.scan(scan));
        if (const auto kept = m_graphs.find(scan); kept != m_graphs.end()) {
            bits.push_back(kept->second);
            continue;
        }
        bits.push_back(makeBatch(cohort, {scan}, 0, 0, m_task.graph, compute).graphs.bits);
        const std::int64_t bytes = bits.back().numel() * std::int64_t{sizeof(std::int64_t)};
        if (m_graphBytes + bytes > (std::int64_t{256} << 20)) continue;
        m_graphs[scan] = bits.back();
        m_graphBytes += bytes;
    }
    batch.scans = scans;
    batch.windowLength = m_task.graph.windowLength;
    batch.starts = windowStarts(static_cast<int>(volumes(scans[0])), m_task.graph);
    batch.series = torch::stack(series).to(compute.device);
    batch.graphs = {torch::cat(bits), cohort.regions()};
    return batch;
}

std::vector<std::size_t> FoldTraining::scansOf(int step, const std::vector<std::size_t>& order) const {
    std::vector<std::size_t> scans;
    for (int i = step * m_batch; i < std::min<int>((step + 1) * m_batch, static_cast<int>(order.size())); ++i)
        scans.push_back(m_fold.training[order[static_cast<std::size_t>(i)]]);
    return scans;
}

double FoldTraining::trainStep(int epoch, int step, const std::vector<std::size_t>& order, TrainingSnapshot& snapshot) {
    for (;;) {
        const auto buffers = copyBuffers(*m_network);
        try {
            return takeStep(epoch, step, order, snapshot);
        } catch (const std::exception& error) {
            if (m_task.compute.context.stopRequested() || !isOutOfMemory(error) || !halveParts()) throw;
            m_adam->clearGradients();
            restoreBuffers(*m_network, buffers);
        }
    }
}

/// Fewer scans at a time from now on; false when it is one already.
bool FoldTraining::halveParts() {
    const int parts = partsOfHalf(m_batch, std::clamp(m_parts, 1, m_batch));
    if (parts == 0) return false;
    m_parts = parts;
    const auto atATime = static_cast<std::size_t>((m_batch + parts - 1) / parts);
    if (m_task.notices)
        m_task.notices->push_back({Severity::Warning, "Memory ran out; fine-tuning goes on with " +
                                                          countText(atATime, "scan") + " at a time, still " +
                                                          std::to_string(m_batch) + " per step"});
    return true;
}

/// How much scans count in the loss of a batch: the mean over a batch is one over the weights of its classes.
double FoldTraining::weightOf(const std::vector<std::size_t>& scans) const {
    if (m_task.targets.classes == 0) return static_cast<double>(scans.size());
    double sum = 0;
    for (const std::size_t scan : scans) sum += m_weights[static_cast<std::size_t>(m_task.targets.classOf(scan))];
    return sum;
}

double FoldTraining::takeStep(int epoch, int step, const std::vector<std::size_t>& order, TrainingSnapshot& snapshot) {
    const std::int64_t number = static_cast<std::int64_t>(epoch) * m_stepsPerEpoch + step;
    Random random = Random(m_seed).stream(m_task.name + " step " + std::to_string(number));
    torch::manual_seed(random.bits());
    const auto scans = scansOf(step, order);
    const int shortest = m_task.cohort.shortest(scans);
    int length = m_task.spec.cropVolumes;
    const int room = length > 0 ? std::max(0, shortest - length) : 0;
    const int first = static_cast<int>(random.below(static_cast<std::size_t>(room) + 1));
    const int parts = std::clamp(m_parts, 1, static_cast<int>(scans.size()));
    if (parts > 1 && length == 0) length = commonLength(scans);  // as they would be cut together
    m_adam->clearGradients();
    double value = 0, orthogonality = 0;
    for (int part = 0; part < parts; ++part) {
        const auto shard = distributed::shardOf(scans.size(), part, parts);
        const std::vector<std::size_t> some(scans.begin() + static_cast<std::ptrdiff_t>(shard.from),
                                            scans.begin() + static_cast<std::ptrdiff_t>(shard.to));
        const Batch batch = batchOf(some, first, length);
        if (part + 1 == parts)
            m_task.cohort.readAhead(step + 1 < m_stepsPerEpoch ? scansOf(step + 1, order) : m_fold.validation);
        addGradients(batch, weightOf(some) / weightOf(scans),
                     static_cast<double>(some.size()) / static_cast<double>(scans.size()), value, orthogonality);
    }
    if (m_task.spec.orthogonality > 0) snapshot.losses["orthogonality"] = orthogonality;
    if (!std::isfinite(value))
        throw Error(ErrorKind::Numerical, "The loss became infinite in epoch " + std::to_string(epoch + 1) +
                                              " of fold " + m_fold.name + "; lower the learning rate");
    snapshot.gradientNorm = clipGradients(m_adam->parameters(), m_task.spec.gradientClip);
    snapshot.learningRate = m_cycle.learningRate(number);
    m_adam->step(snapshot.learningRate, m_cycle.beta1(number));
    return value;
}

/// The part of a batch that `batch` is: its share of the loss by the weights of its classes, of the rest by its scans.
void FoldTraining::addGradients(const Batch& batch, double share, double shareOfScans, double& value,
                                double& orthogonality) {
    const double weight = m_task.spec.orthogonality * shareOfScans;
    const auto output =
        m_network->forward(batch.series, batch.starts, batch.windowLength, batch.graphs, weight > 0, m_task.compute);
    auto total = share * loss(output.logits, aims(batch.scans));
    if (weight > 0) total = total + weight * output.orthogonality;
    total.backward();
    // Read after the backward pass, for which a GPU then need not be waited for.
    value += total.item<double>();
    if (weight > 0) orthogonality += shareOfScans * output.orthogonality.item<double>();
}

double FoldTraining::validate() {
    const torch::NoGradGuard noGradient;
    m_network->eval();
    double sum = 0;
    for (const std::size_t scan : m_fold.validation) {
        const Batch batch = batchOf({scan}, 0, 0);
        const auto output =
            m_network->forward(batch.series, batch.starts, batch.windowLength, batch.graphs, false, m_task.compute);
        // Weighted by class here, since a mean over single scans would cancel the weights.
        const auto aim = aims({scan});
        sum += weightOf({scan}) * loss(output.logits, aim).item<double>();
    }
    m_network->train();
    return sum / static_cast<double>(m_fold.validation.size());
}

void FoldTraining::keepBest(int epoch, double validation) {
    if (!m_bestWeights.empty() && !(validation < m_best)) return;
    m_best = validation;
    m_bestEpoch = epoch;
    m_bestWeights = model::namedTensors(*m_network);
}

/// What a checkpoint may go on with: the same scans, labels, split and start. Anything else would let people who were
/// trained on be tested.
std::string FoldTraining::claim() const {
    Json claim = Json::object();
    claim.set("data", m_task.dataHash).set("values", Json(m_task.targets.values));
    const auto part = [](const std::vector<std::size_t>& scans) {
        return Json(std::vector<double>(scans.begin(), scans.end()));
    };
    claim.set("training", part(m_fold.training)).set("validation", part(m_fold.validation));
    claim.set("test", part(m_fold.test));
    if (m_task.pretrained) claim.set("start", hashOfWeights(*m_task.pretrained));
    return sha256(claim.dump(-1));
}

void FoldTraining::save(int epoch) {
    if (!m_task.plan || m_task.plan->folder.empty()) return;
    std::filesystem::create_directories(m_task.plan->folder);
    Json extra = Json::object();
    extra.set("spec", toJson(m_task.spec)).set("epoch", epoch).set("best", m_best).set("best_epoch", m_bestEpoch);
    extra.set("claim", claim()).set("parts", m_parts);
    Model checkpoint = packState({m_network.get(), nullptr, m_adam.get()}, extra, {});
    auto tensors = unpackTensors(checkpoint.weights);
    for (NamedTensor tensor : m_bestWeights) {
        tensor.name = "best." + tensor.name;
        tensors.push_back(std::move(tensor));
    }
    checkpoint.weights = packTensors(tensors);
    saveModel(checkpointPath(*m_task.plan, m_task.name), checkpoint);
}

int FoldTraining::resume() {
    if (!m_task.plan) return 0;
    const auto checkpoint = findCheckpoint(*m_task.plan, m_task.name);
    if (!checkpoint) return 0;
    FinetuneSpec before;
    readJson(before, checkpoint->passport["spec"]);
    if (before != m_task.spec)
        throw Error(ErrorKind::BadInput, "The checkpoints in " + m_task.plan->folder.string() +
                                             " were made with other settings; start afresh or use another folder");
    if (checkpoint->passport["claim"].text() != claim())
        throw Error(
            ErrorKind::BadInput,
            "The checkpoints in " + m_task.plan->folder.string() +
                " were made from other scans, labels, folds or another pretrained model, so that people trained "
                "on would be tested; start afresh or use another folder");
    unpackState(*checkpoint, {m_network.get(), nullptr, m_adam.get()});
    if (checkpoint->passport["parts"].isNumber()) m_parts = static_cast<int>(checkpoint->passport["parts"].number());
    m_best = checkpoint->passport["best"].number();
    m_bestEpoch = static_cast<int>(checkpoint->passport["best_epoch"].number());
    for (NamedTensor& tensor : unpackTensors(checkpoint->weights))
        if (tensor.name.rfind("best.", 0) == 0) {
            tensor.name.erase(0, 5);
            m_bestWeights.push_back(std::move(tensor));
        }
    return static_cast<int>(checkpoint->passport["epoch"].number());
}

TrainedFold FoldTraining::run() {
    m_network->train();
    for (int epoch = resume(); epoch < m_task.epochs && !m_task.finish.stop_requested(); ++epoch) {
        const auto order =
            Random(m_seed).stream(m_task.name + " epoch " + std::to_string(epoch)).permutation(m_fold.training.size());
        double sum = 0;
        TrainingSnapshot snapshot;
        for (int step = 0; step < m_stepsPerEpoch; ++step) {
            m_task.compute.check();
            sum += trainStep(epoch, step, order, snapshot);
        }
        snapshot.step = (epoch + 1) * m_stepsPerEpoch;
        snapshot.steps = m_task.epochs * m_stepsPerEpoch;
        snapshot.phase = "training";
        snapshot.losses["total"] = sum / m_stepsPerEpoch;
        if (!m_fold.validation.empty()) {
            snapshot.losses["validation total"] = validate();
            if (!std::isfinite(snapshot.losses["validation total"]))
                throw Error(ErrorKind::Numerical, "The validation loss became infinite in epoch " +
                                                      std::to_string(epoch + 1) + " of fold " + m_fold.name +
                                                      "; lower the learning rate");
            keepBest(epoch + 1, snapshot.losses["validation total"]);
        }
        save(epoch + 1);
        if (m_observer) m_observer(snapshot);
    }
    TrainedFold trained;
    if (!m_bestWeights.empty()) model::assignTensors(*m_network, m_bestWeights);
    m_network->eval();
    trained.network = m_network;
    trained.targetMean = m_mean;
    trained.targetScale = m_scale;
    trained.bestEpoch = m_bestWeights.empty() ? m_task.epochs : m_bestEpoch;
    trained.bestValidation = m_best;
    return trained;
}

}  // namespace

TrainedFold trainFold(const FoldTask& task, const Fold& fold, const EpochObserver& observer) {
    return FoldTraining(task, fold, observer).run();
}

std::vector<double> predictBatch(model::Network& network, const Batch& batch, int classes, double mean, double scale,
                                 const model::Compute& compute) {
    const torch::NoGradGuard noGradient;
    network->eval();
    const auto logits = network->forward(batch.series, batch.starts, batch.windowLength, batch.graphs, false, compute)
                            .logits.to(torch::kCPU, torch::kDouble);
    const auto values = (classes > 0 ? torch::softmax(logits, 1) : logits * scale + mean).contiguous();
    return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

std::vector<std::vector<double>> predictScans(model::Network& network, const Cohort& cohort, const GraphSpec& graph,
                                              const std::vector<std::size_t>& scans, int classes, double mean,
                                              double scale, const model::Compute& compute) {
    std::vector<std::vector<double>> predictions;
    for (const std::size_t scan : scans) {
        compute.check();
        const Batch batch = makeBatch(cohort, {scan}, 0, 0, graph, compute);
        predictions.push_back(predictBatch(network, batch, classes, mean, scale, compute));
    }
    return predictions;
}

Probe::Probe(const Model& pretrained, const Cohort& cohort, const std::vector<std::size_t>& training,
             const model::Compute& compute)
    : m_revived(revivePretrained(pretrained, compute.device)), m_compute(compute) {
    const torch::NoGradGuard noGradient;
    m_revived.encoder->train();
    for (const std::size_t scan : someOf(training, 40)) codes(makeBatch(cohort, {scan}, 0, 0, graph(), compute));
    m_revived.encoder->eval();
}

torch::Tensor Probe::codes(const Batch& batch) {
    auto& encoder = m_revived.encoder;
    const auto time = encoder->timeCode(batch.series, batch.ends(), m_compute).flatten(0, 1);
    return encoder->layers(batch.graphs, encoder->nodeInput(time), m_compute).back();
}

torch::Tensor Probe::row(const Batch& batch) {
    const torch::NoGradGuard noGradient;
    return codes(batch).flatten(0, 1).mean(0).to(torch::kCPU, torch::kDouble);
}

}  // namespace chronnect::train
