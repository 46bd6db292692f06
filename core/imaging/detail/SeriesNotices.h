#pragma once

#include "core/imaging/RegionExtraction.h"

namespace chronnect::detail {

/// What every extraction ends with: regions with too little coverage become n/a in place, and notices tell of them, of
/// values left out, of constant regions and of too few volumes.
void finishSeries(ExtractedSeries& result, const ExtractionSpec& spec, std::size_t valuesLeftOut);

}  // namespace chronnect::detail
