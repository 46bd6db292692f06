#include "core/base/SpecJson.h"
#include "core/learning/Application.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/FinetuneRun.h"

#include <torch/torch.h>

#include <algorithm>
#include <set>

namespace chronnect::train {

void Finetuning::observe(TrainingSnapshot snapshot, const Training& training) {
    const double share = (m_runsDone + static_cast<double>(snapshot.step) / std::max(1, snapshot.steps)) / m_runs;
    const int stepsOfRun = snapshot.steps;
    snapshot.fold = training.number;
    snapshot.folds = static_cast<int>(m_folds.size());
    snapshot.phase = training.phase;
    snapshot.step += m_stepsDone;
    snapshot.steps = m_stepsDone + std::max(1, m_runs - m_runsDone) * stepsOfRun;
    const double seconds = std::chrono::duration<double>(Clock::now() - m_started).count();
    snapshot.secondsLeft = share > 0 ? seconds / share * (1 - share) : 0;
    snapshot.scansPerSecond =
        snapshot.step * std::min<double>(m_spec.batch, static_cast<double>(m_scans->count())) / seconds;
    m_compute.context.report(std::min(share, 1.0), "Fine-tuning");
    if (m_observer) m_observer(snapshot);
}

TrainedFold Finetuning::train(const Fold& fold, const Training& training, std::vector<TrainingSnapshot>* history) {
    const FoldTask task{m_cohort,         m_spec,     m_graph,          m_network,     training.pretrained,
                        training.targets, m_compute,  m_plan.finish,    m_spec.epochs, training.name,
                        &m_plan,          m_dataHash, &m_parsed.notices};
    int steps = 0;
    const auto trained = trainFold(task, fold, [&](const TrainingSnapshot& snapshot) {
        steps = snapshot.steps;
        if (history) {
            history->push_back(snapshot);
            history->back().fold = training.number;
        }
        observe(snapshot, training);
    });
    ++m_runsDone;
    m_stepsDone += steps;
    return trained;
}

Model Finetuning::modelOf(const TrainedFold& trained, const std::string& name, const Fold& fold,
                          const Model* pretrained) const {
    Model model;
    model.kind = Model::Kind::Finetuned;
    model.name = name;
    model.regions = m_scans->regions();
    model.classes = m_parsed.classNames;
    model.targetMean = trained.targetMean;
    model.targetScale = trained.targetScale;
    model.passport = basicPassport(*m_scans, m_graph, m_network);
    model.passport.set("spec", toJson(m_spec)).set("target", m_spec.target).set("seed", m_spec.seed);
    model.passport.set("best_epoch", trained.bestEpoch).set("scans", m_scans->count());
    std::set<std::string> people;
    for (const std::size_t scan : fittedOn(fold)) people.insert(personMark(m_subjects[scan]));
    model.passport.set("trained_on", Json(std::vector<std::string>(people.begin(), people.end())));
    if (pretrained) model.passport.set("pretrained", pretrained->passport);
    model.weights = packTensors(model::namedTensors(*trained.network));
    return model;
}

std::vector<std::size_t> Finetuning::fittedOn(const Fold& fold) const {
    std::vector<std::size_t> scans = fold.training;
    scans.insert(scans.end(), fold.validation.begin(), fold.validation.end());
    std::ranges::sort(scans);
    return scans;
}

Predictor Finetuning::network(const TrainedFold& trained, const std::string& method) const {
    return {method, [this, trained](const ShownScan& shown) {
                auto network = trained.network;
                return predictBatch(network, shown.batch, m_parsed.targets.classes, trained.targetMean,
                                    trained.targetScale, m_compute);
            }};
}

/// A network or a probe fitted on `fold`. `suffix` keeps the checkpoints of few-label runs apart; with a result, the
/// network of the main method joins its fold models.
Predictor Finetuning::learned(Kind kind, const Fold& fold, std::size_t number, const std::string& suffix,
                              FinetuneResult* result) {
    if (kind == Kind::Probe) return probe(probeRows(fold, number), m_parsed.targets, nameOfMethod(Kind::Probe));
    const bool scratchBeside = kind == Kind::Scratch && m_methods.front() != Kind::Scratch;
    const std::string name = (scratchBeside ? "scratch " : "fold ") + std::to_string(number + 1) + suffix;
    const Model* pretrained = kind == Kind::Tuned ? pretrainedOf(number) : nullptr;
    const std::string phase = !suffix.empty() ? "few labels" : scratchBeside ? "from scratch" : "training";
    std::vector<TrainingSnapshot> history;
    const auto trained =
        train(fold, {name, phase, m_parsed.targets, pretrained, static_cast<int>(number) + 1}, &history);
    if (result && kind == m_methods.front()) {
        result->foldModels.push_back(modelOf(trained, m_spec.target + ", fold " + fold.name, fold, pretrained));
        result->foldModels.back().history = std::move(history);
    }
    return network(trained, nameOfMethod(kind));
}

Finetuning::ProbeRows Finetuning::probeRows(const Fold& fold, std::size_t number) const {
    ProbeRows probe;
    probe.scans = fittedOn(fold);
    probe.codes = std::make_shared<Probe>(*pretrainedOf(number), m_cohort, probe.scans, m_compute);
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : probe.scans) {
        m_compute.check();
        rows.push_back(probe.codes->row(makeBatch(m_cohort, {scan}, 0, 0, m_graph, m_compute)));
    }
    probe.rows = torch::stack(rows);
    return probe;
}

Predictor Finetuning::probe(const ProbeRows& rows, const Targets& targets, const std::string& method) const {
    const LinearKind kind = targets.classes > 0 ? LinearKind::Logistic : LinearKind::Ridge;
    const auto linear = std::make_shared<LinearModel>(rows.rows, rows.scans,
                                                      LinearTask{targets, m_subjects, kind, seed()}, m_compute.context);
    return {method, [codes = rows.codes, linear](const ShownScan& shown) {
                return linear->predict(codes->row(shown.batch).unsqueeze(0)).front();
            }};
}

/// Rows of static connectivity, kept as long as they take less than a gigabyte.
torch::Tensor Finetuning::staticRows(const std::vector<std::size_t>& scans) {
    const double bytes =
        4.0 * static_cast<double>(m_scans->count()) * static_cast<double>(m_cohort.regions() * m_cohort.regions());
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : scans) {
        m_compute.check();
        const auto found = m_staticRows.find(scan);
        rows.push_back(found != m_staticRows.end() ? found->second : staticRow(m_cohort.scan(scan)));
        if (found == m_staticRows.end() && bytes < 1e9) m_staticRows[scan] = rows.back();
    }
    return torch::stack(rows);
}

Predictor Finetuning::staticFc(const Fold& fold) {
    const auto scans = fittedOn(fold);
    const auto linear = std::make_shared<LinearModel>(
        staticRows(scans), scans, linearTask(classes() ? LinearKind::Logistic : LinearKind::Ridge), m_compute.context);
    return {classes() ? "static FC + logistic" : "static FC + ridge",
            [linear](const ShownScan& shown) { return linear->predict(staticRow(shown.series).unsqueeze(0)).front(); }};
}

Predictor Finetuning::tangent(const Fold& fold) const {
    const auto scans = fittedOn(fold);
    const auto space = std::make_shared<TangentSpace>(m_cohort, scans, 0.2, m_compute.context);
    std::vector<torch::Tensor> rows;
    for (const std::size_t scan : scans) {
        m_compute.check();
        rows.push_back(space->row(m_cohort.scan(scan)));
    }
    const auto linear = std::make_shared<LinearModel>(
        torch::stack(rows), scans, linearTask(classes() ? LinearKind::Svm : LinearKind::Ridge), m_compute.context);
    return {classes() ? "tangent + SVM" : "tangent + ridge", [linear, space](const ShownScan& shown) {
                return linear->predict(space->row(shown.series).unsqueeze(0)).front();
            }};
}

Predictor Finetuning::motion(const Fold& fold) const {
    const auto scans = fittedOn(fold);
    std::vector<double> motion;
    for (const std::size_t scan : scans) motion.push_back(m_infos[scan].meanFd);
    const auto linear = std::make_shared<LinearModel>(torch::tensor(motion, torch::kDouble).unsqueeze(1), scans,
                                                      linearTask(classes() ? LinearKind::Logistic : LinearKind::Ridge),
                                                      m_compute.context);
    return {"mean motion alone", [this, linear](const ShownScan& shown) {
                const double mean = m_infos[shown.batch.scans.front()].meanFd;
                return linear->predict(torch::tensor({{mean}}, torch::kDouble)).front();
            }};
}

Predictor Finetuning::constant(const Fold& fold) const {
    const auto guess = constantPredictions(m_parsed.targets, fittedOn(fold), 1).front();
    return {classes() ? "majority" : "mean", [guess](const ShownScan&) { return guess; }};
}

}  // namespace chronnect::train
