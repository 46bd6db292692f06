#include "core/train/detail/Evaluation.h"

#include "core/base/Error.h"
#include "core/learning/Scores.h"
#include "core/model/Windows.h"
#include "core/train/detail/Baselines.h"
#include "core/train/detail/PretrainLoop.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace chronnect::train {

namespace {

using model::Compute;

constexpr int bootstrapDraws = 1000;

/// One question's metric per asked window, for the model and each baseline.
struct Question {
    std::map<std::string, std::map<std::string, std::vector<double>>> values;  ///< metric, method, one per ask
    std::map<std::string, std::vector<std::string>> subjects;                  ///< metric, one per ask
};
using Questions = std::map<std::string, Question>;

std::vector<double> numbers(const torch::Tensor& tensor) {
    const auto flat = tensor.to(torch::kCPU, torch::kDouble).contiguous().flatten();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

std::vector<int> flags(const torch::Tensor& tensor) {
    const auto flat = tensor.to(torch::kCPU, torch::kInt).contiguous().flatten();
    return {flat.data_ptr<int>(), flat.data_ptr<int>() + flat.numel()};
}

/// The scan at hand with everything the baselines need.
struct Subject {
    std::string name;
    Batch batch;
    View view;
    torch::Tensor profiles;  ///< windows x regions x regions
    torch::Tensor truth;     ///< windows x regions x regions, bool
    torch::Tensor targets;   ///< windows x regions x target width: what nodes are rebuilt to
};

/// A question about some windows: its name, and whether it is also asked network by network.
struct Asked {
    std::string name;
    bool byNetwork = false;
};

class Evaluator {
public:
    Evaluator(model::Encoder& encoder, Objective& objective, const PretrainSpec& spec, const Cohort& cohort,
              const EvaluationPlan& plan, const Compute& compute)
        : m_encoder(encoder),
          m_objective(objective),
          m_spec(spec),
          m_cohort(cohort),
          m_plan(plan),
          m_compute(compute),
          m_upper(torch::ones({cohort.regions(), cohort.regions()}, torch::kBool).triu(1)),
          m_gap(nonOverlappingGap(spec.graph)) {}

    EvaluationResult run();

private:
    Subject look(std::size_t scan, bool surrogate);
    void groupMean();
    void groupTargets();
    void findNetworks();
    void ask(Subject& subject, const std::string& suffix);
    void askSpatial(Subject& subject, std::int64_t window, const std::string& suffix);
    void askTemporal(Subject& subject, const Triple& triple, std::int64_t gap, const std::string& suffix);
    std::map<std::string, torch::Tensor> baselines(const torch::Tensor& perWindow, const torch::Tensor& group,
                                                   const Triple& place, bool canBeAveraged = true) const;
    /// Windows that share no volume with the target.
    torch::Tensor otherWindows(std::int64_t windows, std::int64_t target) const;
    void scoreEdges(const Asked& asked, const Subject& subject, const Triple& place, const torch::Tensor& which,
                    const torch::Tensor& predicted);
    void scoreNodes(const Asked& asked, const Subject& subject, const Triple& place, const torch::Tensor& hidden,
                    const torch::Tensor& predicted);
    std::map<std::string, torch::Tensor> ownGuesses(const Subject& subject, std::int64_t window) const;
    void add(const std::string& question, const std::string& metric, const std::string& subject,
             const std::map<std::string, double>& values);
    void summarise(EvaluationResult& result) const;
    void health(EvaluationResult& result) const;

    model::Encoder& m_encoder;
    Objective& m_objective;
    const PretrainSpec& m_spec;
    const Cohort& m_cohort;
    const EvaluationPlan& m_plan;
    const Compute& m_compute;
    torch::Tensor m_upper, m_group, m_groupTargets;
    std::map<std::string, torch::Tensor> m_networks;  ///< regions, bool
    std::int64_t m_gap;
    Questions m_questions;
    std::vector<torch::Tensor> m_codes;
};

Subject Evaluator::look(std::size_t scan, bool surrogate) {
    Random random = Random(m_plan.seed).stream("evaluation " + std::to_string(scan));
    Subject subject;
    subject.name = m_cohort.source().info(scan).subject;
    Compute quiet = m_compute;
    subject.batch = makeBatch(m_cohort, {scan}, 0, 0, m_spec.graph, quiet);
    if (surrogate) {
        subject.batch.series = model::standardised(phaseRandomised(subject.batch.series[0].to(torch::kCPU), random))
                                   .unsqueeze(0)
                                   .to(m_compute.device);
        subject.batch.graphs = model::buildGraphs(subject.batch.series, subject.batch.starts, m_spec.graph, quiet);
    }
    subject.view =
        m_objective.view(m_encoder, subject.batch, m_objective.drawMasks(subject.batch, random), random, m_compute);
    std::vector<std::int64_t> all;
    for (std::int64_t window = 0; window < subject.batch.windows(); ++window) all.push_back(window);
    subject.profiles = subject.batch.profiles(all).to(torch::kCPU);
    subject.truth = model::unpackGraphs(subject.batch.graphs.bits, m_cohort.regions(), torch::kBool).to(torch::kCPU);
    subject.targets = m_objective.predictsProfiles()
                          ? subject.profiles
                          : m_objective.nodeTargets(subject.batch, subject.view, all).to(torch::kCPU);
    return subject;
}

/// Mean correlation over (at most 40, drawn at random) training scans.
void Evaluator::groupMean() {
    torch::Tensor sum = torch::zeros({m_cohort.regions(), m_cohort.regions()});
    const auto scans = someOf(m_plan.training, 40);
    for (const std::size_t scan : scans) {
        m_compute.check();
        sum += model::correlation(m_cohort.scan(scan));
    }
    m_group = sum / static_cast<double>(std::max<std::size_t>(scans.size(), 1));
}

/// Mean node target of every region over training scans, where such a mean says anything.
void Evaluator::groupTargets() {
    if (m_objective.predictsProfiles()) m_groupTargets = m_group;
    if (m_objective.predictsProfiles() || !m_objective.targetsHaveMean()) return;
    constexpr std::size_t scansAtMost = 8;  // each needs a pass through the network
    const auto scans = someOf(m_plan.training, scansAtMost);
    for (const std::size_t scan : scans) {
        m_compute.check();
        const auto mean = look(scan, false).targets.mean(0) / static_cast<double>(scans.size());
        m_groupTargets = m_groupTargets.defined() ? m_groupTargets + mean : mean;
    }
}

void Evaluator::findNetworks() {
    const auto& networks = m_cohort.source().networks();
    for (std::size_t i = 0; i < networks.size(); ++i) {
        if (networks[i].empty()) continue;
        auto& regions = m_networks[networks[i]];
        if (!regions.defined()) regions = torch::zeros({m_cohort.regions()}, torch::kBool);
        regions[static_cast<std::int64_t>(i)] = true;
    }
}

torch::Tensor Evaluator::otherWindows(std::int64_t windows, std::int64_t target) const {
    torch::Tensor rest = torch::ones({windows}, torch::kBool);
    rest.slice(0, std::max<std::int64_t>(0, target - m_gap + 1), std::min(windows, target + m_gap)).fill_(false);
    return rest.nonzero().flatten();
}

std::map<std::string, torch::Tensor> Evaluator::baselines(const torch::Tensor& perWindow, const torch::Tensor& group,
                                                          const Triple& place, bool canBeAveraged) const {
    std::map<std::string, torch::Tensor> guesses;
    const auto windows = perWindow.size(0);
    const bool hasBefore = place.before >= 0, hasAfter = place.after < windows;
    if (hasBefore || hasAfter) {
        const bool first = hasBefore && (!hasAfter || place.target - place.before <= place.after - place.target);
        guesses["copy nearest"] = perWindow[first ? place.before : place.after];
    }
    if (!canBeAveraged) return guesses;
    if (hasBefore && hasAfter) guesses["mean of flanks"] = 0.5 * (perWindow[place.before] + perWindow[place.after]);
    if (const auto rest = otherWindows(windows, place.target); rest.size(0) > 0)
        guesses["scan mean"] = perWindow.index_select(0, rest).mean(0);
    if (group.defined() && !m_plan.training.empty()) guesses["group mean"] = group;
    return guesses;
}

void Evaluator::add(const std::string& question, const std::string& metric, const std::string& subject,
                    const std::map<std::string, double>& values) {
    for (const auto& [method, value] : values)
        if (!std::isfinite(value)) return;
    Question& entry = m_questions[question];
    entry.subjects[metric].push_back(subject);
    for (const auto& [method, value] : values) entry.values[metric][method].push_back(value);
}

void Evaluator::scoreEdges(const Asked& asked, const Subject& subject, const Triple& place, const torch::Tensor& which,
                           const torch::Tensor& predicted) {
    auto guesses = baselines(subject.profiles, m_group, place);
    guesses["model"] = predicted.to(torch::kCPU);
    const auto score = [&](const std::string& question, const torch::Tensor& pairs) {
        if (!pairs.any().item<bool>()) return;
        const auto truth = flags(subject.truth[place.target].masked_select(pairs));
        std::map<std::string, double> roc, precision;
        for (const auto& [method, matrix] : guesses) {
            const auto values = numbers(matrix.masked_select(pairs));
            roc[method] = areaUnderRoc(values, truth);
            precision[method] = averagePrecision(values, truth);
        }
        add(question, "AUROC", subject.name, roc);
        add(question, "AP", subject.name, precision);
    };
    const auto pairs = which.logical_and(m_upper);
    score(asked.name, pairs);
    if (!asked.byNetwork) return;
    for (const auto& [network, regions] : m_networks)
        score(asked.name + ", within " + network,
              pairs.logical_and(regions.unsqueeze(0)).logical_and(regions.unsqueeze(1)));
}

std::map<std::string, torch::Tensor> Evaluator::ownGuesses(const Subject& subject, std::int64_t window) const {
    const auto rest = otherWindows(subject.batch.windows(), window);
    const auto scan = rest.size(0) > 0 ? subject.profiles.index_select(0, rest).mean(0) : torch::Tensor();
    auto guesses = m_objective.ownGuesses(subject.batch, subject.view, window, scan, m_group);
    for (auto& [method, guess] : guesses) guess = guess.to(torch::kCPU);
    return guesses;
}

void Evaluator::scoreNodes(const Asked& asked, const Subject& subject, const Triple& place, const torch::Tensor& hidden,
                           const torch::Tensor& predicted) {
    if (!hidden.any().item<bool>()) return;
    auto guesses = baselines(subject.targets, m_groupTargets, place, m_objective.targetsHaveMean());
    if (asked.name.starts_with("spatial")) guesses.merge(ownGuesses(subject, place.target));
    guesses["model"] = predicted.to(torch::kCPU);
    for (auto& [method, guess] : guesses)
        guess = torch::cosine_similarity(guess, subject.targets[place.target], -1, 1e-8);
    const auto report = [&](const std::string& question, const torch::Tensor& regions) {
        if (!regions.any().item<bool>()) return;
        std::map<std::string, double> values;
        for (const auto& [method, cosine] : guesses)
            values[method] = cosine.masked_select(regions).mean().item<double>();
        add(question, "cosine", subject.name, values);
    };
    report(asked.name, hidden);
    if (!asked.byNetwork) return;
    for (const auto& [network, regions] : m_networks) report(asked.name + ", " + network, hidden.logical_and(regions));
}

void Evaluator::askSpatial(Subject& subject, std::int64_t window, const std::string& suffix) {
    const auto cut = [&](const torch::Tensor& all) { return all.slice(0, window, window + 1); };
    const auto z = cut(subject.view.latent), hidden = cut(subject.view.hidden);
    const Triple place{window, window - m_gap, window + m_gap};
    if (m_objective.predictsEdges()) {
        const auto which = model::unpackGraphs(cut(subject.view.askedPairs), m_cohort.regions(), torch::kBool);
        scoreEdges({"spatial edges" + suffix, suffix.empty()}, subject, place, which[0].to(torch::kCPU),
                   m_objective.edges(z, hidden)[0]);
    }
    const model::Graphs decoded{cut(subject.view.decoded.bits), m_cohort.regions()};
    scoreNodes({"spatial nodes" + suffix, suffix.empty()}, subject, place, hidden[0].to(torch::kCPU),
               m_objective.nodes(z, hidden, decoded, m_compute)[0]);
}

void Evaluator::askTemporal(Subject& subject, const Triple& triple, std::int64_t gap, const std::string& suffix) {
    const std::string name = "gap " + std::to_string(gap) + " windows" + suffix;
    const auto pick = [&](std::int64_t window) { return subject.view.latent.slice(0, window, window + 1); };
    const auto before = pick(triple.before), after = pick(triple.after);
    if (m_objective.predictsEdges())
        scoreEdges({"temporal edges, " + name, suffix.empty()}, subject, triple, m_upper,
                   m_objective.edgesBetween(before, after)[0]);
    const model::Graphs visible{subject.view.visible.bits.slice(0, triple.before, triple.before + 1),
                                m_cohort.regions()};
    scoreNodes({"temporal nodes, " + name, suffix.empty()}, subject, triple,
               torch::ones({m_cohort.regions()}, torch::kBool),
               m_objective.nodesBetween(before, after, visible, m_compute)[0]);
}

void Evaluator::ask(Subject& subject, const std::string& suffix) {
    const auto windows = subject.batch.windows();
    const auto spread = [&](std::int64_t from, std::int64_t to) {  // a few windows evenly over [from, to)
        std::set<std::int64_t> chosen;
        for (int i = 0; i < m_plan.targetsPerScan && to > from; ++i)
            chosen.insert(from + (to - from) * (2 * i + 1) / (2 * m_plan.targetsPerScan));
        return chosen;
    };
    if (m_objective.isSpatial())
        for (const auto window : spread(0, windows)) askSpatial(subject, window, suffix);
    if (!m_objective.isTemporal()) return;
    const std::int64_t least = minimumGap(m_spec.graph, m_spec.gap);
    for (const std::int64_t gap : {least, least + (least + 1) / 2, 2 * least})
        for (const auto target : spread(gap, windows - gap)) {
            m_compute.check();
            askTemporal(subject, {target, target - gap, target + gap}, gap, suffix);
        }
}

void Evaluator::summarise(EvaluationResult& result) const {
    for (const auto& [question, entry] : m_questions)
        for (const auto& [metric, methods] : entry.values) {
            const auto& subjects = entry.subjects.at(metric);
            const auto meanOver = [&](const std::vector<double>& values, const std::vector<std::size_t>& items) {
                double sum = 0;
                for (const std::size_t item : items) sum += values[item];
                return sum / static_cast<double>(items.size());
            };
            std::vector<std::size_t> all(subjects.size());
            for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
            ReconstructionScore score;
            score.question = question;
            score.metric = metric;
            score.subjects = static_cast<int>(std::set<std::string>(subjects.begin(), subjects.end()).size());
            const auto& model = methods.at("model");
            score.model = meanOver(model, all);
            for (const auto& [method, values] : methods) {
                if (method == "model" || values.size() != model.size()) continue;
                score.baselines[method] = meanOver(values, all);
                if (score.against.empty() || score.baselines[method] > score.baselines[score.against])
                    score.against = method;
            }
            const auto interval = bootstrapInterval(subjects, bootstrapDraws, m_plan.seed,
                                                    [&](const auto& items) { return meanOver(model, items); });
            score.low = interval.low;
            score.high = interval.high;
            if (!score.against.empty()) {
                const auto& rival = methods.at(score.against);
                score.gain = score.model - score.baselines[score.against];
                const auto paired = bootstrapInterval(subjects, bootstrapDraws, m_plan.seed, [&](const auto& items) {
                    return meanOver(model, items) - meanOver(rival, items);
                });
                score.gainLow = paired.low;
                score.gainHigh = paired.high;
            }
            result.scores.push_back(std::move(score));
        }
}

void Evaluator::health(EvaluationResult& result) const {
    if (m_codes.empty()) return;
    result.effectiveRank = effectiveRankOf(torch::cat(m_codes));
    if (const std::string alarm = collapseAlarm(result.effectiveRank, m_codes.front().size(1)); !alarm.empty())
        result.notices.push_back({Severity::Warning, alarm});
}

EvaluationResult Evaluator::run() {
    const torch::NoGradGuard noGradient;
    EvaluationResult result;
    groupMean();
    groupTargets();
    findNetworks();
    const auto scans = someOf(m_plan.heldOut, static_cast<std::size_t>(m_plan.scansAtMost));
    for (std::size_t i = 0; i < scans.size(); ++i) {
        m_compute.check();
        m_compute.context.report(static_cast<double>(i) / static_cast<double>(scans.size()),
                                 "Scoring held-out subjects");
        Subject subject = look(scans[i], false);
        ask(subject, "");
        m_compute.check();
        const auto flat = subject.view.latent.flatten(0, 1);
        const auto step = std::max<std::int64_t>(1, flat.size(0) / 256);
        m_codes.push_back(flat.slice(0, 0, flat.size(0), step).to(torch::kCPU));
        Subject surrogate = look(scans[i], true);
        ask(surrogate, ", phase-randomised");
    }
    summarise(result);
    health(result);
    if (m_objective.isTemporal() &&
        std::ranges::none_of(result.scores, [](const auto& score) { return score.question.starts_with("temporal"); }))
        result.notices.push_back({Severity::Warning,
                                  "No held-out scan is long enough for a temporal question with the "
                                  "chosen gap between windows"});
    return result;
}

}  // namespace

torch::Tensor phaseRandomised(const torch::Tensor& series, Random& random) {
    const auto volumes = series.size(0);
    auto spectrum = torch::fft_rfft(series.to(torch::kDouble), c10::nullopt, 0);
    auto phases = torch::zeros({spectrum.size(0)}, torch::kDouble);
    // The mean (frequency 0) and, for an even length, the highest frequency must stay real.
    const auto last = volumes % 2 == 0 ? spectrum.size(0) - 1 : spectrum.size(0);
    for (std::int64_t i = 1; i < last; ++i) phases[i] = 2 * std::numbers::pi * random.uniform();
    spectrum = spectrum * torch::polar(torch::ones_like(phases), phases).unsqueeze(1);
    return torch::fft_irfft(spectrum, volumes, 0).to(torch::kFloat);
}

EvaluationResult evaluate(model::Encoder& encoder, Objective& objective, const PretrainSpec& spec, const Cohort& cohort,
                          const EvaluationPlan& plan, const Compute& compute) {
    return Evaluator(encoder, objective, spec, cohort, plan, compute).run();
}

}  // namespace chronnect::train
