#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace chronnect::detail {

/// Runs `work` in a copy of this process and returns the bytes it gives: for libraries that end the whole program at a
/// damaged file. The copy has one thread, writes nothing to the terminal and leaves no core file. Nothing when it
/// throws, dies or takes longer than `limit`. Where the system cannot copy processes, `work` runs in this one.
std::optional<std::string> madeApart(const std::function<std::string()>& work, std::chrono::seconds limit);

}  // namespace chronnect::detail
