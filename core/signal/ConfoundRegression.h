#pragma once

#include "core/base/JobContext.h"
#include "core/signal/SignalMatrix.h"

#include <vector>

namespace chronnect {

/// An orthonormal basis of what a set of confounds spans.
struct ConfoundBasis {
    SignalMatrix basis;                ///< volumes x rank, orthonormal columns
    std::vector<std::size_t> dropped;  ///< columns that are constant or follow from others
};

/// QR with column pivoting of the z-scored (ddof 1) confounds; columns with |R_ii| <= 100 machine epsilons are dropped.
ConfoundBasis confoundBasis(SignalMatrix confounds);

/// Least-squares residual of every signal (`signals - Q Q' signals`).
void regressOut(SignalMatrix& signals, const ConfoundBasis& confounds, const JobContext& context = {});

}  // namespace chronnect
