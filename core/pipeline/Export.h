#pragma once

#include "core/base/JobContext.h"
#include "core/base/Parameters.h"
#include "core/data/Study.h"
#include "core/pipeline/Analysis.h"
#include "core/pipeline/Quality.h"
#include "core/pipeline/RunFigures.h"

#include <filesystem>
#include <optional>
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
/// volumes kept, FD, coverage, degrees of freedom and problems), exclusions.tsv (runs left out, with reasons) and
/// methods.md. Existing files are replaced one by
/// one, each atomically. Throws Error(FileAccess).
ExportResult exportDerivatives(const std::filesystem::path& folder, const Study& study, const StudyResult& result,
                               const AnalysisSpec& spec, const ExportSpec& forms = {}, const JobContext& context = {});

/// One run to be written.
struct RunExport {
    const Study& study;
    const RunInput& run;
    const RunResult& result;
    const Parcellation* parcellation = nullptr;  ///< null when nothing is known about the regions
    AnalysisSpec spec = {};
    ExportSpec forms = {};
    std::string key = {};  ///< what the run was made from, kept in its JSON file for alreadyExported
};

/// The files of one run only. Throws Error(BadInput) when the run has no series.
ExportResult exportRun(const std::filesystem::path& folder, const RunExport& what);

/// What an earlier export says of a run: its figures and quality, when it was made with this key and its files are
/// there.
struct ExportedRun {
    std::filesystem::path series;  ///< the TSV, under the folder
    RunFigures figures;
    RunQuality quality;
};
std::optional<ExportedRun> alreadyExported(const std::filesystem::path& folder, const RunExport& what);

/// The same for a run that has just been analysed.
ExportedRun describeExport(const std::filesystem::path& folder, const RunExport& what);

/// dataset_description.json, participants.tsv and the atlas' dseg.tsv: what makes the folder a study of its own.
ExportResult exportDataset(const std::filesystem::path& folder, const Study& study, const Parcellation* parcellation);

/// Letters and digits of a text: what a BIDS label may hold.
std::string bidsLabel(const std::string& text);

}  // namespace chronnect
