#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/base/ParallelFor.h"
#include "core/connectivity/SlidingWindow.h"
#include "core/pipeline/Quality.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace chronnect {

namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

double pearson(const std::vector<double>& a, const std::vector<double>& b) {
    const double n = static_cast<double>(a.size());
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ma += a[i] / n;
        mb += b[i] / n;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : notANumber;
}

/// Ranks from 1, ties share their mean rank.
std::vector<double> ranks(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i;
        while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
        for (std::size_t k = i; k < end; ++k) result[order[k]] = static_cast<double>(i + end + 1) / 2;
        i = end;
    }
    return result;
}

/// Continued fraction of the regularized incomplete beta function (modified Lentz; Abramowitz and Stegun 26.5.8).
double betaFraction(double a, double b, double x) {
    constexpr double tiny = 1e-300;
    const auto term = [&](int m, bool even) {
        return even ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                    : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    };
    double c = 1, d = 1 / std::max(std::abs(1 + term(0, false)), tiny), value = d;
    for (int m = 1; m < 500; ++m)
        for (const bool even : {true, false}) {
            const double t = term(m, even);
            d = 1 + t * d;
            d = 1 / (std::abs(d) < tiny ? tiny : d);
            c = 1 + t / c;
            if (std::abs(c) < tiny) c = tiny;
            value *= c * d;
            if (!even && std::abs(c * d - 1) < 1e-15) return value;
        }
    return value;
}

double regularizedBeta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * betaFraction(a, b, x) / a;
    return 1 - front * betaFraction(b, a, 1 - x) / b;
}

std::vector<double> distancesOf(const Parcellation& parcellation) {
    std::vector<double> distances;
    const auto& regions = parcellation.regions;
    if (!std::all_of(regions.begin(), regions.end(), [](const Region& r) { return r.hasCentre; })) return distances;
    for (std::size_t a = 0; a < regions.size(); ++a)
        for (std::size_t b = a + 1; b < regions.size(); ++b)
            distances.push_back(std::hypot(regions[a].centre[0] - regions[b].centre[0],
                                           regions[a].centre[1] - regions[b].centre[1],
                                           regions[a].centre[2] - regions[b].centre[2]));
    return distances;
}

void summarize(QcFc& result) {
    std::vector<double> magnitudes, finite, matching;
    double significant = 0;
    for (std::size_t e = 0; e < result.correlation.size(); ++e) {
        const double r = result.correlation[e];
        if (!std::isfinite(r)) continue;
        magnitudes.push_back(std::abs(r));
        significant += correlationP(r, result.runs) < 0.05;
        finite.push_back(r);
        if (!result.distance.empty()) matching.push_back(result.distance[e]);
    }
    if (finite.empty()) throw Error(ErrorKind::BadInput, "No pair of regions has connectivity in every run");
    const auto middle = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 2);
    std::nth_element(magnitudes.begin(), middle, magnitudes.end());
    result.medianAbsolute = *middle;
    result.significantShare = significant / static_cast<double>(finite.size());
    result.distanceDependence = matching.empty() ? notANumber : pearson(ranks(finite), ranks(matching));
}

}  // namespace

double correlationP(double r, std::size_t n) {
    if (n < 3 || !std::isfinite(r)) return notANumber;
    // P(|t| > t0) = I_{v/(v+t0^2)}(v/2, 1/2), and v/(v+t0^2) = 1 - r^2.
    return regularizedBeta(static_cast<double>(n - 2) / 2, 0.5, 1 - r * r);
}

QcFc qcFc(const StudyResult& result, const std::vector<RunQuality>& cohort, const JobContext& context) {
    std::vector<const TimeSeries*> series;
    std::vector<double> motion;
    for (const auto& q : cohort) {
        const auto found = result.runs.find(q.run);
        if (found == result.runs.end() || !found->second.cleaned || !std::isfinite(q.meanFd)) continue;
        if (found->second.cleaned->series.volumeCount() < 3) continue;
        series.push_back(&found->second.cleaned->series);
        motion.push_back(q.meanFd);
    }
    if (series.size() < 5)
        throw Error(ErrorKind::BadInput,
                    "QC-FC needs at least 5 runs with framewise displacement and series; there are " +
                        std::to_string(series.size()));
    std::vector<std::vector<double>> connectivity(series.size());
    parallelFor(series.size(), context, [&](std::size_t r) { connectivity[r] = staticConnectivity(*series[r]).edges; });
    QcFc answer;
    answer.runs = series.size();
    answer.correlation.resize(connectivity.front().size());
    parallelFor((answer.correlation.size() + 4095) / 4096, context, [&](std::size_t block) {
        std::vector<double> values(series.size());
        for (std::size_t e = block * 4096; e < std::min(answer.correlation.size(), (block + 1) * 4096); ++e) {
            for (std::size_t r = 0; r < values.size(); ++r) values[r] = connectivity[r][e];
            answer.correlation[e] = pearson(values, motion);
        }
    });
    if (result.parcellation) answer.distance = distancesOf(*result.parcellation);
    if (answer.distance.size() != answer.correlation.size()) answer.distance.clear();
    summarize(answer);
    answer.howComputed =
        "QC-FC: Pearson correlation over " + countText(answer.runs, "run") +
        " between mean framewise displacement and static connectivity of each pair; distance dependence is "
        "the Spearman correlation with the distance between region centres.";
    return answer;
}

}  // namespace chronnect
