#pragma once

#include "core/data/Study.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chronnect::cli {

/// A run that a person decided to leave out.
struct LeftOut {
    std::string run, reason;
};

/// The rows of a table of exclusions: `run` (or the first column) is a run's id, a subject or a subject's session;
/// `reason` is free; rows with `include` set to yes stay in. Throws Error, UsageError.
std::vector<LeftOut> readExclusions(const std::filesystem::path& path);

/// Takes the runs out of the study and lists them by id; names that fit none are told in its notices.
/// Throws Error(BadInput) when no run is left.
std::vector<LeftOut> takeOut(Study& study, const std::vector<LeftOut>& names);

}  // namespace chronnect::cli
