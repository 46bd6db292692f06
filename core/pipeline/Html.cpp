#include "core/pipeline/Html.h"

#include "core/base/NumberText.h"

#include <algorithm>
#include <cmath>

namespace chronnect::html {

namespace {

constexpr const char* style = R"(
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5d6678; --line: #d9dee8; --paper: #ffffff; --band: #f4f6fa;
  --warn: #9a5b00; --accent: #2f6fb3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8f0; --soft: #9aa5b8; --line: #333c4d; --paper: #161b24;
  --band: #1d2430; --warn: #e0a64a; --accent: #6fb0ee; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1080px;
  margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem;
  border-bottom: 1px solid var(--line); padding-bottom: .25rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
p.soft, figcaption { color: var(--soft); } p.warn { color: var(--warn); } p.strong { font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .88rem; margin: .6rem 0; }
th, td { text-align: left; padding: .25rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { background: var(--band); } td.number { text-align: right; font-variant-numeric: tabular-nums; }
table.heat td { text-align: center; border: 0; min-width: 3.2rem; color: #1d2433; } table.heat th { background: none; }
figure { margin: 1rem 0; } img { max-width: 100%; border: 1px solid var(--line); }
svg text { fill: var(--soft); font-size: 11px; } svg rect { fill: var(--accent); }
)";

bool looksLikeNumber(const std::string& cell) {
    return cell == "n/a" || cell.empty() ||
           (cell.find_first_not_of("0123456789.+-e% ") == std::string::npos &&
            cell.find_first_of("0123456789") != std::string::npos);
}

/// Blue through white to red, -1 to 1.
std::string heatColour(double value) {
    const double v = std::clamp(value, -1.0, 1.0), strength = std::pow(std::abs(v), 0.8);
    const double full[2][3] = {{66, 124, 189}, {205, 75, 66}};
    std::string colour = "rgb(";
    for (std::size_t k = 0; k < 3; ++k)
        colour += (k ? "," : "") + fixedText(250 + (full[v > 0 ? 1 : 0][k] - 250) * strength, 0);
    return colour + ")";
}

}  // namespace

std::string escape(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&': result += "&amp;"; break;
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '"': result += "&quot;"; break;
            default: result += c;
        }
    }
    return result;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    result.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned value = 0;
        for (std::size_t k = 0; k < 3; ++k)
            value = value << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) result += i + k > bytes.size() ? '=' : digits[value >> (18 - 6 * k) & 63u];
    }
    return result;
}

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
    std::string result = "<div class=\"wide\"><table><thead><tr>";
    for (const auto& name : header) result += "<th>" + escape(name) + "</th>";
    result += "</tr></thead><tbody>\n";
    std::vector<bool> numeric(header.size(), true);
    for (const auto& row : rows)
        for (std::size_t c = 0; c < header.size() && c < row.size(); ++c)
            numeric[c] = numeric[c] && looksLikeNumber(row[c]);
    for (const auto& row : rows) {
        result += "<tr>";
        for (std::size_t c = 0; c < row.size(); ++c)
            result += (c < numeric.size() && numeric[c] ? "<td class=\"number\">" : "<td>") + escape(row[c]) + "</td>";
        result += "</tr>\n";
    }
    return result + "</tbody></table></div>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& rows) {
    std::string result = "<table>";
    for (const auto& [name, value] : rows)
        result += "<tr><th>" + escape(name) + "</th><td>" + escape(value) + "</td></tr>\n";
    return result + "</table>\n";
}

std::string heatTable(const std::vector<std::string>& names, const std::vector<double>& values) {
    std::string result = "<div class=\"wide\"><table class=\"heat\"><tr><th></th>";
    for (const auto& name : names) result += "<th>" + escape(name) + "</th>";
    result += "</tr>\n";
    for (std::size_t a = 0; a < names.size(); ++a) {
        result += "<tr><th>" + escape(names[a]) + "</th>";
        for (std::size_t b = 0; b < names.size(); ++b) {
            const double value = values[a * names.size() + b];
            if (std::isnan(value))
                result += "<td>n/a</td>";
            else
                result += "<td style=\"background:" + heatColour(value) + "\">" + fixedText(value, 2) + "</td>";
        }
        result += "</tr>\n";
    }
    return result + "</table></div>\n";
}

std::string histogram(std::span<const double> values, double low, double high, std::size_t bins,
                      const std::string& label) {
    std::vector<double> counts(bins, 0);
    for (const double value : values) {
        if (!std::isfinite(value)) continue;
        const double place = std::clamp((value - low) / (high - low), 0.0, 1.0) * static_cast<double>(bins);
        ++counts[std::min(bins - 1, static_cast<std::size_t>(place))];
    }
    const double tallest = std::max(1.0, *std::max_element(counts.begin(), counts.end()));
    constexpr double width = 480, height = 110;
    std::string result =
        "<svg role=\"img\" aria-label=\"" + escape(label) + "\" width=\"480\" height=\"150\" viewBox=\"0 0 480 150\">";
    for (std::size_t i = 0; i < bins; ++i) {
        const double step = width / static_cast<double>(bins), tall = counts[i] / tallest * height;
        result += "<rect x=\"" + fixedText(static_cast<double>(i) * step, 1) + "\" y=\"" + fixedText(height - tall, 1) +
                  "\" width=\"" + fixedText(step - 1, 1) + "\" height=\"" + fixedText(tall, 1) + "\"/>";
    }
    result += "<text x=\"0\" y=\"126\">" + numberText(low, 3) +
              "</text><text x=\"480\" y=\"126\" text-anchor=\"end\">" + numberText(high, 3) +
              "</text><text x=\"240\" y=\"142\" text-anchor=\"middle\">" + escape(label) + "</text></svg>\n";
    return result;
}

std::string paragraph(std::string_view text, std::string_view cssClass) {
    return "<p" + (cssClass.empty() ? std::string() : " class=\"" + std::string(cssClass) + "\"") + ">" + escape(text) +
           "</p>\n";
}

std::string section(const std::string& title, const std::string& body) {
    return "<section><h2>" + escape(title) + "</h2>\n" + body + "</section>\n";
}

std::string page(const std::string& title, const std::string& body) {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\"><title>" +
           escape(title) + "</title><style>" + style + "</style></head>\n<body>\n" + body + "</body></html>\n";
}

}  // namespace chronnect::html
