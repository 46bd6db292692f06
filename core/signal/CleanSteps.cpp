#include "core/signal/CleanSteps.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"

#include <algorithm>

namespace chronnect {

namespace {

std::string shortNumber(double value) { return numberText(value, 4); }

std::string censoringText(const CleanSpec& spec, const CleanCounts& counts) {
    if (counts.kept == counts.volumes) return {};
    std::string reasons;
    const auto add = [&](std::size_t count, const std::string& what) {
        if (count) reasons += (reasons.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    add(counts.censored.displacement, "with framewise displacement above " + shortNumber(spec.fdThresholdMm) + " mm");
    add(counts.censored.dvars, "with standardized DVARS above " + shortNumber(spec.dvarsThreshold));
    add(counts.censored.nonSteady, "before steady state");
    add(counts.censored.missing, "without values");
    add(counts.censored.shortSegments, "in kept stretches shorter than " + std::to_string(spec.minimumSegment));
    return std::to_string(counts.volumes - counts.kept) + " of " + std::to_string(counts.volumes) +
           " volumes censored (" + reasons + "), bridged by a cubic spline before filtering and removed after it; ";
}

std::string filterText(const CleanSpec& spec, const FilterPlan& plan) {
    if (plan.drift.signals)
        return std::to_string(plan.drift.signals) + " cosine regressors below " + shortNumber(plan.highPassHz) +
               " Hz; ";
    if (plan.sections.empty()) return {};
    const std::string band = plan.highPassHz > 0 && plan.lowPassHz > 0
                                 ? "band-pass " + shortNumber(plan.highPassHz) + "-" + shortNumber(plan.lowPassHz)
                             : plan.highPassHz > 0 ? "high-pass " + shortNumber(plan.highPassHz)
                                                   : "low-pass " + shortNumber(plan.lowPassHz);
    return "Butterworth " + band + " Hz of order " + std::to_string(spec.filterOrder) +
           ", forward and backward with odd padding, on signals and confounds alike; ";
}

std::string confoundText(const CleanSpec& spec, const CleanCounts& counts, const CleanedSeries& result) {
    if (result.confoundsUsed.empty()) return "no confounds regressed out; ";
    std::string names;
    for (std::size_t i = 0; i < result.confoundsUsed.size(); ++i) names += (i ? ", " : "") + result.confoundsUsed[i];
    return std::to_string(result.confoundsUsed.size()) + " confounds (strategy " + std::string(nameOf(spec.confounds)) +
           (spec.globalSignal ? " with global signal" : "") + ": " + names + "; rank " + std::to_string(counts.rank) +
           ") regressed out by least squares over the kept volumes; ";
}

std::string standardizeText(Standardize standardize) {
    switch (standardize) {
        case Standardize::None: return "not standardized";
        case Standardize::ZScore: return "each region z-scored (ddof 1)";
        case Standardize::ZScorePopulation: return "each region z-scored (ddof 0)";
        case Standardize::PercentSignalChange: return "each region in percent of its mean signal";
    }
    return {};
}

}  // namespace

bool filterActive(const CleanSpec& spec) {
    if (spec.filter == TemporalFilter::Cosine) return spec.highPassHz > 0;
    return spec.filter == TemporalFilter::Butterworth && (spec.highPassHz > 0 || spec.lowPassHz > 0);
}

FilterPlan planFilter(const CleanSpec& spec, const TimeSeries& series, Notices& notices) {
    FilterPlan plan;
    plan.drift = SignalMatrix(series.volumeCount(), 0);
    if (!filterActive(spec)) return plan;
    const double rate = 1 / series.repetitionTime,
                 duration = static_cast<double>(series.volumeCount()) * series.repetitionTime;
    plan.nyquistHz = rate / 2;
    plan.highPassHz = std::max(0.0, spec.highPassHz);
    if (spec.filter == TemporalFilter::Butterworth) plan.lowPassHz = std::max(0.0, spec.lowPassHz);
    if (plan.lowPassHz >= plan.nyquistHz) {
        notices.push_back({Severity::Warning, "The low-pass of " + shortNumber(plan.lowPassHz) +
                                                  " Hz is not below half the sampling rate (" +
                                                  shortNumber(plan.nyquistHz) + " Hz), so nothing was removed there"});
        plan.lowPassHz = 0;
    }
    if (plan.highPassHz >= plan.nyquistHz || (plan.lowPassHz > 0 && plan.highPassHz >= plan.lowPassHz))
        throw Error(ErrorKind::BadInput, "The high-pass of " + shortNumber(plan.highPassHz) +
                                             " Hz is not below the low-pass (" +
                                             shortNumber(plan.lowPassHz > 0 ? plan.lowPassHz : plan.nyquistHz) +
                                             " Hz); check the cut-offs and the repetition time of " +
                                             shortNumber(series.repetitionTime) + " s");
    if (plan.highPassHz > 0 && duration * plan.highPassHz < 1)
        notices.push_back({Severity::Warning, "The run lasts " + shortNumber(duration) +
                                                  " s, less than one period of the high-pass of " +
                                                  shortNumber(plan.highPassHz) + " Hz"});
    if (spec.filter == TemporalFilter::Cosine)
        plan.drift = cosineDrift(series.volumeCount(), series.repetitionTime, plan.highPassHz);
    else if (plan.highPassHz > 0 || plan.lowPassHz > 0)
        plan.sections = butterworth(spec.filterOrder, plan.highPassHz, plan.lowPassHz, rate);
    return plan;
}

double degreesLeft(const CleanCounts& counts, const CleanSpec& spec, const FilterPlan& plan) {
    double share = 1;
    if (!plan.sections.empty())
        share = ((plan.lowPassHz > 0 ? plan.lowPassHz : plan.nyquistHz) - plan.highPassHz) / plan.nyquistHz;
    const bool driftGone = !plan.sections.empty() && plan.highPassHz > 0;
    const double polynomial = driftGone ? 0 : spec.detrend ? 2 : 1;
    return static_cast<double>(counts.kept) * share - static_cast<double>(counts.rank) - polynomial;
}

void noteDropped(CleanedSeries& result, const std::vector<std::size_t>& dropped) {
    if (dropped.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < dropped.size() && i < 6; ++i)
        names += (i ? ", " : "") + result.confoundsUsed[dropped[i]];
    result.notices.push_back(
        {Severity::Information, std::to_string(dropped.size()) +
                                    " confounds are constant or follow from the others and change nothing: " + names +
                                    (dropped.size() > 6 ? ", ..." : "")});
}

std::string describeCleaning(const CleanSpec& spec, const FilterPlan& plan, const CleanCounts& counts,
                             const CleanedSeries& result) {
    std::string text = "Region series of " + std::to_string(counts.volumes) + " volumes";
    if (result.series.repetitionTime > 0) text += " (TR " + shortNumber(result.series.repetitionTime) + " s)";
    text += " cleaned: " + censoringText(spec, counts);
    text += spec.detrend ? "mean and linear trend removed; " : "not detrended; ";
    text += plan.sections.empty() && plan.drift.signals == 0 ? "no temporal filter; " : filterText(spec, plan);
    text += confoundText(spec, counts, result) + standardizeText(spec.standardize) + "; ";
    return text + std::to_string(counts.kept) + " volumes kept, about " + shortNumber(result.degreesOfFreedom) +
           " degrees of freedom left.";
}

}  // namespace chronnect
