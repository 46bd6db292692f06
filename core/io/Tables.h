#pragma once

#include "core/data/Parcellation.h"
#include "core/data/Table.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace chronnect {

/// Reads a TSV or CSV table with a header line (UTF-8, UTF-16 and Latin-1, BOM and CRLF accepted, quoted fields in
/// CSV). Throws Error(BadInput) naming the line when a row has another number of cells.
Table readTable(const std::filesystem::path& path);
Table parseTable(std::string_view text, char separator);
void writeTable(const std::filesystem::path& path, const Table& table);  ///< TSV, missing as n/a, atomic

/// fMRIPrep confounds TSV (old names are translated to today's); n/a becomes NaN. Also SPM `rp_*.txt` and FSL `.par`
/// (six columns without header). The JSON file beside it, when there is one, tells about the CompCor columns.
Confounds readConfounds(const std::filesystem::path& path);
/// The same from texts; `json` may be empty. `fileName` tells FSL's order of columns (`.par`) from SPM's.
Confounds parseConfounds(std::string_view text, std::string_view json, const std::string& fileName);

/// Region table: BIDS dseg.tsv (index, name, [network, hemi, x, y, z, color]), FreeSurfer LUT, FSL XML,
/// Schaefer and AAL text forms, coordinate lists; the form is recognised from the content. Label 0 is background
/// and left out. Throws Error(BadInput) when no form fits or two rows share a label.
Parcellation readRegionTable(const std::filesystem::path& path);
Parcellation parseRegionTable(std::string_view text, const std::string& fileName);
void writeRegionTable(const std::filesystem::path& path, const Parcellation& parcellation);  ///< dseg.tsv

/// Left or right as a region name says it ("Precentral_L", "7Networks_RH_Vis_1", "Left-Thalamus", "ctx-lh-cuneus").
Hemisphere hemisphereOfName(std::string_view name);
/// The network a Schaefer-style name holds ("7Networks_LH_Vis_1" gives "Vis"), or empty.
std::string networkOfName(std::string_view name);

}  // namespace chronnect
