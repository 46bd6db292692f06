#pragma once

#include <string>
#include <vector>

namespace chronnect {

/// How much a notice matters. `Question` means the person must decide before going on.
enum class Severity { Information, Warning, Question, Blocking };

/// A remark that is part of a result ("12 of 240 volumes censored"), so that tests,
/// the command line and the window all see it.
struct Notice {
    Severity severity = Severity::Warning;
    std::string text;  ///< one sentence: what, where, what to do

    bool operator==(const Notice&) const = default;
};

using Notices = std::vector<Notice>;

}  // namespace chronnect
