#pragma once

#include "core/base/Notice.h"
#include "core/data/Parcellation.h"

#include <optional>
#include <string>
#include <vector>

namespace chronnect {

/// A table of regions beside series (or a matrix) that came without one image to hold it against.
struct RegionMatch {
    std::optional<Parcellation>
        parcellation;  ///< rows in the order of the names; empty = the table is of other regions
    Notices notices;   ///< what was taken for granted, or why the table is not used
};

/// Finds the row of every one of `names`. By name where the table has them all (case and separators aside); by label
/// where names are the table's labels ("2001", "#2001", "ROI_2001"); by order only where names merely count the columns
/// ("ROI_001", "V2") and there are as many rows. A table that fits in none of these ways is not used: a region is
/// never called otherwise than its file calls it because two lists happen to be equally long.
RegionMatch matchRegions(const Parcellation& table, const std::vector<std::string>& names);

}  // namespace chronnect
