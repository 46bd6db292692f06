#include "app/cli/PipelineInputs.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/data/RegionMatch.h"
#include "core/io/StatedMotion.h"
#include "core/io/Tables.h"
#include "core/store/CohortStore.h"

#include <cmath>

namespace chronnect::cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::BadInput, why); }

}  // namespace

ScanInfo trainingInfoOf(const Study& study, const RunInput& run, std::size_t volumes) {
    ScanInfo info = scanInfoOf(study, run, volumes);
    if (const double meanFd = meanFdOf(study, run); std::isfinite(meanFd)) info.meanFd = meanFd;
    return info;
}

std::vector<std::string> networksOf(const Parcellation* parcellation, const TimeSeries& series) {
    std::vector<std::string> networks(series.regionCount());
    if (!parcellation) return networks;
    if (const auto match = matchRegions(*parcellation, series.regions).parcellation)
        for (std::size_t region = 0; region < networks.size(); ++region)
            networks[region] = match->regions[region].network;
    return networks;
}

std::string cleaningText(const Study& study, const CleanSpec& cleaning) {
    if (cleaning != noCleaning() || needsImages(study)) return toJson(cleaning).dump(-1);
    const fs::path sidecar =
        study.runs.empty() ? fs::path() : fs::path(study.runs.front().series).replace_extension(".json");
    try {
        if (sidecar.empty() || !fs::exists(sidecar)) return {};
        const Json told = Json::parse(readFile(sidecar))["Cleaning"];
        return told.isObject() ? told.dump(-1) : std::string();
    } catch (const Error&) {
        return {};  // a damaged file beside the series says nothing about them
    }
}

Scans scansOf(const Cohort& cohort) {
    std::vector<MemoryScan> scans;
    for (std::size_t i = 0; i < cohort.runs.size(); ++i) {
        const TimeSeries& series = *cohort.series[i];
        scans.push_back({trainingInfoOf(cohort.study, cohort.runs[i], series.volumeCount()),
                         {series.values.begin(), series.values.end()}});
    }
    const TimeSeries& first = *cohort.series.front();
    Scans result;
    result.source = memoryScanSource(std::move(scans), first.regions, networksOf(cohort.parcellation.get(), first),
                                     first.repetitionTime, cleaningText(cohort.study, cohort.cleaning));
    result.study = cohort.study;
    result.description = toJson(cohort);
    return result;
}

namespace {

/// A cohort file as it is: cleaned when it was made, read scan by scan.
Scans scansOfStore(const InputOptions& options, const Arguments& arguments) {
    if (options.noClean || arguments.anyGivenIn(cleaningHeading))
        refuse("The series of a cohort file are cleaned when it is made; leave the cleaning options out");
    Scans result;
    const fs::path& file = options.inputs.front();
    result.source = openCohortStore(file);
    result.study.name = file.stem().string();
    result.study.root = file;
    result.study.participants =
        options.participants.empty() ? readCohortPhenotypes(file) : readTable(options.participants);
    result.description = Json::object()
                             .set("study", file.string())
                             .set("regions", result.source->regions().size())
                             .set("repetition_time", result.source->repetitionTime())
                             .set("scans", result.source->count());
    return result;
}

}  // namespace

Scans loadScans(const InputOptions& options, const Arguments& arguments, Console& console, const JobContext& context) {
    if (options.inputs.size() == 1 && options.inputs.front().extension() == cohortExtension)
        return scansOfStore(options, arguments);
    return scansOf(loadCohort(options, arguments, console, context));
}

std::vector<std::string> targetsOf(const Scans& scans, const std::string& column) {
    const Table& table = scans.study.participants;
    if (table.columns.empty())
        refuse("The study has no participants.tsv, so there is no column '" + column +
               "'; name a table with --participants");
    if (!table.column(column)) {
        std::string all;
        for (const auto& name : table.columns) all += (all.empty() ? "" : ", ") + name;
        const std::string meant = nearest(column, table.columns);
        refuse("participants.tsv has no column '" + column + "'" +
               (meant.empty() ? "; it has: " : ", did you mean '" + meant + "'? It has: ") + all);
    }
    return phenotypeOfScans(*scans.source, table, column);
}

std::size_t findScan(const ScanSource& source, const std::string& id) {
    if (id.empty() && source.count() > 0) return 0;
    for (std::size_t i = 0; i < source.count(); ++i)
        if (source.info(i).id == id) return i;
    for (std::size_t i = 0; i < source.count(); ++i)
        if (source.info(i).id.find(id) != std::string::npos) return i;
    refuse("There is no scan '" + id + "' among the " + std::to_string(source.count()) + " scans; the first is " +
           source.info(0).id);
}

}  // namespace chronnect::cli
