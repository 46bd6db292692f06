#include "core/train/detail/Finetune.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/base/SpecJson.h"
#include "core/learning/Application.h"
#include "core/model/detail/Precision.h"
#include "core/model/detail/Weights.h"
#include "core/train/detail/FinetuneRun.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace chronnect::train {

namespace {

bool parseNumber(const std::string& text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

/// Strata for folds: the class, or the fifth of the number.
std::vector<int> strataOfTargets(const Targets& targets) {
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

/// A given fold in the numbering of the kept scans, without those that were left out.
Fold renumbered(const Fold& fold, const std::vector<std::size_t>& kept) {
    const auto part = [&](const std::vector<std::size_t>& scans) {
        std::vector<std::size_t> result;
        for (const std::size_t scan : scans)
            if (const auto place = std::ranges::lower_bound(kept, scan); place != kept.end() && *place == scan)
                result.push_back(static_cast<std::size_t>(place - kept.begin()));
        return result;
    };
    return {part(fold.training), part(fold.validation), part(fold.test), fold.name};
}

Json subjectsOf(const std::vector<std::size_t>& scans, const std::vector<std::string>& subjects) {
    std::set<std::string> names;
    for (const std::size_t scan : scans) names.insert(subjects[scan]);
    return Json(std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace

std::vector<double> parseShares(const std::string& text, const std::string& setting) {
    std::vector<double> shares;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        std::string part = text.substr(at, end - at);
        std::erase(part, ' ');
        double value = 0;
        if (!parseNumber(part, value) || value <= 0 || value > 100)
            throw Error(ErrorKind::BadInput, "Setting '" + setting +
                                                 "' takes percentages above 0 and up to 100, separated "
                                                 "by commas, not '" +
                                                 text + "'");
        shares.push_back(value);
        at = end + 1;
    }
    std::ranges::sort(shares);
    shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
    return shares;
}

Finetuning::Finetuning(const ScanSource& scans, ParsedTargets parsed, const FinetuneCall& call)
    : m_scans(selectedScans(scans, parsed.scans)),
      m_parsed(std::move(parsed)),
      m_spec(call.spec),
      m_plan(call.plan),
      m_observer(call.observer),
      m_cohort(*m_scans),
      m_graph(call.spec.graph),
      m_network(call.spec.network),
      m_labelShares(parseShares(call.spec.labelShares, "label_shares")),
      m_missingShares(parseShares(call.spec.missingShares, "missing_shares")) {
    m_compute.device = deviceOf(m_spec.device);
    m_compute.precision = model::usablePrecision(m_spec.precision, m_compute.device, m_parsed.notices);
    m_compute.context = call.context;
    useTrainingThreads();
    takePretrained(scans, call);
    fixFolds(call);
    planRuns();
    if (!m_plan.folder.empty()) m_dataHash = hashOfScans(*m_scans, m_compute.context);
    useSettingsOfPretraining();
    remarkOnPretraining();
    remarkOnNulls();
}

/// A pretrained encoder brings its windows and its width; what is kept and written down says so too.
void Finetuning::useSettingsOfPretraining() {
    if (m_pretrained.empty()) return;
    if (m_spec.graph != m_graph || m_spec.network != m_network)
        m_parsed.notices.push_back(
            {Severity::Information,
             "Windows of " + std::to_string(m_graph.windowLength) + " volumes every " +
                 std::to_string(m_graph.windowStep) + " and a network of width " + std::to_string(m_network.hidden) +
                 " with " + std::to_string(m_network.layers) +
                 " layers are used, as in pretraining; the settings given for these have no effect"});
    m_spec.graph = m_graph;
    m_spec.network = m_network;
}

/// Whether people who are tested were seen in pretraining, without their labels.
void Finetuning::remarkOnPretraining() {
    if (m_pretrained.empty()) return;
    std::set<std::string> tested, seen;
    for (std::size_t number = 0; number < m_folds.size(); ++number) {
        std::set<std::string> marks;
        for (const Json& mark : pretrainedOf(number)->passport["trained_on"].items()) marks.insert(mark.text());
        if (marks.empty()) {
            m_parsed.notices.push_back({Severity::Warning,
                                        "The pretrained model does not tell whom it saw: if people tested here were "
                                        "among them, what pretraining gains may be overstated"});
            return;
        }
        for (const std::size_t scan : m_folds[number].test) {
            tested.insert(m_subjects[scan]);
            if (marks.contains(personMark(m_subjects[scan]))) seen.insert(m_subjects[scan]);
        }
    }
    if (!seen.empty())
        m_parsed.notices.push_back(
            {Severity::Warning, std::to_string(seen.size()) + " of the " + std::to_string(tested.size()) +
                                    " people tested here were in the pretraining, without their labels, so what "
                                    "pretraining gains may be overstated, unless ids of another study happen to be "
                                    "the same; 'chronnect-cli experiment' pretrains every fold without the people it "
                                    "tests"});
}

/// A score says little without something to hold it against.
void Finetuning::remarkOnNulls() {
    if (!m_spec.baselines)
        m_parsed.notices.push_back({Severity::Warning,
                                    "Without baselines nothing tells whether a linear model of static connectivity "
                                    "does as well: take no score from here by itself"});
    else if (std::ranges::any_of(m_infos, [](const ScanInfo& info) { return !(info.meanFd >= 0); }))
        m_parsed.notices.push_back({Severity::Information,
                                    "Mean framewise displacement is not known of every scan, so prediction from motion "
                                    "alone is not among the baselines"});
    if (!m_spec.labelPermutation)
        m_parsed.notices.push_back(
            {Severity::Warning, "Without shuffled labels nothing tells what score comes by chance"});
}

void Finetuning::takePretrained(const ScanSource& scans, const FinetuneCall& call) {
    if (call.fixed)
        for (const Model& model : call.fixed->pretrained) m_pretrained.push_back(&model);
    else if (call.pretrained)
        m_pretrained.push_back(call.pretrained);
    if (m_spec.mode == FinetuneMode::FromScratch && !m_spec.linearProbe) m_pretrained.clear();
    if (m_spec.mode == FinetuneMode::LinearProbe && m_pretrained.empty())
        throw Error(ErrorKind::BadInput, "A linear probe needs a pretrained model");
    m_methods.push_back(m_pretrained.empty() || m_spec.mode == FinetuneMode::FromScratch ? Kind::Scratch
                        : m_spec.mode == FinetuneMode::LinearProbe                       ? Kind::Probe
                                                                                         : Kind::Tuned);
    if (m_spec.fromScratch && m_methods.front() != Kind::Scratch) m_methods.push_back(Kind::Scratch);
    if (m_spec.linearProbe && m_methods.front() != Kind::Probe && !m_pretrained.empty())
        m_methods.push_back(Kind::Probe);
    if (m_pretrained.empty()) return;
    for (Notice& notice : compare(*m_pretrained.front(), scans)) m_parsed.notices.push_back(std::move(notice));
    const NetworkSpec theirs = networkOf(*m_pretrained.front());
    m_graph = graphOf(*m_pretrained.front());
    m_network.hidden = theirs.hidden;
    m_network.layers = theirs.layers;
}

void Finetuning::fixFolds(const FinetuneCall& call) {
    for (std::size_t scan = 0; scan < m_scans->count(); ++scan) {
        m_infos.push_back(m_scans->info(scan));
        m_subjects.push_back(m_infos.back().subject);
    }
    m_strata = strataOfTargets(m_parsed.targets);
    if (call.fixed) {
        for (const Fold& fold : call.fixed->folds) m_folds.push_back(renumbered(fold, m_parsed.scans));
        checkFolds(m_folds, m_infos);
    } else {
        m_folds = makeFolds(m_infos, m_strata, m_spec.foldBy, m_spec.folds, m_spec.innerValidation, seed());
    }
    if (m_folds.empty()) throw Error(ErrorKind::BadInput, "There are no folds to fine-tune on");
    if (m_pretrained.size() > 1 && m_pretrained.size() != m_folds.size())
        throw Error(ErrorKind::BadInput, "There are " + std::to_string(m_pretrained.size()) +
                                             " pretrained models for " + std::to_string(m_folds.size()) +
                                             " folds; give one, or one per fold");
}

/// Counts the trainings, so that progress is one line from 0 to 1.
void Finetuning::planRuns() {
    const auto networks =
        static_cast<int>(std::ranges::count_if(m_methods, [](Kind kind) { return kind != Kind::Probe; }));
    const auto subsets =
        static_cast<int>(std::ranges::count_if(m_labelShares, [](double share) { return share < 100; }));
    const bool trained = m_methods.front() != Kind::Probe;
    const int permutations = m_spec.labelPermutation && trained ? m_spec.permutations : 0;
    m_runs =
        static_cast<int>(m_folds.size()) * (networks * (1 + subsets) + permutations + 1) + (m_spec.finalModel ? 1 : 0);
}

const Model* Finetuning::pretrainedOf(std::size_t number) const {
    if (m_pretrained.empty()) return nullptr;
    return m_pretrained[m_pretrained.size() > 1 ? std::min(number, m_pretrained.size() - 1) : 0];
}

std::string Finetuning::nameOfMethod(Kind kind) const {
    if (kind == Kind::Scratch) return "trained from scratch";
    return m_pretrained.front()->name + (kind == Kind::Probe ? " linear probe" : " fine-tuned");
}

Finetuning::CurveTable& Finetuning::curveTable(const std::string& curve, double share) {
    for (CurveTable& table : m_curves)
        if (table.curve == curve && table.share == share) return table;
    m_curves.push_back({curve, share, {}});
    return m_curves.back();
}

void Finetuning::predictInto(std::vector<MethodPredictions>& table, const std::vector<Predictor>& predictors,
                             std::size_t number, const std::function<ShownScan(std::size_t)>& show) {
    for (const std::size_t scan : m_folds[number].test) {
        m_compute.check();
        const ShownScan shown = show(scan);
        for (const Predictor& predictor : predictors) {
            auto place = std::ranges::find(table, predictor.method, &MethodPredictions::method);
            if (place == table.end()) place = table.insert(table.end(), {predictor.method, {}});
            place->scans.push_back({m_infos[scan].id, m_infos[scan].subject, static_cast<int>(number) + 1,
                                    m_parsed.targets.values[scan], predictor.predict(shown)});
        }
    }
}

void Finetuning::runFold(std::size_t number, FinetuneResult& result) {
    const Fold& fold = m_folds[number];
    std::vector<Predictor> predictors;
    for (const Kind kind : m_methods) predictors.push_back(learned(kind, fold, number, {}, &result));
    if (m_spec.baselines) {
        predictors.push_back(staticFc(fold));
        predictors.push_back(tangent(fold));
        if (std::ranges::all_of(m_infos, [](const ScanInfo& info) { return info.meanFd >= 0; }))
            predictors.push_back(motion(fold));
    }
    const std::size_t shown = predictors.size();
    predictors.push_back(constant(fold));
    predictInto(m_table, predictors, number,
                [&](std::size_t scan) { return wholeScan(m_cohort, scan, m_graph, m_compute); });
    predictors.resize(shown);
    runMissingWindows(number, predictors);
    if (!stopping()) runFewLabels(number);
    if (!stopping()) runPermutations(number);
    ++m_runsDone;
}

/// The model to hand out: by the same procedure as a fold's, on everybody but the inner validation subjects.
void Finetuning::fitOnAll(FinetuneResult& result) {
    if (m_methods.front() == Kind::Probe || stopping() || !m_spec.finalModel) {
        if (!result.foldModels.empty()) result.model = result.foldModels.front();
        result.model.classes = m_parsed.classNames;
        return;
    }
    const auto watched = heldOutSubjects(m_infos, m_spec.innerValidation, seed());
    Fold all;
    all.name = "all";
    for (std::size_t scan = 0; scan < m_scans->count(); ++scan)
        (std::ranges::binary_search(watched, m_subjects[scan]) ? all.validation : all.training).push_back(scan);
    std::vector<TrainingSnapshot> history;
    const Model* pretrained = m_methods.front() == Kind::Tuned ? pretrainedOf(0) : nullptr;
    const auto trained = train(all, {"all", "all subjects", m_parsed.targets, pretrained, 0}, &history);
    result.model = modelOf(trained, m_spec.target, all, pretrained);
    result.model.history = std::move(history);
}

Json Finetuning::record() const {
    Json folds = Json::array();
    for (const Fold& fold : m_folds)
        folds.push(Json::object()
                       .set("name", fold.name)
                       .set("training", subjectsOf(fold.training, m_subjects))
                       .set("validation", subjectsOf(fold.validation, m_subjects))
                       .set("test", subjectsOf(fold.test, m_subjects)));
    Json record = Json::object().set("spec", toJson(m_spec)).set("target", m_spec.target).set("seed", m_spec.seed);
    record.set("classes", Json(m_parsed.classNames)).set("folds", folds).set("scans", m_scans->count());
    record.set("data_hash", m_dataHash.empty() ? hashOfScans(*m_scans, m_compute.context) : m_dataHash);
    record.set("data", basicPassport(*m_scans, m_graph, m_network));
    Json pretrained = Json::array();
    for (const Model* model : m_pretrained) pretrained.push(model->passport);
    return record.set("pretrained", pretrained);
}

void Finetuning::finish(FinetuneResult& result) {
    const int classCount = m_parsed.targets.classes;
    for (const MethodPredictions& method : m_table)
        for (MethodScore& score : scoresOf(method, classCount, seed())) result.scores.push_back(std::move(score));
    scorePermutations(result);
    scoreCurves(result);
    scoreSites(result);
    const MethodPredictions* rival = strongestReference(m_table, classCount);
    for (std::size_t i = 0; i < m_methods.size() && rival; ++i)
        for (const std::string& metric : metricsFor(classCount))
            result.gains.push_back(pairedGain(m_table[i], *rival, metric, classCount, seed()));
    result.verdict = verdictOf(m_table.front(), m_table, classCount, seed());
    result.calibration = calibrationOf(m_table.front().scans, classCount);
    result.predictions = m_table.front().scans;
    result.record = record();
    result.methods = std::move(m_table);
    for (MethodPredictions& permuted : m_permuted) result.methods.push_back(std::move(permuted));
}

FinetuneResult Finetuning::run() {
    FinetuneResult result;
    for (std::size_t number = 0; number < m_folds.size(); ++number) {
        if (number > 0 && stopping()) {
            m_parsed.notices.push_back({Severity::Warning, "Stopped after " + std::to_string(number) + " of " +
                                                               std::to_string(m_folds.size()) +
                                                               " folds; scores are of those"});
            break;
        }
        runFold(number, result);
    }
    finish(result);
    fitOnAll(result);
    result.notices = std::move(m_parsed.notices);
    return result;
}

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
        if (texts[scan].empty())
            ++missing;
        else if (scans.info(scan).volumes <= static_cast<std::size_t>(windowLength))
            ++tooShort;
        else {
            parsed.scans.push_back(scan);
            distinct.insert(texts[scan]);
            numeric = numeric && parseNumber(texts[scan], number);
        }
    }
    if (missing)
        parsed.notices.push_back({Severity::Warning, "Left out without a phenotype: " + countText(missing, "scan")});
    if (tooShort)
        parsed.notices.push_back(
            {Severity::Warning, "Left out, no longer than one window: " + countText(tooShort, "scan")});
    const bool regression = numeric && distinct.size() > 10;
    if (!regression && (distinct.size() < 2 || distinct.size() > 30))
        throw Error(ErrorKind::BadInput, "The phenotype has " + std::to_string(distinct.size()) +
                                             " different values; a class needs 2 to 30, a number must be numeric "
                                             "throughout");
    if (!regression) parsed.classNames.assign(distinct.begin(), distinct.end());
    parsed.targets.classes = static_cast<int>(parsed.classNames.size());
    for (const std::size_t scan : parsed.scans) {
        if (regression)
            parseNumber(texts[scan], number);
        else
            number = static_cast<double>(std::ranges::find(parsed.classNames, texts[scan]) - parsed.classNames.begin());
        parsed.targets.values.push_back(number);
    }
    return parsed;
}

FinetuneResult finetune(const ScanSource& scans, const std::vector<std::string>& targets, const FinetuneCall& call) {
    return guarded(call.context, [&] {
        const bool scratch = call.spec.mode == FinetuneMode::FromScratch && !call.spec.linearProbe;
        const Model* pretrained = call.pretrained;
        if (call.fixed && !call.fixed->pretrained.empty()) pretrained = &call.fixed->pretrained.front();
        const GraphSpec graph = pretrained && !scratch ? graphOf(*pretrained) : call.spec.graph;
        return Finetuning(scans, parseTargets(scans, targets, graph.windowLength), call).run();
    });
}

}  // namespace chronnect::train
