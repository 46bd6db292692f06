#pragma once

#include "core/base/JobContext.h"
#include "core/pipeline/Analysis.h"
#include "core/store/detail/Hdf5.h"

namespace chronnect::detail {

/// The group `results`: parcellation, notices, and one group per run with its series and coverage.
void writeResult(const H5Group& parent, const StudyResult& result, const JobContext& context);
StudyResult readResult(const H5Group& parent, const JobContext& context);

}  // namespace chronnect::detail
