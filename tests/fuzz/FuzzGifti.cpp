#include "core/imaging/detail/GiftiXml.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const GiftiFile file = detail::parseGifti(fuzz::textOf(data, size), "input");
        for (const GiftiArray& array : file.arrays) {
            std::size_t count = 1;
            for (const std::size_t length : array.shape) count *= length;
            if (array.values.size() != count) __builtin_trap();
        }
    });
}
