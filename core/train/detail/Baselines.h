#pragma once

#include "core/base/JobContext.h"
#include "core/train/detail/Cohort.h"

#include <torch/types.h>

#include <string>
#include <vector>

namespace chronnect::train {

/// What is to be predicted: class indices (classes > 0) or numbers.
struct Targets {
    int classes = 0;
    std::vector<double> values;  ///< one per scan

    int classOf(std::size_t scan) const { return static_cast<int>(values[scan]); }
};

/// Static connectivity of whole scans: Fisher z of the Pearson correlations of pairs a < b. scans x pairs, double.
torch::Tensor staticConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans, const JobContext& context);

/// Tangent-space connectivity: log(M^-1/2 C M^-1/2) with M the geometric mean of the training scans' covariances
/// (shrunk towards a scaled identity by `shrinkage`, since log needs full rank). Upper triangles with diagonal.
torch::Tensor tangentConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans,
                                  const std::vector<std::size_t>& training, double shrinkage, const JobContext& context);

enum class LinearKind { Logistic, Ridge, Svm };

/// Fits a linear model on standardised features of the rows `training` and predicts the rows `test`. The penalty is
/// chosen by cross-validation inside the training rows, whole subjects at a time. Class weights are balanced. Returns
/// test x classes probabilities (SVM: decision values through a logistic curve) or test x 1 numbers.
std::vector<std::vector<double>> linearPredictions(const torch::Tensor& features, const Targets& targets,
                                                   const std::vector<std::string>& subjects,
                                                   const std::vector<std::size_t>& training,
                                                   const std::vector<std::size_t>& test, LinearKind kind,
                                                   std::uint64_t seed, const JobContext& context);

}  // namespace chronnect::train
