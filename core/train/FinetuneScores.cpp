#include "core/train/detail/FinetuneScores.h"

#include "core/learning/Scores.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace chronnect::train {

namespace {

using Row = PredictionTable::Row;
constexpr int bootstrapDraws = 2000;

int likeliest(const std::vector<double>& output) {
    return static_cast<int>(std::ranges::max_element(output) - output.begin());
}

double measure(const std::string& metric, const std::vector<Row>& rows, const std::vector<std::size_t>& items,
               const Targets& targets) {
    if (metric == "AUROC") {
        const int machines = targets.classes == 2 ? 1 : targets.classes;
        double sum = 0;
        int counted = 0;
        for (int machine = 0; machine < machines; ++machine) {
            const int positive = targets.classes == 2 ? 1 : machine;
            std::vector<double> scores;
            std::vector<int> truth;
            for (const std::size_t item : items) {
                scores.push_back(rows[item].output[static_cast<std::size_t>(positive)]);
                truth.push_back(targets.classOf(rows[item].scan) == positive);
            }
            if (const double area = areaUnderRoc(scores, truth); std::isfinite(area)) {
                sum += area;
                ++counted;
            }
        }
        return counted ? sum / counted : std::nan("");
    }
    if (metric == "balanced accuracy") {
        std::vector<int> truth, guess;
        for (const std::size_t item : items) {
            truth.push_back(targets.classOf(rows[item].scan));
            guess.push_back(likeliest(rows[item].output));
        }
        return balancedAccuracy(truth, guess);
    }
    std::vector<double> truth, guess;
    for (const std::size_t item : items) {
        truth.push_back(targets.values[rows[item].scan]);
        guess.push_back(rows[item].output[0]);
    }
    if (metric == "MAE") return meanAbsoluteError(truth, guess);
    return metric == "R2" ? determination(truth, guess) : pearson(truth, guess);
}

std::vector<std::string> metricsFor(const Targets& targets) {
    if (targets.classes > 0) return {"AUROC", "balanced accuracy"};
    return {"MAE", "R2", "r"};
}

std::vector<std::size_t> everyItem(const std::vector<Row>& rows) {
    std::vector<std::size_t> items(rows.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = i;
    return items;
}

std::vector<std::string> groupsOf(const std::vector<Row>& rows, const std::vector<std::string>& subjects) {
    std::vector<std::string> groups;
    for (const Row& row : rows) groups.push_back(subjects[row.scan]);
    return groups;
}

std::string decimals(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

}  // namespace

void PredictionTable::add(const std::string& method, std::size_t fold, const std::vector<std::size_t>& scans,
                          const std::vector<std::vector<double>>& outputs) {
    if (!m_rows.contains(method)) m_order.push_back(method);
    auto& rows = m_rows[method];
    for (std::size_t i = 0; i < scans.size(); ++i) rows.push_back({scans[i], fold, outputs[i]});
}

std::vector<MethodScore> PredictionTable::scores(const Targets& targets, const std::vector<std::string>& subjects,
                                                 std::uint64_t seed) const {
    std::vector<MethodScore> scores;
    for (const std::string& method : m_order)
        for (const std::string& metric : metricsFor(targets)) {
            const auto& rows = m_rows.at(method);
            MethodScore score;
            score.method = method;
            score.metric = metric;
            std::map<std::size_t, std::vector<std::size_t>> perFold;
            for (std::size_t i = 0; i < rows.size(); ++i) perFold[rows[i].fold].push_back(i);
            std::vector<double> finite;
            for (const auto& [fold, items] : perFold) {
                score.perFold.push_back(measure(metric, rows, items, targets));
                if (std::isfinite(score.perFold.back())) finite.push_back(score.perFold.back());
            }
            for (const double value : finite) score.mean += value / static_cast<double>(finite.size());
            for (const double value : finite)
                score.spread += std::pow(value - score.mean, 2) / std::max(1.0, static_cast<double>(finite.size()) - 1);
            score.spread = std::sqrt(score.spread);
            if (finite.empty()) score.mean = std::nan("");
            score.pooled = measure(metric, rows, everyItem(rows), targets);
            const auto interval = bootstrapInterval(groupsOf(rows, subjects), bootstrapDraws, seed, [&](const auto& items) {
                return measure(metric, rows, items, targets);
            });
            score.low = interval.low;
            score.high = interval.high;
            scores.push_back(std::move(score));
        }
    return scores;
}

std::string PredictionTable::verdict(const std::string& method, const Targets& targets,
                                     const std::vector<std::string>& subjects, std::uint64_t seed) const {
    const std::string metric = metricsFor(targets).front();
    const double sign = targets.classes > 0 ? 1 : -1;  // less error is better
    const auto& rows = m_rows.at(method);
    const double ours = measure(metric, rows, everyItem(rows), targets);
    std::string rival;
    double theirs = 0;
    for (const std::string& other : m_order) {
        const bool reference = other.starts_with("static FC") || other.starts_with("tangent");
        const bool constant = other == "majority" || other == "mean";
        if (!reference && !(constant && rival.empty())) continue;
        const auto& others = m_rows.at(other);
        const double value = measure(metric, others, everyItem(others), targets);
        const bool replacesConstant = reference && (rival == "majority" || rival == "mean");
        if (rival.empty() || replacesConstant || sign * value > sign * theirs) {
            rival = other;
            theirs = value;
        }
    }
    const auto& others = m_rows.at(rival);
    const auto paired = bootstrapInterval(groupsOf(rows, subjects), bootstrapDraws, seed, [&](const auto& items) {
        return sign * (measure(metric, rows, items, targets) - measure(metric, others, items, targets));
    });
    const std::string numbers = metric + " " + decimals(ours) + " against " + decimals(theirs) + ", difference " +
                                decimals(sign * (ours - theirs)) + " (95 % interval " + decimals(paired.low) + " to " +
                                decimals(paired.high) + ", positive is better)";
    const std::string who = method.substr(0, 1) == "t" ? "The network trained from scratch" : "The " + method + " network";
    if (paired.low > 0) return who + " gains over " + rival + ": " + numbers + ".";
    if (paired.high < 0) return who + " is worse than " + rival + ": " + numbers + ".";
    return who + " shows no gain over " + rival + ": " + numbers + ".";
}

std::vector<CalibrationBin> PredictionTable::calibration(const std::string& method, const Targets& targets) const {
    if (targets.classes == 0) return {};
    std::vector<CalibrationBin> bins(10);
    for (const Row& row : m_rows.at(method)) {
        const int guess = targets.classes == 2 ? 1 : likeliest(row.output);
        const double predicted = row.output[static_cast<std::size_t>(guess)];
        CalibrationBin& bin = bins[static_cast<std::size_t>(std::clamp(predicted * 10, 0.0, 9.0))];
        bin.predicted += predicted;
        bin.observed += targets.classOf(row.scan) == guess;
        ++bin.count;
    }
    std::erase_if(bins, [](const CalibrationBin& bin) { return bin.count == 0; });
    for (CalibrationBin& bin : bins) {
        bin.predicted /= bin.count;
        bin.observed /= bin.count;
    }
    return bins;
}

std::vector<std::vector<double>> constantPredictions(const Targets& targets, const std::vector<std::size_t>& training,
                                                     std::size_t count) {
    std::vector<double> guess(static_cast<std::size_t>(std::max(1, targets.classes)), 0.0);
    for (const std::size_t scan : training) {
        const double share = 1.0 / static_cast<double>(training.size());
        if (targets.classes > 0) guess[static_cast<std::size_t>(targets.classOf(scan))] += share;
        else guess[0] += share * targets.values[scan];
    }
    return std::vector<std::vector<double>>(count, guess);
}

}  // namespace chronnect::train
