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
    std::string other;      ///< pieces that are neither entity nor suffix, joined by '_' ("Stanford_0051161")

    /// The value of an entity, or empty.
    std::string entity(const std::string& key) const {
        const auto found = entities.find(key);
        return found == entities.end() ? std::string() : found->second;
    }
};
BidsName parseBidsName(const std::string& fileName);

/// Finds the runs of a BIDS derivatives folder (fMRIPrep, XCP-D, C-PAC names) or raw folder, or, in a folder of
/// ready series (`*_timeseries.tsv/.npy/...`), those; failing these, a DICOM series. Joins participants.tsv (also from
/// the folders above); missing pieces are notices. Throws Error(BadInput) when nothing usable is found.
Study openStudy(const std::filesystem::path& folder, const JobContext& context = {});

/// A study of hand-picked files: one run per file (two hemispheres of a surface series are one), subject from the name
/// or numbered; an image with a BIDS name brings its confounds table and brain mask from its folder. A folder of DICOM
/// files counts as a file; its name, often a person's, is not used.
Study studyOfFiles(const std::vector<std::filesystem::path>& files);

/// The table of region names that lies with a label image: the same name with another ending, else a BIDS table of the
/// same atlas. Empty when there is none.
std::filesystem::path tableBeside(const std::filesystem::path& image);

/// Makes `table` the study's participants: the column that names most subjects comes first as participant_id.
/// False, and nothing changed, when no column names any subject.
bool joinParticipants(Study& study, const Table& table);

/// Adds what a sub-..._sessions.tsv says of a subject's sessions: column "mood" of session 2 becomes "mood_ses-2" of
/// the participants. Returns how many sessions of the study it knew.
std::size_t joinSessions(Study& study, const std::string& subject, const Table& sessions);

}  // namespace chronnect
