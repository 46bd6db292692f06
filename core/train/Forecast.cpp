#include "core/base/Error.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/Evaluation.h"
#include "core/train/detail/Passport.h"
#include "core/train/detail/Pretrain.h"
#include "core/train/detail/PretrainLoop.h"

#include <torch/torch.h>

#include <algorithm>
#include <fstream>

namespace chronnect::train {

namespace {

using Clock = std::chrono::steady_clock;

template <class Work>
double secondsOf(const Work& work) {
    const auto started = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - started).count();
}

/// Lets the peak of resident memory start from what is resident now. Only Linux can.
void forgetPeak() {
    std::ofstream refs("/proc/self/clear_refs");
    refs << 5;
}

/// Peak of resident memory in bytes; 0 where it cannot be read.
std::size_t peakMemory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) << 10;
    return 0;
}

std::size_t sizeOf(const Model& model) { return serializeModel(model).size(); }

}  // namespace

ResourceForecast Pretraining::forecast() {
    start();
    ResourceForecast forecast;
    forgetPeak();
    const auto progress = [&](double share) { m_compute.context.report(share, "Measuring"); };
    TrainingSnapshot snapshot = takeStepSafely(0);  // reads files and fills caches, so it is not timed
    progress(0.3);
    forecast.measuredSteps = 2;
    forecast.secondsPerStep = secondsOf([&] { snapshot = takeStepSafely(std::min(1, m_spec.steps - 1)); });
    progress(0.5);
    const double validation = secondsOf([&] { validate(snapshot); });
    progress(0.6);

    m_encoder->eval();
    m_objective->eval();
    EvaluationPlan plan;
    plan.heldOut = m_tested.empty() ? m_training : m_tested;
    plan.training = m_training;
    model::Compute quiet = m_compute;
    quiet.context = m_compute.context.silent();
    quiet.sum = {};
    const auto scored = [&](int scans) {
        plan.scansAtMost = scans;
        return secondsOf([&] { evaluate(m_encoder, *m_objective, m_spec, m_cohort, plan, quiet); });
    };
    const int asked = std::min(static_cast<int>(plan.heldOut.size()), EvaluationPlan{}.scansAtMost);
    const double one = scored(1);
    const double more = asked > 1 ? std::max(0.0, scored(2) - one) : 0;
    progress(0.9);

    const int validations = m_spec.steps / m_spec.evaluateEvery + (m_spec.steps % m_spec.evaluateEvery ? 1 : 0);
    forecast.seconds = forecast.secondsPerStep * m_spec.steps + validation * validations + one + more * (asked - 1);
    const auto checkpoint = [&] {
        TrainingState kept = state();
        kept.more = {{"best.first", &m_best.first}, {"best.second", &m_best.second}};
        return sizeOf(packState(kept, passport(), m_history));
    };
    const std::size_t bare = checkpoint();
    m_history.push_back(snapshot);
    const std::size_t perSnapshot = checkpoint() - bare;
    const std::size_t history = perSnapshot * static_cast<std::size_t>(std::min(m_spec.steps, 2000));
    forecast.checkpointSize = bare + history;
    forecast.modelSize = sizeOf(modelNow()) - perSnapshot + history;
    // A checkpoint is written beside the one it replaces.
    forecast.disk = 2 * forecast.checkpointSize + forecast.modelSize;
    if (const std::size_t peak = peakMemory(); peak > 0)
        forecast.peakMemory = peak + m_cohort.bytesStillToKeep();
    else
        forecast.notices.push_back({Severity::Information, "This system does not tell how much memory was in use"});
    if (!m_compute.device.is_cpu())
        forecast.notices.push_back({Severity::Information, "The memory told is that of the computer, not of the GPU"});
    forecast.scansAtATime = scansAtATime();
    forecast.windowsPerScan = static_cast<int>(batchFor({m_training.front()}, 0, 0).windows());
    for (const auto& parameter : m_adam->parameters()) forecast.parameters += parameter.numel();
    forecast.notices.insert(forecast.notices.end(), m_notices.begin(), m_notices.end());
    return forecast;
}

ResourceForecast forecastPretraining(const ScanSource& scans, const PretrainSpec& spec, const JobContext& context) {
    return guarded(context, [&] {
        const CheckpointPlan nowhere;
        const TrainingObserver nobody;
        return Pretraining(scans, spec, nowhere, nobody, context).forecast();
    });
}

}  // namespace chronnect::train
