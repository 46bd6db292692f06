#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace chronnect {

/// Area under the ROC curve; ties count half (Mann-Whitney). NaN when one class is absent.
double areaUnderRoc(const std::vector<double>& scores, const std::vector<int>& positive);

/// Average precision, sum of (R_n - R_{n-1}) P_n over distinct scores (scikit-learn's rule). NaN without positives.
double averagePrecision(const std::vector<double>& scores, const std::vector<int>& positive);

/// Mean over the classes present of the share recognised. `truth` and `guess` are class indices.
double balancedAccuracy(const std::vector<int>& truth, const std::vector<int>& guess);

double meanAbsoluteError(const std::vector<double>& truth, const std::vector<double>& guess);
/// 1 - SSE/SST about the mean of `truth`; NaN when truth is constant.
double determination(const std::vector<double>& truth, const std::vector<double>& guess);
double pearson(const std::vector<double>& a, const std::vector<double>& b);

/// Mean and standard deviation (ddof 1; 0 for a single value). NaN for no values.
std::pair<double, double> meanAndSpread(const std::vector<double>& values);

struct Interval {
    double low = 0, high = 0;
};

/// 95 % percentile bootstrap: draws groups with replacement and hands the indices of the drawn items to `statistic`.
/// Draws in which it is NaN are left out. `groups[i]` names the subject of item i.
Interval bootstrapInterval(const std::vector<std::string>& groups, int draws, std::uint64_t seed,
                           const std::function<double(const std::vector<std::size_t>& items)>& statistic);

/// exp of the entropy of the normalised singular values (Roy & Vetterli 2007).
double effectiveRank(const std::vector<double>& singularValues);

}  // namespace chronnect
