#include "core/learning/Experiment.h"
#include "core/base/NumberText.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace chronnect {

namespace {

std::string cell(double value) { return std::isfinite(value) ? Json(value).dump(-1) : std::string("n/a"); }

std::string shortCell(double value) {
    if (!std::isfinite(value)) return "n/a";
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

std::string intervalText(double low, double high) { return shortCell(low) + " to " + shortCell(high); }

/// Rows of cells as a table whose columns are aligned, so that it reads as plain text and as Markdown.
std::string alignedTable(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows.front().size(), 3);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (std::size_t number = 0; number < rows.size(); ++number) {
        for (std::size_t i = 0; i < widths.size(); ++i)
            text += "| " + rows[number][i] + std::string(widths[i] - rows[number][i].size() + 1, ' ');
        text += "|\n";
        if (number > 0) continue;
        for (const std::size_t width : widths) text += "|" + std::string(width + 2, '-');
        text += "|\n";
    }
    return text;
}

/// What decision 0020 has ranked inside folds: networks of different folds have scales of their own.
std::string withinFolds(const std::string& metric) {
    if (metric == "AUROC") return ", each person ranked among those of the same fold";
    if (metric == "r") return ", deviations from the mean of the same fold";
    return {};
}

std::string metricTable(const TargetResult& target, const std::string& metric) {
    std::vector<std::string> header{"method"};
    for (int seed = 1; seed <= target.seeds; ++seed) header.push_back("seed " + std::to_string(seed));
    header.insert(header.end(), {"mean", "sd", "95 % interval"});
    std::vector<std::vector<std::string>> rows{header};
    for (const SeedScore& score : target.scores) {
        if (score.metric != metric) continue;
        const bool null = score.method == "shuffled labels";
        std::vector<std::string> row{null ? score.method + " (" + std::to_string(target.permutations) + ", range)"
                                          : score.method};
        // More or fewer permutations than seeds: only their mean and range fit this table.
        for (int seed = 0; seed < target.seeds; ++seed)
            row.push_back(score.perSeed.size() == static_cast<std::size_t>(target.seeds)
                              ? shortCell(score.perSeed[static_cast<std::size_t>(seed)])
                              : "");
        row.insert(row.end(), {shortCell(score.mean), shortCell(score.spread), intervalText(score.low, score.high)});
        rows.push_back(std::move(row));
    }
    return alignedTable(rows);
}

std::string gainTable(const TargetResult& target, const std::string& metric) {
    std::vector<std::vector<std::string>> rows{{"method", "minus", "difference", "95 % interval"}};
    for (const PairedGain& gain : target.gains)
        if (gain.metric == metric)
            rows.push_back({gain.method, gain.against, shortCell(gain.gain), intervalText(gain.low, gain.high)});
    return rows.size() > 1 ? alignedTable(rows) : std::string();
}

void addScore(Table& table, const std::string& kind, double share, const MethodScore& score) {
    std::string folds;
    for (const double value : score.perFold) folds += (folds.empty() ? "" : ";") + cell(value);
    table.rows.push_back({kind, score.method, score.metric, cell(share), cell(score.mean), cell(score.spread),
                          cell(score.pooled), cell(score.low), cell(score.high), cell(score.p), folds});
}

}  // namespace

std::string experimentText(const ExperimentResult& result) {
    std::string text = result.record["pretrain_per_fold"].boolean(true)
                           ? "Nobody whom a fold tests was in its pretraining.\n\n"
                           : "One pretraining served all folds, so it saw the people who are tested, without their "
                             "labels: what pretraining gains may be overstated.\n\n";
    for (const TargetResult& target : result.targets) {
        const auto metrics = metricsFor(static_cast<int>(target.classes.size()));
        text += "## " + target.target + ": " + std::to_string(target.subjects) + " people, " +
                countText(static_cast<std::size_t>(target.scans), "scan") + ", " +
                countText(static_cast<std::size_t>(target.seeds), "seed") + "\n";
        for (const std::string& metric : metrics)
            text += "\n" + metric + (higherIsBetter(metric) ? " (higher is better)" : " (lower is better)") +
                    ", all folds of a seed together" + withinFolds(metric) + "; interval over people\n\n" +
                    metricTable(target, metric);
        text += "\nPaired over people, mean over seeds, " + metrics.front() + ", positive is better\n\n" +
                gainTable(target, metrics.front());
        if (target.permutations > 0) {
            text += "\nShuffled labels: " + permutationText(target.p, target.permutations) + ".\n";
        }
        text += "\nVerdict: " + target.verdict + "\n\n";
    }
    return text;
}

Table experimentTable(const ExperimentResult& result) {
    Table table;
    table.columns = {"target", "kind", "method", "against", "metric", "seed", "value", "spread", "low", "high"};
    for (const TargetResult& target : result.targets) {
        for (const SeedScore& score : target.scores) {
            for (std::size_t seed = 0; seed < score.perSeed.size(); ++seed)
                table.rows.push_back({target.target, score.method == "shuffled labels" ? "permutation" : "seed",
                                      score.method, "n/a", score.metric, std::to_string(seed + 1),
                                      cell(score.perSeed[seed]), "n/a", "n/a", "n/a"});
            table.rows.push_back({target.target, "mean", score.method, "n/a", score.metric, "n/a", cell(score.mean),
                                  cell(score.spread), cell(score.low), cell(score.high)});
        }
        for (const PairedGain& gain : target.gains)
            table.rows.push_back({target.target, "paired difference", gain.method, gain.against, gain.metric, "n/a",
                                  cell(gain.gain), "n/a", cell(gain.low), cell(gain.high)});
    }
    return table;
}

Json toJson(const ExperimentResult& result) {
    Json targets = Json::array();
    for (const TargetResult& target : result.targets) {
        Json scores = Json::array(), gains = Json::array();
        for (const SeedScore& score : target.scores)
            scores.push(Json::object()
                            .set("method", score.method)
                            .set("metric", score.metric)
                            .set("per_seed", Json(score.perSeed))
                            .set("mean", score.mean)
                            .set("spread", score.spread)
                            .set("low", score.low)
                            .set("high", score.high));
        for (const PairedGain& gain : target.gains) gains.push(toJson(gain));
        targets.push(Json::object()
                         .set("target", target.target)
                         .set("classes", Json(target.classes))
                         .set("scans", target.scans)
                         .set("subjects", target.subjects)
                         .set("seeds", target.seeds)
                         .set("scores", scores)
                         .set("gains", gains)
                         .set("p", target.p)
                         .set("permutations", target.permutations)
                         .set("verdict", target.verdict));
    }
    return Json::object().set("targets", targets).set("record", result.record);
}

Table resultTable(const FinetuneResult& result) {
    Table table;
    table.columns = {"kind", "method", "metric", "share", "mean", "spread", "pooled", "low", "high", "p", "per_fold"};
    for (const MethodScore& score : result.scores) addScore(table, "score", std::nan(""), score);
    for (const CurvePoint& point : result.curves) addScore(table, point.curve, point.share, point.score);
    for (const MethodScore& score : result.sites) addScore(table, "site", std::nan(""), score);
    for (const PairedGain& gain : result.gains)
        table.rows.push_back({"gain over " + gain.against, gain.method, gain.metric, "n/a", cell(gain.gain), "n/a",
                              "n/a", cell(gain.low), cell(gain.high), "n/a", ""});
    return table;
}

}  // namespace chronnect
