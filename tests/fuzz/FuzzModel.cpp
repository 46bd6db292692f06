#include "core/learning/Learning.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* first = reinterpret_cast<const std::byte*>(data);
    return fuzz::refuseOrAccept([&] { deserializeModel({first, first + size}); });
}
