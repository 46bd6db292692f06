#include "core/signal/Clean.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/signal/Censoring.h"
#include "core/signal/CleanSteps.h"
#include "core/signal/ConfoundRegression.h"
#include "core/signal/ConfoundSelection.h"
#include "core/signal/FramewiseDisplacement.h"
#include "core/signal/TemporalFilter.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

std::size_t countOf(const std::vector<bool>& mask) {
    return static_cast<std::size_t>(std::count(mask.begin(), mask.end(), true));
}

void checkInput(const TimeSeries& series, const Confounds* confounds, const CleanSpec& spec) {
    if (series.regionCount() == 0 || series.volumeCount() < 3 ||
        series.values.size() != series.volumeCount() * series.regionCount())
        throw Error(ErrorKind::BadInput,
                    "The series has fewer than 3 volumes or no regions; there is nothing to clean");
    const bool needed = spec.confounds != ConfoundStrategy::None || spec.globalSignal || spec.fdThresholdMm > 0 ||
                        spec.dvarsThreshold > 0;
    if (needed && !confounds)
        throw Error(ErrorKind::BadInput, "Strategy '" + std::string(nameOf(spec.confounds)) +
                                             "' needs a confounds table and this run has none; choose 'none' and no "
                                             "censoring, or add the table");
    if (confounds && confounds->volumeCount() != series.volumeCount())
        throw Error(ErrorKind::BadInput, "The confounds have " + std::to_string(confounds->volumeCount()) +
                                             " volumes but the series has " + std::to_string(series.volumeCount()) +
                                             "; they do not belong together");
    if (filterActive(spec) && !(series.repetitionTime > 0))
        throw Error(ErrorKind::BadInput, "The repetition time is unknown; give it, or choose no temporal filter");
}

/// The regions that can be cleaned, as columns, with what else is known about them.
struct Usable {
    std::vector<std::size_t> regions;
    std::vector<bool> missingVolumes;  ///< volumes without a value in any usable region
    SignalMatrix signals;
};

Usable usableRegions(const TimeSeries& series, Notices& notices) {
    const std::size_t volumes = series.volumeCount();
    Usable result;
    result.missingVolumes.assign(volumes, true);
    for (std::size_t v = 0; v < volumes; ++v)
        for (std::size_t r = 0; r < series.regionCount() && result.missingVolumes[v]; ++r)
            if (std::isfinite(series.at(v, r))) result.missingVolumes[v] = false;
    result.signals = SignalMatrix(volumes, 0);
    std::vector<double> column(volumes);
    std::size_t gappy = 0, empty = 0;
    for (std::size_t r = 0; r < series.regionCount(); ++r) {
        std::size_t gaps = 0, finite = 0;
        for (std::size_t v = 0; v < volumes; ++v) {
            column[v] = series.at(v, r);
            finite += std::isfinite(column[v]);
            gaps += !std::isfinite(column[v]) && !result.missingVolumes[v];
        }
        if (gaps) {
            (finite ? gappy : empty) += 1;
            continue;
        }
        result.regions.push_back(r);
        result.signals.append(column);
    }
    const std::string all = " of " + std::to_string(series.regionCount()) + " regions ";
    if (gappy)
        notices.push_back(
            {Severity::Warning, std::to_string(gappy) + all + "have missing values in some volumes and became n/a"});
    if (empty) notices.push_back({Severity::Information, std::to_string(empty) + all + "have no signal and stay n/a"});
    if (result.regions.empty() || countOf(result.missingVolumes) == volumes)
        throw Error(ErrorKind::BadInput, "No region has a value in every volume; there is nothing to clean");
    return result;
}

/// Which volumes are kept, and how many fell for which reason.
struct Mask {
    std::vector<bool> keep;
    CensoringCounts counts;
};

Mask maskOf(const Confounds* confounds, const CleanSpec& spec, const std::vector<bool>& missingVolumes) {
    Mask mask;
    mask.keep.assign(missingVolumes.size(), true);
    const auto censor = [&](std::size_t volume, std::size_t& count) {
        ++count;
        mask.keep[volume] = false;
    };
    const std::size_t volumes = mask.keep.size();
    for (std::size_t v = 0; v < volumes; ++v)
        if (missingVolumes[v]) censor(v, mask.counts.missing);
    if (confounds && spec.fdThresholdMm > 0) {
        const auto displacement = framewiseDisplacement(*confounds);
        if (displacement.empty())
            throw Error(ErrorKind::BadInput,
                        "Censoring by FD needs framewise_displacement or the six motion columns in the confounds");
        for (std::size_t v = 0; v < volumes; ++v)
            if (displacement[v] > spec.fdThresholdMm) censor(v, mask.counts.displacement);
    }
    if (confounds && spec.dvarsThreshold > 0) {
        const auto column = confounds->column("std_dvars");
        if (!column) throw Error(ErrorKind::BadInput, "Censoring by DVARS needs the column std_dvars in the confounds");
        for (std::size_t v = 0; v < volumes; ++v)
            if (confounds->at(v, *column) > spec.dvarsThreshold) censor(v, mask.counts.dvars);
    }
    if (confounds && spec.dropNonSteadyState)
        for (std::size_t c = 0; c < confounds->names.size(); ++c)
            if (confounds->names[c].starts_with("non_steady_state_outlier"))
                for (std::size_t v = 0; v < volumes; ++v)
                    if (confounds->at(v, c) > 0) censor(v, mask.counts.nonSteady);
    const std::size_t before = countOf(mask.keep);
    if (before < volumes) mask.keep = withoutShortSegments(mask.keep, spec.minimumSegment);
    mask.counts.shortSegments = before - countOf(mask.keep);
    if (countOf(mask.keep) < 3)
        throw Error(ErrorKind::BadInput, "Censoring leaves " + std::to_string(countOf(mask.keep)) + " of " +
                                             std::to_string(volumes) +
                                             " volumes; raise the thresholds or exclude the run");
    return mask;
}

/// What remains between the first and the last kept volume; the rest cannot be bridged.
SignalMatrix trimmed(const SignalMatrix& matrix, std::size_t first, std::size_t last) {
    std::vector<bool> range(matrix.volumes, false);
    std::fill(range.begin() + static_cast<std::ptrdiff_t>(first), range.begin() + static_cast<std::ptrdiff_t>(last) + 1,
              true);
    return matrix.kept(range);
}

/// Bridging, detrending and filtering, the same for signals and confounds.
void prepare(SignalMatrix& matrix, const std::vector<bool>& keep, bool detrend,
             const std::vector<FilterSection>& filter, const JobContext& context) {
    for (std::size_t s = 0; s < matrix.signals; ++s) {
        context.throwIfCancelled();
        bridgeCensored(matrix.signal(s), keep);
        if (detrend) detrendLinear(matrix.signal(s));
        if (!filter.empty()) filterZeroPhase(matrix.signal(s), filter);
    }
}

bool isConstant(std::span<const double> signal, const std::vector<bool>& keep) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::size_t v = 0; v < signal.size(); ++v)
        if (keep[v]) {
            low = std::min(low, signal[v]);
            high = std::max(high, signal[v]);
        }
    return low == high;
}

/// Mean and spread of the kept part of each signal before anything is done to it.
struct Before {
    std::vector<double> mean, deviation;
    std::vector<bool> constant;
};

Before beforeOf(const SignalMatrix& signals, const std::vector<bool>& keep) {
    Before before;
    for (std::size_t s = 0; s < signals.signals; ++s) {
        double sum = 0, squares = 0, count = 0;
        const auto signal = signals.signal(s);
        for (std::size_t v = 0; v < signals.volumes; ++v)
            if (keep[v]) {
                sum += signal[v];
                ++count;
            }
        const double mean = sum / count;
        for (std::size_t v = 0; v < signals.volumes; ++v)
            if (keep[v]) squares += (signal[v] - mean) * (signal[v] - mean);
        before.mean.push_back(mean);
        before.deviation.push_back(std::sqrt(squares / count));
        before.constant.push_back(isConstant(signal, keep));
    }
    return before;
}

/// Scales each cleaned signal; what the steps before left of a constant or fully explained one is rounding noise.
void standardizeAll(SignalMatrix& signals, const Before& before, const CleanSpec& spec, Notices& notices) {
    std::size_t flat = 0, meanless = 0;
    for (std::size_t s = 0; s < signals.signals; ++s) {
        const auto signal = signals.signal(s);
        double sum = 0, squares = 0;
        for (const double value : signal) sum += value;
        const double mean = sum / static_cast<double>(signal.size());
        for (const double value : signal) squares += (value - mean) * (value - mean);
        const double deviation = std::sqrt(squares / static_cast<double>(signal.size()));
        if (before.constant[s] || deviation <= 1e-10 * before.deviation[s]) {
            ++flat;
            if (spec.detrend || spec.standardize != Standardize::None) std::fill(signal.begin(), signal.end(), 0.0);
            continue;
        }
        if (spec.standardize == Standardize::ZScore) standardizeZ(signal, 1);
        if (spec.standardize == Standardize::ZScorePopulation) standardizeZ(signal, 0);
        if (spec.standardize == Standardize::PercentSignalChange) {
            const double level = std::abs(before.mean[s]);
            meanless += level <= 1e-6 * before.deviation[s];
            for (double& value : signal)
                value = level <= 1e-6 * before.deviation[s] ? 0.0 : 100 * (value - mean) / level;
        }
    }
    if (flat)
        notices.push_back({Severity::Warning, countText(flat, "region") +
                                                  (flat == 1 ? " is constant, or nothing is left of it"
                                                             : " are constant, or nothing is left of them") +
                                                  " after regression: 0 stands there"});
    if (meanless)
        notices.push_back({Severity::Warning, countText(meanless, "region") + (meanless == 1 ? " has" : " have") +
                                                  " mean 0, so percent signal change has no meaning: 0 stands there"});
}

TimeSeries assembled(const TimeSeries& input, const SignalMatrix& signals, const std::vector<std::size_t>& regions,
                     const std::vector<bool>& keep) {
    TimeSeries result{input.regions, input.repetitionTime, {}, {}};
    result.values.assign(signals.volumes * input.regionCount(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t s = 0; s < regions.size(); ++s)
        for (std::size_t v = 0; v < signals.volumes; ++v) result.at(v, regions[s]) = signals.signal(s)[v];
    if (signals.volumes == keep.size()) {
        result.volumes = input.volumes;
        return result;
    }
    for (std::size_t v = 0; v < keep.size(); ++v)
        if (keep[v]) result.volumes.push_back(input.volumes.empty() ? static_cast<int>(v) : input.volumes[v]);
    return result;
}

}  // namespace

CleanedSeries clean(const TimeSeries& series, const Confounds* confounds, const CleanSpec& spec,
                    const JobContext& context) {
    checkInput(series, confounds, spec);
    CleanedSeries result;
    const Usable usable = usableRegions(series, result.notices);
    SelectedConfounds selected{{}, SignalMatrix(series.volumeCount(), 0), {}};
    if (confounds) selected = selectConfounds(*confounds, spec);
    result.notices.insert(result.notices.end(), selected.notices.begin(), selected.notices.end());
    const Mask mask = maskOf(confounds, spec, usable.missingVolumes);
    const FilterPlan plan = planFilter(spec, series, result.notices);

    const auto first =
        static_cast<std::size_t>(std::find(mask.keep.begin(), mask.keep.end(), true) - mask.keep.begin());
    std::size_t last = mask.keep.size() - 1;
    while (!mask.keep[last]) --last;
    const std::vector<bool> keep(mask.keep.begin() + static_cast<std::ptrdiff_t>(first),
                                 mask.keep.begin() + static_cast<std::ptrdiff_t>(last) + 1);
    SignalMatrix signals = trimmed(usable.signals, first, last);
    const Before before = beforeOf(signals, keep);
    prepare(signals, keep, spec.detrend, plan.sections, context);
    SignalMatrix regressors = trimmed(selected.values, first, last);
    prepare(regressors, keep, spec.detrend, plan.sections, context);
    result.confoundsUsed = selected.names;
    const SignalMatrix drift = trimmed(plan.drift, first, last);
    for (std::size_t c = 0; c < drift.signals; ++c) {
        regressors.append(drift.signal(c));
        result.confoundsUsed.push_back("cosine_drift_" + std::to_string(c + 1));
    }
    context.report(0.5);

    signals = signals.kept(keep);
    const ConfoundBasis basis = confoundBasis(regressors.kept(keep));
    const CleanCounts counts{mask.keep.size(), signals.volumes, basis.basis.signals, mask.counts};
    result.degreesOfFreedom = degreesLeft(counts, spec, plan);
    if (result.degreesOfFreedom < 1)
        throw Error(ErrorKind::BadInput, "Too few volumes are left: " + std::to_string(counts.kept) + " volumes, " +
                                             std::to_string(counts.rank) +
                                             " confounds and the filter leave no degrees of freedom");
    regressOut(signals, basis, context);
    standardizeAll(signals, before, spec, result.notices);
    noteDropped(result, basis.dropped);
    result.series = assembled(series, signals, usable.regions, mask.keep);
    result.sampleMask = mask.keep;
    result.howComputed = describeCleaning(spec, plan, counts, result);
    context.report(1);
    return result;
}

}  // namespace chronnect
