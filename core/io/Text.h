#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small pieces that every text format of this folder shares.
namespace chronnect::text {

/// The bytes of a text file as UTF-8 without byte order mark: UTF-16 is decoded, stray bytes are taken as Latin-1.
/// Throws Error(BadInput) naming `what` when the bytes are not text.
std::string toUtf8(std::string bytes, const std::string& what);

std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);

/// Lines without their ends (LF, CRLF or CR); a last empty line is left out.
std::vector<std::string_view> lines(std::string_view text);

/// Cells between separators, trimmed; a separator of ' ' means any run of spaces and tabs. Cells in quotation marks may
/// hold the separator and keep their marks (see unquoted).
std::vector<std::string_view> cells(std::string_view line, char separator);

/// The text of a cell without the quotation marks around it.
std::string unquoted(std::string_view cell);

/// A number in the C notation ("1.5", "-3e-7", "nan", "inf"); overflow becomes infinite, underflow 0.
std::optional<double> number(std::string_view cell);

/// "n/a", "NA", "NaN", "-" and the empty cell.
bool isMissing(std::string_view cell);

/// Tab, ';', ',' or ' ' (white space): the first of them that the line holds outside quotes.
char guessSeparator(std::string_view line);

/// Shortest text that reads back to the same number; "n/a" when it is not finite.
std::string fromNumber(double value);

}  // namespace chronnect::text
