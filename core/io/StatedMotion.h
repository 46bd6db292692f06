#pragma once

#include "core/data/Study.h"

namespace chronnect {

/// Mean framewise displacement of a run in mm as something other than a confounds table tells it: the JSON file beside
/// ready series (`Quality.mean_fd_mm`, as extract writes it), else a column of the participants table such as mean_fd
/// or ABIDE's func_mean_fd, that of the run's session first. NaN when nothing tells.
double statedMeanFd(const Study& study, const RunInput& run);

/// Mean of the framewise displacement in the run's confounds table, in mm; without one what statedMeanFd tells. Reads
/// files. NaN when nothing tells.
double meanFdOf(const Study& study, const RunInput& run);

}  // namespace chronnect
