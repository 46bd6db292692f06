#include "core/learning/Experiment.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "core/learning/Scores.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// A finished seed of one target, as it is kept: what summaries are made from, without weights.
Json keptJson(const FinetuneResult& result) {
    Json json = toJson(result);
    return Json::object()
        .set("classes", Json(result.model.classes))
        .set("methods", json["methods"])
        .set("scores", json["scores"])
        .set("curves", json["curves"])
        .set("sites", json["sites"])
        .set("verdict", json["verdict"])
        .set("notices", json["notices"])
        .set("record", result.record);
}

ScanPrediction predictionOf(const Json& json) {
    ScanPrediction row{json["scan"].text(),
                       json["subject"].text(),
                       static_cast<int>(json["fold"].number()),
                       json["truth"].number(),
                       {}};
    for (const Json& value : json["output"].items()) row.output.push_back(value.number());
    return row;
}

FinetuneResult keptResult(const fs::path& file) {
    const Json json = Json::parse(readFile(file));
    FinetuneResult result;
    for (const Json& name : json["classes"].items()) result.model.classes.push_back(name.text());
    for (const Json& method : json["methods"].items()) {
        MethodPredictions predictions{method["method"].text(), {}};
        for (const Json& row : method["predictions"].items()) predictions.scans.push_back(predictionOf(row));
        result.methods.push_back(std::move(predictions));
    }
    for (const Json& notice : json["notices"].items()) result.notices.push_back({Severity::Information, notice.text()});
    result.record = json["record"];
    return result;
}

/// A name that is safe as that of a file.
std::string fileName(const std::string& target) {
    std::string name;
    for (const char c : target) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return name;
}

class Experiment {
public:
    Experiment(const LearningEngine& engine, const ScanSource& scans, const std::vector<ExperimentTarget>& targets,
               const ExperimentSpec& spec, const fs::path& folder, const JobContext& context)
        : m_engine(engine), m_scans(scans), m_targets(targets), m_spec(spec), m_folder(folder), m_context(context) {
        for (std::size_t scan = 0; scan < scans.count(); ++scan) m_infos.push_back(scans.info(scan));
        if (targets.empty()) throw Error(ErrorKind::BadInput, "An experiment needs at least one target");
    }

    ExperimentResult run();

private:
    void claimFolder();
    void runSeed(int seed, const JobContext& context);
    FixedFolds foldsOf(int seed) const;
    void pretrain(FixedFolds& fixed, int seed, const JobContext& context);
    void finetune(const FixedFolds& fixed, int seed, std::size_t target, const JobContext& context);
    fs::path seedFolder(int seed) const { return m_folder / ("seed-" + std::to_string(seed)); }
    fs::path resultFile(int seed, const std::string& target) const {
        return seedFolder(seed) / (fileName(target) + ".json");
    }

    const LearningEngine& m_engine;
    const ScanSource& m_scans;
    const std::vector<ExperimentTarget>& m_targets;
    const ExperimentSpec& m_spec;
    const fs::path& m_folder;
    const JobContext& m_context;
    std::vector<ScanInfo> m_infos;
    Json m_record;
};

/// Writes down what is going to be done, or checks that the folder holds the same. More seeds may be asked for later.
void Experiment::claimFolder() {
    Json names = Json::array();
    std::string phenotypes;
    for (const ExperimentTarget& target : m_targets) {
        names.push(target.name);
        for (const std::string& text : target.texts) phenotypes += text + '\n';
    }
    m_record = Json::object().set("targets", names).set("pretrain_per_fold", Json(m_spec.pretrainPerFold));
    m_record.set("pretrain", toJson(m_spec.pretrain)).set("finetune", toJson(m_spec.finetune));
    m_record.set("data_hash", hashOfScans(m_scans, m_context)).set("phenotype_hash", sha256(phenotypes));
    m_record.set("program", versionText());
    const fs::path file = m_folder / "experiment.json";
    if (fs::exists(file) && Json::parse(readFile(file)).dump() != m_record.dump())
        throw Error(ErrorKind::BadInput, m_folder.string() +
                                             " holds an experiment with other settings, data or program "
                                             "version; use another folder");
    fs::create_directories(m_folder);
    if (!fs::exists(file)) writeFileAtomically(file, m_record.dump());
}

FixedFolds Experiment::foldsOf(int seed) const {
    const std::vector<int> strata = strataOf(m_targets.front().texts);
    // Only scans with the first target are dealt; one that lacks it could only help another target.
    std::vector<ScanInfo> infos;
    std::vector<int> known;
    std::vector<std::size_t> places;
    for (std::size_t scan = 0; scan < strata.size(); ++scan)
        if (strata[scan] >= 0) {
            infos.push_back(m_infos[scan]);
            known.push_back(strata[scan]);
            places.push_back(scan);
        }
    FixedFolds fixed;
    const FinetuneSpec& spec = m_spec.finetune;
    fixed.folds =
        makeFolds(infos, known, spec.foldBy, spec.folds, spec.innerValidation, static_cast<std::uint64_t>(seed));
    Json written = Json::array();
    for (Fold& fold : fixed.folds) {
        Json item = Json::object().set("name", fold.name);
        for (const auto& [name, part] : {std::pair("training", &fold.training),
                                         std::pair("validation", &fold.validation), std::pair("test", &fold.test)}) {
            Json ids = Json::array();
            for (std::size_t& scan : *part) {
                scan = places[scan];
                ids.push(m_infos[scan].id);
            }
            item.set(name, ids);
        }
        written.push(item);
    }
    fs::create_directories(seedFolder(seed));
    writeFileAtomically(seedFolder(seed) / "folds.json", written.dump());
    return fixed;
}

/// One pretraining for each fold on everybody it does not test, or one for all folds on everybody.
void Experiment::pretrain(FixedFolds& fixed, int seed, const JobContext& context) {
    const std::size_t models = m_spec.pretrainPerFold ? fixed.folds.size() : 1;
    for (std::size_t number = 0; number < models; ++number) {
        const JobContext part = context.part(double(number) / double(models), double(number + 1) / double(models));
        const std::string name = m_spec.pretrainPerFold ? "pretrained-" + std::to_string(number + 1) : "pretrained";
        const fs::path file = seedFolder(seed) / (name + ".chm");
        if (fs::exists(file)) {
            fixed.pretrained.push_back(loadModel(file));
            continue;
        }
        std::set<std::string> tested;
        if (m_spec.pretrainPerFold)
            for (const std::size_t scan : fixed.folds[number].test) tested.insert(m_infos[scan].subject);
        std::vector<std::size_t> seen;
        for (std::size_t scan = 0; scan < m_infos.size(); ++scan)
            if (!tested.contains(m_infos[scan].subject)) seen.push_back(scan);
        const auto source = selectedScans(m_scans, seen);
        PretrainSpec spec = m_spec.pretrain;
        spec.seed = seed;
        CheckpointPlan plan;
        plan.folder = seedFolder(seed) / (name + "-checkpoints");
        plan.resume = true;
        const PretrainResult result = m_engine.pretrain(*source, spec, plan, {}, part);
        writeFileAtomically(seedFolder(seed) / (name + ".json"), toJson(result).dump());
        saveModel(file, result.model);
        fs::remove_all(plan.folder);
        fixed.pretrained.push_back(result.model);
    }
}

void Experiment::finetune(const FixedFolds& fixed, int seed, std::size_t target, const JobContext& context) {
    FinetuneSpec spec = m_spec.finetune;
    spec.target = m_targets[target].name;
    spec.seed = seed;
    spec.finalModel = false;
    CheckpointPlan plan;
    plan.folder = seedFolder(seed) / (fileName(spec.target) + "-checkpoints");
    plan.resume = true;
    const FinetuneResult result = m_engine.finetuneOn(fixed, m_scans, m_targets[target].texts, spec, plan, {}, context);
    context.throwIfCancelled();
    writeFileAtomically(resultFile(seed, spec.target), keptJson(result).dump());
    fs::remove_all(plan.folder);
}

void Experiment::runSeed(int seed, const JobContext& context) {
    const auto done = [&](const ExperimentTarget& target) { return fs::exists(resultFile(seed, target.name)); };
    if (std::ranges::all_of(m_targets, done)) return;
    FixedFolds fixed = foldsOf(seed);
    constexpr double pretraining = 0.4;
    pretrain(fixed, seed, context.part(0, pretraining));
    for (std::size_t target = 0; target < m_targets.size(); ++target) {
        const double step = (1 - pretraining) / static_cast<double>(m_targets.size());
        const double from = pretraining + step * static_cast<double>(target);
        if (!done(m_targets[target])) finetune(fixed, seed, target, context.part(from, from + step));
    }
}

ExperimentResult Experiment::run() {
    claimFolder();
    if (m_spec.onlySeed > 0) runSeed(m_spec.onlySeed, m_context);
    for (int seed = 1; seed <= m_spec.seeds && m_spec.onlySeed == 0; ++seed)
        runSeed(seed, m_context.part(double(seed - 1) / m_spec.seeds, double(seed) / m_spec.seeds));
    ExperimentResult result;
    result.record = m_record;
    for (const ExperimentTarget& target : m_targets) {
        std::vector<FinetuneResult> seeds;
        for (int seed = 1; seed <= m_spec.seeds; ++seed)
            if (fs::exists(resultFile(seed, target.name))) seeds.push_back(keptResult(resultFile(seed, target.name)));
        if (seeds.size() < static_cast<std::size_t>(m_spec.seeds)) continue;
        result.targets.push_back(summarise(target.name, seeds));
        for (const Notice& notice : seeds.front().notices)
            result.notices.push_back({notice.severity, target.name + ": " + notice.text});
    }
    return result;
}

/// The same method in every seed. Rows are sorted by scan, so that rows of different seeds and methods stand side by
/// side.
std::vector<MethodPredictions> overSeeds(const std::vector<FinetuneResult>& seeds, const std::string& method) {
    std::vector<MethodPredictions> result;
    for (const FinetuneResult& seed : seeds)
        for (const MethodPredictions& predictions : seed.methods)
            if (predictions.method == method) {
                result.push_back(predictions);
                std::ranges::sort(result.back().scans, {}, &ScanPrediction::scan);
            }
    return result;
}

double meanOver(const std::vector<MethodPredictions>& seeds, const std::string& metric,
                const std::vector<std::size_t>& items, int classes) {
    double sum = 0;
    for (const MethodPredictions& seed : seeds) sum += metricOf(metric, seed.scans, items, classes);
    return sum / static_cast<double>(seeds.size());
}

std::vector<std::string> subjectsOf(const MethodPredictions& predictions) {
    std::vector<std::string> subjects;
    for (const ScanPrediction& row : predictions.scans) subjects.push_back(row.subject);
    return subjects;
}

constexpr int draws = 1000;

SeedScore scoreOf(const std::vector<MethodPredictions>& seeds, const std::string& metric, int classes) {
    SeedScore score{seeds.front().method, metric, {}, 0, 0, 0, 0};
    for (const MethodPredictions& seed : seeds) score.perSeed.push_back(metricOf(metric, seed.scans, classes));
    std::tie(score.mean, score.spread) = meanAndSpread(score.perSeed);
    const auto interval = bootstrapInterval(subjectsOf(seeds.front()), draws, 0,
                                            [&](const auto& items) { return meanOver(seeds, metric, items, classes); });
    score.low = interval.low;
    score.high = interval.high;
    return score;
}

PairedGain gainOf(const std::vector<MethodPredictions>& ours, const std::vector<MethodPredictions>& theirs,
                  const std::string& metric, int classes) {
    const double sign = higherIsBetter(metric) ? 1 : -1;
    const auto difference = [&](const std::vector<std::size_t>& items) {
        return sign * (meanOver(ours, metric, items, classes) - meanOver(theirs, metric, items, classes));
    };
    const auto subjects = subjectsOf(ours.front());
    std::vector<std::size_t> all(subjects.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const auto interval = bootstrapInterval(subjects, draws, 0, difference);
    const std::set<std::string> people(subjects.begin(), subjects.end());
    return {ours.front().method, theirs.front().method,          metric, difference(all), interval.low,
            interval.high,       static_cast<int>(people.size())};
}

bool isShuffled(const std::string& method) { return method.starts_with("shuffled labels"); }
bool isConstant(const std::string& method) { return method == "majority" || method == "mean"; }

/// The null: pooled metric of every permutation of every seed.
SeedScore nullScore(const std::vector<FinetuneResult>& seeds, const std::string& metric, int classes) {
    SeedScore score{"shuffled labels", metric, {}, 0, 0, 0, 0};
    for (const FinetuneResult& seed : seeds)
        for (const MethodPredictions& method : seed.methods)
            if (isShuffled(method.method)) score.perSeed.push_back(metricOf(metric, method.scans, classes));
    if (score.perSeed.empty()) return score;
    std::tie(score.mean, score.spread) = meanAndSpread(score.perSeed);
    score.low = *std::ranges::min_element(score.perSeed);
    score.high = *std::ranges::max_element(score.perSeed);
    return score;
}

std::string verdictText(const PairedGain& gain, const SeedScore& ours, double theirs) {
    char numbers[200];
    std::snprintf(numbers, sizeof numbers,
                  "%s %.3g against %.3g, difference %.3g (95 %% interval %.3g to %.3g, positive is better)",
                  gain.metric.c_str(), ours.mean, theirs, gain.gain, gain.low, gain.high);
    const std::string what = gain.low > 0 ? " gains over " : gain.high < 0 ? " is worse than " : ": no gain over ";
    return gain.method + what + gain.against + ", " + numbers + ".";
}

}  // namespace

TargetResult summarise(const std::string& target, const std::vector<FinetuneResult>& seeds) {
    TargetResult result;
    result.target = target;
    result.classes = seeds.front().model.classes;
    result.seeds = static_cast<int>(seeds.size());
    const int classes = static_cast<int>(result.classes.size());
    const auto metrics = metricsFor(classes);
    std::vector<std::vector<MethodPredictions>> methods;
    for (const MethodPredictions& method : seeds.front().methods)
        if (!isShuffled(method.method)) methods.push_back(overSeeds(seeds, method.method));
    result.scans = static_cast<int>(methods.front().front().scans.size());
    const std::vector<MethodPredictions>* rival = nullptr;
    double best = 0;
    for (const auto& method : methods)
        for (const std::string& metric : metrics) {
            result.scores.push_back(scoreOf(method, metric, classes));
            const double value = (higherIsBetter(metric) ? 1 : -1) * result.scores.back().mean;
            if (metric != metrics.front() || !isReference(method.front().method) || (rival && value <= best)) continue;
            rival = &method;
            best = value;
        }
    for (const auto& method : methods)
        if (!rival && isConstant(method.front().method)) rival = &method;
    for (const auto& method : methods)
        for (const std::string& metric : metrics)
            if (rival && !isReference(method.front().method) && !isConstant(method.front().method))
                result.gains.push_back(gainOf(method, *rival, metric, classes));
    const SeedScore& main = result.scores.front();
    const SeedScore null = nullScore(seeds, metrics.front(), classes);
    result.permutations = static_cast<int>(null.perSeed.size());
    if (result.permutations > 0) {
        const double sign = higherIsBetter(metrics.front()) ? 1 : -1;
        const auto asGood =
            std::ranges::count_if(null.perSeed, [&](double value) { return sign * value >= sign * main.mean; });
        result.p = static_cast<double>(asGood + 1) / static_cast<double>(result.permutations + 1);
        for (const std::string& metric : metrics) result.scores.push_back(nullScore(seeds, metric, classes));
    }
    if (!result.gains.empty()) {
        result.subjects = result.gains.front().subjects;
        const auto theirs = std::ranges::find_if(result.scores, [&](const SeedScore& score) {
            return score.method == result.gains.front().against && score.metric == metrics.front();
        });
        result.verdict = verdictText(result.gains.front(), main, theirs->mean);
    }
    return result;
}

ExperimentResult runExperiment(const LearningEngine& engine, const ScanSource& scans,
                               const std::vector<ExperimentTarget>& targets, const ExperimentSpec& spec,
                               const fs::path& folder, const JobContext& context) {
    return Experiment(engine, scans, targets, spec, folder, context).run();
}

}  // namespace chronnect
