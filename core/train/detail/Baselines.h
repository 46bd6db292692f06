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

/// `scans`, or `atMost` of them drawn at random (always the same ones), in their order. Files are often sorted by site,
/// so the first few would be of one.
std::vector<std::size_t> someOf(const std::vector<std::size_t>& scans, std::size_t atMost);

/// Fisher z of the Pearson correlations of pairs a < b of one series (volumes x regions). pairs, double.
torch::Tensor staticRow(const torch::Tensor& series);

/// The same of whole scans. scans x pairs.
torch::Tensor staticConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans,
                                 const JobContext& context);

/// Tangent-space connectivity: log(M^-1/2 C M^-1/2) with M the geometric mean of (at most 60, drawn at random, of) the
/// training scans' correlation matrices, each shrunk towards the identity by `shrinkage`, since log needs full rank
/// (Varoquaux 2010).
class TangentSpace {
public:
    TangentSpace(const Cohort& cohort, const std::vector<std::size_t>& training, double shrinkage,
                 const JobContext& context);
    /// Upper triangle with diagonal, off-diagonal entries times sqrt 2 so that distances are kept.
    torch::Tensor row(const torch::Tensor& series) const;

private:
    torch::Tensor shrunk(const torch::Tensor& series) const;

    double m_shrinkage;
    torch::Tensor m_inverse;
};

torch::Tensor tangentConnectivity(const Cohort& cohort, const std::vector<std::size_t>& scans,
                                  const std::vector<std::size_t>& training, double shrinkage,
                                  const JobContext& context);

enum class LinearKind { Logistic, Ridge, Svm };

/// Whose rows a linear model is fitted on.
struct LinearTask {
    const Targets& targets;
    const std::vector<std::string>& subjects;  ///< of every scan
    LinearKind kind = LinearKind::Ridge;
    std::uint64_t seed = 0;
};

/// A linear model on standardised features, in dual form. The penalty is chosen by cross-validation inside the rows it
/// is fitted on, whole subjects at a time. Classes are weighted so that each counts the same.
class LinearModel {
public:
    /// `rows` are the features of the scans `training`, in that order; more than 3000 are thinned at random.
    LinearModel(const torch::Tensor& rows, const std::vector<std::size_t>& training, const LinearTask& task,
                const JobContext& context);
    /// Class probabilities (SVM: decision values through a logistic curve) or one number, per row.
    std::vector<std::vector<double>> predict(const torch::Tensor& rows) const;
    /// The penalty of each machine: one, or one per class against the rest.
    const std::vector<double>& penalties() const { return m_penalties; }

private:
    torch::Tensor kernelWith(const torch::Tensor& rows) const;

    int m_classes;
    double m_centre = 0;
    torch::Tensor m_mean, m_deviation, m_rows;
    std::vector<torch::Tensor> m_coefficients;
    std::vector<double> m_penalties;
};

/// Fits on the rows `training` of `features` (one row per scan) and predicts the rows `test`.
std::vector<std::vector<double>> linearPredictions(const torch::Tensor& features,
                                                   const std::vector<std::size_t>& training,
                                                   const std::vector<std::size_t>& test, const LinearTask& task,
                                                   const JobContext& context);

/// One fit at a given penalty, for kernels as LinearModel makes them; the dual coefficients. `aim` is 0/1 or numbers.
torch::Tensor fitDual(LinearKind kind, const torch::Tensor& kernel, const torch::Tensor& aim, double penalty);

/// Class shares of the training scans, or their mean, for `count` scans.
std::vector<std::vector<double>> constantPredictions(const Targets& targets, const std::vector<std::size_t>& training,
                                                     std::size_t count);

}  // namespace chronnect::train
