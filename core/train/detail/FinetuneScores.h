#pragma once

#include "core/learning/Learning.h"
#include "core/train/detail/Baselines.h"

#include <map>
#include <string>
#include <vector>

namespace chronnect::train {

/// Predictions of every method for the scans of the folds that did not train on them.
class PredictionTable {
public:
    struct Row {
        std::size_t scan = 0, fold = 0;
        std::vector<double> output;
    };

    void add(const std::string& method, std::size_t fold, const std::vector<std::size_t>& scans,
             const std::vector<std::vector<double>>& outputs);
    const std::vector<Row>& rows(const std::string& method) const { return m_rows.at(method); }

    /// AUROC (one against the rest, averaged, for more than two classes) and balanced accuracy, or MAE, R2 and r.
    std::vector<MethodScore> scores(const Targets& targets, const std::vector<std::string>& subjects,
                                    std::uint64_t seed) const;
    /// One sentence: `method` against the strongest reference (static FC, tangent; else the constant guess).
    std::string verdict(const std::string& method, const Targets& targets, const std::vector<std::string>& subjects,
                        std::uint64_t seed) const;
    /// Ten bins of predicted probability.
    std::vector<CalibrationBin> calibration(const std::string& method, const Targets& targets) const;

private:
    std::vector<std::string> m_order;
    std::map<std::string, std::vector<Row>> m_rows;
};

/// Class shares of the training scans, or their mean, for `count` scans.
std::vector<std::vector<double>> constantPredictions(const Targets& targets, const std::vector<std::size_t>& training,
                                                     std::size_t count);

}  // namespace chronnect::train
