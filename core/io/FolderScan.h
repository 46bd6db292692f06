#pragma once

#include "core/base/JobContext.h"
#include "core/io/BidsDataset.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace chronnect {

/// A file found under a study's folder.
struct ScannedFile {
    std::filesystem::path path;
    BidsName name;
    std::uintmax_t size = 0;

    /// What tells this run from others: subject, session, task, acquisition and so on, run.
    std::string runKey() const;
};

/// The files under a folder, sorted by path. Hidden folders, anatomy and working folders are not entered, nor
/// `derivatives` unless asked; links to folders are followed once.
std::vector<ScannedFile> scanFolder(const std::filesystem::path& folder, bool withDerivatives,
                                    const JobContext& context);

/// The files directly in one folder.
std::vector<ScannedFile> listFolder(const std::filesystem::path& folder);

/// Session, task and so on of a file name as a RunInput tells them; acquisition and its like become part of the task,
/// so that ids stay distinct.
RunInput runOfName(const BidsName& name);

/// Repetition times from JSON sidecars, by the inheritance rule of BIDS.
class SidecarIndex {
public:
    /// `files` is what was scanned; JSON files in the two folders above `root` count too.
    SidecarIndex(const std::vector<ScannedFile>& files, const std::filesystem::path& root);

    /// In seconds; 0 when no sidecar says.
    double repetitionTime(const ScannedFile& file) const;

private:
    struct Sidecar {
        BidsName name;
        std::string key;
        double repetitionTime;
    };
    std::multimap<std::string, Sidecar> m_bySubject;  ///< those without subject under ""
};

}  // namespace chronnect
