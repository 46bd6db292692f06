#pragma once

#include "core/project/Project.h"

#include <QString>

namespace chronnect {

/// Where a run stands between file and result.
enum class RunStatus { NotAnalysed, Ready, OutOfDate, Failed, Excluded };

RunStatus statusOf(const Project& project, const std::string& run);
QString statusText(RunStatus status);
QString statusIcon(RunStatus status);  ///< a name for themedIcon

/// Why a run is left out; null when it is not.
const Exclusion* exclusionOf(const Project& project, const std::string& run);

/// Whether extraction or cleaning were changed since the results were made. Windows and thresholds are applied on the
/// fly and never make a result old.
bool isOutOfDate(const Project& project);

/// Runs that are used but were left out when the results were made.
std::size_t runsWaiting(const Project& project);

/// What participants.tsv knows about the person of a run: "age 31.5 · sex F"; empty when nothing.
QString personText(const Study& study, const std::string& run);

/// Why there is nothing to do with a run without series: it was not analysed, or it is a finished matrix.
QString whyNoSeries(const RunResult* result);

/// The result of a run, or null.
const RunResult* resultOf(const Project& project, const std::string& run);

}  // namespace chronnect
