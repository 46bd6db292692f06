#include "core/io/SeriesFiles.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const Array array = parseNpy(fuzz::textOf(data, size));
        std::size_t count = 1;
        for (const std::size_t axis : array.shape) count *= axis;
        if (count != array.values.size() || count > size) __builtin_trap();
    });
}
