#include "core/train/detail/Finetune.h"

#include "core/base/Error.h"
#include "core/base/SpecJson.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/FinetuneScores.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <set>

namespace chronnect::train {

namespace {

using Clock = std::chrono::steady_clock;

bool parseNumber(const std::string& text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

/// Strata for folds: the class, or the quintile of the number.
std::vector<int> strataOf(const Targets& targets) {
    std::vector<int> strata;
    if (targets.classes > 0) {
        for (const double value : targets.values) strata.push_back(static_cast<int>(value));
        return strata;
    }
    auto sorted = targets.values;
    std::ranges::sort(sorted);
    for (const double value : targets.values) {
        const auto rank = static_cast<std::size_t>(std::ranges::lower_bound(sorted, value) - sorted.begin());
        strata.push_back(static_cast<int>(5 * rank / sorted.size()));
    }
    return strata;
}

/// The kept scans of a source, renumbered.
class Selection final : public ScanSource {
public:
    Selection(const ScanSource& source, std::vector<std::size_t> scans) : m_source(source), m_scans(std::move(scans)) {}
    std::size_t count() const override { return m_scans.size(); }
    const ScanInfo& info(std::size_t scan) const override { return m_source.info(m_scans.at(scan)); }
    const std::vector<std::string>& regions() const override { return m_source.regions(); }
    const std::vector<std::string>& networks() const override { return m_source.networks(); }
    double repetitionTime() const override { return m_source.repetitionTime(); }
    std::string cleaning() const override { return m_source.cleaning(); }
    void read(std::size_t scan, std::vector<float>& values) const override { m_source.read(m_scans.at(scan), values); }

private:
    const ScanSource& m_source;
    std::vector<std::size_t> m_scans;
};

class Finetuning {
public:
    Finetuning(const ScanSource& scans, ParsedTargets parsed, const Model* pretrained, const FinetuneSpec& spec,
               const CheckpointPlan& plan, const TrainingObserver& observer, const JobContext& context);
    FinetuneResult run();

private:
    bool probing() const { return m_spec.mode == FinetuneMode::LinearProbe; }
    std::string methodName() const;
    FoldTask task(const std::string& name, Targets targets, int epochs) const;
    void observe(TrainingSnapshot snapshot, int fold, const std::string& phase, int runs, int stepsOfRun);
    void runFold(std::size_t number, FinetuneResult& result);
    void runNetwork(std::size_t number, FinetuneResult& result);
    void runProbe(std::size_t number);
    void runShuffled(std::size_t number);
    void runBaselines(std::size_t number);
    void fitOnAll(FinetuneResult& result);
    Model modelOf(const TrainedFold& trained, const std::string& name) const;
    Targets shuffled(const Fold& fold, std::size_t number) const;

    Selection m_scans;
    ParsedTargets m_parsed;
    const Model* m_pretrained;
    FinetuneSpec m_spec;
    const CheckpointPlan& m_plan;
    const TrainingObserver& m_observer;
    Cohort m_cohort;
    model::Compute m_compute;
    GraphSpec m_graph;
    NetworkSpec m_network;
    std::vector<Fold> m_folds;
    std::vector<std::string> m_subjects;
    PredictionTable m_table;
    Clock::time_point m_started = Clock::now();
    int m_runsDone = 0, m_runs = 1;
};

Finetuning::Finetuning(const ScanSource& scans, ParsedTargets parsed, const Model* pretrained, const FinetuneSpec& spec,
                       const CheckpointPlan& plan, const TrainingObserver& observer, const JobContext& context)
    : m_scans(scans, parsed.scans), m_parsed(std::move(parsed)), m_pretrained(pretrained), m_spec(spec), m_plan(plan),
      m_observer(observer), m_cohort(m_scans), m_graph(spec.graph), m_network(spec.network) {
    m_compute.device = deviceOf(spec.device);
    m_compute.context = context;
    useTrainingThreads();
    if (m_spec.mode == FinetuneMode::FromScratch) m_pretrained = nullptr;
    if (probing() && !m_pretrained) throw Error(ErrorKind::BadInput, "A linear probe needs a pretrained model");
    if (m_pretrained) {
        for (Notice& notice : compare(*m_pretrained, scans)) m_parsed.notices.push_back(std::move(notice));
        const NetworkSpec theirs = networkOf(*m_pretrained);
        m_graph = graphOf(*m_pretrained);
        m_network.hidden = theirs.hidden;
        m_network.layers = theirs.layers;
    }
    std::vector<ScanInfo> infos;
    for (std::size_t scan = 0; scan < m_scans.count(); ++scan) {
        infos.push_back(m_scans.info(scan));
        m_subjects.push_back(infos.back().subject);
    }
    m_folds = makeFolds(infos, strataOf(m_parsed.targets), spec.foldBy, spec.folds, spec.innerValidation,
                        static_cast<std::uint64_t>(spec.seed));
    m_runs = probing() ? static_cast<int>(m_folds.size())
                       : static_cast<int>(m_folds.size()) * (spec.labelPermutation ? 2 : 1) + 1;
}

std::string Finetuning::methodName() const {
    if (!m_pretrained) return "trained from scratch";
    return m_pretrained->name + (probing() ? " linear probe" : " fine-tuned");
}

FoldTask Finetuning::task(const std::string& name, Targets targets, int epochs) const {
    FoldTask task{m_cohort, m_spec, m_graph, m_network, m_pretrained, std::move(targets), m_compute, m_plan.finish,
                  epochs, name, &m_plan};
    return task;
}

void Finetuning::observe(TrainingSnapshot snapshot, int fold, const std::string& phase, int, int stepsOfRun) {
    const double share = (m_runsDone + static_cast<double>(snapshot.step) / std::max(1, snapshot.steps)) / m_runs;
    snapshot.fold = fold;
    snapshot.folds = static_cast<int>(m_folds.size());
    snapshot.phase = phase;
    snapshot.step += m_runsDone * stepsOfRun;
    snapshot.steps = m_runs * stepsOfRun;
    const double seconds = std::chrono::duration<double>(Clock::now() - m_started).count();
    snapshot.secondsLeft = share > 0 ? seconds / share * (1 - share) : 0;
    snapshot.scansPerSecond = snapshot.step * std::min<double>(m_spec.batch, static_cast<double>(m_scans.count())) / seconds;
    m_compute.context.report(share, "Fine-tuning");
    if (m_observer) m_observer(snapshot);
}

Model Finetuning::modelOf(const TrainedFold& trained, const std::string& name) const {
    Model model;
    model.kind = Model::Kind::Finetuned;
    model.name = name;
    model.regions = m_scans.regions();
    model.classes = m_parsed.classNames;
    model.targetMean = trained.targetMean;
    model.targetScale = trained.targetScale;
    model.passport = basicPassport(m_scans, m_graph, m_network);
    model.passport.set("spec", toJson(m_spec)).set("target", m_spec.target).set("seed", m_spec.seed);
    model.passport.set("best_epoch", trained.bestEpoch).set("scans", m_scans.count());
    if (m_pretrained) model.passport.set("pretrained", m_pretrained->passport);
    model.weights = packTensors(model::namedTensors(*trained.network));
    return model;
}

void Finetuning::runNetwork(std::size_t number, FinetuneResult& result) {
    const Fold& fold = m_folds[number];
    std::vector<TrainingSnapshot> history;
    const auto trained = trainFold(task("fold " + std::to_string(number + 1), m_parsed.targets, m_spec.epochs), fold,
                                   [&](const TrainingSnapshot& snapshot) {
                                       history.push_back(snapshot);
                                       history.back().fold = static_cast<int>(number) + 1;
                                       observe(snapshot, static_cast<int>(number) + 1, "training", m_runs, snapshot.steps);
                                   });
    ++m_runsDone;
    auto network = trained.network;
    m_table.add(methodName(), number, fold.test,
                predictScans(network, m_cohort, m_graph, fold.test, m_parsed.targets.classes, trained.targetMean,
                             trained.targetScale, m_compute));
    result.foldModels.push_back(modelOf(trained, m_spec.target + ", fold " + fold.name));
    result.foldModels.back().history = std::move(history);
}

void Finetuning::runProbe(std::size_t number) {
    const Fold& fold = m_folds[number];
    std::vector<std::size_t> all(m_scans.count()), training = fold.training;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    training.insert(training.end(), fold.validation.begin(), fold.validation.end());
    const auto features = probeFeatures(*m_pretrained, m_cohort, all, training, m_compute);
    const auto kind = m_parsed.targets.classes > 0 ? LinearKind::Logistic : LinearKind::Ridge;
    m_table.add(methodName(), number, fold.test,
                linearPredictions(features, m_parsed.targets, m_subjects, training, fold.test, kind,
                                  static_cast<std::uint64_t>(m_spec.seed), m_compute.context));
    ++m_runsDone;
    TrainingSnapshot snapshot;
    snapshot.steps = 1;
    observe(snapshot, static_cast<int>(number) + 1, "linear probe", m_runs, 1);
}

/// Labels dealt anew among the subjects that train and validate; the test labels stay.
Targets Finetuning::shuffled(const Fold& fold, std::size_t number) const {
    Targets targets = m_parsed.targets;
    std::vector<std::size_t> scans = fold.training;
    scans.insert(scans.end(), fold.validation.begin(), fold.validation.end());
    const auto order = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("labels " + std::to_string(number)).permutation(scans.size());
    for (std::size_t i = 0; i < scans.size(); ++i) targets.values[scans[i]] = m_parsed.targets.values[scans[order[i]]];
    return targets;
}

void Finetuning::runShuffled(std::size_t number) {
    const Fold& fold = m_folds[number];
    const auto trained = trainFold(task("shuffled " + std::to_string(number + 1), shuffled(fold, number), m_spec.epochs),
                                   fold, [&](const TrainingSnapshot& snapshot) {
                                       observe(snapshot, static_cast<int>(number) + 1, "shuffled labels", m_runs, snapshot.steps);
                                   });
    ++m_runsDone;
    auto network = trained.network;
    m_table.add("shuffled labels", number, fold.test,
                predictScans(network, m_cohort, m_graph, fold.test, m_parsed.targets.classes, trained.targetMean,
                             trained.targetScale, m_compute));
}

void Finetuning::runBaselines(std::size_t number) {
    const Fold& fold = m_folds[number];
    std::vector<std::size_t> all(m_scans.count()), training = fold.training;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    training.insert(training.end(), fold.validation.begin(), fold.validation.end());
    const bool classes = m_parsed.targets.classes > 0;
    const auto seed = static_cast<std::uint64_t>(m_spec.seed);
    const auto predict = [&](const torch::Tensor& features, LinearKind kind) {
        return linearPredictions(features, m_parsed.targets, m_subjects, training, fold.test, kind, seed, m_compute.context);
    };
    m_table.add(classes ? "majority" : "mean", number, fold.test, constantPredictions(m_parsed.targets, training, fold.test.size()));
    if (!m_spec.baselines) return;
    m_table.add(classes ? "static FC + logistic" : "static FC + ridge", number, fold.test,
                predict(staticConnectivity(m_cohort, all, m_compute.context),
                        classes ? LinearKind::Logistic : LinearKind::Ridge));
    m_table.add(classes ? "tangent + SVM" : "tangent + ridge", number, fold.test,
                predict(tangentConnectivity(m_cohort, all, training, 0.2, m_compute.context),
                        classes ? LinearKind::Svm : LinearKind::Ridge));
    std::vector<double> motion;
    for (const std::size_t scan : all) motion.push_back(m_scans.info(scan).meanFd);
    if (std::ranges::all_of(motion, [](double value) { return value >= 0; }))
        m_table.add("mean motion alone", number, fold.test,
                    predict(torch::tensor(motion, torch::kDouble).unsqueeze(1),
                            classes ? LinearKind::Logistic : LinearKind::Ridge));
}

void Finetuning::runFold(std::size_t number, FinetuneResult& result) {
    if (probing()) runProbe(number);
    else runNetwork(number, result);
    if (!probing() && m_spec.labelPermutation && !m_plan.finish.stop_requested()) runShuffled(number);
    runBaselines(number);
}

/// The model to hand out: by the same procedure as a fold's, on everybody but the inner validation subjects.
void Finetuning::fitOnAll(FinetuneResult& result) {
    if (probing() || m_plan.finish.stop_requested()) {
        if (!result.foldModels.empty()) result.model = result.foldModels.front();
        return;
    }
    std::vector<ScanInfo> infos;
    for (std::size_t scan = 0; scan < m_scans.count(); ++scan) infos.push_back(m_scans.info(scan));
    const auto watched = heldOutSubjects(infos, m_spec.innerValidation, static_cast<std::uint64_t>(m_spec.seed));
    Fold all;
    all.name = "all";
    for (std::size_t scan = 0; scan < m_scans.count(); ++scan)
        (std::ranges::binary_search(watched, infos[scan].subject) ? all.validation : all.training).push_back(scan);
    std::vector<TrainingSnapshot> history;
    const auto trained = trainFold(task("all", m_parsed.targets, m_spec.epochs), all, [&](const TrainingSnapshot& snapshot) {
        history.push_back(snapshot);
        observe(snapshot, 0, "all subjects", m_runs, snapshot.steps);
    });
    result.model = modelOf(trained, m_spec.target);
    result.model.history = std::move(history);
}

FinetuneResult Finetuning::run() {
    FinetuneResult result;
    for (std::size_t number = 0; number < m_folds.size(); ++number) {
        if (number > 0 && m_plan.finish.stop_requested()) {
            m_parsed.notices.push_back({Severity::Warning, "Stopped after " + std::to_string(number) + " of " +
                                                               std::to_string(m_folds.size()) +
                                                               " folds; scores are of those"});
            break;
        }
        runFold(number, result);
    }
    result.scores = m_table.scores(m_parsed.targets, m_subjects, static_cast<std::uint64_t>(m_spec.seed));
    result.verdict = m_table.verdict(methodName(), m_parsed.targets, m_subjects, static_cast<std::uint64_t>(m_spec.seed));
    result.calibration = m_table.calibration(methodName(), m_parsed.targets);
    for (const auto& row : m_table.rows(methodName())) {
        const ScanInfo& info = m_scans.info(row.scan);
        result.predictions.push_back({info.id, info.subject, static_cast<int>(row.fold) + 1,
                                      m_parsed.targets.values[row.scan], row.output});
    }
    fitOnAll(result);
    result.notices = std::move(m_parsed.notices);
    return result;
}

}  // namespace

ParsedTargets parseTargets(const ScanSource& scans, const std::vector<std::string>& texts, int windowLength) {
    if (texts.size() != scans.count())
        throw Error(ErrorKind::BadInput, "There are " + std::to_string(texts.size()) + " phenotype values for " +
                                             std::to_string(scans.count()) + " scans");
    ParsedTargets parsed;
    std::size_t missing = 0, tooShort = 0;
    std::set<std::string> distinct;
    bool numeric = true;
    double number = 0;
    for (std::size_t scan = 0; scan < texts.size(); ++scan) {
        if (texts[scan].empty()) ++missing;
        else if (scans.info(scan).volumes <= static_cast<std::size_t>(windowLength)) ++tooShort;
        else {
            parsed.scans.push_back(scan);
            distinct.insert(texts[scan]);
            numeric = numeric && parseNumber(texts[scan], number);
        }
    }
    if (missing)
        parsed.notices.push_back({Severity::Warning, std::to_string(missing) + " scans have no phenotype and were left out"});
    if (tooShort)
        parsed.notices.push_back({Severity::Warning, std::to_string(tooShort) + " scans are no longer than one window and were left out"});
    const bool regression = numeric && distinct.size() > 10;
    if (!regression && (distinct.size() < 2 || distinct.size() > 30))
        throw Error(ErrorKind::BadInput, "The phenotype has " + std::to_string(distinct.size()) +
                                             " different values; a class needs 2 to 30, a number must be numeric "
                                             "throughout");
    if (!regression) parsed.classNames.assign(distinct.begin(), distinct.end());
    parsed.targets.classes = static_cast<int>(parsed.classNames.size());
    for (const std::size_t scan : parsed.scans) {
        if (regression) parseNumber(texts[scan], number);
        else number = static_cast<double>(std::ranges::find(parsed.classNames, texts[scan]) - parsed.classNames.begin());
        parsed.targets.values.push_back(number);
    }
    return parsed;
}

FinetuneResult finetune(const ScanSource& scans, const std::vector<std::string>& targets, const Model* pretrained,
                        const FinetuneSpec& spec, const CheckpointPlan& plan, const TrainingObserver& observer,
                        const JobContext& context) {
    return guarded(context, [&] {
        const GraphSpec graph = pretrained && spec.mode != FinetuneMode::FromScratch ? graphOf(*pretrained) : spec.graph;
        return Finetuning(scans, parseTargets(scans, targets, graph.windowLength), pretrained, spec, plan, observer, context)
            .run();
    });
}

}  // namespace chronnect::train
