#include "core/store/CohortStore.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/store/detail/FloatRows.h"
#include "core/store/detail/Lines.h"
#include "core/store/detail/Sum.h"

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <unordered_set>
#include <utility>

namespace chronnect {

using namespace detail;
namespace fs = std::filesystem;

struct CohortStoreWriter::State {
    fs::path path, unfinished;
    std::vector<std::string> regions;
    std::optional<H5File> file;
    FloatRows series;
    std::vector<std::string> ids, subjects, sites, families;
    std::vector<int> volumes, sums;
    std::vector<double> meanFd;
    std::unordered_set<std::string> known;
    Table phenotypes;
    std::string cleaning;
};

namespace {

/// A name nobody else uses: two programs may write the same cohort, and the last to finish wins.
fs::path unfinishedBeside(const fs::path& path) {
    std::random_device device;
    const std::string unique = ".unfinished-" + std::to_string(device()) + "-" + path.filename().string();
    return path.parent_path() / unique;
}

/// Says which file could not be written, where HDF5 knows but the part at hand.
void namingFile(const fs::path& path, const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::FileAccess) throw;
        throw Error(ErrorKind::FileAccess, "Cannot write " + path.string() + ": is the disk full?");
    }
}

void writePhenotypes(const H5Group& root, const Table& table) {
    if (table.columns.empty()) return;
    const H5Group group = root.create("phenotypes");
    group.writeText("columns", joinLines(table.columns));
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        std::vector<std::string> cells;
        for (const auto& row : table.rows) cells.push_back(row.at(c));
        group.writeText(std::to_string(c), joinLines(cells));
    }
}

}  // namespace

CohortStoreWriter::CohortStoreWriter(const fs::path& path, std::vector<std::string> regions,
                                     std::vector<std::string> networks, double repetitionTime)
    : m_state(std::make_unique<State>()) {
    if (regions.empty()) throw Error(ErrorKind::BadInput, "A cohort needs at least one region");
    if (!networks.empty() && networks.size() != regions.size())
        throw Error(ErrorKind::BadInput, "A cohort of " + std::to_string(regions.size()) + " regions was given " +
                                             std::to_string(networks.size()) + " network names");
    if (!std::isfinite(repetitionTime) || repetitionTime < 0)
        throw Error(ErrorKind::BadInput, "The time between volumes must be a number of seconds, or 0 when unknown");
    networks.resize(regions.size());
    State& state = *m_state;
    state.path = path;
    state.unfinished = unfinishedBeside(path);
    state.regions = std::move(regions);
    const H5Session session;
    state.file = H5File::create(state.unfinished, 0);
    const H5Group& root = state.file->root();
    root.writeText("kind", "chronnect cohort");
    root.writeText("written_by", versionText());
    root.writeNumber("format_version", cohortFormatVersion);
    root.writeNumber("repetition_time", repetitionTime);
    root.writeText("regions", joinLines(state.regions));
    root.writeText("networks", joinLines(networks));
    state.series = FloatRows(root, "series", state.regions.size());
}

CohortStoreWriter::~CohortStoreWriter() {
    if (!m_state->file) return;
    {
        const H5Session session;
        m_state->series.close();
        m_state->file.reset();
    }
    std::error_code ignored;
    fs::remove(m_state->unfinished, ignored);
}

void CohortStoreWriter::append(ScanInfo info, std::span<const float> values) {
    State& state = *m_state;
    const std::size_t regions = state.regions.size();
    if (info.id.empty()) throw Error(ErrorKind::BadInput, "A scan of the cohort has no id");
    if (values.empty() || values.size() % regions != 0 ||
        values.size() / regions > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw Error(ErrorKind::BadInput, "Scan '" + info.id + "' holds " + std::to_string(values.size()) +
                                             " values, which are no whole volumes of " + std::to_string(regions) +
                                             " regions");
    if (!state.known.insert(info.id).second)
        throw Error(ErrorKind::BadInput, "Scan '" + info.id + "' is in the cohort already; give each run its own id");
    {
        const H5Session session;
        namingFile(state.path, [&] { state.series.append(values); });
    }
    state.volumes.push_back(static_cast<int>(values.size() / regions));
    state.sums.push_back(sumOf(values));
    state.meanFd.push_back(info.meanFd);
    state.subjects.push_back(info.subject.empty() ? info.id : std::move(info.subject));
    state.ids.push_back(std::move(info.id));
    state.sites.push_back(std::move(info.site));
    state.families.push_back(std::move(info.family));
}

void CohortStoreWriter::setCleaning(std::string cleaning) { m_state->cleaning = std::move(cleaning); }

void CohortStoreWriter::setPhenotypes(Table phenotypes) {
    for (const auto& row : phenotypes.rows)
        if (row.size() != phenotypes.columns.size())
            throw Error(ErrorKind::BadInput, "The phenotype table has a row of " + std::to_string(row.size()) +
                                                 " cells under " + std::to_string(phenotypes.columns.size()) +
                                                 " columns");
    m_state->phenotypes = std::move(phenotypes);
}

void CohortStoreWriter::finish() {
    State& state = *m_state;
    if (state.ids.empty()) throw Error(ErrorKind::BadInput, "The cohort " + state.path.string() + " has no scan");
    {
        const H5Session session;
        namingFile(state.path, [&] {
            const H5Group& root = state.file->root();
            {
                const H5Group scans = root.create("scans");
                scans.write<int>("volumes", state.volumes, {state.volumes.size()});
                scans.write<int>("sum", state.sums, {state.sums.size()});
                scans.write<double>("mean_fd", state.meanFd, {state.meanFd.size()});
                scans.writeText("id", joinLines(state.ids));
                scans.writeText("subject", joinLines(state.subjects));
                scans.writeText("site", joinLines(state.sites));
                scans.writeText("family", joinLines(state.families));
                writePhenotypes(root, state.phenotypes);
                if (!state.cleaning.empty()) root.writeText("cleaning", state.cleaning);
            }
            state.series.close();
            state.file->close();
            state.file.reset();
        });
    }
    writeAtomically(state.path, [&](const fs::path& temporary) {
        std::error_code error;
        fs::rename(state.unfinished, temporary, error);
        if (error) throw fileError("Cannot write", state.path, error);
    });
}

}  // namespace chronnect
