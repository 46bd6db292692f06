#include "core/io/SeriesSources.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const auto archive = openNpz(std::string(fuzz::textOf(data, size)));
        for (const auto& info : archive->arrays())
            fuzz::refuseOrAccept([&] {
                const NumericMatrix matrix = archive->read(info.name);
                if (matrix.values.size() != matrix.rows * matrix.columns) __builtin_trap();
            });
    });
}
