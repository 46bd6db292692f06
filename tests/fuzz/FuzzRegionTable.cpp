#include "core/io/Tables.h"
#include "core/io/Text.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const std::string content = text::toUtf8(std::string(fuzz::textOf(data, size)), "The table");
        const Parcellation parcellation = parseRegionTable(content, "atlas-x_dseg.tsv");
        if (parcellation.regions.empty()) __builtin_trap();
        for (const auto& region : parcellation.regions)
            if (region.label == 0 || region.name.empty()) __builtin_trap();
    });
}
