#include "core/io/BidsDataset.h"
#include "core/io/FolderScan.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const std::string name(fuzz::textOf(data, size));
        const BidsName parsed = parseBidsName(name);
        if (!name.ends_with(parsed.extension)) __builtin_trap();
        for (const auto& [key, value] : parsed.entities)
            if (key.empty() || value.empty()) __builtin_trap();
        runOfName(parsed).id();
    });
}
