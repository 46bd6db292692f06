#include "core/store/CohortStore.h"
#include "tests/fuzz/Fuzz.h"
#include "tests/fuzz/Hdf5Edits.h"
#include "tests/fuzz/ScratchFile.h"

#include <array>

using namespace chronnect;

namespace {

const std::array<std::string, 19> names{"kind",          "written_by",    "regions",       "networks",
                                        "series",        "cleaning",      "scans",         "phenotypes",
                                        "scans/sum",     "scans/mean_fd", "scans/volumes", "scans/id",
                                        "scans/subject", "scans/site",    "scans/family",  "phenotypes/columns",
                                        "phenotypes/0",  "phenotypes/1",  "phenotypes/2"};

std::string smallCohort() {
    const fuzz::ScratchFile scratch(".chronnect-cohort");
    const auto& path = scratch.fill({});
    CohortStoreWriter writer(path, {"a", "b", "c"}, {"Vis", "Vis", "Default"}, 2.0);
    std::vector<float> values(3 * 8);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * i) % 11);
    writer.append({.id = "sub-01", .subject = "01", .site = "A", .family = {}, .volumes = 0}, values);
    writer.append({.id = "sub-02", .subject = "02", .site = "B", .family = {}, .volumes = 0}, values);
    writer.setCleaning("{}");
    writer.setPhenotypes({{"participant_id", "age"}, {{"sub-01", "31"}, {"sub-02", "n/a"}}});
    writer.finish();
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFile file(".chronnect-cohort");
    static const std::string whole = smallCohort();
    fuzz::Input input(data, size);
    const auto& path = file.fill(whole);
    fuzz::editHdf5(path, names, input);
    std::shared_ptr<const ScanSource> scans;
    fuzz::refuseOrAccept([&] { scans = openCohortStore(path); });
    for (std::size_t scan = 0; scans && scan < scans->count(); ++scan)
        fuzz::refuseOrAccept([&] {
            std::vector<float> values;
            scans->read(scan, values);
            if (values.size() != scans->info(scan).volumes * scans->regions().size()) __builtin_trap();
        });
    return fuzz::refuseOrAccept([&] {
        const Table table = readCohortPhenotypes(path);
        if (scans) phenotypeOfScans(*scans, table, "age");
    });
}
