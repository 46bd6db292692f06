#include "core/signal/ConfoundRegression.h"

#include <Eigen/Dense>

#include <algorithm>
#include <limits>

namespace chronnect {

ConfoundBasis confoundBasis(SignalMatrix confounds) {
    ConfoundBasis result;
    result.basis = SignalMatrix(confounds.volumes, 0);
    if (confounds.signals == 0 || confounds.volumes == 0) return result;
    for (std::size_t c = 0; c < confounds.signals; ++c) standardizeZ(confounds.signal(c), 1);
    const auto rows = static_cast<Eigen::Index>(confounds.volumes),
               columns = static_cast<Eigen::Index>(confounds.signals);
    const Eigen::Map<const Eigen::MatrixXd> matrix(confounds.values.data(), rows, columns);
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> decomposition(matrix);
    constexpr double smallest = 100 * std::numeric_limits<double>::epsilon();
    const auto size = std::min(rows, columns);
    Eigen::Index rank = 0;
    while (rank < size && std::abs(decomposition.matrixR()(rank, rank)) > smallest) ++rank;
    for (Eigen::Index i = rank; i < columns; ++i)
        result.dropped.push_back(static_cast<std::size_t>(decomposition.colsPermutation().indices()(i)));
    std::sort(result.dropped.begin(), result.dropped.end());
    result.basis = SignalMatrix(confounds.volumes, static_cast<std::size_t>(rank));
    if (rank == 0) return result;
    Eigen::Map<Eigen::MatrixXd> basis(result.basis.values.data(), rows, rank);
    basis = decomposition.householderQ() * Eigen::MatrixXd::Identity(rows, rank);
    return result;
}

void regressOut(SignalMatrix& signals, const ConfoundBasis& confounds, const JobContext& context) {
    if (confounds.basis.signals == 0) return;
    const auto rows = static_cast<Eigen::Index>(signals.volumes);
    const Eigen::Map<const Eigen::MatrixXd> basis(confounds.basis.values.data(), rows,
                                                  static_cast<Eigen::Index>(confounds.basis.signals));
    for (std::size_t s = 0; s < signals.signals; ++s) {
        context.throwIfCancelled();
        Eigen::Map<Eigen::VectorXd> signal(signals.signal(s).data(), rows);
        const Eigen::VectorXd weights = basis.transpose() * signal;
        signal.noalias() -= basis * weights;
    }
}

}  // namespace chronnect
