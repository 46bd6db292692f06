#include "core/io/SeriesSources.h"

#include "core/base/Error.h"
#include "core/io/Text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {

namespace {

/// The lines that hold data, and what stood in `#` comments before them.
struct TextLines {
    std::vector<std::pair<std::size_t, std::string_view>> data;  ///< 1-based line number, text
    std::string_view lastComment;
};

TextLines linesOf(std::string_view content) {
    TextLines result;
    std::size_t number = 0;
    for (const auto line : text::lines(content)) {
        ++number;
        const auto kept = text::trimmed(line);
        if (kept.empty()) continue;
        if (kept.front() == '#') {
            if (result.data.empty()) result.lastComment = kept;
            continue;
        }
        result.data.emplace_back(number, line);
    }
    return result;
}

/// A cell as a number; decimal commas count where commas do not separate. NaN when missing.
std::optional<double> value(std::string_view cell, char separator) {
    if (text::isMissing(cell)) return std::numeric_limits<double>::quiet_NaN();
    if (const auto plain = text::number(cell)) return plain;
    if (separator == ',') return std::nullopt;
    std::string point(cell);
    std::replace(point.begin(), point.end(), ',', '.');
    return text::number(point);
}

bool isText(std::string_view cell, char separator) { return !value(cell, separator); }

/// A run of 0, 1, 2, ... is how pandas numbers columns and rows.
bool countsUp(const std::vector<double>& values) {
    if (values.size() < 3 || (values.front() != 0 && values.front() != 1)) return false;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] != values.front() + static_cast<double>(i)) return false;
    return true;
}

std::vector<double> columnOf(const NumericMatrix& matrix, std::size_t column) {
    std::vector<double> result(matrix.rows);
    for (std::size_t r = 0; r < matrix.rows; ++r) result[r] = matrix.values[r * matrix.columns + column];
    return result;
}

void dropFirstColumn(NumericMatrix& matrix) {
    std::vector<double> kept;
    kept.reserve(matrix.rows * (matrix.columns - 1));
    for (std::size_t r = 0; r < matrix.rows; ++r)
        kept.insert(kept.end(), matrix.values.begin() + static_cast<std::ptrdiff_t>(r * matrix.columns + 1),
                    matrix.values.begin() + static_cast<std::ptrdiff_t>((r + 1) * matrix.columns));
    matrix.values = std::move(kept);
    matrix.columnNames.erase(matrix.columnNames.begin());
    --matrix.columns;
}

/// A first column that only numbers or times the volumes is no region.
void dropCountingColumn(NumericMatrix& matrix) {
    if (matrix.columnNames.empty() || matrix.columns < 2 || matrix.rows < 3) return;
    const std::string name = text::lower(matrix.columnNames.front());
    const bool counter =
        name.empty() || name == "index" || name == "volume" || name == "frame" || name.starts_with("unnamed");
    const bool timer = name == "time" || name == "time (s)" || name == "t" || name == "onset";
    if (!counter && !timer) return;
    const auto values = columnOf(matrix, 0);
    if (counter && !countsUp(values)) return;
    if (timer) {
        const double step = values[1] - values[0];
        for (std::size_t i = 1; i < values.size(); ++i)
            if (!(step > 0) || std::abs(values[i] - values[i - 1] - step) > 1e-3 * step) return;
        matrix.timeStep = step;
    }
    matrix.notices.push_back({Severity::Information, "Column '" + matrix.columnNames.front() + "' only " +
                                                         (timer ? "times" : "numbers") +
                                                         " the volumes and was left out"});
    dropFirstColumn(matrix);
}

/// Sets the column names from a header line or a comment; true when the first data line is the header.
bool readHeader(NumericMatrix& matrix, const TextLines& lines, char separator, std::string_view sample) {
    const auto first = text::cells(lines.data.front().second, separator);
    const std::size_t texts = static_cast<std::size_t>(
        std::count_if(first.begin(), first.end(), [&](std::string_view cell) { return isText(cell, separator); }));
    std::vector<double> numbers;
    for (const auto cell : first)
        if (const auto number = value(cell, separator); number && !text::isMissing(cell)) numbers.push_back(*number);
    const bool namesRows = isText(text::cells(sample, separator).front(), separator);
    const std::string corner = text::lower(first.front());
    const bool cornerNamesRows = corner == "region" || corner == "roi" || corner == "name" || corner == "label";
    // One leading text alone is the name of a row, not a header.
    const bool rowNamed =
        texts == 1 && first.size() > 2 && isText(first.front(), separator) && namesRows && !cornerNamesRows;
    if ((texts > 0 && !rowNamed) || (texts == 0 && lines.data.size() > 1 && countsUp(numbers))) {
        for (const auto cell : first) matrix.columnNames.push_back(text::unquoted(cell));
        return true;
    }
    const auto names = text::cells(lines.lastComment, text::guessSeparator(lines.lastComment));
    if (names.size() != first.size() || names.size() < 2) return false;
    for (auto name : names) {
        while (name.starts_with('#')) name.remove_prefix(1);
        matrix.columnNames.push_back(text::unquoted(text::trimmed(name)));
    }
    return false;
}

}  // namespace

NumericMatrix parseSeriesText(std::string_view content) {
    const TextLines lines = linesOf(content);
    if (lines.data.empty()) throw Error(ErrorKind::BadInput, "The file holds no numbers");
    // A header of one word has no separator, so ask the second line too.
    const std::string_view sample = lines.data[std::min<std::size_t>(1, lines.data.size() - 1)].second;
    const char separator = text::guessSeparator(sample);
    const std::size_t cellCount = text::cells(lines.data.front().second, separator).size();
    NumericMatrix matrix;
    const bool header = readHeader(matrix, lines, separator, sample);
    bool rowNames = false;
    for (std::size_t i = header ? 1 : 0; i < lines.data.size(); ++i) {
        const auto& [number, line] = lines.data[i];
        const auto cells = text::cells(line, separator);
        if (cells.size() != cellCount)
            throw Error(ErrorKind::BadInput, "Line " + std::to_string(number) + " has " + std::to_string(cells.size()) +
                                                 " cells but line " + std::to_string(lines.data.front().first) +
                                                 " has " + std::to_string(cellCount));
        if (matrix.rows == 0) rowNames = cells.size() > 1 && isText(cells.front(), separator);
        if (rowNames) matrix.rowNames.push_back(text::unquoted(cells.front()));
        for (std::size_t c = rowNames ? 1 : 0; c < cells.size(); ++c) {
            const auto parsed = value(cells[c], separator);
            if (!parsed)
                throw Error(ErrorKind::BadInput, "Line " + std::to_string(number) + ", cell " + std::to_string(c + 1) +
                                                     ": '" + std::string(cells[c].substr(0, 40)) + "' is not a number");
            matrix.values.push_back(*parsed);
        }
        ++matrix.rows;
    }
    if (matrix.rows == 0) throw Error(ErrorKind::BadInput, "The file has a header but no numbers");
    matrix.columns = cellCount - (rowNames ? 1 : 0);
    if (rowNames && !matrix.columnNames.empty()) matrix.columnNames.erase(matrix.columnNames.begin());
    dropCountingColumn(matrix);
    return matrix;
}

}  // namespace chronnect
