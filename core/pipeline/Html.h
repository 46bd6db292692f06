#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Small pieces of a page. Everything that comes from data passes through `escape`.
namespace chronnect::html {

std::string escape(std::string_view text);
std::string base64(std::string_view bytes);

/// <table> with a header; cells are escaped. Columns whose cells all look like numbers are set right.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// Names and values side by side.
std::string facts(const std::vector<std::pair<std::string, std::string>>& rows);

/// A matrix coloured blue-white-red from -1 to 1, with the numbers in it; NaN is n/a.
std::string heatTable(const std::vector<std::string>& names, const std::vector<double>& values);

/// Counts of values in equal bins from low to high as an inline drawing.
std::string histogram(std::span<const double> values, double low, double high, std::size_t bins,
                      const std::string& label);

std::string paragraph(std::string_view text, std::string_view cssClass = {});
std::string section(const std::string& title, const std::string& body);

/// The whole document.
std::string page(const std::string& title, const std::string& body);

}  // namespace chronnect::html
