#include "core/io/Tables.h"
#include "core/signal/ConfoundSelection.h"
#include "core/signal/FramewiseDisplacement.h"
#include "tests/fuzz/Fuzz.h"

#include <cmath>

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        // A zero byte parts the table from its JSON file.
        const std::string_view whole = fuzz::textOf(data, size);
        const auto split = whole.find('\0');
        const Confounds confounds = parseConfounds(
            whole.substr(0, split), split == whole.npos ? "" : whole.substr(split + 1), size % 2 ? "a.par" : "a.tsv");
        if (confounds.values.size() != confounds.names.size() * confounds.volumeCount()) __builtin_trap();
        framewiseDisplacement(confounds);
        CleanSpec spec;
        for (int strategy = 0; strategy < 9; ++strategy) {
            spec.confounds = static_cast<ConfoundStrategy>(strategy);
            fuzz::refuseOrAccept([&] {
                for (const double value : selectConfounds(confounds, spec).values.values)
                    if (std::isnan(value)) __builtin_trap();
            });
        }
    });
}
