#pragma once

#include "core/base/JobContext.h"
#include "core/simulation/Simulation.h"

#include <filesystem>

namespace chronnect {

/// Writes a simulated study as a BIDS derivatives folder with fMRIPrep names: 4-D .nii.gz BOLD, masks, confounds
/// TSV + JSON, atlas dseg + TSV, participants.tsv, dataset_description.json and ground_truth/ (see below).
/// Skips the work when the folder already holds the study of the same spec and version; replaces one of another spec.
/// Throws Error(BadInput) when the folder holds something else, Error(FileAccess) when it cannot be written.
///
/// ground_truth/: simulation.json (settings and how the effects were planted), subjects.tsv (what was planted in each
/// person), states.tsv (coupling of the networks in each state), and per run *_states.tsv (hidden state of every
/// volume) and *_signal.tsv (regional signal without noise).
void writeSimulatedStudy(const std::filesystem::path& folder, const SimulationSpec& spec,
                         const JobContext& context = {});

/// Whether the folder holds the finished study of this spec.
bool holdsSimulatedStudy(const std::filesystem::path& folder, const SimulationSpec& spec);

}  // namespace chronnect
