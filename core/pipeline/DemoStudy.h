#pragma once

#include "core/base/JobContext.h"
#include "core/simulation/Simulation.h"

#include <filesystem>

namespace chronnect {

/// Writes a simulated study as a BIDS derivatives folder with fMRIPrep names: 4-D .nii.gz BOLD, masks, confounds
/// TSV + JSON, atlas dseg + TSV, participants.tsv, dataset_description.json and ground_truth/ (states, parameters).
/// Skips the work when the folder already holds the study of the same spec. Throws Error(FileAccess).
void writeSimulatedStudy(const std::filesystem::path& folder, const SimulationSpec& spec,
                         const JobContext& context = {});

}  // namespace chronnect
