#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/base/Parameters.h"
#include "core/data/Parcellation.h"
#include "core/data/Study.h"
#include "core/data/Table.h"
#include "core/pipeline/Analysis.h"

#include <string>
#include <vector>

namespace chronnect {

/// When a run is called unusual.
struct QualitySpec {
    double fdThresholdMm = 0.5;  ///< volumes above count as moved
    double maximumMeanFdMm = 0.5;
    double minimumKeptMinutes = 4;  ///< of cleaned data
    double minimumCoverage = 0.9;   ///< share of regions with signal
    double outlierDeviation = 3.5;  ///< robust z (median, MAD) over the cohort, Iglewicz and Hoaglin 1993

    bool operator==(const QualitySpec&) const = default;
};

template <SpecOf<QualitySpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.fdThresholdMm,
          {"fd_threshold_mm", "Moved above", "mm", "Framewise displacement of a moved volume", 0, 50});
    visit(spec.maximumMeanFdMm, {"maximum_mean_fd_mm", "Largest mean FD", "mm", "A run with more is flagged", 0, 50});
    visit(spec.minimumKeptMinutes,
          {"minimum_kept_minutes", "Shortest run", "min", "A run with less cleaned data is flagged", 0, 600});
    visit(spec.minimumCoverage, {"minimum_coverage", "Smallest coverage", "", "Share of regions with signal", 0, 1});
    visit(spec.outlierDeviation,
          {"outlier_deviation", "Outlier", "MAD", "Robust z over the cohort that is flagged", 1, 100});
}

/// How good one run is. NaN where a number cannot be known (no confounds, standardized series, ...).
struct RunQuality {
    std::string run;
    std::size_t volumes = 0, volumesKept = 0;
    double keptMinutes = 0;
    double degreesOfFreedom = 0;
    double meanFd = 0, maximumFd = 0, movedShare = 0;  ///< mm, mm, share of volumes above the threshold
    double meanDvars = 0, maximumDvars = 0;            ///< standardized DVARS
    double tsnr = 0;                 ///< median over regions of mean / sd of the region signal, linear trend removed
    double coverage = 0;             ///< mean over regions
    std::size_t lostRegions = 0;     ///< regions without usable signal
    double globalDeviation = 0;      ///< sd of the mean over regions, cleaned
    std::vector<std::string> flags;  ///< why the run is unusual, each one short sentence
    std::string problem;             ///< why there is no series; the numbers are then NaN

    bool unusual() const { return !flags.empty() || !problem.empty(); }
};

/// One run by itself. `confounds` may be null.
RunQuality runQuality(const RunInput& run, const RunResult& result, const Confounds* confounds,
                      const QualitySpec& spec);

/// Every run of a study, in its order, flagged against the others too. A confounds file that cannot be read leaves NaN.
std::vector<RunQuality> cohortQuality(const Study& study, const StudyResult& result, const QualitySpec& spec = {},
                                      const JobContext& context = {});

/// Flags the runs that are unusual among the others.
void flagCohort(std::vector<RunQuality>& cohort, const QualitySpec& spec = {});

/// For JSON files; numbers that cannot be known are null.
Json toJson(const RunQuality& quality);
RunQuality runQualityOf(const Json& json);

/// One row per run, n/a for NaN, flags joined by "; ".
Table qualityTable(const std::vector<RunQuality>& cohort);

/// How much motion is left in connectivity over a cohort (Ciric et al. 2017): for each pair of regions the Pearson
/// correlation over runs between its static connectivity and the runs' mean FD, and its dependence on distance.
struct QcFc {
    std::vector<double> correlation;  ///< per pair; NaN where a run has no value
    std::vector<double> distance;     ///< mm between centres; empty when the regions have none
    double medianAbsolute = 0;        ///< median |correlation|
    double significantShare = 0;      ///< pairs with p < 0.05, uncorrected
    double distanceDependence = 0;    ///< Spearman correlation of correlation and distance; NaN without centres
    std::size_t runs = 0;
    std::string howComputed;
};

/// Throws Error(BadInput) with fewer than 5 runs that have both motion and series.
QcFc qcFc(const StudyResult& result, const std::vector<RunQuality>& cohort, const JobContext& context = {});

/// Two-sided p of a Pearson correlation over n pairs under independence (Student t with n - 2 degrees of freedom).
double correlationP(double r, std::size_t n);

}  // namespace chronnect
