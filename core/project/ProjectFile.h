#pragma once

#include "core/base/JobContext.h"
#include "core/base/Json.h"
#include "core/project/Project.h"

#include <filesystem>

namespace chronnect {

/// A project with what the window remembers about how it was looked at.
struct ProjectFileContent {
    Project project;
    Json view;        ///< selected run, window index, threshold, camera, page, ...
    Notices notices;  ///< "input folder moved to ...", "sub-03 is missing"
};

/// One HDF5 file (`*.chronnect`): format_version, inputs by path relative to the file with size and SHA-256 of the
/// first 64 KiB, specs as JSON, series, coverage, models, sealed by a digest. Written to a temporary file and renamed;
/// one `.bak` is kept.
void saveProject(const std::filesystem::path& path, const Project& project, const Json& view,
                 const JobContext& context = {});

/// Throws Error(BadInput) for a file that is no project or of a newer version. Inputs that moved together with the
/// project, or beside it, are found again.
ProjectFileContent openProject(const std::filesystem::path& path, const JobContext& context = {});

constexpr int projectFormatVersion = 1;

}  // namespace chronnect
