#pragma once

#include "app/cli/Arguments.h"
#include "app/cli/Console.h"
#include "app/cli/Exclusions.h"
#include "core/data/Study.h"
#include "core/io/SeriesFiles.h"
#include "core/learning/ScanSource.h"
#include "core/pipeline/Analysis.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chronnect {
template <>
struct EnumNames<TimeAxis> {
    static constexpr std::array<std::string_view, 3> names{"automatic", "rows", "columns"};
};
}  // namespace chronnect

namespace chronnect::cli {

/// What the line names as input, and how it is to be read and cleaned.
struct InputOptions {
    std::vector<std::filesystem::path> inputs;
    std::filesystem::path atlas, atlasTable, participants, exclude;
    SeriesReadSpec reading;
    int maximumRuns = 0;  ///< 0 = all
    std::string onlyRun;  ///< id or a part of it; empty = all
    bool noClean = false;
    bool acceptAtlas = false;  ///< what the check of the atlas asks or finds wrong is answered: use it all the same
    ExtractionSpec extraction;
    CleanSpec clean;
    bool confoundsAsked = false;  ///< a run without confounds is then an error, else a remark
    bool timeNotNeeded = false;   ///< --filter none was given: images without repetition time go on without one
};

/// Declares the positional INPUT and the options of InputOptions; cleaning ones only where `withCleaning`.
void declareInputs(Arguments& arguments, InputOptions& options, bool withCleaning = true, bool needed = true);

constexpr std::string_view cleaningHeading = "Cleaning";
constexpr std::string_view cohortExtension = ".chronnect-cohort";

/// A folder, a project file, or files as a study, with what the options say instead. Runs that the project or the table
/// of exclusions names are taken out and listed in `excluded` (may be null). Throws Error(BadInput).
Study openInputs(const InputOptions& options, const JobContext& context, std::vector<LeftOut>* excluded = nullptr);

/// Adds the notices of the runs to `all`: same texts once, with how many runs gave them.
void appendRunNotices(Notices& all, const std::vector<Notices>& perRun, const std::vector<std::string>& ids);

/// Whether any run starts from an image (and so needs an atlas and image support).
bool needsImages(const Study& study);

/// The cleaning that applies: none for ready series unless a cleaning option was given; said in `notices`. Notes in
/// `options` what was asked for by name.
CleanSpec effectiveCleaning(InputOptions& options, const Arguments& arguments, const Study& study, Notices& notices);

/// A CleanSpec that leaves the series as they are.
CleanSpec noCleaning();

/// The cleaning that the series went through, as ScanSource::cleaning() tells it: for ready series that are taken as
/// they are, what the file beside the first of them says; empty when it says nothing.
std::string cleaningText(const Study& study, const CleanSpec& cleaning);

/// Turns runs into cleaned series: reads the atlas once, then any number of runs, from several threads.
class RunReader {
public:
    /// Throws Error(BadInput) when the atlas does not fit or is in question and nobody accepted it.
    RunReader(const Study& study, const InputOptions& options, CleanSpec clean, const JobContext& context);
    ~RunReader();

    /// Throws Error, Cancelled; also for a run that loads and is of no use, and for an image whose repetition time
    /// nobody knows.
    RunResult read(const RunInput& run, const JobContext& context) const;

    const CleanSpec& cleaning() const { return m_clean; }
    const Notices& notices() const { return m_notices; }
    /// The atlas' regions, or null for ready series without a table.
    std::shared_ptr<const Parcellation> parcellation() const { return m_parcellation; }

private:
    InputOptions m_options;
    CleanSpec m_clean;
    Notices m_notices;
    std::shared_ptr<const Atlas> m_atlas;
    std::shared_ptr<const Parcellation> m_parcellation;
};

/// A study with the series of every run that could be read.
struct Cohort {
    Study study;
    CleanSpec cleaning;
    std::shared_ptr<const Parcellation> parcellation;
    RunResults results;                                         ///< by run id; also those that failed
    std::vector<RunInput> runs;                                 ///< those with series
    std::vector<std::shared_ptr<const TimeSeries>> series;      ///< same order
    std::vector<std::pair<std::string, std::string>> problems;  ///< run, why it was left out
    std::vector<LeftOut> excluded;                              ///< by decision
    Notices notices;
};

/// Opens the inputs, reads and cleans every run. A run that fails is reported and left out.
/// Throws Error when no run is left or runs have different regions.
Cohort loadCohort(InputOptions options, const Arguments& arguments, Console& console, const JobContext& context);

/// The cohort as training sees it; or, for a cohort store, that file. Never copies a store into memory.
struct Scans {
    std::shared_ptr<const ScanSource> source;
    Study study;       ///< participants; runs may be empty for a store
    Json description;  ///< for --json and for reports
};
Scans loadScans(const InputOptions& options, const Arguments& arguments, Console& console, const JobContext& context);
Scans scansOf(const Cohort& cohort);

/// A run as training knows it: person, site and family from the participants table, motion from the
/// confounds, else as the file beside the series or the participants table states it.
ScanInfo trainingInfoOf(const Study& study, const RunInput& run, std::size_t volumes);

/// The network of every region; empty texts where the parcellation is missing or has other regions.
std::vector<std::string> networksOf(const Parcellation* parcellation, const TimeSeries& series);

/// Text of a participants column for every scan; empty where it is missing.
/// Throws Error(BadInput) naming the columns there are when `column` is not one of them.
std::vector<std::string> targetsOf(const Scans& scans, const std::string& column);

/// Position of the scan with this id, or the first whose id contains it. Throws Error(BadInput).
std::size_t findScan(const ScanSource& source, const std::string& id);

/// What was read, for --json.
Json toJson(const Cohort& cohort);

}  // namespace chronnect::cli
