#include "core/learning/MethodScores.h"

#include "core/base/NumberText.h"
#include "core/learning/Scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace chronnect {

namespace {

using Rows = std::vector<ScanPrediction>;
using Items = std::vector<std::size_t>;
constexpr int bootstrapDraws = 2000;

int likeliest(const std::vector<double>& output) {
    return static_cast<int>(std::ranges::max_element(output) - output.begin());
}

int classOf(const ScanPrediction& row) { return static_cast<int>(row.truth); }

Items everyItem(const Rows& rows) {
    Items items(rows.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = i;
    return items;
}

std::vector<std::string> subjectsOf(const Rows& rows) {
    std::vector<std::string> subjects;
    for (const ScanPrediction& row : rows) subjects.push_back(row.subject);
    return subjects;
}

std::map<int, Items> byFold(const Rows& rows, const Items& items) {
    std::map<int, Items> folds;
    for (const std::size_t item : items) folds[rows[item].fold].push_back(item);
    return folds;
}

/// The share of pairs of one fold in which `positive` got the higher output, over the pairs of all folds.
double areaOf(const Rows& rows, const std::map<int, Items>& folds, int positive) {
    double right = 0, pairs = 0;
    for (const auto& [fold, items] : folds) {
        std::vector<double> scores;
        std::vector<int> truth;
        for (const std::size_t item : items) {
            scores.push_back(rows[item].output[static_cast<std::size_t>(positive)]);
            truth.push_back(classOf(rows[item]) == positive);
        }
        const auto positives = static_cast<double>(std::ranges::count(truth, 1));
        const double pairsHere = positives * (static_cast<double>(items.size()) - positives);
        if (pairsHere == 0) continue;
        right += areaUnderRoc(scores, truth) * pairsHere;
        pairs += pairsHere;
    }
    return pairs > 0 ? right / pairs : std::nan("");
}

double areaOf(const Rows& rows, const Items& items, int classes) {
    const auto folds = byFold(rows, items);
    double sum = 0;
    int counted = 0;
    for (int positive = classes == 2 ? 1 : 0; positive < classes; ++positive)
        if (const double area = areaOf(rows, folds, positive); std::isfinite(area)) {
            sum += area;
            ++counted;
        }
    return counted ? sum / counted : std::nan("");
}

/// Correlation of truth and output after the mean of its fold is taken from each. NaN for outputs that are the same
/// throughout every fold.
double correlationOf(const Rows& rows, const Items& items) {
    double ab = 0, aa = 0, bb = 0, size = 0;
    for (const auto& [fold, members] : byFold(rows, items)) {
        double truth = 0, output = 0;
        for (const std::size_t item : members) {
            truth += rows[item].truth / static_cast<double>(members.size());
            output += rows[item].output[0] / static_cast<double>(members.size());
        }
        for (const std::size_t item : members) {
            const double a = rows[item].truth - truth, b = rows[item].output[0] - output;
            ab += a * b;
            aa += a * a;
            bb += b * b;
            size += rows[item].output[0] * rows[item].output[0];
        }
    }
    const bool constant = bb <= 1e-24 * size;  // what rounding leaves of equal outputs
    return aa > 0 && bb > 0 && !constant ? ab / std::sqrt(aa * bb) : std::nan("");
}

double brierOf(const Rows& rows, const Items& items, int classes) {
    double sum = 0;
    for (const std::size_t item : items)
        for (int k = classes == 2 ? 1 : 0; k < classes; ++k)
            sum += std::pow(rows[item].output[static_cast<std::size_t>(k)] - (classOf(rows[item]) == k), 2);
    return items.empty() ? std::nan("") : sum / static_cast<double>(items.size());
}

std::array<CalibrationBin, 10> binsOf(const Rows& rows, const Items& items, int classes) {
    std::array<CalibrationBin, 10> bins{};
    for (const std::size_t item : items) {
        const int guess = classes == 2 ? 1 : likeliest(rows[item].output);
        const double predicted = rows[item].output[static_cast<std::size_t>(guess)];
        CalibrationBin& bin = bins[static_cast<std::size_t>(std::clamp(predicted * 10, 0.0, 9.0))];
        bin.predicted += predicted;
        bin.observed += classOf(rows[item]) == guess;
        ++bin.count;
    }
    return bins;
}

double calibrationErrorOf(const Rows& rows, const Items& items, int classes) {
    double sum = 0;
    for (const CalibrationBin& bin : binsOf(rows, items, classes)) sum += std::abs(bin.predicted - bin.observed);
    return items.empty() ? std::nan("") : sum / static_cast<double>(items.size());
}

double accuracyOf(const Rows& rows, const Items& items) {
    std::vector<int> truth, guess;
    for (const std::size_t item : items) {
        truth.push_back(classOf(rows[item]));
        guess.push_back(likeliest(rows[item].output));
    }
    return balancedAccuracy(truth, guess);
}

std::string decimals(double value) { return numberText(value, 3); }

}  // namespace

std::vector<std::string> metricsFor(int classes) {
    if (classes > 0) return {"AUROC", "balanced accuracy", "Brier", "ECE"};
    return {"MAE", "R2", "r"};
}

bool higherIsBetter(const std::string& metric) { return metric != "MAE" && metric != "Brier" && metric != "ECE"; }

double metricOf(const std::string& metric, const Rows& rows, const Items& items, int classes) {
    if (metric == "AUROC") return areaOf(rows, items, classes);
    if (metric == "balanced accuracy") return accuracyOf(rows, items);
    if (metric == "Brier") return brierOf(rows, items, classes);
    if (metric == "ECE") return calibrationErrorOf(rows, items, classes);
    std::vector<double> truth, guess;
    for (const std::size_t item : items) {
        truth.push_back(rows[item].truth);
        guess.push_back(rows[item].output[0]);
    }
    if (metric == "MAE") return meanAbsoluteError(truth, guess);
    return metric == "R2" ? determination(truth, guess) : correlationOf(rows, items);
}

double metricOf(const std::string& metric, const Rows& rows, int classes) {
    return metricOf(metric, rows, everyItem(rows), classes);
}

std::string permutationText(double p, int permutations) {
    if (permutations == 0) return {};
    const std::string drawn = countText(static_cast<std::size_t>(permutations), "permutation");
    if (permutations >= permutationsForP) return "p " + decimals(p) + " from " + drawn;
    return "no p: " + drawn + ", and from fewer than " + std::to_string(permutationsForP) +
           " none can be 0.05 or less (this one is " + decimals(p) + ")";
}

std::vector<MethodScore> scoresOf(const MethodPredictions& predictions, int classes, std::uint64_t seed) {
    std::vector<MethodScore> scores;
    const Rows& rows = predictions.scans;
    const auto perFold = byFold(rows, everyItem(rows));
    for (const std::string& metric : metricsFor(classes)) {
        MethodScore score;
        score.method = predictions.method;
        score.metric = metric;
        std::vector<double> finite;
        for (const auto& [fold, items] : perFold) {
            score.perFold.push_back(metricOf(metric, rows, items, classes));
            if (std::isfinite(score.perFold.back())) finite.push_back(score.perFold.back());
        }
        std::tie(score.mean, score.spread) = meanAndSpread(finite);
        score.pooled = metricOf(metric, rows, classes);
        const auto interval = bootstrapInterval(subjectsOf(rows), bootstrapDraws, seed, [&](const Items& items) {
            return metricOf(metric, rows, items, classes);
        });
        score.low = interval.low;
        score.high = interval.high;
        scores.push_back(std::move(score));
    }
    return scores;
}

bool isReference(const std::string& method) {
    return method.starts_with("static FC") || method.starts_with("tangent") || method == "mean motion alone";
}

const MethodPredictions* strongestReference(const std::vector<MethodPredictions>& methods, int classes) {
    const std::string metric = metricsFor(classes).front();
    const double sign = higherIsBetter(metric) ? 1 : -1;
    const MethodPredictions *best = nullptr, *constant = nullptr;
    double highest = 0;
    for (const MethodPredictions& method : methods) {
        if (method.method == "majority" || method.method == "mean") constant = &method;
        if (!isReference(method.method)) continue;
        const double value = sign * metricOf(metric, method.scans, classes);
        if (!best || value > highest) {
            best = &method;
            highest = value;
        }
    }
    return best ? best : constant;
}

PairedGain pairedGain(const MethodPredictions& method, const MethodPredictions& against, const std::string& metric,
                      int classes, std::uint64_t seed) {
    const double sign = higherIsBetter(metric) ? 1 : -1;
    const auto difference = [&](const Items& items) {
        return sign *
               (metricOf(metric, method.scans, items, classes) - metricOf(metric, against.scans, items, classes));
    };
    PairedGain gain{method.method, against.method, metric, difference(everyItem(method.scans)), 0, 0, 0};
    const auto subjects = subjectsOf(method.scans);
    const auto interval = bootstrapInterval(subjects, bootstrapDraws, seed, difference);
    gain.low = interval.low;
    gain.high = interval.high;
    std::map<std::string, int> distinct;
    for (const std::string& subject : subjects) ++distinct[subject];
    gain.subjects = static_cast<int>(distinct.size());
    return gain;
}

std::string verdictOf(const MethodPredictions& method, const std::vector<MethodPredictions>& methods, int classes,
                      std::uint64_t seed) {
    const MethodPredictions* rival = strongestReference(methods, classes);
    if (!rival) return {};
    const std::string metric = metricsFor(classes).front();
    const PairedGain gain = pairedGain(method, *rival, metric, classes, seed);
    const std::string numbers = metric + " " + decimals(metricOf(metric, method.scans, classes)) + " against " +
                                decimals(metricOf(metric, rival->scans, classes)) + ", difference " +
                                decimals(gain.gain) + " (95 % interval " + decimals(gain.low) + " to " +
                                decimals(gain.high) + ", positive is better)";
    const std::string who =
        method.method.starts_with("trained") ? "The network trained from scratch" : "The " + method.method + " network";
    if (!std::isfinite(gain.gain))
        return who + " cannot be judged: no fold tests people of both classes, so no two of them can be ranked.";
    if (gain.low > 0) return who + " gains over " + rival->method + ": " + numbers + ".";
    if (gain.high < 0) return who + " is worse than " + rival->method + ": " + numbers + ".";
    return who + " shows no gain over " + rival->method + ": " + numbers + ".";
}

std::vector<CalibrationBin> calibrationOf(const Rows& rows, int classes) {
    std::vector<CalibrationBin> result;
    if (classes == 0) return result;
    for (CalibrationBin bin : binsOf(rows, everyItem(rows), classes)) {
        if (bin.count == 0) continue;
        bin.predicted /= bin.count;
        bin.observed /= bin.count;
        result.push_back(bin);
    }
    return result;
}

}  // namespace chronnect
