#pragma once

#include "core/data/Study.h"
#include "core/pipeline/Analysis.h"

#include <string>

namespace chronnect {

/// A methods section for a paper, as plain text in paragraphs: data with exact counts of people, runs and volumes,
/// region series, cleaning with what was censored, dynamic connectivity, graphs, software, and the works to cite.
/// It states only what was done to the runs in `result`; runs that failed are counted with their reasons.
std::string methodsText(const Study& study, const StudyResult& result, const AnalysisSpec& spec);

}  // namespace chronnect
