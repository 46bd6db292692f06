#include "core/io/Tables.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/io/Text.h"

#include <array>
#include <cmath>
#include <cctype>
#include <limits>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

/// Text takes far less room in a file than as cells in memory, hence both limits.
constexpr std::size_t byteLimit = std::size_t{256} << 20;
constexpr std::size_t cellLimit = 20'000'000;

/// Splits a text into records of cells (RFC 4180). In TSV a quote counts only when it encloses a whole cell.
class RecordReader {
public:
    RecordReader(std::string_view text, char separator) : m_text(text), m_separator(separator) {}

    /// False at the end. `cells` is the next record, `line()` the line it starts on.
    bool next(std::vector<std::string>& cells) {
        cells.clear();
        if (m_at >= m_text.size()) return false;
        m_startLine = m_line;
        while (cell(cells)) {
        }
        return true;
    }
    std::size_t line() const { return m_startLine; }

private:
    bool endsCell(std::size_t at) const {
        return at >= m_text.size() || m_text[at] == m_separator || m_text[at] == '\n' || m_text[at] == '\r';
    }

    /// Reads one cell and what ends it; true when another cell of the same record follows.
    bool cell(std::vector<std::string>& cells) {
        cells.emplace_back();
        if (m_at < m_text.size() && m_text[m_at] == '"' && quoted(cells.back())) return endOfCell();
        const std::size_t start = m_at;
        while (!endsCell(m_at)) ++m_at;
        cells.back() = std::string(text::trimmed(m_text.substr(start, m_at - start)));
        return endOfCell();
    }

    bool endOfCell() {
        if (m_at >= m_text.size()) return false;
        if (m_text[m_at] == m_separator) {
            ++m_at;
            return true;
        }
        if (m_text[m_at] == '\r' && m_at + 1 < m_text.size() && m_text[m_at + 1] == '\n') ++m_at;
        ++m_at;
        ++m_line;
        return false;
    }

    /// A quoted cell; leaves everything as it was when the closing quote does not end the cell.
    bool quoted(std::string& out) {
        std::string value;
        std::size_t newLines = 0;
        for (std::size_t at = m_at + 1; at < m_text.size(); ++at) {
            const char c = m_text[at];
            if (c == '"' && at + 1 < m_text.size() && m_text[at + 1] == '"') {
                value.push_back('"');
                ++at;
            } else if (c == '"') {
                if (!endsCell(at + 1)) return false;
                m_at = at + 1;
                m_line += newLines;
                out = std::string(text::trimmed(value));
                return true;
            } else {
                if (c == '\n' && m_separator == '\t') return false;
                newLines += c == '\n';
                value.push_back(c);
            }
        }
        if (m_separator == '\t') return false;
        throw Error(ErrorKind::BadInput,
                    "Table line " + std::to_string(m_line) + ": a quoted cell has no closing quotation mark");
    }

    std::string_view m_text;
    char m_separator;
    std::size_t m_at = 0, m_line = 1, m_startLine = 1;
};

bool isBlank(const std::vector<std::string>& record) { return record.size() == 1 && record.front().empty(); }

struct OldName {
    const char* before;
    const char* now;
};
/// Column names of fMRIPrep 1.0 and what they are called since 1.2.
constexpr std::array<OldName, 14> oldNames{{{"X", "trans_x"},
                                            {"Y", "trans_y"},
                                            {"Z", "trans_z"},
                                            {"RotX", "rot_x"},
                                            {"RotY", "rot_y"},
                                            {"RotZ", "rot_z"},
                                            {"FramewiseDisplacement", "framewise_displacement"},
                                            {"stdDVARS", "std_dvars"},
                                            {"non-stdDVARS", "dvars"},
                                            {"WhiteMatter", "white_matter"},
                                            {"CSF", "csf"},
                                            {"GlobalSignal", "global_signal"},
                                            {"vx-wisestdDVARS", "vx_wise_std_dvars"},
                                            {"RMSD", "rmsd"}}};
constexpr std::array<OldName, 5> oldPrefixes{{{"aCompCor", "a_comp_cor_"},
                                              {"tCompCor", "t_comp_cor_"},
                                              {"Cosine", "cosine_"},
                                              {"AROMAAggrComp", "aroma_motion_"},
                                              {"NonSteadyStateOutlier", "non_steady_state_outlier_"}}};

std::string currentName(const std::string& name) {
    for (const auto& [before, now] : oldNames)
        if (name == before) return now;
    for (const auto& [before, now] : oldPrefixes)
        if (name.starts_with(before)) return now + name.substr(std::string_view(before).size());
    return name;
}

/// Six columns without names: realignment parameters of SPM or, rotations first, of FSL.
std::vector<std::string> motionNames(const std::string& fileName, std::size_t columns) {
    if (columns != 6)
        throw Error(ErrorKind::BadInput, "Confounds file " + fileName + " has no header line and " +
                                             std::to_string(columns) +
                                             " columns; add a line of names (only six motion columns need none)");
    if (fileName.ends_with(".par")) return {"rot_x", "rot_y", "rot_z", "trans_x", "trans_y", "trans_z"};
    return {"trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"};
}

/// Empty when the header line holds numbers only.
std::vector<std::string> headerNames(std::string_view line, char separator) {
    std::vector<std::string> names;
    bool allNumbers = true;
    for (const auto cell : text::cells(line, separator)) {
        allNumbers = allNumbers && (text::number(cell) || text::isMissing(cell));
        names.push_back(currentName(text::unquoted(cell)));
    }
    if (allNumbers) names.clear();
    return names;
}

/// The lines of data with their numbers, and the last `#` comment before them, where C-PAC writes the names.
struct ConfoundLines {
    std::vector<std::pair<std::size_t, std::string_view>> data;
    std::string_view comment;
};
ConfoundLines confoundLines(std::string_view content) {
    ConfoundLines result;
    std::size_t number = 0;
    for (const auto line : text::lines(content)) {
        ++number;
        const auto kept = text::trimmed(line);
        if (kept.starts_with('#') && result.data.empty())
            result.comment = kept.substr(1);
        else if (!kept.empty())
            result.data.emplace_back(number, line);
    }
    return result;
}

void readCompCorDetails(Confounds& confounds, std::string_view json) {
    if (text::trimmed(json).empty()) return;
    const Json document = Json::parse(json);
    for (const auto& name : confounds.names) {
        const Json* entry = document.find(name);
        if (!entry || !entry->contains("CumulativeVarianceExplained")) continue;
        CompCorDetail detail;
        detail.mask = (*entry)["Mask"].text();
        detail.method = (*entry)["Method"].text();
        detail.cumulativeVariance = (*entry)["CumulativeVarianceExplained"].number();
        detail.retained = (*entry)["Retained"].boolean(true);
        confounds.components[name] = detail;
    }
}

}  // namespace

Table parseTable(std::string_view content, char separator) {
    RecordReader reader(content, separator);
    Table table;
    std::size_t cellCount = 0;
    std::vector<std::string> record;
    while (reader.next(record)) {
        if (table.columns.empty()) {
            if (!isBlank(record)) table.columns = std::move(record);
            continue;
        }
        if (isBlank(record) && table.columns.size() > 1) continue;
        if (record.size() != table.columns.size())
            throw Error(ErrorKind::BadInput, "Table line " + std::to_string(reader.line()) + " has " +
                                                 std::to_string(record.size()) + " cells but the header has " +
                                                 std::to_string(table.columns.size()));
        cellCount += record.size();
        if (cellCount > cellLimit) throw Error(ErrorKind::BadInput, "The table has more than 20 million cells");
        table.rows.push_back(std::move(record));
    }
    if (table.columns.empty()) throw Error(ErrorKind::BadInput, "The table is empty: it has no header line");
    return table;
}

Table readTable(const fs::path& path) {
    try {
        const std::string content = text::toUtf8(readFile(path, byteLimit), "The table");
        const auto all = text::lines(std::string_view(content).substr(0, 1 << 20));
        const std::string extension = text::lower(path.extension().string());
        char separator = extension == ".tsv" || all.empty() ? '\t' : text::guessSeparator(all.front());
        if (separator == ' ') separator = extension == ".csv" ? ',' : '\t';
        return parseTable(content, separator);
    } catch (const Error& error) {
        throw Error("Cannot read table " + path.string(), error);
    }
}

void writeTable(const fs::path& path, const Table& table) {
    std::string out;
    const auto put = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i) out += '\t';
            std::string cell = row[i].empty() ? "n/a" : row[i];
            for (char& c : cell)
                if (c == '\t' || c == '\n' || c == '\r') c = ' ';
            out += cell;
        }
        out += '\n';
    };
    put(table.columns);
    for (const auto& row : table.rows) put(row);
    writeFileAtomically(path, out);
}

Confounds parseConfounds(std::string_view content, std::string_view json, const std::string& fileName) {
    const ConfoundLines lines = confoundLines(content);
    if (lines.data.empty()) throw Error(ErrorKind::BadInput, "Confounds file " + fileName + " is empty");
    const std::string_view first = lines.data.front().second;
    const char separator = text::guessSeparator(first);
    const std::size_t columns = text::cells(first, separator).size();
    Confounds confounds;
    confounds.names = headerNames(first, separator);
    const bool hasHeader = !confounds.names.empty();
    if (!hasHeader) confounds.names = headerNames(lines.comment, text::guessSeparator(lines.comment));
    if (confounds.names.size() != columns) confounds.names = motionNames(fileName, columns);
    for (std::size_t i = hasHeader ? 1 : 0; i < lines.data.size(); ++i) {
        const auto& [number, line] = lines.data[i];
        const auto cells = text::cells(line, separator);
        if (cells.size() != columns)
            throw Error(ErrorKind::BadInput, "Confounds file " + fileName + " line " + std::to_string(number) +
                                                 " has " + std::to_string(cells.size()) + " cells instead of " +
                                                 std::to_string(columns));
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const auto value = text::number(cells[c]);
            if (!value && !text::isMissing(cells[c]))
                throw Error(ErrorKind::BadInput, "Confounds file " + fileName + " line " + std::to_string(number) +
                                                     ", column '" + confounds.names[c] + "': '" +
                                                     std::string(cells[c].substr(0, 40)) + "' is not a number");
            confounds.values.push_back(value && std::isfinite(*value) ? *value
                                                                      : std::numeric_limits<double>::quiet_NaN());
        }
    }
    if (confounds.values.empty()) throw Error(ErrorKind::BadInput, "Confounds file " + fileName + " has no rows");
    readCompCorDetails(confounds, json);
    return confounds;
}

Confounds readConfounds(const fs::path& path) {
    try {
        const std::string content = text::toUtf8(readFile(path, byteLimit), "The confounds file");
        fs::path sidecar = path;
        sidecar.replace_extension(".json");
        std::error_code ignored;
        const std::string json = fs::is_regular_file(sidecar, ignored) ? readFile(sidecar, byteLimit) : std::string();
        return parseConfounds(content, json, path.filename().string());
    } catch (const Error& error) {
        throw Error("Cannot read confounds " + path.string(), error);
    }
}

}  // namespace chronnect
