#pragma once

#include "core/base/JobContext.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace chronnect {

struct RunInput;
struct Study;

/// Who one scan belongs to. Splits go by `subject` (or family, or site), never by scan.
struct ScanInfo {
    std::string id;  ///< "sub-01_ses-1_task-rest"
    std::string subject;
    std::string site;    ///< empty when unknown
    std::string family;  ///< empty: the subject
    std::size_t volumes = 0;
    double meanFd = -1;  ///< mm; negative when unknown
};

/// Region series of a cohort, one scan at a time, so that memory does not grow with the cohort.
/// All scans have the same regions in the same order. `read` may be called from several threads.
class ScanSource {
public:
    virtual ~ScanSource() = default;
    virtual std::size_t count() const = 0;
    virtual const ScanInfo& info(std::size_t scan) const = 0;
    virtual const std::vector<std::string>& regions() const = 0;
    virtual const std::vector<std::string>& networks() const = 0;  ///< per region; empty texts when unknown
    virtual double repetitionTime() const = 0;                     ///< s
    /// How the series were cleaned, as settings in one line of JSON; empty when unknown.
    virtual std::string cleaning() const { return {}; }
    /// Volumes x regions, row-major, as stored (not yet z-scored). NaN where a region has no signal.
    virtual void read(std::size_t scan, std::vector<float>& values) const = 0;
};

/// A run as training knows it, but for its motion: person, and site and family from the participants table, under
/// whichever of their usual names (site, site_id, SITE_ID, Site; family, family_id, Family_ID).
ScanInfo scanInfoOf(const Study& study, const RunInput& run, std::size_t volumes);

/// Scans held in memory.
struct MemoryScan {
    ScanInfo info;
    std::vector<float> values;  ///< volumes x regions
};
std::shared_ptr<const ScanSource> memoryScanSource(std::vector<MemoryScan> scans, std::vector<std::string> regions,
                                                   std::vector<std::string> networks, double repetitionTime,
                                                   std::string cleaning = {});

/// Some scans of a source, renumbered; reads go through to `source`, which must outlive it.
std::shared_ptr<const ScanSource> selectedScans(const ScanSource& source, std::vector<std::size_t> scans);

/// SHA-256 over ids, people and values of all scans and the names of the regions: the same data, the same hash.
std::string hashOfScans(const ScanSource& source, const JobContext& context = {});

}  // namespace chronnect
