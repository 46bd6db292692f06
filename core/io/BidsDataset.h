#pragma once

#include "core/base/JobContext.h"
#include "core/data/Study.h"

#include <filesystem>
#include <map>
#include <string>

namespace chronnect {

/// The entities of a BIDS file name: {"sub":"01","task":"rest"}, its suffix and extension.
struct BidsName {
    std::map<std::string, std::string> entities;
    std::string suffix;     ///< "bold"
    std::string extension;  ///< ".nii.gz"
};
BidsName parseBidsName(const std::string& fileName);

/// Finds the runs of a BIDS derivatives folder (fMRIPrep, XCP-D, C-PAC names) or raw folder, or, in a folder of
/// ready series (`*_timeseries.tsv/.npy/...`), those. Joins participants.tsv (also from the folder above); missing
/// pieces are notices. Throws Error(BadInput) when nothing usable is found.
Study openStudy(const std::filesystem::path& folder, const JobContext& context = {});

/// A study of hand-picked files: one run per file, subject from the name or numbered.
Study studyOfFiles(const std::vector<std::filesystem::path>& files);

}  // namespace chronnect
