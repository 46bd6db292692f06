#include "core/learning/Scores.h"

#include "core/base/Random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace chronnect {

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::vector<std::size_t> orderOf(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    return order;
}

double meanOf(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double areaUnderRoc(const std::vector<double>& scores, const std::vector<int>& positive) {
    const auto order = orderOf(scores);
    double rankSum = 0;
    std::size_t positives = 0;
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from;
        while (to < order.size() && scores[order[to]] == scores[order[from]]) ++to;
        const double rank = 0.5 * static_cast<double>(from + 1 + to);
        for (std::size_t i = from; i < to; ++i)
            if (positive[order[i]]) {
                rankSum += rank;
                ++positives;
            }
        from = to;
    }
    const std::size_t negatives = scores.size() - positives;
    if (positives == 0 || negatives == 0) return missing;
    const double p = static_cast<double>(positives);
    return (rankSum - 0.5 * p * (p + 1)) / (p * static_cast<double>(negatives));
}

double averagePrecision(const std::vector<double>& scores, const std::vector<int>& positive) {
    const auto order = orderOf(scores);
    const auto total = static_cast<double>(std::ranges::count_if(positive, [](int p) { return p != 0; }));
    if (total == 0) return missing;
    double hits = 0, seen = 0, sum = 0;
    for (std::size_t to = order.size(); to > 0;) {
        std::size_t from = to;
        double here = 0;
        while (from > 0 && scores[order[from - 1]] == scores[order[to - 1]]) here += positive[order[--from]] ? 1 : 0;
        seen += static_cast<double>(to - from);
        hits += here;
        sum += here / total * hits / seen;
        to = from;
    }
    return sum;
}

double balancedAccuracy(const std::vector<int>& truth, const std::vector<int>& guess) {
    std::map<int, std::pair<int, int>> perClass;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        auto& [right, all] = perClass[truth[i]];
        right += truth[i] == guess[i];
        ++all;
    }
    if (perClass.empty()) return missing;
    double sum = 0;
    for (const auto& [label, counts] : perClass) sum += static_cast<double>(counts.first) / counts.second;
    return sum / static_cast<double>(perClass.size());
}

double meanAbsoluteError(const std::vector<double>& truth, const std::vector<double>& guess) {
    if (truth.empty()) return missing;
    double sum = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) sum += std::abs(truth[i] - guess[i]);
    return sum / static_cast<double>(truth.size());
}

double determination(const std::vector<double>& truth, const std::vector<double>& guess) {
    if (truth.empty()) return missing;
    const double mean = meanOf(truth);
    double residual = 0, total = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        residual += (truth[i] - guess[i]) * (truth[i] - guess[i]);
        total += (truth[i] - mean) * (truth[i] - mean);
    }
    return total > 0 ? 1 - residual / total : missing;
}

double pearson(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() < 2) return missing;
    const double meanA = meanOf(a), meanB = meanOf(b);
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - meanA) * (b[i] - meanB);
        aa += (a[i] - meanA) * (a[i] - meanA);
        bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : missing;
}

std::pair<double, double> meanAndSpread(const std::vector<double>& values) {
    if (values.empty()) return {missing, missing};
    const double mean = meanOf(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, std::sqrt(squares / std::max(1.0, static_cast<double>(values.size()) - 1))};
}

Interval bootstrapInterval(const std::vector<std::string>& groups, int draws, std::uint64_t seed,
                           const std::function<double(const std::vector<std::size_t>&)>& statistic) {
    std::map<std::string, std::vector<std::size_t>> byGroup;
    for (std::size_t i = 0; i < groups.size(); ++i) byGroup[groups[i]].push_back(i);
    std::vector<const std::vector<std::size_t>*> members;
    for (const auto& [name, items] : byGroup) members.push_back(&items);
    if (members.empty()) return {missing, missing};
    Random random = Random(seed).stream("bootstrap");
    std::vector<double> values;
    std::vector<std::size_t> items;
    for (int draw = 0; draw < draws; ++draw) {
        items.clear();
        for (std::size_t i = 0; i < members.size(); ++i) {
            const auto& chosen = *members[random.below(members.size())];
            items.insert(items.end(), chosen.begin(), chosen.end());
        }
        if (const double value = statistic(items); std::isfinite(value)) values.push_back(value);
    }
    if (values.empty()) return {missing, missing};
    std::ranges::sort(values);
    const auto at = [&](double share) {
        const double place = share * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
    };
    return {at(0.025), at(0.975)};
}

double effectiveRank(const std::vector<double>& singularValues) {
    const double sum = std::accumulate(singularValues.begin(), singularValues.end(), 0.0);
    if (!(sum > 0)) return 0;
    double entropy = 0;
    for (const double value : singularValues)
        if (const double share = value / sum; share > 0) entropy -= share * std::log(share);
    return std::exp(entropy);
}

}  // namespace chronnect
