#include "core/store/CohortStore.h"

#include "core/base/Error.h"
#include "core/store/detail/FloatRows.h"
#include "core/store/detail/Lines.h"
#include "core/store/detail/PositionedFile.h"
#include "core/store/detail/Sum.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace chronnect {

using namespace detail;

namespace {

/// Opens the file and refuses what is no cohort of a version we know.
H5File openChecked(const std::filesystem::path& path) {
    H5File file = H5File::open(path);
    const H5Group& root = file.root();
    if (!root.has("kind") || root.readText("kind") != "chronnect cohort")
        throw Error(ErrorKind::BadInput, "the file holds no cohort");
    const double version = root.readNumber("format_version");
    if (!(version >= 1)) throw Error(ErrorKind::BadInput, "its format version is damaged");
    if (version > cohortFormatVersion)
        throw Error(ErrorKind::Unsupported, "it was written by a newer version (" + root.readText("written_by") +
                                                "); update this program to open it");
    return file;
}

std::vector<std::string> readLines(const H5Group& group, const std::string& name, std::size_t expected) {
    auto lines = splitLines(group.readText(name), group.path() + name);
    if (lines.size() != expected)
        throw Error(ErrorKind::BadInput, group.path() + name + " has " + std::to_string(lines.size()) +
                                             " lines where " + std::to_string(expected) + " belong");
    return lines;
}

class CohortScans final : public ScanSource {
public:
    explicit CohortScans(const std::filesystem::path& path) : m_path(path), m_file(path) {
        const H5Session session;
        const H5File file = openChecked(path);
        readIndex(file.root());
    }

    std::size_t count() const override { return m_infos.size(); }
    const ScanInfo& info(std::size_t scan) const override { return m_infos.at(scan); }
    const std::vector<std::string>& regions() const override { return m_regions; }
    const std::vector<std::string>& networks() const override { return m_networks; }
    double repetitionTime() const override { return m_repetitionTime; }
    std::string cleaning() const override { return m_cleaning; }
    void read(std::size_t scan, std::vector<float>& values) const override {
        try {
            const std::size_t volumes = info(scan).volumes;
            values.resize(volumes * m_map.columns);
            for (std::size_t done = 0; done < volumes;) {
                const std::size_t row = m_offsets[scan] + done, within = row % m_map.rowsPerChunk;
                const std::size_t rows = std::min(volumes - done, m_map.rowsPerChunk - within);
                const std::size_t rowBytes = m_map.columns * sizeof(float);
                m_file.read(m_map.chunks[row / m_map.rowsPerChunk] + within * rowBytes,
                            values.data() + done * m_map.columns, rows * rowBytes);
                done += rows;
            }
            if (sumOf(values) != m_sums[scan])
                throw Error(ErrorKind::BadInput, "its values are damaged; copy the file again");
        } catch (const Error& error) {
            throw Error("Cannot read scan '" + m_infos[scan].id + "' of " + m_path.string(), error);
        }
    }

private:
    void readIndex(const H5Group& root) {
        m_repetitionTime = root.readNumber("repetition_time");
        if (!std::isfinite(m_repetitionTime) || m_repetitionTime < 0)
            throw Error(ErrorKind::BadInput, "its time between volumes is damaged");
        m_regions = splitLines(root.readText("regions"), "/regions");
        if (m_regions.empty()) throw Error(ErrorKind::BadInput, "it names no region");
        m_networks = readLines(root, "networks", m_regions.size());
        if (root.has("cleaning")) m_cleaning = root.readText("cleaning");
        m_map = RowMap::of(root, "series", m_regions.size());

        const H5Group scans = root.open("scans");
        const std::vector<int> volumes = scans.read<int>("volumes");
        const auto count = static_cast<long long>(volumes.size());
        m_sums = scans.read<int>("sum", {count});
        const std::vector<double> meanFd = scans.read<double>("mean_fd", {count});
        auto ids = readLines(scans, "id", volumes.size()), subjects = readLines(scans, "subject", volumes.size());
        auto sites = readLines(scans, "site", volumes.size()), families = readLines(scans, "family", volumes.size());
        std::size_t total = 0;
        for (std::size_t i = 0; i < volumes.size(); ++i) {
            if (volumes[i] <= 0 || static_cast<std::size_t>(volumes[i]) > m_map.rows - total)
                throw Error(ErrorKind::BadInput, "/scans/volumes does not fit /series at scan '" + ids[i] + "'");
            m_offsets.push_back(total);
            total += static_cast<std::size_t>(volumes[i]);
            m_infos.push_back({std::move(ids[i]), std::move(subjects[i]), std::move(sites[i]), std::move(families[i]),
                               static_cast<std::size_t>(volumes[i]), meanFd[i]});
        }
        if (volumes.empty() || total != m_map.rows)
            throw Error(ErrorKind::BadInput, "/scans/volumes tells of " + std::to_string(total) +
                                                 " volumes and /series has " + std::to_string(m_map.rows));
    }

    std::filesystem::path m_path;
    PositionedFile m_file;
    RowMap m_map;
    std::vector<ScanInfo> m_infos;
    std::vector<std::size_t> m_offsets;
    std::vector<int> m_sums;
    std::vector<std::string> m_regions, m_networks;
    std::string m_cleaning;
    double m_repetitionTime = 0;
};

std::string_view withoutPrefix(std::string_view subject) {
    return subject.starts_with("sub-") ? subject.substr(4) : subject;
}

}  // namespace

std::shared_ptr<const ScanSource> openCohortStore(const std::filesystem::path& path) {
    try {
        return std::make_shared<CohortScans>(path);
    } catch (const Error& error) {
        throw Error("Cannot open the cohort " + path.string(), error);
    }
}

Table readCohortPhenotypes(const std::filesystem::path& path) {
    try {
        const H5Session session;
        const H5File file = openChecked(path);
        Table table;
        if (!file.root().has("phenotypes")) return table;
        const H5Group group = file.root().open("phenotypes");
        table.columns = splitLines(group.readText("columns"), "/phenotypes/columns");
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const std::string name = std::to_string(c);
            auto cells =
                c == 0 ? splitLines(group.readText(name), "/phenotypes/0") : readLines(group, name, table.rows.size());
            table.rows.resize(cells.size());
            for (std::size_t r = 0; r < cells.size(); ++r) table.rows[r].push_back(std::move(cells[r]));
        }
        return table;
    } catch (const Error& error) {
        throw Error("Cannot read the phenotypes of " + path.string(), error);
    }
}

std::vector<std::string> phenotypeOfScans(const ScanSource& scans, const Table& phenotypes, const std::string& column) {
    const auto at = phenotypes.column(column);
    if (!at) throw Error(ErrorKind::BadInput, "The phenotype table has no column '" + column + "'");
    std::unordered_map<std::string_view, std::size_t> rows;
    for (std::size_t r = 0; r < phenotypes.rows.size(); ++r) rows.emplace(withoutPrefix(phenotypes.rows[r].at(0)), r);
    std::vector<std::string> texts(scans.count());
    for (std::size_t i = 0; i < scans.count(); ++i) {
        auto row = rows.find(withoutPrefix(scans.info(i).id));
        if (row == rows.end()) row = rows.find(withoutPrefix(scans.info(i).subject));
        if (row != rows.end() && !phenotypes.isMissing(row->second, *at)) texts[i] = phenotypes.rows[row->second][*at];
    }
    return texts;
}

}  // namespace chronnect
