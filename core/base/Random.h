#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace chronnect {

/// Seeded random numbers that are the same on every platform and compiler (xoshiro256++, Blackman & Vigna 2019;
/// seeding by splitmix64). The standard library's distributions are not.
class Random {
public:
    explicit Random(std::uint64_t seed);

    /// An independent stream for a named purpose: same seed and name, same numbers.
    Random stream(std::string_view name) const;

    std::uint64_t bits();
    double uniform();  ///< [0, 1)
    double uniform(double low, double high);
    std::size_t below(std::size_t bound);      ///< 0 .. bound-1, unbiased; bound > 0
    double normal();                           ///< mean 0, variance 1 (Marsaglia polar)
    double gamma(double shape, double scale);  ///< Marsaglia & Tsang 2000
    std::vector<std::size_t> permutation(std::size_t count);

private:
    std::uint64_t m_state[4];
    std::uint64_t m_seed;
    double m_spare = 0.0;
    bool m_hasSpare = false;
};

/// 64-bit FNV-1a of a text or of bytes: for stable keys, not for security.
std::uint64_t stableHash(std::string_view bytes);

}  // namespace chronnect
