#pragma once

#include "core/base/Random.h"
#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/data/TimeSeries.h"
#include "core/learning/Learning.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace chronnect {

/// Slow made-up signals, one common wave per network.
inline TimeSeries syntheticSeries(const Parcellation& parcellation, int volumes, double repetitionTime) {
    TimeSeries series;
    series.regions = parcellation.names();
    series.repetitionTime = repetitionTime;
    Random random(5);
    const auto networks = parcellation.networks();
    for (int t = 0; t < volumes; ++t)
        for (const Region& region : parcellation.regions) {
            const auto k = std::find(networks.begin(), networks.end(), region.network) - networks.begin();
            const double slow = std::sin(0.05 * (k + 2) * t + k) + 0.6 * std::sin(0.021 * (k + 1) * t + 2 * k);
            series.values.push_back(slow + 0.6 * random.normal());
        }
    return series;
}

/// Attention that prefers one network, most in a stretch of windows.
inline Explanation syntheticExplanation(const Parcellation& parcellation, int windows, int step) {
    Explanation result;
    result.scan = "sub-07_ses-1_task-rest";
    result.layers = 4;
    result.windows = windows;
    result.regions = parcellation.regions.size();
    Random random(9);
    for (int w = 0; w < windows; ++w) result.windowStarts.push_back(w * step);
    for (std::size_t layer = 0; layer < result.layers; ++layer)
        for (int w = 0; w < windows; ++w)
            for (const Region& region : parcellation.regions) {
                double x = -0.4 + 0.25 * random.normal() + 0.2 * std::sin(0.4 * w + layer);
                if (region.network == "Default") x += 1.4;
                if (region.network == "Cont" && w > windows / 2) x += 1.1;
                result.spatial.push_back(static_cast<float>(1 / (1 + std::exp(-x))));
            }
    for (std::size_t layer = 0; layer < result.layers; ++layer)
        for (int query = 0; query < windows; ++query) {
            std::vector<double> row(windows);
            double sum = 0;
            for (int key = 0; key < windows; ++key) {
                const double near = std::exp(-std::abs(query - key) / 6.0);
                row[key] = 0.2 + near + (key > 14 && key < 19 ? 0.9 : 0) + 0.1 * random.uniform();
                sum += row[key];
            }
            for (const double value : row) result.temporal.push_back(static_cast<float>(value / sum));
        }
    result.salientWindows = {15, 16, 17, 18};
    result.output = {0.23, 0.77};
    result.checks = {{"Deletion of the top regions lowers the output more than of random ones", 0.31, 0.08, true},
                     {"Maps of two seeds agree (Spearman)", 0.62, 0.03, true},
                     {"The map differs from that of an untrained network", 0.71, 0.68, false}};
    return result;
}

inline Reconstruction syntheticReconstruction(const Parcellation& parcellation, bool temporal) {
    Reconstruction result;
    result.scan = "sub-07_ses-1_task-rest";
    result.window = 11;
    result.regions = parcellation.regions.size();
    Random random(3);
    for (std::size_t a = 0; a < result.regions; ++a)
        for (std::size_t b = a + 1; b < result.regions; ++b) {
            const bool same = parcellation.regions[a].network == parcellation.regions[b].network;
            const bool edge = random.uniform() < (same ? 0.7 : 0.12);
            result.truth.push_back(edge ? 1.0f : 0.0f);
            result.hidden.push_back(temporal || random.uniform() < 0.4);
            const double logit = (edge ? 1.2 : -1.6) + (same ? 0.8 : -0.4) + 0.9 * random.normal();
            result.predicted.push_back(static_cast<float>(1 / (1 + std::exp(-logit))));
        }
    result.hiddenRegions.assign(result.regions, 0);
    if (temporal) result.sourceWindows = {3, 22};
    const auto add = [&](const char* metric, double model, double low, double high,
                         std::map<std::string, double> others) {
        ReconstructionScore score;
        score.question = "hidden pairs of this window";
        score.metric = metric;
        score.model = model;
        score.low = low;
        score.high = high;
        score.baselines = std::move(others);
        result.scores.push_back(score);
    };
    add("AUROC", 0.874, 0.861, 0.887,
        {{"copy nearest", 0.842}, {"mean of flanks", 0.855}, {"scan mean", 0.861}, {"group mean", 0.803}});
    add("AP", 0.702, 0.68, 0.72,
        {{"copy nearest", 0.695}, {"mean of flanks", 0.711}, {"scan mean", 0.698}, {"group mean", 0.622}});
    return result;
}

}  // namespace chronnect
