#include "core/io/Tables.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    // The first byte chooses the separator.
    const char separator = "\t,;"[data[0] % 3];
    return fuzz::refuseOrAccept([&] {
        const Table table = parseTable(fuzz::textOf(data + 1, size - 1), separator);
        for (const auto& row : table.rows)
            if (row.size() != table.columns.size()) __builtin_trap();
    });
}
