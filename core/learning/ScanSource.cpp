#include "core/learning/ScanSource.h"

#include "core/data/Study.h"
#include "core/base/Error.h"
#include "core/base/Files.h"

#include <utility>

namespace chronnect {

namespace {

class MemoryScans final : public ScanSource {
public:
    MemoryScans(std::vector<MemoryScan> scans, std::vector<std::string> regions, std::vector<std::string> networks,
                double repetitionTime, std::string cleaning)
        : m_scans(std::move(scans)),
          m_regions(std::move(regions)),
          m_networks(std::move(networks)),
          m_repetitionTime(repetitionTime),
          m_cleaning(std::move(cleaning)) {}

    std::size_t count() const override { return m_scans.size(); }
    const ScanInfo& info(std::size_t scan) const override { return m_scans.at(scan).info; }
    const std::vector<std::string>& regions() const override { return m_regions; }
    const std::vector<std::string>& networks() const override { return m_networks; }
    double repetitionTime() const override { return m_repetitionTime; }
    std::string cleaning() const override { return m_cleaning; }
    void read(std::size_t scan, std::vector<float>& values) const override { values = m_scans.at(scan).values; }

private:
    std::vector<MemoryScan> m_scans;
    std::vector<std::string> m_regions, m_networks;
    double m_repetitionTime;
    std::string m_cleaning;
};

class SelectedScans final : public ScanSource {
public:
    SelectedScans(const ScanSource& source, std::vector<std::size_t> scans)
        : m_source(source), m_scans(std::move(scans)) {}
    std::size_t count() const override { return m_scans.size(); }
    const ScanInfo& info(std::size_t scan) const override { return m_source.info(m_scans.at(scan)); }
    const std::vector<std::string>& regions() const override { return m_source.regions(); }
    const std::vector<std::string>& networks() const override { return m_source.networks(); }
    double repetitionTime() const override { return m_source.repetitionTime(); }
    std::string cleaning() const override { return m_source.cleaning(); }
    void read(std::size_t scan, std::vector<float>& values) const override { m_source.read(m_scans.at(scan), values); }

private:
    const ScanSource& m_source;
    std::vector<std::size_t> m_scans;
};

}  // namespace

std::shared_ptr<const ScanSource> memoryScanSource(std::vector<MemoryScan> scans, std::vector<std::string> regions,
                                                   std::vector<std::string> networks, double repetitionTime,
                                                   std::string cleaning) {
    if (regions.empty()) throw Error(ErrorKind::BadInput, "A cohort needs at least one region");
    networks.resize(regions.size());
    for (MemoryScan& scan : scans) {
        if (scan.values.empty() || scan.values.size() % regions.size() != 0)
            throw Error(ErrorKind::BadInput, "Scan '" + scan.info.id + "' holds " + std::to_string(scan.values.size()) +
                                                 " values, which is no multiple of its " +
                                                 std::to_string(regions.size()) + " regions");
        scan.info.volumes = scan.values.size() / regions.size();
        if (scan.info.subject.empty()) scan.info.subject = scan.info.id;
    }
    return std::make_shared<MemoryScans>(std::move(scans), std::move(regions), std::move(networks), repetitionTime,
                                         std::move(cleaning));
}

ScanInfo scanInfoOf(const Study& study, const RunInput& run, std::size_t volumes) {
    const int row = study.participantRow(run.subject);
    const auto textIn = [&](std::initializer_list<const char*> columns) -> std::string {
        if (row < 0) return {};
        const auto at = static_cast<std::size_t>(row);
        for (const char* name : columns)
            if (const auto column = study.participants.column(name);
                column && !study.participants.isMissing(at, *column))
                return study.participants.rows[at][*column];
        return {};
    };
    return {.id = run.id(),
            .subject = run.subject,
            .site = textIn({"site", "site_id", "SITE_ID", "Site"}),
            .family = textIn({"family", "family_id", "Family_ID"}),
            .volumes = volumes};
}

std::shared_ptr<const ScanSource> selectedScans(const ScanSource& source, std::vector<std::size_t> scans) {
    return std::make_shared<SelectedScans>(source, std::move(scans));
}

std::string hashOfScans(const ScanSource& source, const JobContext& context) {
    std::string all;
    for (const std::string& region : source.regions()) all += region + '\n';
    std::vector<float> values;
    for (std::size_t scan = 0; scan < source.count(); ++scan) {
        context.throwIfCancelled();
        source.read(scan, values);
        const std::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
        all += source.info(scan).id + '\n' + source.info(scan).subject + '\n' + sha256(bytes) + '\n';
    }
    return sha256(all);
}

}  // namespace chronnect
