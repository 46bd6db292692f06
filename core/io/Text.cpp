#include "core/io/Text.h"

#include "core/base/Error.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace chronnect::text {

namespace {

void appendUtf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

std::string fromUtf16(std::string_view bytes, bool bigEndian) {
    const auto unit = [&](std::size_t i) {
        const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
        return static_cast<std::uint32_t>(bigEndian ? a << 8 | b : b << 8 | a);
    };
    std::string out;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        std::uint32_t code = unit(i);
        if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
            const std::uint32_t low = unit(i + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
        appendUtf8(out, code);
    }
    return out;
}

/// Length of the UTF-8 character that starts at `at`, or 0 when there is none.
std::size_t utf8Length(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 0;
    return length;
}

/// Where the first cell ends; a separator inside quotation marks that enclose the whole cell does not count.
std::size_t cellEnd(std::string_view line, char separator) {
    const auto start = line.find_first_not_of(' ');
    if (start == std::string_view::npos || line[start] != '"' || separator == '"') return line.find(separator);
    for (auto quote = line.find('"', start + 1); quote != std::string_view::npos; quote = line.find('"', quote + 1)) {
        if (quote + 1 < line.size() && line[quote + 1] == '"') {
            ++quote;
            continue;
        }
        const auto next = line.find_first_not_of(' ', quote + 1);
        if (next == std::string_view::npos) return next;
        if (line[next] == separator) return next;
    }
    return line.find(separator);
}

}  // namespace

std::string toUtf8(std::string bytes, const std::string& what) {
    if (bytes.starts_with("\xFF\xFE"))
        bytes = fromUtf16(std::string_view(bytes).substr(2), false);
    else if (bytes.starts_with("\xFE\xFF"))
        bytes = fromUtf16(std::string_view(bytes).substr(2), true);
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
    if (bytes.find('\0') != std::string::npos)
        throw Error(ErrorKind::BadInput, what + " is not a text file: it holds zero bytes");
    std::string repaired;
    bool valid = true;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t length = utf8Length(bytes, at);
        if (length == 0 && valid) {
            valid = false;
            repaired = bytes.substr(0, at);
        }
        if (!valid) {
            if (length)
                repaired.append(bytes, at, length);
            else
                appendUtf8(repaired, static_cast<unsigned char>(bytes[at]));
        }
        at += std::max<std::size_t>(length, 1);
    }
    return valid ? bytes : repaired;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const auto end = text.find_first_of("\r\n");
        result.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        const bool crlf = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
        text.remove_prefix(end + (crlf ? 2 : 1));
    }
    return result;
}

std::vector<std::string_view> cells(std::string_view line, char separator) {
    std::vector<std::string_view> result;
    if (separator == ' ') {
        for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
            const auto end = std::min(line.find_first_of(" \t"), line.size());
            result.push_back(line.substr(0, end));
            line.remove_prefix(end);
        }
        return result;
    }
    while (true) {
        const auto end = cellEnd(line, separator);
        result.push_back(trimmed(line.substr(0, end)));
        if (end == std::string_view::npos) return result;
        line.remove_prefix(end + 1);
    }
}

std::string unquoted(std::string_view cell) {
    if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"') return std::string(cell);
    std::string result;
    for (std::size_t i = 1; i + 1 < cell.size(); ++i) {
        result.push_back(cell[i]);
        if (cell[i] == '"' && cell[i + 1] == '"' && i + 2 < cell.size()) ++i;
    }
    return result;
}

std::optional<double> number(std::string_view cell) {
    cell = trimmed(cell);
    if (cell.starts_with('+')) cell.remove_prefix(1);
    if (cell.empty() || cell.front() == '+') return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (end != cell.data() + cell.size() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        const bool tiny = cell.find("e-") != cell.npos || cell.find("E-") != cell.npos;
        const double magnitude = tiny ? 0.0 : std::numeric_limits<double>::infinity();
        return cell.front() == '-' ? -magnitude : magnitude;
    }
    return value;
}

bool isMissing(std::string_view cell) {
    return cell.empty() || cell == "n/a" || cell == "N/A" || cell == "NA" || cell == "nan" || cell == "NaN" ||
           cell == "NAN" || cell == "-" || cell == ".";
}

char guessSeparator(std::string_view line) {
    const auto holds = [&](char wanted) {
        bool quoted = false;
        for (const char c : line) {
            if (c == '"') quoted = !quoted;
            if (c == wanted && !quoted) return true;
        }
        return false;
    };
    for (const char separator : {'\t', ';', ','})
        if (holds(separator)) return separator;
    return ' ';
}

std::string fromNumber(double value) {
    if (!std::isfinite(value)) return "n/a";
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return std::string(buffer, end);
}

}  // namespace chronnect::text
