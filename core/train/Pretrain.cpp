#include "core/train/detail/Pretrain.h"

#include "core/base/Error.h"
#include "core/learning/Folds.h"
#include "core/model/detail/Precision.h"
#include "core/train/detail/Evaluation.h"
#include "core/train/detail/Passport.h"
#include "core/train/detail/PretrainLoop.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

namespace chronnect::train {

using Clock = std::chrono::steady_clock;

Pretraining::Pretraining(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                         const TrainingObserver& observer, const JobContext& context)
    : m_spec(spec), m_plan(plan), m_observer(observer), m_cohort(scans) {
    m_compute.device = deviceOf(spec.device);
    m_compute.context = context;
    useTrainingThreads();
    m_together = std::make_unique<Together>(launchFromEnvironment(), m_compute, spec.device);
    m_compute.precision = model::usablePrecision(spec.precision, m_compute.device, m_notices);
    chooseSubjects();
    torch::manual_seed(static_cast<std::uint64_t>(spec.seed));
    m_encoder = model::Encoder(m_cohort.regions(), spec.network);
    m_objective = makeObjective(spec, m_cohort.regions());
    m_encoder->to(m_compute.device);
    m_objective->to(m_compute.device);
    auto parameters = m_encoder->parameters();
    for (const auto& parameter : m_objective->parameters())
        if (parameter.requires_grad()) parameters.push_back(parameter);
    m_adam = std::make_unique<Adam>(parameters, spec.weightDecay);
    m_batch = std::clamp(spec.batch, 1, static_cast<int>(m_training.size()));
    m_parts = spec.accumulate;
    m_best.first = copyAll(*m_encoder);
    m_best.second = copyAll(*m_objective);
}

void Pretraining::chooseSubjects() {
    const ScanSource& source = m_cohort.source();
    std::vector<ScanInfo> infos;
    for (std::size_t scan = 0; scan < source.count(); ++scan) infos.push_back(source.info(scan));
    m_heldOutSubjects = heldOutSubjects(infos, m_spec.validationShare, static_cast<std::uint64_t>(m_spec.seed));
    const std::set<std::string> held(m_heldOutSubjects.begin(), m_heldOutSubjects.end());
    const auto needed = static_cast<std::size_t>(m_spec.graph.windowLength);
    std::size_t tooShort = 0;
    std::vector<std::size_t> heldOut;
    for (std::size_t scan = 0; scan < infos.size(); ++scan) {
        if (infos[scan].volumes <= needed || infos[scan].volumes < static_cast<std::size_t>(m_spec.cropVolumes)) {
            ++tooShort;
            continue;
        }
        (held.contains(infos[scan].subject) ? heldOut : m_training).push_back(scan);
    }
    if (tooShort)
        m_notices.push_back(
            {Severity::Warning, std::to_string(tooShort) + " of " + std::to_string(infos.size()) +
                                    " scans are too short for the window or the crop and were left out"});
    if (m_training.empty())
        throw Error(ErrorKind::BadInput, "No scan is longer than one window of " +
                                             std::to_string(m_spec.graph.windowLength) + " volumes (or than the crop)");
    splitHeldOut(infos, heldOut);
}

void Pretraining::splitHeldOut(const std::vector<ScanInfo>& infos, const std::vector<std::size_t>& heldOut) {
    std::set<std::string> people;
    for (const std::size_t scan : heldOut) people.insert(infos[scan].subject);
    m_testedSubjects.assign(people.begin(), people.end());
    m_watched = m_tested = heldOut;
    if (heldOut.empty()) {
        m_notices.push_back({Severity::Warning,
                             "No subject was held out, so the scores are not honest; hold out a share "
                             "of the subjects"});
        return;
    }
    if (m_spec.handOut == HandOut::Last) return;
    if (people.size() < 2) {
        m_notices.push_back({Severity::Warning,
                             "One person alone is held out, who both chooses the weights and is scored, so the scores "
                             "are a little too good; hold out two or more, or hand out the last weights"});
        return;
    }
    auto order = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("watched").permutation(people.size());
    order.resize(people.size() / 2);
    std::set<std::string> watched;
    for (const std::size_t place : order) watched.insert(m_testedSubjects[place]);
    std::erase_if(m_testedSubjects, [&](const std::string& name) { return watched.contains(name); });
    std::erase_if(m_watched, [&](std::size_t scan) { return !watched.contains(infos[scan].subject); });
    std::erase_if(m_tested, [&](std::size_t scan) { return watched.contains(infos[scan].subject); });
}

/// Scans of a step: epoch after epoch, each in its own shuffled order drawn from the seed alone.
std::vector<std::size_t> Pretraining::scansOf(int step) const {
    std::vector<std::size_t> scans;
    const std::uint64_t count = m_training.size();
    auto& [epoch, order] = m_order;
    for (int i = 0; i < m_batch; ++i) {
        const std::uint64_t place =
            static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(m_batch) + static_cast<std::uint64_t>(i);
        if (place / count != epoch) {
            epoch = place / count;
            order = Random(static_cast<std::uint64_t>(m_spec.seed))
                        .stream("epoch " + std::to_string(epoch))
                        .permutation(m_training.size());
        }
        scans.push_back(m_training[order[place % count]]);
    }
    return scans;
}

void Pretraining::waitWhilePaused() {
    if (!m_plan.pause) return;
    const auto since = Clock::now();
    bool said = false;
    while (m_together->anyone(m_plan.pause->load()) && !m_plan.finish.stop_requested()) {
        if (!said) {
            said = true;
            save();
            TrainingSnapshot snapshot;
            snapshot.step = m_done;
            snapshot.steps = m_spec.steps;
            snapshot.phase = "paused";
            if (m_observer) m_observer(snapshot);
        }
        m_compute.check();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    m_pausedSeconds += std::chrono::duration<double>(Clock::now() - since).count();
}

PretrainResult Pretraining::run() {
    start();
    PretrainResult result;
    const auto started = Clock::now();
    const int keepEvery = std::max(1, m_spec.steps / 2000);
    for (int step = m_first; step < m_spec.steps; ++step) {
        waitWhilePaused();
        if (m_together->anyone(m_plan.finish.stop_requested())) {
            result.stoppedEarly = true;
            break;
        }
        TrainingSnapshot snapshot = takeStepSafely(step);
        const double seconds = std::chrono::duration<double>(Clock::now() - started).count() - m_pausedSeconds;
        snapshot.scansPerSecond = (step + 1 - m_first) * m_batch / seconds;
        snapshot.secondsLeft = seconds / (step + 1 - m_first) * (m_spec.steps - step - 1);
        if ((step + 1) % m_spec.evaluateEvery == 0 || step + 1 == m_spec.steps) validate(snapshot);
        if ((step + 1) % keepEvery == 0 || snapshot.losses.contains("validation total")) m_history.push_back(snapshot);
        if (m_observer) m_observer(snapshot);
        if ((step + 1) % m_spec.checkpointEvery == 0) save();
        m_compute.context.report(0.95 * (step + 1) / m_spec.steps, "Pretraining");
    }
    if (result.stoppedEarly && m_validated != m_done && m_done > 0) {
        TrainingSnapshot last;
        validate(last);  // so that the last weights take part in the choice
    }
    save();
    restoreBest();
    m_encoder->eval();
    m_objective->eval();
    result.heldOut = m_testedSubjects;
    for (const auto& subject : m_heldOutSubjects)
        if (!std::ranges::binary_search(m_testedSubjects, subject)) result.watched.push_back(subject);
    result.handedOutStep = m_handedOut;
    result.handedOutLoss = m_handedOut == m_best.step ? m_best.loss : 0;
    if (m_together->isFirst()) evaluateInto(result);
    result.notices.insert(result.notices.begin(), m_notices.begin(), m_notices.end());
    result.model = modelNow();
    return result;
}

void Pretraining::evaluateInto(PretrainResult& result) {
    EvaluationPlan plan;
    plan.heldOut = m_tested.empty() ? m_training : m_tested;
    plan.training = m_training;
    plan.seed = static_cast<std::uint64_t>(m_spec.seed);
    model::Compute last = m_compute;
    last.context = m_compute.context.part(0.95, 1);
    last.sum = {};  // the other processes have ended
    auto evaluation = evaluate(m_encoder, *m_objective, m_spec, m_cohort, plan, last);
    result.scores = std::move(evaluation.scores);
    result.effectiveRank = evaluation.effectiveRank;
    for (Notice& notice : evaluation.notices) result.notices.push_back(std::move(notice));
}

PretrainResult pretrain(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                        const TrainingObserver& observer, const JobContext& context) {
    return guarded(context, [&] { return Pretraining(scans, spec, plan, observer, context).run(); });
}

}  // namespace chronnect::train
