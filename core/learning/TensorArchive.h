#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// A named array of numbers, row-major: one weight or running mean of a network.
struct NamedTensor {
    std::string name;
    std::vector<std::int64_t> shape;  ///< empty for a single number
    std::vector<float> values;

    bool operator==(const NamedTensor&) const = default;
};

/// Tensors as bytes: "CHRTNSR1", count, then per tensor name, shape and little-endian float32 values.
std::vector<std::byte> packTensors(const std::vector<NamedTensor>& tensors);

/// Throws Error(BadInput) when the bytes end early, name an absurd size or carry something else.
std::vector<NamedTensor> unpackTensors(const std::vector<std::byte>& bytes);

}  // namespace chronnect
