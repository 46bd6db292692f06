#pragma once

#include "core/data/Study.h"
#include "core/pipeline/Analysis.h"

#include <optional>
#include <vector>

namespace chronnect {

/// The figures of one run that exported tables and the methods text share.
struct RunFigures {
    std::size_t volumes = 0, kept = 0, regions = 0, regionsWithoutSeries = 0;
    std::size_t confounds = 0;  ///< regressed out
    double repetitionTime = 0.0;
    double degreesOfFreedom = 0.0;
    std::optional<double> meanDisplacement;   ///< mm, over all volumes
    std::vector<double> displacement, dvars;  ///< per volume; empty when unknown
};

/// Reads the run's confounds for displacement and DVARS; a table that cannot be read leaves them empty.
RunFigures figuresOf(const RunInput& run, const RunResult& result);

}  // namespace chronnect
