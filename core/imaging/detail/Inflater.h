#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace chronnect::detail {

enum class InflateState { More, MemberEnd, Damaged };

struct InflateStep {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    InflateState state = InflateState::More;
};

/// Inflates one gzip member after another; checks the CRC and length at the end of each.
class Inflater {
public:
    virtual ~Inflater() = default;
    virtual InflateStep inflate(std::span<const std::byte> in, std::span<std::byte> out) = 0;
    virtual void restart() = 0;  ///< before the next member
};

/// ISA-L where the build has it, else zlib.
std::unique_ptr<Inflater> makeInflater();
std::unique_ptr<Inflater> makeZlibInflater();
std::string_view inflaterName();

}  // namespace chronnect::detail
