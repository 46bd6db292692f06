#pragma once

#include "core/base/Error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chronnect::fuzz {

inline std::string_view textOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Runs a parser: refusing with an Error is right for any input, everything else that leaves it is a defect.
template <class Parser>
int refuseOrAccept(Parser parse) {
    try {
        parse();
    } catch (const Error&) {
    }
    return 0;
}

}  // namespace chronnect::fuzz

/// What libFuzzer, or ReplayMain.cpp, calls with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
