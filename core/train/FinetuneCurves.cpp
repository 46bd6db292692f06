#include "core/base/Random.h"
#include "core/learning/Scores.h"
#include "core/train/detail/FinetuneRun.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

namespace chronnect::train {

/// Labels dealt anew among the people who train and validate, all of a person's scans getting those of another; test
/// labels stay. When whole sites are tested, labels stay within their site: dealt across, they would lose what the site
/// alone tells of them, and a network that only tells sites apart would beat them.
Targets Finetuning::shuffled(const Fold& fold, std::size_t number, int permutation) const {
    std::vector<std::string> people;
    std::vector<double> values;
    std::map<std::string, std::size_t> place;
    std::map<std::string, std::vector<std::size_t>> groups;
    for (const std::size_t scan : fittedOn(fold))
        if (place.emplace(m_subjects[scan], people.size()).second) {
            groups[m_spec.foldBy == FoldBy::Site ? m_infos[scan].site : std::string()].push_back(people.size());
            people.push_back(m_subjects[scan]);
            values.push_back(m_parsed.targets.values[scan]);
        }
    const std::string name = "labels " + std::to_string(number) + " " + std::to_string(permutation);
    Random random = Random(seed()).stream(name);
    std::vector<std::size_t> order(people.size());
    for (const auto& [site, members] : groups) {
        const auto dealt = random.permutation(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) order[members[i]] = members[dealt[i]];
    }
    Targets targets = m_parsed.targets;
    for (const std::size_t scan : fittedOn(fold)) targets.values[scan] = values[order[place[m_subjects[scan]]]];
    return targets;
}

/// The main method trained on shuffled labels, judged by the true ones.
void Finetuning::runPermutations(std::size_t number) {
    const Kind kind = m_methods.front();
    if (!m_spec.labelPermutation) return;
    std::optional<ProbeRows> rows;
    if (kind == Kind::Probe) rows = probeRows(m_folds[number], number);
    const auto show = [&](std::size_t scan) { return wholeScan(m_cohort, scan, m_graph, m_compute); };
    for (int permutation = 1; permutation <= m_spec.permutations && !stopping(); ++permutation) {
        const std::string method = "shuffled labels " + std::to_string(permutation);
        const Targets targets = shuffled(m_folds[number], number, permutation);
        if (rows) {
            predictInto(m_permuted, {probe(*rows, targets, method)}, number, show);
            continue;
        }
        const Model* pretrained = kind == Kind::Tuned ? pretrainedOf(number) : nullptr;
        const std::string name = "shuffled " + std::to_string(number + 1) + "." + std::to_string(permutation);
        const auto trained = train(
            m_folds[number], {name, "shuffled labels", targets, pretrained, static_cast<int>(number) + 1}, nullptr);
        predictInto(m_permuted, {network(trained, method)}, number, show);
    }
}

/// The learned methods and static FC on nested subsets of the fold's people.
void Finetuning::runFewLabels(std::size_t number) {
    for (const double share : m_labelShares) {
        if (stopping()) return;
        if (share >= 100) continue;  // the main run
        const Fold fewer = withFewerLabels(m_folds[number], m_infos, m_strata, m_spec.foldBy, share / 100,
                                           m_spec.innerValidation, seed());
        const std::string suffix = " labels " + std::to_string(std::lround(share * 100));
        std::vector<Predictor> predictors;
        for (const Kind kind : m_methods) predictors.push_back(learned(kind, fewer, number, suffix, nullptr));
        if (m_spec.baselines) predictors.push_back(staticFc(fewer));
        predictInto(curveTable("training people", share).methods, predictors, number,
                    [&](std::size_t scan) { return wholeScan(m_cohort, scan, m_graph, m_compute); });
    }
}

/// Test scans with windows missing. A draw depends on the scan, the share and the kind alone, so every method and every
/// model of the same seed is shown the same.
void Finetuning::runMissingWindows(std::size_t number, const std::vector<Predictor>& predictors) {
    for (const double share : m_missingShares)
        for (const bool oneStretch : {false, true}) {
            const std::string curve = oneStretch ? "windows missing in one stretch" : "windows missing at random";
            predictInto(curveTable(curve, share).methods, predictors, number, [&](std::size_t scan) {
                const ShownScan whole = wholeScan(m_cohort, scan, m_graph, m_compute);
                Random random = Random(seed()).stream(curve + std::to_string(share) + m_infos[scan].id);
                return withWindows(whole, keptWindows(whole.batch.windows(), share / 100, oneStretch, random));
            });
        }
}

void Finetuning::scorePermutations(FinetuneResult& result) {
    if (m_permuted.empty()) return;
    const int classCount = m_parsed.targets.classes;
    for (const std::string& metric : metricsFor(classCount)) {
        MethodScore null;
        null.method = "shuffled labels";
        null.metric = metric;
        for (const MethodPredictions& permuted : m_permuted)
            null.perFold.push_back(metricOf(metric, permuted.scans, classCount));
        std::tie(null.mean, null.spread) = meanAndSpread(null.perFold);
        null.pooled = null.mean;
        std::tie(null.low, null.high) =
            std::pair(*std::ranges::min_element(null.perFold), *std::ranges::max_element(null.perFold));
        const auto main = std::ranges::find_if(result.scores, [&](const MethodScore& score) {
            return score.method == m_table.front().method && score.metric == metric;
        });
        const double sign = higherIsBetter(metric) ? 1 : -1;
        const auto asGood =
            std::ranges::count_if(null.perFold, [&](double value) { return sign * value >= sign * main->pooled; });
        main->permutations = static_cast<int>(m_permuted.size());
        main->p = static_cast<double>(asGood + 1) / static_cast<double>(m_permuted.size() + 1);
        result.scores.push_back(std::move(null));
    }
}

void Finetuning::scoreCurves(FinetuneResult& result) {
    const int classCount = m_parsed.targets.classes;
    const std::string metric = metricsFor(classCount).front();
    const auto add = [&](const std::string& curve, double share, const MethodPredictions& method) {
        for (MethodScore& score : scoresOf(method, classCount, seed()))
            if (score.metric == metric) result.curves.push_back({curve, share, std::move(score)});
    };
    for (const CurveTable& table : m_curves)
        for (const MethodPredictions& method : table.methods) add(table.curve, table.share, method);
    if (!m_labelShares.empty() && m_labelShares.back() >= 100)
        for (std::size_t i = 0; i < m_table.size(); ++i)
            if (i < m_methods.size() || m_table[i].method.starts_with("static FC"))
                add("training people", 100, m_table[i]);
    std::ranges::stable_sort(result.curves, {},
                             [](const CurvePoint& point) { return std::pair(point.curve, point.share); });
}

/// The site of every tested person from static FC, or from the codes of an encoder that is fitted on a fold's training
/// people like everything else.
MethodPredictions Finetuning::sitesFrom(bool codes, const Targets& sites, const std::vector<Fold>& folds) {
    MethodPredictions method;
    const LinearTask task{sites, m_subjects, LinearKind::Logistic, seed()};
    int number = 0;
    for (const Fold& fold : folds) {
        const auto scans = fittedOn(fold);
        std::optional<ProbeRows> probed;
        if (codes) probed = probeRows(fold, static_cast<std::size_t>(number));
        ++number;
        const LinearModel linear(probed ? probed->rows : staticRows(scans), scans, task, m_compute.context);
        for (const std::size_t scan : fold.test) {
            m_compute.check();
            const auto row = probed ? probed->codes->row(makeBatch(m_cohort, {scan}, 0, 0, m_graph, m_compute))
                                    : staticRow(m_cohort.scan(scan));
            method.scans.push_back({m_infos[scan].id, m_infos[scan].subject, number, sites.values[scan],
                                    linear.predict(row.unsqueeze(0)).front()});
        }
    }
    return method;
}

/// How well the site of a person the model has not seen is told from static FC, and from the pretrained codes. By the
/// folds of the phenotype, whose people the encoder of a fold has not seen where each has its own; where those test
/// whole sites, no site could be learned, so people are split anew and only an encoder that served all folds is asked.
void Finetuning::scoreSites(FinetuneResult& result) {
    std::set<std::string> names;
    for (const ScanInfo& info : m_infos) names.insert(info.site);
    if (names.size() < 2 || names.contains("") || names.size() > 30 || !m_spec.baselines || stopping()) return;
    const std::vector<std::string> sites(names.begin(), names.end());
    Targets targets;
    targets.classes = static_cast<int>(sites.size());
    std::vector<int> strata;
    for (const ScanInfo& info : m_infos) {
        strata.push_back(static_cast<int>(std::ranges::lower_bound(sites, info.site) - sites.begin()));
        targets.values.push_back(strata.back());
    }
    const bool bySite = m_spec.foldBy == FoldBy::Site;
    const std::set<std::string> people(m_subjects.begin(), m_subjects.end());
    const int parts = std::min<int>(5, static_cast<int>(people.size()));
    const auto folds = bySite ? makeFolds(m_infos, strata, FoldBy::Family, parts, 0, seed()) : m_folds;
    char chance[16];
    std::snprintf(chance, sizeof chance, "%.2g", 1.0 / static_cast<double>(sites.size()));
    for (const bool codes : {false, true}) {
        if (codes && (m_pretrained.empty() || (bySite && m_pretrained.size() > 1))) continue;
        MethodPredictions method = sitesFrom(codes, targets, folds);
        method.method =
            std::string("site from ") + (codes ? "pretrained codes" : "static FC") + " (chance " + chance + ")";
        for (MethodScore& score : scoresOf(method, targets.classes, seed()))
            if (score.metric == "balanced accuracy") result.sites.push_back(std::move(score));
    }
}

}  // namespace chronnect::train
