#include "core/pipeline/Methods.h"

#include "core/base/Files.h"
#include "core/base/NumberText.h"
#include "core/pipeline/RunFigures.h"

#include <algorithm>
#include <map>
#include <set>

namespace chronnect {

namespace {

/// What the sentences count.
struct Counts {
    std::size_t people = 0, runs = 0, volumes = 0, kept = 0, images = 0, regionsMissing = 0, leastKept = 0,
                mostKept = 0;
    std::size_t withConfounds = 0, imagesWithMask = 0;
    std::set<double> repetitionTimes;
    std::set<std::string> tasks, spaces;
    std::map<std::string, std::size_t> problems, excluded;
    double leastFreedom = 0, displacementSum = 0;
    std::size_t displacementRuns = 0, runsWithSessions = 0;
};

Counts countsOf(const MethodsFacts& facts) {
    Counts counts;
    std::set<std::string> people;
    for (const auto& [run, problem] : facts.problems) ++counts.problems[problem.empty() ? "no reason given" : problem];
    for (const auto& [run, reason] : facts.excluded) ++counts.excluded[reason.empty() ? "no reason given" : reason];
    for (const auto& run : facts.study.runs) {
        const auto found = facts.figures.find(run.id());
        if (found == facts.figures.end()) continue;
        const RunFigures& figures = found->second;
        people.insert(run.subject);
        counts.volumes += figures.volumes;
        counts.kept += figures.kept;
        counts.regionsMissing += figures.regionsWithoutSeries;
        counts.images += !run.bold.empty();
        counts.imagesWithMask += !run.bold.empty() && !run.mask.empty();
        counts.withConfounds += figures.confounds > 0;
        counts.leastKept = counts.runs ? std::min(counts.leastKept, figures.kept) : figures.kept;
        counts.mostKept = std::max(counts.mostKept, figures.kept);
        counts.leastFreedom =
            counts.runs ? std::min(counts.leastFreedom, figures.degreesOfFreedom) : figures.degreesOfFreedom;
        ++counts.runs;
        if (figures.repetitionTime > 0) counts.repetitionTimes.insert(figures.repetitionTime);
        if (!run.task.empty()) counts.tasks.insert(run.task);
        if (!run.space.empty()) counts.spaces.insert(run.space);
        if (figures.meanDisplacement) {
            counts.displacementSum += *figures.meanDisplacement;
            ++counts.displacementRuns;
        }
    }
    counts.people = people.size();
    return counts;
}

std::string number(double value) { return numberText(value, 4); }

template <class Set, class Text>
std::string listed(const Set& items, Text text) {
    std::string result;
    std::size_t at = 0;
    for (const auto& item : items) {
        if (at) result += at + 1 == items.size() ? " and " : ", ";
        result += text(item);
        ++at;
    }
    return result;
}

std::string same(const std::string& text) { return text; }

std::string dataText(const Study& study, const Counts& counts) {
    std::string text = "Data. " + countText(counts.runs, "run") + " of " + std::to_string(counts.people) +
                       (counts.people == 1 ? " person" : " people");
    if (!study.name.empty()) text += " from '" + study.name + "'";
    if (!counts.tasks.empty()) text += " (task " + listed(counts.tasks, same) + ")";
    text += " entered the analysis, " + countText(counts.volumes, "volume") + " in all";
    if (!counts.repetitionTimes.empty()) text += ", repetition time " + listed(counts.repetitionTimes, number) + " s";
    text += ".";
    const auto tell = [&](const std::map<std::string, std::size_t>& reasons, const std::string& what) {
        std::size_t all = 0;
        for (const auto& [reason, count] : reasons) all += count;
        if (all) text += " " + countText(all, "further run") + what;
        for (const auto& [reason, count] : reasons) text += " " + std::to_string(count) + " (" + reason + ")";
        if (all) text += ".";
    };
    tell(counts.excluded, " left out by decision:");
    tell(counts.problems, " gave no series:");
    return text;
}

std::string regionText(const Parcellation* parcellation, const AnalysisSpec& spec, const Counts& counts) {
    const std::size_t regions = parcellation ? parcellation->regions.size() : 0;
    const std::string atlas = parcellation && !parcellation->name.empty()
                                  ? "the atlas '" + parcellation->name + "' (" + countText(regions, "region") + ")"
                                  : countText(regions, "region");
    std::string text = "Region series. ";
    if (counts.images == 0) return text + "Ready series of " + atlas + " were read from files.";
    text += "For " + atlas +
            " the label image was brought to the grid of each run by world coordinates (nearest neighbour)";
    if (!counts.spaces.empty()) text += ", in the space " + listed(counts.spaces, same);
    if (spec.extraction.smoothingMm > 0)
        text += ", volumes were smoothed by a Gaussian of " + number(spec.extraction.smoothingMm) +
                " mm full width at half maximum" +
                (spec.extraction.useMask && counts.imagesWithMask ? " inside the mask" : "");
    text += ", and the mean over the voxels of each region";
    if (spec.extraction.useMask && counts.imagesWithMask)
        text += counts.imagesWithMask == counts.images
                    ? std::string(" inside the run's brain mask")
                    : " inside the run's brain mask (" + countText(counts.images - counts.imagesWithMask, "run") +
                          " had none)";
    text += " was taken in every volume. Regions with less than " + number(100 * spec.extraction.minimumCoverage) +
            " % of their voxels covered were treated as missing and kept in place";
    return text + (counts.regionsMissing ? " (" + std::to_string(counts.regionsMissing) + " cases over all runs)."
                                         : " (none was).");
}

std::string strategyText(const CleanSpec& spec) {
    switch (spec.confounds) {
        case ConfoundStrategy::None: return spec.globalSignal ? "the global signal" : std::string();
        case ConfoundStrategy::Minimal: return "the mean signals of CSF and white matter";
        case ConfoundStrategy::Motion6: return "six motion parameters";
        case ConfoundStrategy::Motion12: return "six motion parameters and their derivatives";
        case ConfoundStrategy::Motion24: return "24 motion parameters (six, their derivatives and the squares of both)";
        case ConfoundStrategy::Params36:
            return "36 parameters (24 of motion; CSF, white matter and global signal with derivatives and squares; Ciric et al. 2017)";
        case ConfoundStrategy::ACompCor10:
            return "ten anatomical CompCor components (Behzadi et al. 2007) and twelve motion parameters";
        case ConfoundStrategy::ACompCor50:
            return "the anatomical CompCor components that explain 50 % of the variance of white matter and CSF (Muschelli et al. "
                   "2014) and twelve motion parameters";
        case ConfoundStrategy::Aroma:
            return "the components that ICA-AROMA marks as motion (Pruim et al. 2015) and the mean signals of CSF and white matter";
        case ConfoundStrategy::Custom: return "the confounds whose names fit '" + spec.confoundPattern + "'";
    }
    return {};
}

std::string censoringText(const CleanSpec& spec, const Counts& counts) {
    std::string rule;
    if (spec.fdThresholdMm > 0)
        rule = "framewise displacement above " + number(spec.fdThresholdMm) + " mm (Power et al. 2012)";
    if (spec.dvarsThreshold > 0)
        rule += (rule.empty() ? "" : " or ") + ("standardized DVARS above " + number(spec.dvarsThreshold));
    std::string text;
    if (!rule.empty())
        text = "Volumes with " + rule + " and kept stretches shorter than " + std::to_string(spec.minimumSegment) +
               " volumes were censored: bridged by a cubic spline before filtering and removed after it. ";
    const std::size_t censored = counts.volumes - counts.kept;
    if (censored || !rule.empty())
        text +=
            std::to_string(censored) + " of " + std::to_string(counts.volumes) + " volumes (" +
            number(counts.volumes ? 100.0 * static_cast<double>(censored) / static_cast<double>(counts.volumes) : 0) +
            " %) were censored; " + std::to_string(counts.leastKept) + " to " + std::to_string(counts.mostKept) +
            " volumes were left per run. ";
    if (counts.displacementRuns)
        text += "Mean framewise displacement over runs was " +
                number(counts.displacementSum / static_cast<double>(counts.displacementRuns)) + " mm. ";
    return text;
}

std::string filterText(const CleanSpec& spec) {
    if (spec.filter == TemporalFilter::Cosine && spec.highPassHz > 0)
        return "Drift below " + number(spec.highPassHz) + " Hz was modelled by discrete cosines. ";
    if (spec.filter != TemporalFilter::Butterworth || (spec.highPassHz <= 0 && spec.lowPassHz <= 0)) return {};
    const std::string band = spec.highPassHz > 0 && spec.lowPassHz > 0
                                 ? "between " + number(spec.highPassHz) + " and " + number(spec.lowPassHz) + " Hz"
                             : spec.highPassHz > 0 ? "above " + number(spec.highPassHz) + " Hz"
                                                   : "below " + number(spec.lowPassHz) + " Hz";
    return "Frequencies " + band + " were kept by a Butterworth filter of order " + std::to_string(spec.filterOrder) +
           ", applied forward and backward to signals and confounds alike (Lindquist et al. 2019). ";
}

std::string cleaningText(const CleanSpec& spec, const Counts& counts) {
    std::string text = "Cleaning. " + censoringText(spec, counts);
    if (spec.detrend) text += "Mean and linear trend were removed. ";
    text += filterText(spec);
    const std::string confounds = counts.withConfounds ? strategyText(spec) : std::string();
    text += confounds.empty() ? "No confounds were regressed out. "
                              : "By least squares over the kept volumes, " + confounds +
                                    (spec.globalSignal && spec.confounds != ConfoundStrategy::None &&
                                             spec.confounds != ConfoundStrategy::Params36
                                         ? " and the global signal"
                                         : "") +
                                    " were regressed out" +
                                    (counts.withConfounds == counts.runs
                                         ? std::string(". ")
                                         : " (not in " + countText(counts.runs - counts.withConfounds, "run") +
                                               " without a confounds table). ");
    switch (spec.standardize) {
        case Standardize::None: break;
        case Standardize::ZScore: text += "Each region's series was z-scored (sample standard deviation). "; break;
        case Standardize::ZScorePopulation:
            text += "Each region's series was z-scored (population standard deviation). ";
            break;
        case Standardize::PercentSignalChange: text += "Series are in percent of each region's mean signal. "; break;
    }
    return text + "At least " + number(counts.leastFreedom) + " degrees of freedom were left in every run.";
}

std::string connectivityText(const AnalysisSpec& spec, const Counts& counts) {
    const SlidingWindowSpec& window = spec.window;
    const auto withSeconds = [&](int volumes) {
        std::string text = countText(static_cast<std::size_t>(volumes), "volume");
        if (counts.repetitionTimes.size() == 1)
            text += " (" + number(volumes * *counts.repetitionTimes.begin()) + " s)";
        return text;
    };
    std::string text = "Dynamic connectivity. " +
                       std::string(window.taper == WindowTaper::Rectangular ? "Pearson" : "Weighted Pearson") +
                       " correlation of every pair of regions was computed in sliding windows of " +
                       withSeconds(window.length) + " moved by " + withSeconds(window.step);
    if (window.taper == WindowTaper::Gaussian)
        text += ", weighted by a Gaussian of sigma " + number(window.taperSigma) + " volumes";
    if (window.taper == WindowTaper::Hamming) text += ", weighted by a Hamming window";
    text += window.fisherZ ? ", and transformed by Fisher's z." : ".";
    const ThresholdSpec& threshold = spec.threshold;
    switch (threshold.rule) {
        case ThresholdRule::Absolute:
            return text + " Graphs keep pairs with |r| above " + number(threshold.value) + ".";
        case ThresholdRule::Signed: return text + " Graphs keep pairs with r above " + number(threshold.value) + ".";
        case ThresholdRule::ProportionalSigned:
            return text + " Graphs keep the " + number(threshold.percent) +
                   " % of pairs with the largest r in each window.";
        case ThresholdRule::ProportionalAbsolute:
            return text + " Graphs keep the " + number(threshold.percent) +
                   " % of pairs with the largest |r| in each window.";
        case ThresholdRule::Stagin:
            return text + " Graphs keep entries above the " + number(100 - threshold.percent) +
                   "th percentile of each window's matrix (Kim et al. 2021).";
    }
    return text;
}

}  // namespace

std::string methodsText(const MethodsFacts& facts, const AnalysisSpec& spec) {
    const Counts counts = countsOf(facts);
    std::string text = dataText(facts.study, counts) + "\n\n";
    if (counts.runs == 0) return text + "Nothing was computed.\n";
    text += regionText(facts.parcellation, spec, counts) + "\n\n" + cleaningText(spec.clean, counts);
    if (facts.withConnectivity) text += "\n\n" + connectivityText(spec, counts);
    return text + "\n\nSoftware. " + std::string(versionText()) +
           ". Every run's own settings and counts stand in its JSON file.\n";
}

std::string methodsText(const Study& study, const StudyResult& result, const AnalysisSpec& spec) {
    MethodsFacts facts{study, result.parcellation.get()};
    for (const auto& run : study.runs) {
        const auto found = result.runs.find(run.id());
        if (found == result.runs.end()) continue;
        if (found->second.cleaned)
            facts.figures.emplace(run.id(), figuresOf(run, found->second));
        else
            facts.problems.emplace(run.id(), found->second.problem);
    }
    for (const LeftOutRun& run : result.leftOut) facts.excluded.emplace_back(run.run, run.reason);
    return methodsText(facts, spec);
}

}  // namespace chronnect
