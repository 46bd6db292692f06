#pragma once

#include "core/data/Study.h"
#include "core/pipeline/Analysis.h"
#include "core/pipeline/RunFigures.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace chronnect {

/// A methods section for a paper, as plain text in paragraphs: data with exact counts of people, runs and volumes,
/// region series, cleaning with what was censored, dynamic connectivity, graphs, software, and the works to cite.
/// It states only what was done to the runs in `result`; runs that failed are counted with their reasons.
std::string methodsText(const Study& study, const StudyResult& result, const AnalysisSpec& spec);

/// What the text counts, for callers that do not hold every run's series.
struct MethodsFacts {
    const Study& study;
    const Parcellation* parcellation = nullptr;
    std::map<std::string, RunFigures> figures = {};                  ///< by run id: the runs that gave series
    std::map<std::string, std::string> problems = {};                ///< by run id: why a run gave none
    std::vector<std::pair<std::string, std::string>> excluded = {};  ///< runs left out by the person, with the reason
    bool withConnectivity = true;                                    ///< false when only region series were made
};
std::string methodsText(const MethodsFacts& facts, const AnalysisSpec& spec);

}  // namespace chronnect
