#pragma once

#include "core/base/JobContext.h"
#include "core/base/Parameters.h"
#include "core/data/Parcellation.h"
#include "core/data/Table.h"
#include "core/data/TimeSeries.h"
#include "core/data/Volume.h"

#include <cstdint>
#include <string>
#include <vector>

namespace chronnect {

/// A simulated study with a known answer. Every number of it follows from `seed`.
struct SimulationSpec {
    int seed = 1;
    int subjects = 24;
    int secondSessions = 8;      ///< how many subjects come twice
    int volumes = 240;
    double repetitionTime = 2.0; ///< s
    int states = 4;              ///< 1 = stationary: no dynamics to find
    double dwellSeconds = 24;    ///< mean stay in a state
    double groupDwellRatio = 1.8;///< mean stay in state 1: patients / controls
    double ageEffect = 1.0;      ///< strength of the age effect on between-network coupling
    double fingerprint = 0.6;    ///< strength of the subject's own connectivity
    double noise = 1.0;          ///< physiological and thermal noise, relative
    double motion = 1.0;         ///< frequency and size of motion spikes, relative
    double voxelMm = 6.0;

    bool operator==(const SimulationSpec&) const = default;
};

template <SpecOf<SimulationSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.seed, {"seed", "Seed", "", "Same seed, same study, bit for bit", 0, 1e9});
    visit(spec.subjects, {"subjects", "Subjects", "", "Number of people", 1, 100000});
    visit(spec.secondSessions, {"second_sessions", "Second sessions", "", "How many people are scanned twice", 0, 100000});
    visit(spec.volumes, {"volumes", "Volumes", "", "Volumes per run", 20, 20000});
    visit(spec.repetitionTime, {"repetition_time", "Repetition time", "s", "Time between volumes", 0.2, 10});
    visit(spec.states, {"states", "Brain states", "", "Hidden connectivity states; 1 = no dynamics", 1, 8});
    visit(spec.dwellSeconds, {"dwell_seconds", "Mean dwell time", "s", "Mean stay in a state", 2, 600});
    visit(spec.groupDwellRatio, {"group_dwell_ratio", "Group dwell ratio", "", "Stay in state 1, patients over controls", 0.1, 10});
    visit(spec.ageEffect, {"age_effect", "Age effect", "", "Strength of the age effect on coupling", 0, 5});
    visit(spec.fingerprint, {"fingerprint", "Fingerprint", "", "Strength of each person's own connectivity", 0, 5});
    visit(spec.noise, {"noise", "Noise", "", "Physiological and thermal noise, relative", 0, 10});
    visit(spec.motion, {"motion", "Motion", "", "Frequency and size of motion spikes, relative", 0, 10});
    visit(spec.voxelMm, {"voxel_mm", "Voxel size", "mm", "Edge of the cubic voxels", 3, 12});
}

/// One person visiting once: everything known, nothing random left.
struct SimulatedRun {
    std::string subject, session;         ///< "01", "1"
    TimeSeries series;                    ///< clean regional signal (after the haemodynamic response), standard units
    std::vector<int> states;              ///< hidden state of every volume
    Confounds confounds;                  ///< fMRIPrep names; motion, its derivatives, csf, white_matter, global_signal, FD, std_dvars, cosine
};

/// The people and what was planted in them.
struct SimulatedStudy {
    SimulationSpec spec;
    Parcellation parcellation;            ///< Dosenbach-160 coordinates
    Table participants;                   ///< participant_id, age, sex, site, group
    std::vector<std::pair<std::string, std::string>> runs;  ///< subject, session
};

SimulatedStudy simulateStudy(const SimulationSpec& spec);
SimulatedRun simulateRun(const SimulatedStudy& study, std::size_t run);

/// The 160 regions of Dosenbach et al. 2010 (MNI coordinates, names, networks).
Parcellation dosenbachParcellation();

/// A smooth brain-shaped mask and the spheres-by-nearest-centre label image on a grid of `voxelMm`.
struct SimulatedAnatomy {
    Volume mask;        ///< 0 or 1
    LabelVolume labels;
    Volume baseline;    ///< mean signal of every voxel
};
SimulatedAnatomy simulateAnatomy(const Parcellation& parcellation, double voxelMm);

}  // namespace chronnect
