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
/// labels stay.
Targets Finetuning::shuffled(const Fold& fold, std::size_t number, int permutation) const {
    std::vector<std::string> people;
    std::vector<double> values;
    std::map<std::string, std::size_t> place;
    for (const std::size_t scan : fittedOn(fold))
        if (place.emplace(m_subjects[scan], people.size()).second) {
            people.push_back(m_subjects[scan]);
            values.push_back(m_parsed.targets.values[scan]);
        }
    const std::string name = "labels " + std::to_string(number) + " " + std::to_string(permutation);
    const auto order = Random(seed()).stream(name).permutation(people.size());
    Targets targets = m_parsed.targets;
    for (const std::size_t scan : fittedOn(fold)) targets.values[scan] = values[order[place[m_subjects[scan]]]];
    return targets;
}

/// The main method trained on shuffled labels, judged by the true ones.
void Finetuning::runPermutations(std::size_t number) {
    const Kind kind = m_methods.front();
    if (!m_spec.labelPermutation || kind == Kind::Probe) return;
    for (int permutation = 1; permutation <= m_spec.permutations && !stopping(); ++permutation) {
        const std::string method = "shuffled labels " + std::to_string(permutation);
        const Targets targets = shuffled(m_folds[number], number, permutation);
        const Model* pretrained = kind == Kind::Tuned ? pretrainedOf(number) : nullptr;
        const std::string name = "shuffled " + std::to_string(number + 1) + "." + std::to_string(permutation);
        const auto trained = train(
            m_folds[number], {name, "shuffled labels", targets, pretrained, static_cast<int>(number) + 1}, nullptr);
        predictInto(m_permuted, {network(trained, method)}, number,
                    [&](std::size_t scan) { return wholeScan(m_cohort, scan, m_graph, m_compute); });
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

/// How well the site of a person the model has not seen is told from static FC, and from the pretrained codes. Folds of
/// its own, since people may be split by site for the phenotype.
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
    const std::set<std::string> people(m_subjects.begin(), m_subjects.end());
    const int parts = std::min<int>(5, static_cast<int>(people.size()));
    std::vector<std::size_t> all(m_scans->count());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    std::vector<std::pair<std::string, torch::Tensor>> views{{"static FC", staticRows(all)}};
    if (!m_pretrained.empty()) {
        Probe codes(*pretrainedOf(0), m_cohort, all, m_compute);
        std::vector<torch::Tensor> rows;
        for (const std::size_t scan : all)
            rows.push_back(codes.row(makeBatch(m_cohort, {scan}, 0, 0, m_graph, m_compute)));
        views.emplace_back("pretrained codes", torch::stack(rows));
    }
    char chance[16];
    std::snprintf(chance, sizeof chance, "%.2g", 1.0 / static_cast<double>(sites.size()));
    for (const auto& [view, features] : views) {
        MethodPredictions method{"site from " + view + " (chance " + chance + ")", {}};
        const LinearTask task{targets, m_subjects, LinearKind::Logistic, seed()};
        int number = 0;
        for (const Fold& fold : makeFolds(m_infos, strata, FoldBy::Family, parts, 0, seed())) {
            ++number;
            const auto outputs = linearPredictions(features, fold.training, fold.test, task, m_compute.context);
            for (std::size_t i = 0; i < fold.test.size(); ++i) {
                const ScanInfo& info = m_infos[fold.test[i]];
                method.scans.push_back({info.id, info.subject, number, targets.values[fold.test[i]], outputs[i]});
            }
        }
        for (MethodScore& score : scoresOf(method, targets.classes, seed()))
            if (score.metric == "balanced accuracy") result.sites.push_back(std::move(score));
    }
}

}  // namespace chronnect::train
