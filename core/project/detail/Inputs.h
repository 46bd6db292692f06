#pragma once

#include "core/base/Json.h"
#include "core/base/Notice.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace chronnect::detail {

/// How an input file or folder is remembered: relative and absolute path, size, SHA-256 of the first 64 KiB.
Json describeInput(const std::filesystem::path& input, const std::filesystem::path& projectFile);

/// Finds remembered inputs again: relative to the project, at the old place, then below or beside the project's
/// folder. A file found elsewhere counts only with the same size and beginning.
class InputFinder {
public:
    explicit InputFinder(const std::filesystem::path& projectFile);

    /// The path now; the old absolute one when it is nowhere.
    std::filesystem::path find(const Json& description);

    /// What moved, changed or is missing; one sentence per folder, not per file.
    Notices notices() const;

private:
    std::filesystem::path search(const std::filesystem::path& relative, const std::filesystem::path& absolute,
                                 const Json& description) const;
    void rememberMove(const std::filesystem::path& before, const std::filesystem::path& now);

    std::filesystem::path m_folder;
    std::map<std::filesystem::path, std::filesystem::path> m_moves;  ///< old folder to new folder
    std::vector<std::string> m_missing, m_changed;
};

}  // namespace chronnect::detail
