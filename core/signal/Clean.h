#pragma once

#include "core/base/JobContext.h"
#include "core/base/Notice.h"
#include "core/base/Parameters.h"
#include "core/data/Table.h"
#include "core/data/TimeSeries.h"

#include <string>
#include <vector>

namespace chronnect {

enum class TemporalFilter { None, Butterworth, Cosine };
template <>
struct EnumNames<TemporalFilter> {
    static constexpr std::array<std::string_view, 3> names{"none", "butterworth", "cosine"};
};

/// Which confound columns are regressed out.
enum class ConfoundStrategy {
    None,
    Minimal,
    Motion6,
    Motion12,
    Motion24,
    Params36,
    ACompCor10,
    ACompCor50,
    Aroma,
    Custom
};
template <>
struct EnumNames<ConfoundStrategy> {
    static constexpr std::array<std::string_view, 10> names{"none", "minimal",    "6p",         "12p",   "24p",
                                                            "36p",  "acompcor10", "acompcor50", "aroma", "custom"};
};

enum class Standardize { None, ZScore, ZScorePopulation, PercentSignalChange };
template <>
struct EnumNames<Standardize> {
    static constexpr std::array<std::string_view, 4> names{"none", "zscore", "zscore_population", "psc"};
};

/// How region series are cleaned, in this order: bridge censored volumes by a cubic spline - detrend - filter (signals
/// and confounds alike, Lindquist 2019) - remove censored volumes - confound regression - standardize.
struct CleanSpec {
    bool detrend = true;
    ConfoundStrategy confounds = ConfoundStrategy::Motion6;
    std::string confoundPattern;  ///< regular expression over column names for Custom
    bool globalSignal = false;
    TemporalFilter filter = TemporalFilter::Butterworth;
    double highPassHz = 0.008;  ///< 0 = off
    double lowPassHz = 0.1;     ///< 0 = off
    int filterOrder = 2;
    double fdThresholdMm = 0.0;      ///< volumes with framewise displacement above are censored; 0 = off
    double dvarsThreshold = 0.0;     ///< standardized DVARS; 0 = off
    int minimumSegment = 5;          ///< kept stretches shorter than this are censored too
    bool dropNonSteadyState = true;  ///< censor the volumes that non_steady_state_outlier columns mark
    Standardize standardize = Standardize::ZScore;

    bool operator==(const CleanSpec&) const = default;
};

template <SpecOf<CleanSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.detrend, {"detrend", "Linear detrend", "", "Remove the mean and a straight line from each region"});
    visit(spec.confounds, {"confounds", "Confounds", "",
                           "Nuisance columns regressed out of every region (minimal: csf and white_matter)"});
    visit(spec.confoundPattern,
          {"confound_pattern", "Custom columns", "", "Regular expression over confound names (custom)"});
    visit(spec.globalSignal,
          {"global_signal", "Global signal", "", "Regress out the global signal too (36p always does)"});
    visit(spec.filter,
          {"filter", "Temporal filter", "", "Butterworth is zero-phase; cosine is a high-pass regressor set"});
    visit(spec.highPassHz, {"high_pass_hz", "High-pass", "Hz", "Slow drift below this is removed; 0 = off", 0, 10});
    visit(spec.lowPassHz, {"low_pass_hz", "Low-pass", "Hz", "Noise above this is removed; 0 = off", 0, 10});
    visit(spec.filterOrder,
          {"filter_order", "Filter order", "", "Butterworth order (applied forward and backward)", 1, 10});
    visit(spec.fdThresholdMm, {"fd_threshold_mm", "FD threshold", "mm",
                               "Censor volumes with larger framewise displacement; 0 = off", 0, 50});
    visit(spec.dvarsThreshold,
          {"dvars_threshold", "DVARS threshold", "", "Censor volumes with larger standardized DVARS; 0 = off", 0, 100});
    visit(spec.minimumSegment,
          {"minimum_segment", "Shortest kept stretch", "volumes", "Shorter kept stretches are censored too", 1, 1000});
    visit(spec.dropNonSteadyState, {"drop_non_steady_state", "Drop non-steady state", "",
                                    "Censor the first volumes that fMRIPrep marks as not in steady state"});
    visit(spec.standardize, {"standardize", "Standardize", "", "Scale of the cleaned series (zscore: ddof 1)"});
}

struct CleanedSeries {
    TimeSeries series;                       ///< kept volumes only; `volumes` says which
    std::vector<bool> sampleMask;            ///< per original volume: kept
    std::vector<std::string> confoundsUsed;  ///< cosine regressors of the filter included
    double degreesOfFreedom = 0.0;           ///< kept volumes - regressors - those the filter removes
    std::string howComputed;                 ///< one sentence with every step and number
    Notices notices;
};

/// Cleans one run. `confounds` may be null when the strategy and the censoring need none.
/// A region with missing values stays a column of NaN, a constant one becomes 0; volumes missing in every region are
/// censored. Volumes before the first and after the last kept one are cut off before filtering. Cut-offs at or above
/// the Nyquist frequency are left open, with a notice.
/// Throws Error(BadInput) when columns are missing, TR is needed but unknown, or too few volumes are left.
CleanedSeries clean(const TimeSeries& series, const Confounds* confounds, const CleanSpec& spec,
                    const JobContext& context = {});

}  // namespace chronnect
