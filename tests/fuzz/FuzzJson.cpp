#include "core/base/Json.h"
#include "tests/fuzz/Fuzz.h"

using namespace chronnect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::refuseOrAccept([&] {
        const std::string once = Json::parse(fuzz::textOf(data, size)).dump();
        if (Json::parse(once).dump() != once) __builtin_trap();
    });
}
