#pragma once

#include "core/base/Json.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace chronnect {

/// One way to predict the phenotype, on the same folds as all others.
struct MethodScore {
    std::string method;  ///< "ST-MAE fine-tuned", "static FC + logistic", "shuffled labels", "majority"
    std::string metric;  ///< "AUROC", "balanced accuracy", "MAE", "R2"
    std::vector<double> perFold;
    double mean = 0, spread = 0;                          ///< over folds, sd with ddof 1
    double low = 0, high = 0;                             ///< of `pooled`, 95 % bootstrap interval over subjects
    double pooled = 0;                                    ///< metricOf over the predictions of all folds together
    double p = std::numeric_limits<double>::quiet_NaN();  ///< (b + 1) / (m + 1) over label permutations, if any
    int permutations = 0;                                 ///< m
};

/// A method against another one on the same scans; positive = better. 95 % paired bootstrap interval over subjects.
struct PairedGain {
    std::string method, against, metric;
    double gain = 0, low = 0, high = 0;
    int subjects = 0;
};

/// One point of a few-label or missing-window curve: `score` with `share` percent of the training people, or with that
/// share of the windows dropped at test. The draws are the same for every method.
struct CurvePoint {
    std::string curve;  ///< "training people", "windows missing at random", "windows missing in one stretch"
    double share = 0;   ///< percent
    MethodScore score;
};

/// Predicted against observed share of the last class (or of hits of the likeliest class when there are more than two).
struct CalibrationBin {
    double predicted = 0, observed = 0;
    int count = 0;
};

struct ScanPrediction {
    std::string scan, subject;
    int fold = 0;
    double truth = 0;            ///< class index or number
    std::vector<double> output;  ///< class probabilities, or one number
};

/// Out-of-fold predictions of one method.
struct MethodPredictions {
    std::string method;
    std::vector<ScanPrediction> scans;
};

/// "AUROC", "balanced accuracy", "Brier", "ECE" for classes; "MAE", "R2", "r" for numbers (classes = 0). The first is
/// the one that verdicts go by.
std::vector<std::string> metricsFor(int classes);
bool higherIsBetter(const std::string& metric);

/// A metric over the chosen rows. Outputs of different folds come from different models and are not ranked against each
/// other: AUROC is the share of pairs from the same fold that are in the right order, over the pairs of all folds, and
/// r is taken about the means of the folds. Otherwise a guess that is constant in every fold would score below chance,
/// since its constant leans away from the people left out. AUROC of more than two classes is one against the rest,
/// averaged. Brier score: mean
/// of (p - y)^2 of the last of two classes, or of the sum over classes. ECE: expected calibration error over ten bins
/// of equal width of the last class's probability, or of the likeliest's when there are more than two. NaN if
/// undefined.
double metricOf(const std::string& metric, const std::vector<ScanPrediction>& rows,
                const std::vector<std::size_t>& items, int classes);
double metricOf(const std::string& metric, const std::vector<ScanPrediction>& rows, int classes);

/// Permutations from which a p of at most 0.05 can come: 1 / (19 + 1).
constexpr int permutationsForP = 19;
/// "p 0.03 from 99 permutations", or that there were too few; empty without permutations.
std::string permutationText(double p, int permutations);

/// Every metric of one method: per fold, mean and spread over folds, pooled with its interval over subjects.
std::vector<MethodScore> scoresOf(const MethodPredictions& predictions, int classes, std::uint64_t seed);

/// Whether a method is one of the references that a network must beat: static FC, tangent space, mean motion.
bool isReference(const std::string& method);
/// The strongest reference by the first metric; the constant guess when there is none; empty when there is neither.
const MethodPredictions* strongestReference(const std::vector<MethodPredictions>& methods, int classes);

/// `method` minus `against` by `metric`; both must hold the same scans in the same order.
PairedGain pairedGain(const MethodPredictions& method, const MethodPredictions& against, const std::string& metric,
                      int classes, std::uint64_t seed);

/// One plain sentence: `method` against the strongest reference.
std::string verdictOf(const MethodPredictions& method, const std::vector<MethodPredictions>& methods, int classes,
                      std::uint64_t seed);

/// Ten bins of predicted probability, empty ones left out.
std::vector<CalibrationBin> calibrationOf(const std::vector<ScanPrediction>& rows, int classes);

Json toJson(const MethodScore& score);
Json toJson(const PairedGain& gain);
Json toJson(const CurvePoint& point);
Json toJson(const ScanPrediction& prediction);

}  // namespace chronnect
