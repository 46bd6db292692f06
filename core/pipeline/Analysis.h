#pragma once

#include "core/base/JobContext.h"
#include "core/base/SpecJson.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/data/Connectivity.h"
#include "core/data/Study.h"
#include "core/graph/Thresholding.h"
#include "core/imaging/RegionExtraction.h"
#include "core/io/SeriesFiles.h"
#include "core/signal/Clean.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

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
    std::string problem;                                      ///< why this run gave no series; empty when it did
    std::shared_ptr<const ConnectivityMatrix> finished = {};  ///< of a run that is a matrix made by another program
};

/// Why a run that is a finished matrix gave no series; every page that needs them shows it.
inline constexpr const char* finishedMatrixHasNoSeries =
    "is a finished matrix of connectivity: it holds no series over time to clean, to cut into windows or to learn from";

/// Results by RunInput::id().
using RunResults = std::map<std::string, RunResult>;

/// A run that a person left out, and why.
struct LeftOutRun {
    std::string run;
    std::string reason;
};

struct StudyResult {
    std::shared_ptr<const Parcellation> parcellation;
    RunResults runs;
    Notices notices;
    std::vector<LeftOutRun> leftOut = {};  ///< told and counted by exports and reports; not among `runs`
};

/// Extracts and cleans every run of a study, several at a time; a run that fails is reported and the others go on.
/// Ready series keep their file's repetition time. What a run does not allow is left out and said in its notices:
/// confound regression without a confounds file, filters without a repetition time.
/// With a `cache` folder, region series are kept there by the hash of their inputs and of the extraction settings, so
/// that a cancelled study goes on where it stopped and a second one only cleans.
/// Throws Error when the atlas is missing or cannot be read, or when every run fails.
StudyResult analyseStudy(const Study& study, const AnalysisSpec& spec, const JobContext& context = {},
                         const std::filesystem::path& cache = {});

/// Extraction of one run: an image, a series on surfaces, or ready series (also .ptseries.nii), which `howToRead` helps
/// to read. Throws Error(BadInput) when an image comes without atlas, and for a finished matrix (.pconn.nii).
ExtractedSeries loadRun(const RunInput& run, const Atlas* atlas, const ExtractionSpec& spec,
                        const JobContext& context = {}, const SeriesReadSpec& howToRead = {});

/// The settings that a run allows: without confounds no regression and no censoring, without repetition time no filter.
/// What is left out is added to `notices`.
CleanSpec applicableCleaning(const CleanSpec& spec, bool hasConfounds, double repetitionTime, Notices& notices);

/// Guesses a parcellation (names, and centres where the names are known) for ready series. Regions without known
/// centre get `hasCentre = false` and a place on a spiral over a head-sized ellipsoid, left and right by name, so that
/// they can be drawn; a view must say that the places mean nothing.
Parcellation parcellationOf(const TimeSeries& series);

/// {"extraction": {...}, "clean": {...}, "window": {...}, "threshold": {...}}; parts that are absent keep their values.
Json toJson(const AnalysisSpec& spec);
void readJson(AnalysisSpec& spec, const Json& json);

}  // namespace chronnect
