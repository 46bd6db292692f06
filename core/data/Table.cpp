#include "core/data/Table.h"

#include <algorithm>
#include <charconv>

namespace chronnect {

std::optional<std::size_t> Table::column(std::string_view name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
}

bool Table::isMissing(std::size_t row, std::size_t columnIndex) const {
    const std::string& cell = rows[row][columnIndex];
    return cell.empty() || cell == "n/a" || cell == "N/A" || cell == "NaN" || cell == "nan" || cell == "NA";
}

std::optional<double> Table::number(std::size_t row, std::size_t columnIndex) const {
    if (isMissing(row, columnIndex)) return std::nullopt;
    const std::string& cell = rows[row][columnIndex];
    double value = 0;
    const char* first = cell.data() + (cell.front() == '+' ? 1 : 0);
    const auto [end, error] = std::from_chars(first, cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
    return value;
}

std::optional<std::size_t> Confounds::column(std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

}  // namespace chronnect
