#pragma once

#include "core/data/Table.h"
#include "core/learning/Learning.h"

#include <string>
#include <vector>

namespace chronnect::cli {

/// Predictions as a table: scan, subject, with `withTruth` fold and truth, and one column per output.
Table predictionTable(const std::vector<ScanPrediction>& predictions, const std::vector<std::string>& classes,
                      bool withTruth);

}  // namespace chronnect::cli
