#pragma once

#include "core/base/JobContext.h"
#include "core/base/Parameters.h"
#include "core/data/Study.h"
#include "core/pipeline/Analysis.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chronnect {

/// Which further forms of the region series are written beside the TSV.
struct ExportSpec {
    bool npy = false;
    bool mat = false;
    bool csv = false;

    bool operator==(const ExportSpec&) const = default;
};

template <SpecOf<ExportSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.npy, {"npy", "NumPy (.npy)", "", "Volumes x regions, float64"});
    visit(spec.mat, {"mat", "MATLAB (.mat)", "", "timeseries, regions and repetition_time in a version 5 file"});
    visit(spec.csv, {"csv", "CSV", "", "As the TSV, separated by commas"});
}

struct ExportResult {
    std::vector<std::filesystem::path> files;  ///< in the order written
    Notices notices;
};

/// Writes results as BIDS derivatives with the names XCP-D uses. For each run that has series:
///   ..._stat-mean_timeseries.tsv/.json  cleaned series; Sources, settings, software version, what was done
///   ..._stat-coverage_bold.tsv          coverage of every region (images only)
///   ..._design.tsv                      the confounds used, all volumes, before filtering
///   ..._outliers.tsv/.json              every volume: censored or not, FD, DVARS
/// and for the study dataset_description.json, participants.tsv, the atlas' dseg.tsv, desc-summary_qc.tsv (runs with
/// volumes kept, FD, coverage, degrees of freedom and problems) and methods.md. Existing files are replaced one by
/// one, each atomically. Throws Error(FileAccess).
ExportResult exportDerivatives(const std::filesystem::path& folder, const Study& study, const StudyResult& result,
                               const AnalysisSpec& spec, const ExportSpec& forms = {}, const JobContext& context = {});

/// The files of one run only.
ExportResult exportRun(const std::filesystem::path& folder, const Study& study, const RunInput& run,
                       const RunResult& result, const Parcellation* parcellation, const AnalysisSpec& spec,
                       const ExportSpec& forms = {});

/// Letters and digits of a text: what a BIDS label may hold.
std::string bidsLabel(const std::string& text);

}  // namespace chronnect
