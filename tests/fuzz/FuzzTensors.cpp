#include "core/learning/TensorArchive.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

/// The weights inside a model file: what is read is written again as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* first = reinterpret_cast<const std::byte*>(data);
    return fuzz::refuseOrAccept([&] {
        const std::vector<std::byte> bytes(first, first + size);
        const auto tensors = unpackTensors(bytes);
        if (packTensors(tensors) != bytes) __builtin_trap();
    });
}
