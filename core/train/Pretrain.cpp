#include "core/train/detail/Pretrain.h"

#include "core/base/Error.h"
#include "core/base/SpecJson.h"
#include "core/learning/Folds.h"
#include "core/model/Windows.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/Checkpoint.h"
#include "core/train/detail/Evaluation.h"
#include "core/train/detail/Passport.h"
#include "core/train/detail/Together.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

namespace chronnect::train {

namespace {

using Clock = std::chrono::steady_clock;

bool isOutOfMemory(const std::exception& error) {
    const std::string text = error.what();
    return dynamic_cast<const std::bad_alloc*>(&error) || text.find("out of memory") != std::string::npos ||
           text.find("can't allocate memory") != std::string::npos;
}

class Pretraining {
public:
    Pretraining(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                const TrainingObserver& observer, const JobContext& context)
        : m_spec(spec), m_plan(plan), m_observer(observer), m_cohort(scans) {
        m_compute.device = deviceOf(spec.device);
        m_compute.context = context;
        useTrainingThreads();
        m_together = std::make_unique<Together>(launchFromEnvironment(), m_compute, spec.device);
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
    }

    PretrainResult run();

private:
    void chooseSubjects();
    void resume();
    void start();
    std::vector<std::size_t> scansOf(int step) const;
    Batch batchFor(const std::vector<std::size_t>& scans, Random& random) const;
    void evaluateInto(PretrainResult& result);
    TrainingSnapshot takeStep(int step);
    Losses forwardBackward(int step);
    double validate(int step);
    void save(int step);
    Model modelNow() const;
    Json passport() const;
    TrainingState state() { return {m_encoder.get(), m_objective.get(), m_adam.get()}; }

    PretrainSpec m_spec;
    const CheckpointPlan& m_plan;
    const TrainingObserver& m_observer;
    Cohort m_cohort;
    model::Compute m_compute;
    std::unique_ptr<Together> m_together;
    std::vector<std::size_t> m_training, m_heldOut;
    std::vector<std::string> m_heldOutSubjects;
    model::Encoder m_encoder{nullptr};
    std::shared_ptr<Objective> m_objective;
    std::unique_ptr<Adam> m_adam;
    std::vector<TrainingSnapshot> m_history;
    Notices m_notices;
    int m_batch = 1, m_first = 0, m_done = 0;
};

void Pretraining::chooseSubjects() {
    const ScanSource& source = m_cohort.source();
    std::vector<ScanInfo> infos;
    for (std::size_t scan = 0; scan < source.count(); ++scan) infos.push_back(source.info(scan));
    m_heldOutSubjects = heldOutSubjects(infos, m_spec.validationShare, static_cast<std::uint64_t>(m_spec.seed));
    const std::set<std::string> held(m_heldOutSubjects.begin(), m_heldOutSubjects.end());
    const auto needed = static_cast<std::size_t>(m_spec.graph.windowLength);
    std::size_t tooShort = 0;
    for (std::size_t scan = 0; scan < infos.size(); ++scan) {
        if (infos[scan].volumes <= std::max<std::size_t>(needed, static_cast<std::size_t>(m_spec.cropVolumes))) {
            if (infos[scan].volumes <= needed || infos[scan].volumes < static_cast<std::size_t>(m_spec.cropVolumes)) {
                ++tooShort;
                continue;
            }
        }
        (held.contains(infos[scan].subject) ? m_heldOut : m_training).push_back(scan);
    }
    if (tooShort)
        m_notices.push_back({Severity::Warning, std::to_string(tooShort) + " of " + std::to_string(infos.size()) +
                                                    " scans are too short for the window or the crop and were left out"});
    if (m_training.empty())
        throw Error(ErrorKind::BadInput, "No scan is longer than one window of " +
                                             std::to_string(m_spec.graph.windowLength) + " volumes (or than the crop)");
    if (m_heldOut.empty())
        m_notices.push_back({Severity::Warning, "No subject was held out, so the scores are not honest; hold out a share "
                                                "of the subjects"});
}

/// Scans of a step: epoch after epoch, each in its own shuffled order drawn from the seed alone.
std::vector<std::size_t> Pretraining::scansOf(int step) const {
    std::vector<std::size_t> scans;
    const std::uint64_t count = m_training.size();
    std::uint64_t epochAtHand = ~std::uint64_t{0};
    std::vector<std::size_t> order;
    for (int i = 0; i < m_batch; ++i) {
        const std::uint64_t place = static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(m_batch) +
                                    static_cast<std::uint64_t>(i);
        if (place / count != epochAtHand) {
            epochAtHand = place / count;
            order = Random(static_cast<std::uint64_t>(m_spec.seed))
                        .stream("epoch " + std::to_string(epochAtHand))
                        .permutation(m_training.size());
        }
        scans.push_back(m_training[order[place % count]]);
    }
    return scans;
}

Batch Pretraining::batchFor(const std::vector<std::size_t>& scans, Random& random) const {
    const int shortest = m_cohort.shortest(scans);
    const int length = m_spec.cropVolumes > 0 ? m_spec.cropVolumes : m_cohort.shortest(m_training);
    const int first = static_cast<int>(random.below(static_cast<std::size_t>(std::max(0, shortest - length) + 1)));
    std::size_t place = 0;
    Batch batch = makeBatch(m_cohort, m_together->own(scans, place), first, length, m_spec.graph, m_compute);
    batch.place = place;
    return batch;
}

Losses Pretraining::forwardBackward(int step) {
    Random random = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("step " + std::to_string(step));
    torch::manual_seed(random.bits());
    const auto scans = scansOf(step);
    const Batch batch = batchFor(scans, random);
    m_adam->clearGradients();
    Losses losses = m_objective->losses(m_encoder, batch, random, m_compute);
    m_together->shareLosses(losses, batch.scans.size(), scans.size());
    if (!std::isfinite(losses.parts["total"]))
        throw Error(ErrorKind::Numerical, "The loss became infinite at step " + std::to_string(step + 1) + " (scans of " +
                                              m_cohort.source().info(batch.scans.front()).id +
                                              " and others); lower the learning rate or look at these scans");
    losses.total.backward();
    m_together->sumGradients(m_adam->parameters());
    return losses;
}

TrainingSnapshot Pretraining::takeStep(int step) {
    m_encoder->train();
    m_objective->train();
    const auto encoderBuffers = copyBuffers(*m_encoder), objectiveBuffers = copyBuffers(*m_objective);
    Losses losses;
    try {
        losses = forwardBackward(step);
    } catch (...) {
        restoreBuffers(*m_encoder, encoderBuffers);
        restoreBuffers(*m_objective, objectiveBuffers);
        throw;
    }
    TrainingSnapshot snapshot;
    snapshot.gradientNorm = clipGradients(m_adam->parameters(), m_spec.gradientClip);
    if (!std::isfinite(snapshot.gradientNorm))
        throw Error(ErrorKind::Numerical, "A gradient became infinite at step " + std::to_string(step + 1) +
                                              "; lower the learning rate");
    snapshot.learningRate = warmCosine(step, m_spec.steps, m_spec.learningRate, m_spec.warmup);
    m_adam->step(snapshot.learningRate);
    m_objective->afterStep(m_encoder, static_cast<double>(step + 1) / m_spec.steps);
    m_done = step + 1;
    snapshot.step = step + 1;
    snapshot.steps = m_spec.steps;
    snapshot.phase = "training";
    snapshot.losses = losses.parts;
    return snapshot;
}

/// The loss on held-out subjects with the same masks every time.
double Pretraining::validate(int) {
    const torch::NoGradGuard noGradient;
    m_encoder->eval();
    m_objective->eval();
    double sum = 0;
    int batches = 0;
    for (std::size_t from = 0; from < m_heldOut.size() && batches < 4; from += static_cast<std::size_t>(m_batch)) {
        Random random = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("validation " + std::to_string(from));
        const std::size_t to = std::min(m_heldOut.size(), from + static_cast<std::size_t>(m_batch));
        const std::vector<std::size_t> scans(m_heldOut.begin() + static_cast<std::ptrdiff_t>(from),
                                             m_heldOut.begin() + static_cast<std::ptrdiff_t>(to));
        const int length = m_spec.cropVolumes > 0 ? m_spec.cropVolumes : m_cohort.shortest(m_training);
        const Batch batch = makeBatch(m_cohort, scans, 0, length, m_spec.graph, m_compute);
        sum += m_objective->losses(m_encoder, batch, random, m_compute).parts["total"];
        ++batches;
    }
    return batches ? sum / batches : std::nan("");
}

Json Pretraining::passport() const {
    Json passport = basicPassport(m_cohort.source(), m_spec.graph, m_spec.network);
    passport.set("spec", toJson(m_spec)).set("objective", m_spec.objective).set("seed", m_spec.seed);
    passport.set("training_scans", m_training.size()).set("held_out", Json(m_heldOutSubjects)).set("steps_done", m_done);
    return passport;
}

Model Pretraining::modelNow() const {
    Model model;
    model.kind = Model::Kind::Pretrained;
    model.name = m_spec.objective;
    model.passport = passport();
    model.regions = m_cohort.source().regions();
    auto tensors = model::namedTensors(*m_encoder, "encoder.");
    for (auto& tensor : model::namedTensors(*m_objective, "objective.")) tensors.push_back(std::move(tensor));
    model.weights = packTensors(tensors);
    model.history = m_history;
    return model;
}

void Pretraining::save(int step) {
    if (m_plan.folder.empty() || !m_together->isFirst()) return;
    std::filesystem::create_directories(m_plan.folder);
    Json extra = passport();
    extra.set("step", step).set("batch_now", m_batch);
    saveModel(checkpointPath(m_plan, "pretrain"), packState(state(), extra, m_history));
}

void Pretraining::resume() {
    const auto checkpoint = findCheckpoint(m_plan, "pretrain");
    if (!checkpoint) return;
    PretrainSpec before;
    readJson(before, checkpoint->passport["spec"]);
    if (before.network != m_spec.network || before.graph != m_spec.graph || before.objective != m_spec.objective)
        throw Error(ErrorKind::BadInput, "The checkpoint in " + m_plan.folder.string() +
                                             " was made with another network, graph or objective; start afresh");
    unpackState(*checkpoint, state());
    m_first = m_done = static_cast<int>(checkpoint->passport["step"].number());
    m_batch = static_cast<int>(checkpoint->passport["batch_now"].number(m_batch));
    m_history = checkpoint->history;
    if (!(before == m_spec))
        m_notices.push_back({Severity::Information, "Training went on from step " + std::to_string(m_first) +
                                                        " with settings that differ from the checkpoint's"});
}

/// Process 0 reads the checkpoint, so the others need not see its folder.
void Pretraining::start() {
    if (m_together->isFirst()) resume();
    m_together->shareStart(state(), {&m_first, &m_batch});
    m_done = m_first;
}

PretrainResult Pretraining::run() {
    start();
    PretrainResult result;
    const auto started = Clock::now();
    const int keepEvery = std::max(1, m_spec.steps / 2000);
    for (int step = m_first; step < m_spec.steps; ++step) {
        if (m_together->anyone(m_plan.finish.stop_requested())) {
            result.stoppedEarly = true;
            break;
        }
        TrainingSnapshot snapshot;
        try {
            m_compute.check();
            snapshot = takeStep(step);
        } catch (const Cancelled&) {
            save(m_done);
            throw;
        } catch (const std::exception& error) {
            if (m_compute.context.stopRequested()) {
                save(m_done);
                throw Cancelled{};
            }
            if (!isOutOfMemory(error) || m_batch < 2 || !m_together->alone()) throw;
            m_batch /= 2;
            m_notices.push_back({Severity::Warning, "Memory ran out at step " + std::to_string(step + 1) +
                                                        "; training goes on with " + std::to_string(m_batch) +
                                                        " scans per step"});
            --step;
            continue;
        }
        const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
        snapshot.scansPerSecond = (step + 1 - m_first) * m_batch / seconds;
        snapshot.secondsLeft = seconds / (step + 1 - m_first) * (m_spec.steps - step - 1);
        if (!m_heldOut.empty() && ((step + 1) % m_spec.evaluateEvery == 0 || step + 1 == m_spec.steps))
            snapshot.losses["validation total"] = validate(step);
        if ((step + 1) % keepEvery == 0 || snapshot.losses.contains("validation total")) m_history.push_back(snapshot);
        if (m_observer) m_observer(snapshot);
        if ((step + 1) % m_spec.checkpointEvery == 0) save(step + 1);
        m_compute.context.report(0.95 * (step + 1) / m_spec.steps, "Pretraining");
    }
    save(m_done);
    m_encoder->eval();
    m_objective->eval();
    result.heldOut = m_heldOutSubjects;
    result.notices = m_notices;
    if (m_together->isFirst()) evaluateInto(result);
    result.model = modelNow();
    return result;
}

void Pretraining::evaluateInto(PretrainResult& result) {
    EvaluationPlan plan;
    plan.heldOut = m_heldOut.empty() ? m_training : m_heldOut;
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

}  // namespace

PretrainResult pretrain(const ScanSource& scans, const PretrainSpec& spec, const CheckpointPlan& plan,
                        const TrainingObserver& observer, const JobContext& context) {
    return guarded(context, [&] { return Pretraining(scans, spec, plan, observer, context).run(); });
}

}  // namespace chronnect::train
