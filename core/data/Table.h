#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chronnect {

/// A table of texts with named columns, as read from TSV or CSV. "n/a" and empty cells are missing.
struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`

    std::optional<std::size_t> column(std::string_view name) const;
    /// The cell as a number; empty when missing or not a number.
    std::optional<double> number(std::size_t row, std::size_t column) const;
    bool isMissing(std::size_t row, std::size_t column) const;

    bool operator==(const Table&) const = default;
};

/// What fMRIPrep's JSON file says about one CompCor column.
struct CompCorDetail {
    std::string mask;                 ///< "combined", "CSF" or "WM"
    std::string method;               ///< "aCompCor", "tCompCor"
    double cumulativeVariance = 0.0;  ///< share of the mask's variance explained up to and with this component, 0 to 1
    bool retained = true;

    bool operator==(const CompCorDetail&) const = default;
};

/// Nuisance time series of one run (fMRIPrep confounds). NaN where the file says n/a.
struct Confounds {
    std::vector<std::string> names;
    std::vector<double> values;                            ///< volumes x names, row-major
    std::map<std::string, CompCorDetail> components = {};  ///< by column name; empty without a JSON file

    std::size_t volumeCount() const { return names.empty() ? 0 : values.size() / names.size(); }
    std::optional<std::size_t> column(std::string_view name) const;
    double at(std::size_t volume, std::size_t column) const { return values[volume * names.size() + column]; }

    bool operator==(const Confounds&) const = default;
};

}  // namespace chronnect
