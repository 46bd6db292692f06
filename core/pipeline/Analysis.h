#pragma once

#include "core/base/JobContext.h"
#include "core/base/SpecJson.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/data/Study.h"
#include "core/graph/Thresholding.h"
#include "core/imaging/RegionExtraction.h"
#include "core/signal/Clean.h"

#include <map>
#include <memory>
#include <string>

namespace chronnect {

/// All settings from files to dynamic graphs.
struct AnalysisSpec {
    ExtractionSpec extraction;
    CleanSpec clean;
    SlidingWindowSpec window;
    ThresholdSpec threshold;

    bool operator==(const AnalysisSpec&) const = default;
};

/// One run from file to cleaned series.
struct RunResult {
    std::shared_ptr<const ExtractedSeries> extracted;
    std::shared_ptr<const CleanedSeries> cleaned;
    std::string problem;  ///< why this run gave no series; empty when it did
};

/// Results by RunInput::id().
using RunResults = std::map<std::string, RunResult>;

struct StudyResult {
    std::shared_ptr<const Parcellation> parcellation;
    RunResults runs;
    Notices notices;
};

/// Extracts and cleans every run of a study; a run that fails is reported and the others go on.
/// Throws Error when the atlas cannot be read or every run fails.
StudyResult analyseStudy(const Study& study, const AnalysisSpec& spec, const JobContext& context = {});

/// Extraction of one run (image or ready series).
ExtractedSeries loadRun(const RunInput& run, const Atlas* atlas, const ExtractionSpec& spec,
                        const JobContext& context = {});

/// Guesses a parcellation (names, and centres where the names are known) for ready series.
Parcellation parcellationOf(const TimeSeries& series);

Json toJson(const AnalysisSpec& spec);
void readJson(AnalysisSpec& spec, const Json& json);

}  // namespace chronnect
