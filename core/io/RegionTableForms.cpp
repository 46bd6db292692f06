#include "core/io/RegionTableForms.h"

#include "core/base/Error.h"
#include "core/io/Tables.h"
#include "core/io/Text.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>

namespace chronnect {

namespace {

using Cells = std::vector<std::string>;

std::optional<int> wholeNumber(std::string_view cell) {
    const auto value = text::number(cell);
    if (!value || !std::isfinite(*value) || std::floor(*value) != *value) return std::nullopt;
    if (*value < std::numeric_limits<int>::min() || *value > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*value);
}

std::optional<std::uint8_t> byteOf(std::string_view cell) {
    const auto value = wholeNumber(cell);
    if (!value || *value < 0 || *value > 255) return std::nullopt;
    return static_cast<std::uint8_t>(*value);
}

std::optional<Rgb> rgbOf(const Cells& cells, std::size_t first) {
    if (first + 3 > cells.size()) return std::nullopt;
    Rgb colour{};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto byte = byteOf(cells[first + i]);
        if (!byte) return std::nullopt;
        colour[i] = *byte;
    }
    return colour;
}

std::optional<Rgb> rgbOfHex(std::string_view cell) {
    if (cell.starts_with('#')) cell.remove_prefix(1);
    if (cell.size() != 6 && cell.size() != 8) return std::nullopt;
    Rgb colour{};
    for (std::size_t i = 0; i < 3; ++i) {
        unsigned value = 0;
        for (const char c : cell.substr(2 * i, 2)) {
            const auto digit = std::string_view("0123456789abcdef").find(text::lower(std::string_view(&c, 1)));
            if (digit == std::string_view::npos) return std::nullopt;
            value = value * 16 + static_cast<unsigned>(digit);
        }
        colour[i] = static_cast<std::uint8_t>(value);
    }
    return colour;
}

Hemisphere hemisphereOfCell(std::string_view cell) {
    const std::string value = text::lower(cell);
    if (value == "l" || value == "lh" || value == "left") return Hemisphere::Left;
    if (value == "r" || value == "rh" || value == "right") return Hemisphere::Right;
    if (value == "b" || value == "both" || value == "bilateral" || value == "lr") return Hemisphere::Both;
    return Hemisphere::Unknown;
}

/// The columns of a table with a header line, by the names under which atlases are published.
struct HeaderColumns {
    std::optional<std::size_t> index, name, network, hemisphere, colour, x, y, z, red, green, blue;
};

std::optional<std::size_t> columnNamed(const Table& table, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            if (text::lower(table.columns[c]) == name) return c;
    return std::nullopt;
}

bool holdsWholeNumbers(const Table& table, std::size_t column) {
    return std::all_of(table.rows.begin(), table.rows.end(),
                       [&](const Cells& row) { return wholeNumber(row[column]); });
}

HeaderColumns columnsOf(const Table& table) {
    HeaderColumns found;
    for (const auto name : {"index", "value", "number", "label_id", "roi_id", "id", "key", "no", "no.", "label",
                            "roi label", "roi", "parcel", "labels"}) {
        const auto column = columnNamed(table, {name});
        if (column && !found.index && holdsWholeNumbers(table, *column)) found.index = column;
    }
    for (const auto name : {"name", "roi name", "roi_name", "region_name", "regionname", "label_name", "region",
                            "label", "structure", "roi", "labels", "abbreviation"}) {
        const auto column = columnNamed(table, {name});
        if (column && !found.name && column != found.index && !holdsWholeNumbers(table, *column)) found.name = column;
    }
    found.network = columnNamed(table, {"network", "network_label", "network_name", "networkname", "netname", "net",
                                        "community", "system", "yeo7", "yeo_7network"});
    found.hemisphere = columnNamed(table, {"hemi", "hemisphere", "side"});
    found.colour = columnNamed(table, {"color", "colour", "hex"});
    found.x = columnNamed(table, {"x", "mni_x", "x_mni", "x (mm)", "centroid_x", "x.mni"});
    found.y = columnNamed(table, {"y", "mni_y", "y_mni", "y (mm)", "centroid_y", "y.mni"});
    found.z = columnNamed(table, {"z", "mni_z", "z_mni", "z (mm)", "centroid_z", "z.mni"});
    found.red = columnNamed(table, {"r", "red"});
    found.green = columnNamed(table, {"g", "green"});
    found.blue = columnNamed(table, {"b", "blue"});
    if (!found.x && !found.green && found.red) {  // R, A, S are also the customary names of world axes
        found.x = columnNamed(table, {"r"});
        found.y = columnNamed(table, {"a"});
        found.z = columnNamed(table, {"s"});
    }
    return found;
}

Region regionOfRow(const Table& table, std::size_t row, const HeaderColumns& columns, const std::string& fileName) {
    const auto cell = [&](const std::optional<std::size_t>& column) {
        return column && !table.isMissing(row, *column) ? table.rows[row][*column] : std::string();
    };
    Region region;
    region.label = static_cast<int>(row + 1);
    if (columns.index) region.label = wholeNumber(table.rows[row][*columns.index]).value_or(0);
    region.name = cell(columns.name);
    region.network = cell(columns.network);
    region.hemisphere = hemisphereOfCell(cell(columns.hemisphere));
    if (columns.x && columns.y && columns.z) {
        const std::size_t axes[] = {*columns.x, *columns.y, *columns.z};
        region.hasCentre = true;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto value = text::number(table.rows[row][axes[i]]);
            region.hasCentre = region.hasCentre && value && std::isfinite(*value);
            region.centre[i] = region.hasCentre ? *value : 0.0;
            if (!value && !table.isMissing(row, axes[i]))
                throw Error(ErrorKind::BadInput, "Region table " + fileName + " row " + std::to_string(row + 1) +
                                                     ": coordinate '" + table.rows[row][axes[i]] + "' is not a number");
        }
        if (!region.hasCentre) region.centre = {0, 0, 0};
    }
    if (const auto colour = rgbOfHex(cell(columns.colour)))
        region.colour = *colour;
    else if (columns.red && columns.green && columns.blue)
        if (const auto mixed = rgbOf({cell(columns.red), cell(columns.green), cell(columns.blue)}, 0))
            region.colour = *mixed;
    return region;
}

Table tableOfLines(const std::vector<std::string_view>& lines, std::string_view content, char separator) {
    if (separator != ' ') return parseTable(content, separator);
    Table table;
    for (const auto line : lines) {
        Cells row;
        for (const auto cell : text::cells(line, ' ')) row.emplace_back(cell);
        if (table.columns.empty()) {
            table.columns = std::move(row);
            continue;
        }
        // A name at the end may hold spaces.
        while (row.size() > table.columns.size()) {
            row[row.size() - 2] += " " + row.back();
            row.pop_back();
        }
        if (row.size() != table.columns.size())
            throw Error(ErrorKind::BadInput, "The row '" + std::string(line.substr(0, 60)) + "' has " +
                                                 std::to_string(row.size()) + " cells but the header has " +
                                                 std::to_string(table.columns.size()));
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// True when the first line names columns instead of describing a region.
bool isHeader(std::string_view line, char separator) {
    bool known = false;
    for (const auto cell : text::cells(line, separator)) {
        if (text::number(cell)) return false;
        std::string name = text::lower(cell);
        std::erase(name, '"');
        for (const auto column : {"index", "name", "label", "roi", "x", "number", "value", "network", "roi label",
                                  "roi name", "region", "id", "key"})
            known = known || name == column;
    }
    return known;
}

std::string joined(const Cells& cells, std::size_t from, std::size_t to) {
    std::string result;
    for (std::size_t i = from; i < to; ++i) result += (i > from ? " " : "") + cells[i];
    if (result.size() >= 2 && result.front() == '"' && result.back() == '"')
        result = result.substr(1, result.size() - 2);
    return result;
}

/// One line of a file without header; empty when it fits none of the forms.
std::optional<Region> regionOfLine(const Cells& cells) {
    Region region;
    const std::size_t n = cells.size();
    const auto first = wholeNumber(cells.front());
    if (first && n >= 8 && rgbOf(cells, 1) &&
        cells[7].starts_with('"')) {  // ITK-SNAP: label r g b a visible mesh "name"
        region.label = *first;
        region.colour = *rgbOf(cells, 1);
        region.name = joined(cells, 7, n);
        return region;
    }
    for (const std::size_t trailing : {std::size_t{4}, std::size_t{3}}) {  // label name r g b [a]
        if (!first || n < trailing + 2) continue;
        const auto colour = rgbOf(cells, n - trailing);
        if (!colour || (trailing == 4 && !byteOf(cells.back()))) continue;
        region.label = *first;
        region.name = joined(cells, 1, n - trailing);
        region.colour = *colour;
        return region;
    }
    if (first && n >= 2) {
        region.label = *first;
        region.name = joined(cells, 1, n);
        return region;
    }
    const auto last = wholeNumber(cells.back());
    if (last && (n == 3 || n == 2)) {  // AAL: abbreviation, name, label; or name, label
        region.label = *last;
        region.name = cells[n - 2];
        return region;
    }
    return std::nullopt;
}

/// Workbench label list: a line with the name, then "key red green blue alpha".
std::vector<Region> regionsOfLabelList(const std::vector<std::string_view>& lines) {
    std::vector<Region> regions;
    if (lines.size() < 2 || lines.size() % 2) return {};
    for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
        Cells cells;
        for (const auto cell : text::cells(lines[i + 1], ' ')) cells.emplace_back(cell);
        if (cells.size() != 5 || !wholeNumber(cells[0]) || !rgbOf(cells, 1) || !byteOf(cells[4])) return {};
        Region region;
        region.label = *wholeNumber(cells[0]);
        region.name = std::string(text::trimmed(lines[i]));
        region.colour = *rgbOf(cells, 1);
        regions.push_back(std::move(region));
    }
    return regions;
}

/// Lines without a header: the first line decides between labelled regions and a plain list of names.
std::vector<Region> regionsOfLines(const std::vector<std::string_view>& lines, const std::string& fileName) {
    if (auto listed = regionsOfLabelList(lines); !listed.empty()) return listed;
    std::vector<Region> regions;
    const char separator = text::guessSeparator(lines.front());
    bool plain = false;
    for (const auto line : lines) {
        Cells cells;
        for (const auto cell : text::cells(line, separator)) cells.emplace_back(cell);
        auto region = plain ? std::nullopt : regionOfLine(cells);
        if (regions.empty() && !region) plain = cells.size() == 1 && !text::number(cells.front());
        if (plain) {
            region.emplace();
            region->label = static_cast<int>(regions.size() + 1);
            region->name = std::string(text::trimmed(line));
        }
        if (!region)
            throw Error(ErrorKind::BadInput, "Region table " + fileName + ": the line '" +
                                                 std::string(line.substr(0, 60)) +
                                                 "' is not a region; expected columns such as index and name");
        regions.push_back(std::move(*region));
    }
    return regions;
}

std::string withoutComments(std::string_view xml) {
    std::string result;
    while (!xml.empty()) {
        const auto start = std::min(xml.find("<!--"), xml.size());
        result += xml.substr(0, start);
        xml.remove_prefix(start);
        const auto end = xml.find("-->");
        xml.remove_prefix(end == std::string_view::npos ? xml.size() : end + 3);
    }
    return result;
}

std::string decoded(std::string_view xml) {
    std::string result;
    constexpr std::pair<std::string_view, char> entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    while (!xml.empty()) {
        bool replaced = false;
        for (const auto& [entity, character] : entities) {
            if (!xml.starts_with(entity)) continue;
            result.push_back(character);
            xml.remove_prefix(entity.size());
            replaced = true;
            break;
        }
        if (replaced) continue;
        result.push_back(xml.front());
        xml.remove_prefix(1);
    }
    return std::string(text::trimmed(result));
}

/// Text between `<tag>` and `</tag>`, or empty.
std::string_view element(std::string_view xml, const std::string& tag) {
    const auto start = xml.find("<" + tag + ">");
    if (start == std::string_view::npos) return {};
    xml.remove_prefix(start + tag.size() + 2);
    const auto end = xml.find("</" + tag + ">");
    return end == std::string_view::npos ? std::string_view{} : xml.substr(0, end);
}

std::string_view attribute(std::string_view tag, const std::string& name) {
    for (const char quote : {'"', '\''}) {
        const auto start = tag.find(" " + name + "=" + quote);
        if (start == std::string_view::npos) continue;
        tag.remove_prefix(start + name.size() + 3);
        return tag.substr(0, tag.find(quote));
    }
    return {};
}

}  // namespace

Parcellation regionsOfXml(std::string_view content) {
    const std::string xml = withoutComments(content);
    const std::string_view header = element(xml, "header");
    Parcellation parcellation;
    parcellation.name = decoded(element(header, "name"));
    // In FSL's probabilistic atlases the summary image holds index + 1, so that 0 can stay background.
    const int shift = text::lower(decoded(element(header, "type"))).starts_with("prob") ? 1 : 0;
    std::string_view rest = xml;
    for (auto start = rest.find("<label"); start != std::string_view::npos; start = rest.find("<label")) {
        rest.remove_prefix(start + 6);
        if (rest.empty() || (rest.front() != '>' && rest.front() != ' ')) continue;
        const auto open = rest.find('>');
        const auto close = rest.find("</label>");
        if (close == std::string_view::npos || open > close)
            throw Error(ErrorKind::BadInput, "The atlas XML is cut off inside a <label> element");
        const std::string_view tag = rest.substr(0, open), body = rest.substr(open + 1, close - open - 1);
        const bool nested = body.find("<index>") != std::string_view::npos;
        const auto index = wholeNumber(nested ? element(body, "index") : attribute(tag, "index"));
        if (!index || *index > std::numeric_limits<int>::max() - 1)
            throw Error(ErrorKind::BadInput, "The atlas XML has a <label> without a whole-number index");
        Region region;
        region.label = nested ? *index : *index + shift;
        region.name = decoded(nested ? element(body, "name") : body);
        parcellation.regions.push_back(std::move(region));
        rest.remove_prefix(close);
    }
    if (parcellation.regions.empty())
        throw Error(ErrorKind::BadInput,
                    "The XML holds no <label> elements; it is not an FSL or AAL atlas description");
    return parcellation;
}

Parcellation regionsOfText(std::string_view content, const std::string& fileName) {
    std::vector<std::string_view> lines;
    for (const auto line : text::lines(content))
        if (const auto kept = text::trimmed(line); !kept.empty() && kept.front() != '#') lines.push_back(line);
    if (lines.empty()) throw Error(ErrorKind::BadInput, "Region table " + fileName + " is empty");
    Parcellation parcellation;
    const char separator = text::guessSeparator(lines.front());
    if (!isHeader(lines.front(), separator)) {
        parcellation.regions = regionsOfLines(lines, fileName);
        return parcellation;
    }
    std::string kept;
    for (const auto line : lines) kept.append(line).push_back('\n');
    const Table table = tableOfLines(lines, kept, separator);
    const HeaderColumns columns = columnsOf(table);
    if (!columns.index && !columns.name && !columns.x)
        throw Error(ErrorKind::BadInput,
                    "Region table " + fileName + " has neither an 'index' column of whole numbers nor a 'name' column");
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        parcellation.regions.push_back(regionOfRow(table, row, columns, fileName));
    return parcellation;
}

}  // namespace chronnect
