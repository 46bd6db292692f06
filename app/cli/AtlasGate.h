#pragma once

#include "core/base/JobContext.h"
#include "core/base/Notice.h"
#include "core/data/Study.h"
#include "core/imaging/RegionExtraction.h"

namespace chronnect::cli {

/// Holds names, table and image of the atlas against each other and against every place in the world that the images
/// of the study lie in. A line has nobody who could be asked: what is wrong or in question ends the call unless
/// `accepted`, and then it is added to `notices`. Throws Error(BadInput) naming the run and the option, and Cancelled.
void checkAtlasOn(const Study& study, const Atlas& atlas, bool accepted, Notices& notices, const JobContext& context);

}  // namespace chronnect::cli
