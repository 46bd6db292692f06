#pragma once

#include "core/io/FolderScan.h"

namespace chronnect {

/// Adds the runs that the files make up: preprocessed images with mask and confounds, else ready series, else raw
/// images, else any file that looks like region series. False when there is none.
bool findRuns(Study& study, const std::vector<ScannedFile>& files, const JobContext& context);

/// Picks the label image and its table that lie with the study.
void findAtlas(Study& study, const std::vector<ScannedFile>& files);

/// Gives a hand-picked image the confounds table and brain mask of the same run that lie in its folder (`beside`).
void addCompanions(RunInput& run, const ScannedFile& image, const std::vector<ScannedFile>& beside);

/// A subject name for each file: the `sub` entity, else what tells the names apart, else the name of the folder.
std::vector<std::string> subjectsOfFiles(const std::vector<ScannedFile>& files);

}  // namespace chronnect
