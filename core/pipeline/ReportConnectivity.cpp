#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/base/ParallelFor.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/graph/Thresholding.h"
#include "core/pipeline/Html.h"
#include "core/pipeline/ReportSections.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

namespace chronnect::report {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// Sums over runs of what every pair of regions shows.
struct CohortConnectivity {
    std::vector<double> sum, count;    ///< static correlation per pair
    double variability = 0, runs = 0;  ///< sd over windows, averaged over pairs; runs that have windows
    double density = 0;                ///< share of pairs that are edges
    std::size_t shortRuns = 0;
    std::string windows, threshold;  ///< how computed
};

/// Mean over pairs of the standard deviation over windows.
double variabilityOf(const DynamicConnectivity& dynamic) {
    double total = 0, pairs = 0;
    const double windows = static_cast<double>(dynamic.windowCount());
    for (std::size_t e = 0; e < dynamic.edgeCount(); ++e) {
        double mean = 0, squares = 0;
        for (std::size_t w = 0; w < dynamic.windowCount(); ++w) {
            const double r = static_cast<double>(dynamic.edges[w * dynamic.edgeCount() + e]);
            mean += r / windows;
            squares += r * r / windows;
        }
        if (std::isnan(mean)) continue;
        total += std::sqrt(std::max(0.0, squares - mean * mean));
        ++pairs;
    }
    return pairs > 0 ? total / pairs : notANumber;
}

void addRun(CohortConnectivity& cohort, const TimeSeries& series, const AnalysisSpec& spec, const JobContext& context,
            std::mutex& mutex) {
    const ConnectivityMatrix fc = staticConnectivity(series);
    double variability = notANumber, density = 0;
    std::string windows, threshold;
    try {
        const DynamicConnectivity dynamic = slidingWindowConnectivity(series, spec.window, context);
        const DynamicGraph graph = thresholdGraphs(dynamic, spec.threshold, context);
        variability = variabilityOf(dynamic);
        for (const auto present : graph.present) density += present;
        density /= std::max<double>(1, static_cast<double>(graph.present.size()));
        windows = dynamic.howComputed;
        threshold = graph.howComputed;
    } catch (const Error&) {
        // Too short for a window: static connectivity stands alone.
    }
    const std::lock_guard lock(mutex);
    cohort.sum.resize(fc.edges.size(), 0);
    cohort.count.resize(fc.edges.size(), 0);
    for (std::size_t e = 0; e < fc.edges.size(); ++e)
        if (std::isfinite(fc.edges[e])) {
            cohort.sum[e] += fc.edges[e];
            ++cohort.count[e];
        }
    if (windows.empty())
        ++cohort.shortRuns;
    else if (std::isfinite(variability)) {
        cohort.variability += variability;
        cohort.density += density;
        ++cohort.runs;
        cohort.windows = windows;
        cohort.threshold = threshold;
    }
}

/// Mean correlation between (and inside) networks.
std::vector<double> networkMeans(const Parcellation& parcellation, const std::vector<std::string>& networks,
                                 const std::vector<double>& edges) {
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < networks.size(); ++i) place[networks[i]] = i;
    std::vector<double> sum(networks.size() * networks.size(), 0), count(sum.size(), 0);
    std::size_t e = 0;
    for (std::size_t a = 0; a < parcellation.regions.size(); ++a)
        for (std::size_t b = a + 1; b < parcellation.regions.size(); ++b, ++e) {
            if (!std::isfinite(edges[e])) continue;
            const std::size_t i = place[parcellation.regions[a].network], j = place[parcellation.regions[b].network];
            for (const std::size_t cell : {i * networks.size() + j, j * networks.size() + i}) {
                sum[cell] += edges[e];
                ++count[cell];
            }
        }
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = count[i] > 0 ? sum[i] / count[i] : notANumber;
    return sum;
}

std::string dynamicParagraphs(const CohortConnectivity& cohort) {
    std::string body;
    if (cohort.runs > 0)
        body += html::paragraph(
            "Over windows a pair's value varies by " + fixedText(cohort.variability / cohort.runs, 3) +
            " (standard deviation, mean over pairs and runs); " + fixedText(100 * cohort.density / cohort.runs, 1) +
            " % of pairs are edges. Part of that variation is sampling error of short windows. " + cohort.windows +
            " " + cohort.threshold);
    if (cohort.shortRuns)
        body += html::paragraph(countText(cohort.shortRuns, "run") + " too short for a window.", "warn");
    return body;
}

}  // namespace

std::string connectivity(const ReportContent& content, const JobContext& context) {
    std::vector<const TimeSeries*> runs;
    for (const auto& [id, run] : content.result->runs)
        if (run.cleaned && run.cleaned->series.volumeCount() >= 3) runs.push_back(&run.cleaned->series);
    if (runs.empty()) return html::section("Connectivity", html::paragraph("No run has cleaned series.", "soft"));
    CohortConnectivity cohort;
    std::mutex mutex;
    std::size_t done = 0;
    parallelFor(runs.size(), context, [&](std::size_t r) {
        addRun(cohort, *runs[r], content.spec, JobContext(context.stopToken(), {}), mutex);
        const std::lock_guard lock(mutex);
        ++done;
        context.report(static_cast<double>(done) / static_cast<double>(runs.size()), "Connectivity of the cohort");
    });
    std::vector<double> mean(cohort.sum.size());
    for (std::size_t e = 0; e < mean.size(); ++e)
        mean[e] = cohort.count[e] > 0 ? cohort.sum[e] / cohort.count[e] : notANumber;
    std::string body = html::paragraph("Static connectivity: Pearson correlation of cleaned series, mean over " +
                                       countText(runs.size(), "run") + ".");
    body += html::histogram(mean, -1, 1, 50, "mean correlation over pairs of regions");
    const Parcellation& parcellation = *content.result->parcellation;
    const auto networks = parcellation.networks();
    if (networks.size() > 1 && networks.size() <= 24 && edgeCountOf(parcellation.regions.size()) == mean.size()) {
        auto names = networks;
        std::replace(names.begin(), names.end(), std::string(), std::string("(none)"));
        body += "<h3>Mean correlation inside and between networks</h3>\n" +
                html::heatTable(names, networkMeans(parcellation, networks, mean));
    }
    return html::section("Connectivity", body + dynamicParagraphs(cohort));
}

std::string methods(const ReportContent& content) {
    // Runs differ in volumes left or columns used; equal sentences are told once.
    std::map<std::string, std::size_t> sentences;
    for (const auto& [id, run] : content.result->runs)
        if (run.cleaned) ++sentences[run.cleaned->howComputed];
    std::vector<std::pair<std::size_t, std::string>> ordered;
    for (const auto& [text, count] : sentences) ordered.emplace_back(count, text);
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string body;
    for (std::size_t i = 0; i < std::min<std::size_t>(ordered.size(), 5); ++i)
        body += html::paragraph(countText(ordered[i].first, "run") + ": " + ordered[i].second);
    if (ordered.size() > 5)
        body += html::paragraph("The sentences of the other runs differ only in their numbers.", "soft");
    body += "<details><summary>All settings</summary><pre>" + html::escape(toJson(content.spec).dump()) +
            "</pre></details>\n";
    return html::section("How it was computed", body);
}

}  // namespace chronnect::report
