#include "core/pipeline/Quality.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/io/StatedMotion.h"
#include "core/io/Tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace chronnect {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

double medianOf(std::vector<double> values) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    if (values.empty()) return notANumber;
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

constexpr std::array<std::pair<std::string_view, double RunQuality::*>, 10> qualityNumbers{
    {{"kept_minutes", &RunQuality::keptMinutes},
     {"degrees_of_freedom", &RunQuality::degreesOfFreedom},
     {"mean_fd_mm", &RunQuality::meanFd},
     {"maximum_fd_mm", &RunQuality::maximumFd},
     {"moved_share", &RunQuality::movedShare},
     {"mean_std_dvars", &RunQuality::meanDvars},
     {"maximum_std_dvars", &RunQuality::maximumDvars},
     {"tsnr", &RunQuality::tsnr},
     {"coverage", &RunQuality::coverage},
     {"global_sd", &RunQuality::globalDeviation}}};

struct ColumnSummary {
    double mean = notANumber, maximum = notANumber, shareAbove = notANumber;
};

ColumnSummary summarize(const Confounds* confounds, const char* name, double threshold) {
    ColumnSummary summary;
    const auto column = confounds ? confounds->column(name) : std::nullopt;
    if (!column) return summary;
    double sum = 0, above = 0, count = 0, maximum = 0;
    for (std::size_t v = 0; v < confounds->volumeCount(); ++v) {
        const double value = confounds->at(v, *column);
        if (!std::isfinite(value)) continue;
        sum += value;
        above += value > threshold;
        maximum = std::max(maximum, value);
        ++count;
    }
    if (count > 0) summary = {sum / count, maximum, above / static_cast<double>(confounds->volumeCount())};
    return summary;
}

/// mean / sd of one region after its line is taken out; NaN for standardized or constant signals.
double tsnrOf(const TimeSeries& series, std::size_t region) {
    const double n = static_cast<double>(series.volumeCount());
    double mean = 0, slopeTop = 0, slopeBottom = 0, residual = 0;
    for (std::size_t t = 0; t < series.volumeCount(); ++t) mean += series.at(t, region) / n;
    for (std::size_t t = 0; t < series.volumeCount(); ++t) {
        const double x = static_cast<double>(t) - (n - 1) / 2;
        slopeTop += x * (series.at(t, region) - mean);
        slopeBottom += x * x;
    }
    for (std::size_t t = 0; t < series.volumeCount(); ++t) {
        const double x = static_cast<double>(t) - (n - 1) / 2;
        residual += std::pow(series.at(t, region) - mean - slopeTop / slopeBottom * x, 2);
    }
    const double deviation = std::sqrt(residual / (n - 1));
    // A mean within a deviation of zero is that of a demeaned signal, whose ratio says nothing.
    return deviation > 0 && std::abs(mean) > deviation ? mean / deviation : notANumber;
}

double globalDeviation(const TimeSeries& series) {
    std::vector<double> global;
    for (std::size_t t = 0; t < series.volumeCount(); ++t) {
        double sum = 0, count = 0;
        for (const double value : series.row(t))
            if (std::isfinite(value)) {
                sum += value;
                ++count;
            }
        if (count > 0) global.push_back(sum / count);
    }
    if (global.size() < 2) return notANumber;
    double mean = 0, squares = 0;
    for (const double g : global) mean += g / static_cast<double>(global.size());
    for (const double g : global) squares += (g - mean) * (g - mean);
    return std::sqrt(squares / static_cast<double>(global.size() - 1));
}

void flagAlone(RunQuality& q, std::size_t regions, const QualitySpec& spec) {
    if (q.meanFd > spec.maximumMeanFdMm) q.flags.push_back("mean FD " + fixedText(q.meanFd, 2) + " mm");
    if (q.keptMinutes > 0 && q.keptMinutes < spec.minimumKeptMinutes)
        q.flags.push_back("only " + fixedText(q.keptMinutes, 1) + " min of data left");
    if (regions > 0 &&
        static_cast<double>(regions - q.lostRegions) < spec.minimumCoverage * static_cast<double>(regions))
        q.flags.push_back(countText(q.lostRegions, "region") + " without signal");
}

/// Robust z of one number against the cohort.
void flagAgainstCohort(std::vector<RunQuality>& cohort, double RunQuality::*member, const char* name, int side,
                       const QualitySpec& spec) {
    std::vector<double> values, distances;
    for (const auto& q : cohort) values.push_back(q.*member);
    const double middle = medianOf(values);
    for (const double v : values) distances.push_back(std::abs(v - middle));
    const double spread = medianOf(distances);
    if (!(spread > 0) || cohort.size() < 5) return;
    for (auto& q : cohort) {
        const double z = 0.6745 * (q.*member - middle) / spread;
        if (side * z > spec.outlierDeviation)
            q.flags.push_back(std::string(name) + (side > 0 ? " unusually high (" : " unusually low (") +
                              numberText(q.*member, 3) + ", cohort median " + numberText(middle, 3) + ")");
    }
}

/// Without a confounds table the mean is all that may be known of the motion.
void takeStatedMotion(RunQuality& q, const Study& study, const RunInput& run, const QualitySpec& spec) {
    if (std::isfinite(q.meanFd)) return;
    q.meanFd = statedMeanFd(study, run);
    if (q.meanFd > spec.maximumMeanFdMm) q.flags.push_back("mean FD " + fixedText(q.meanFd, 2) + " mm");
}

std::string cell(double value) { return std::isfinite(value) ? numberText(value, 6) : "n/a"; }

}  // namespace

RunQuality runQuality(const RunInput& run, const RunResult& result, const Confounds* confounds,
                      const QualitySpec& spec) {
    RunQuality q;
    q.run = run.id();
    q.problem = result.problem;
    const ColumnSummary fd = summarize(confounds, "framewise_displacement", spec.fdThresholdMm);
    const ColumnSummary dvars = summarize(confounds, "std_dvars", 1.5);
    q.meanFd = fd.mean;
    q.maximumFd = fd.maximum;
    q.movedShare = fd.shareAbove;
    q.meanDvars = dvars.mean;
    q.maximumDvars = dvars.maximum;
    q.tsnr = q.coverage = q.globalDeviation = q.degreesOfFreedom = q.keptMinutes = notANumber;
    if (!result.extracted || !result.cleaned) return q;
    const TimeSeries& series = result.extracted->series;
    q.volumes = series.volumeCount();
    q.volumesKept = result.cleaned->series.volumeCount();
    if (series.repetitionTime > 0) q.keptMinutes = static_cast<double>(q.volumesKept) * series.repetitionTime / 60;
    q.degreesOfFreedom = result.cleaned->degreesOfFreedom;
    std::vector<double> ratios;
    for (std::size_t n = 0; n < series.regionCount(); ++n) {
        const bool lost = series.volumeCount() == 0 || std::isnan(series.at(0, n));
        q.lostRegions += lost;
        if (!lost) ratios.push_back(tsnrOf(series, n));
    }
    q.tsnr = medianOf(ratios);
    const auto& coverage = result.extracted->coverage.coverage;
    if (!coverage.empty()) {
        q.coverage = 0;
        for (const double c : coverage) q.coverage += c / static_cast<double>(coverage.size());
    }
    q.globalDeviation = globalDeviation(result.cleaned->series);
    flagAlone(q, series.regionCount(), spec);
    return q;
}

std::vector<RunQuality> cohortQuality(const Study& study, const StudyResult& result, const QualitySpec& spec,
                                      const JobContext& context) {
    std::vector<RunQuality> cohort;
    for (const auto& run : study.runs) {
        context.throwIfCancelled();
        std::optional<Confounds> confounds;
        try {
            if (!run.confounds.empty()) confounds = readConfounds(run.confounds);
        } catch (const Error&) {
            // analyseStudy has already told; the numbers stay unknown.
        }
        const auto found = result.runs.find(run.id());
        cohort.push_back(runQuality(
            run, found == result.runs.end() ? RunResult{nullptr, nullptr, "was not analysed"} : found->second,
            confounds ? &*confounds : nullptr, spec));
        takeStatedMotion(cohort.back(), study, run, spec);
        context.report(static_cast<double>(cohort.size()) / static_cast<double>(study.runs.size()), "Quality control");
    }
    flagCohort(cohort, spec);
    return cohort;
}

void flagCohort(std::vector<RunQuality>& cohort, const QualitySpec& spec) {
    flagAgainstCohort(cohort, &RunQuality::meanFd, "mean FD", 1, spec);
    flagAgainstCohort(cohort, &RunQuality::maximumDvars, "largest DVARS", 1, spec);
    flagAgainstCohort(cohort, &RunQuality::tsnr, "tSNR", -1, spec);
}

Json toJson(const RunQuality& quality) {
    Json json =
        Json::object().set("run", quality.run).set("volumes", quality.volumes).set("volumes_kept", quality.volumesKept);
    for (const auto& [name, member] : qualityNumbers)
        json.set(std::string(name), std::isfinite(quality.*member) ? Json(quality.*member) : Json());
    return json.set("lost_regions", quality.lostRegions).set("flags", Json(quality.flags));
}

RunQuality runQualityOf(const Json& json) {
    RunQuality quality;
    quality.run = json["run"].text();
    quality.volumes = static_cast<std::size_t>(json["volumes"].number());
    quality.volumesKept = static_cast<std::size_t>(json["volumes_kept"].number());
    quality.lostRegions = static_cast<std::size_t>(json["lost_regions"].number());
    for (const auto& [name, member] : qualityNumbers)
        quality.*member = json[name].isNumber() ? json[name].number() : notANumber;
    for (const auto& flag : json["flags"].items()) quality.flags.push_back(flag.text());
    return quality;
}

Table qualityTable(const std::vector<RunQuality>& cohort) {
    Table table{{"run", "volumes", "volumes_kept", "kept_minutes", "degrees_of_freedom", "mean_fd_mm", "maximum_fd_mm",
                 "moved_share", "mean_std_dvars", "maximum_std_dvars", "tsnr", "coverage", "lost_regions", "global_sd",
                 "flags", "problem"},
                {}};
    for (const auto& q : cohort) {
        std::string flags;
        for (const auto& flag : q.flags) flags += (flags.empty() ? "" : "; ") + flag;
        table.rows.push_back({q.run, std::to_string(q.volumes), std::to_string(q.volumesKept), cell(q.keptMinutes),
                              cell(q.degreesOfFreedom), cell(q.meanFd), cell(q.maximumFd), cell(q.movedShare),
                              cell(q.meanDvars), cell(q.maximumDvars), cell(q.tsnr), cell(q.coverage),
                              std::to_string(q.lostRegions), cell(q.globalDeviation), flags.empty() ? "n/a" : flags,
                              q.problem.empty() ? "n/a" : q.problem});
    }
    return table;
}

}  // namespace chronnect
