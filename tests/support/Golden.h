#pragma once

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/data/TimeSeries.h"
#include "tests/support/TestPaths.h"

#include <sstream>
#include <string>
#include <vector>

namespace chronnect::test {

/// Reference outputs computed with other programs on `goldenSeries`.
inline Json golden() { return Json::parse(readFile(sharedFolder() / "reference" / "golden.json")); }

/// 120 volumes x 8 regions, TR 2 s.
inline TimeSeries goldenSeries() {
    TimeSeries series;
    series.repetitionTime = 2.0;
    std::istringstream text(readFile(sharedFolder() / "reference" / "ts.tsv"));
    for (double value = 0; text >> value;) series.values.push_back(value);
    for (int n = 0; n < 8; ++n) series.regions.push_back("R" + std::to_string(n + 1));
    return series;
}

inline std::vector<double> numbers(const Json& list) {
    std::vector<double> result;
    for (const auto& item : list.items()) result.push_back(item.number());
    return result;
}

/// A matrix as rows.
inline std::vector<std::vector<double>> matrix(const Json& list) {
    std::vector<std::vector<double>> result;
    for (const auto& row : list.items()) result.push_back(numbers(row));
    return result;
}

}  // namespace chronnect::test
