#pragma once

#include "core/base/JobContext.h"
#include "core/data/Study.h"
#include "widgets/pages/QualityPage.h"

#include <memory>
#include <optional>

namespace chronnect {

/// How the correlations between the regions of one run are spread.
struct EdgeHistogram {
    std::vector<double> bins;   ///< middle of each bin of r
    std::vector<double> share;  ///< of the pairs that have a correlation
    double median = 0;          ///< NaN when no pair has one
};
EdgeHistogram edgeHistogram(const TimeSeries& series);

/// Every run in numbers, and QC-FC over the runs that are not excluded.
CohortQualityView measureCohort(const Study& study, const StudyResult& result, const std::vector<Exclusion>& exclusions,
                                const JobContext& context);

/// Pictures of one run; reads its image once. What cannot be drawn is said in the note.
RunQualityView measureRun(const Study& study, const RunInput& run, const RunResult& result,
                          const Parcellation* parcellation, const JobContext& context);

/// The study's atlas on `run` (or, with an empty id, the first run that is an image).
/// Empty when the study has no atlas or no image. Throws Error when a file cannot be read.
std::optional<AtlasInspection> inspectAtlas(const Study& study, const std::string& run, const JobContext& context);

/// The first thing about the study's atlas that keeps an analysis from starting, over all grids and spaces of its runs:
/// an inspection that blocks or asks what `answers` do not answer. Empty when there is nothing.
std::optional<AtlasInspection> doubtfulAtlas(const Study& study, const std::vector<Answer>& answers,
                                             const JobContext& context);

}  // namespace chronnect
