#pragma once

#include "core/data/Parcellation.h"
#include "core/data/Table.h"

#include <filesystem>
#include <string_view>

namespace chronnect {

/// Reads a TSV or CSV table with a header line (UTF-8, BOM and CRLF accepted, quoted fields in CSV).
/// Throws Error(BadInput) naming the line when a row has another number of cells.
Table readTable(const std::filesystem::path& path);
Table parseTable(std::string_view text, char separator);
void writeTable(const std::filesystem::path& path, const Table& table);  ///< TSV, missing as n/a, atomic

/// fMRIPrep confounds TSV (old and new names); n/a becomes NaN.
Confounds readConfounds(const std::filesystem::path& path);

/// Region table: BIDS dseg.tsv (index, name, [network, hemi, x, y, z, color]), FreeSurfer LUT, FSL XML,
/// Schaefer and AAL text forms; the form is recognised from the content.
Parcellation readRegionTable(const std::filesystem::path& path);
void writeRegionTable(const std::filesystem::path& path, const Parcellation& parcellation);  ///< dseg.tsv

}  // namespace chronnect
