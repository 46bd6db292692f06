#pragma once

#include "core/data/Table.h"
#include "core/learning/ScanSource.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chronnect {

constexpr int cohortFormatVersion = 1;

/// Writes region series of any number of scans into one HDF5 file (`*.chronnect-cohort`), scan by scan. The file has
///
///   /format_version, /repetition_time   attributes; /kind, /written_by, /regions, /networks texts, one name per line
///   /series                             float32, all volumes of all scans below each other x regions
///   /cleaning                           text, settings in one line of JSON; may be missing
///   /scans/volumes, mean_fd, sum        per scan; a scan begins where the one before it ends. The sum is FNV-1a over
///                                       the 32-bit words of its values, both halves joined by exclusive or
///   /scans/id, subject, site, family    texts, one scan per line (backslash, line break, NUL as \\, \n, \0)
///   /phenotypes/columns, /phenotypes/0, ...  optional table: names, then one text per column, one row per line
///
/// It is written beside its place and moved there by finish(), so a crash leaves no half cohort. Memory holds the
/// index (a few hundred bytes a scan) and one scan.
class CohortStoreWriter {
public:
    /// `networks` is empty or as long as `regions`; TR in seconds, 0 when unknown. Throws Error.
    CohortStoreWriter(const std::filesystem::path& path, std::vector<std::string> regions,
                      std::vector<std::string> networks, double repetitionTime);
    ~CohortStoreWriter();  ///< without finish() the unfinished file is removed
    CohortStoreWriter(const CohortStoreWriter&) = delete;
    CohortStoreWriter& operator=(const CohortStoreWriter&) = delete;

    /// Volumes x regions, row-major; `info.volumes` is taken from them. NaN is allowed where a region has no signal.
    /// Throws Error(BadInput) for values that are no whole rows or an id that is empty or was there before.
    void append(ScanInfo info, std::span<const float> values);

    /// How the series were cleaned, as ScanSource::cleaning() hands it on.
    void setCleaning(std::string cleaning);

    /// What is known about the people: first column participant_id or scan id.
    void setPhenotypes(Table phenotypes);

    /// Throws Error(BadInput) when nothing was appended, Error(FileAccess) when the disk is full.
    void finish();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// The scans of a cohort file; only the index is held in memory, `read` fetches one scan, may be called from several
/// threads and refuses a scan whose sum is wrong. The file must not be changed while it is open. Throws
/// Error(BadInput) for a file that is truncated, damaged, of a newer version or no cohort.
std::shared_ptr<const ScanSource> openCohortStore(const std::filesystem::path& path);

/// The table stored with the cohort, empty when there is none.
Table readCohortPhenotypes(const std::filesystem::path& path);

/// The text of `column` for every scan, empty where the table has no row for it: rows are found by the first column,
/// which holds the scan's id or its subject, with or without "sub-". Throws Error(BadInput) for an unknown column.
std::vector<std::string> phenotypeOfScans(const ScanSource& scans, const Table& phenotypes, const std::string& column);

}  // namespace chronnect
