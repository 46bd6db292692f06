#pragma once

#include "core/base/JobContext.h"
#include "core/base/Parameters.h"
#include "core/data/Parcellation.h"
#include "core/data/Table.h"
#include "core/data/TimeSeries.h"
#include "core/data/Volume.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chronnect {

/// A simulated study with a known answer. Every number of it follows from `seed`.
struct SimulationSpec {
    int seed = 1;
    int subjects = 24;
    int secondSessions = 8;  ///< how many subjects come twice
    int volumes = 240;
    double repetitionTime = 2.0;   ///< s
    int states = 4;                ///< 1 = stationary: no dynamics to find
    double dwellSeconds = 24;      ///< mean stay in a state
    double groupDwellRatio = 1.8;  ///< mean stay in state 1: patients / controls
    double ageEffect = 1.0;        ///< strength of the age effect on between-network coupling
    double fingerprint = 0.6;      ///< strength of the subject's own connectivity
    double noise = 1.0;            ///< physiological and thermal noise, relative
    double motion = 1.0;           ///< frequency and size of motion spikes, relative
    double voxelMm = 6.0;

    bool operator==(const SimulationSpec&) const = default;
};

template <SpecOf<SimulationSpec> Spec, class Visit>
void visitParameters(Spec& spec, Visit&& visit) {
    visit(spec.seed, {"seed", "Seed", "", "Same seed, same study, bit for bit", 0, 1e9});
    visit(spec.subjects, {"subjects", "Subjects", "", "Number of people", 1, 100000});
    visit(spec.secondSessions,
          {"second_sessions", "Second sessions", "", "How many people are scanned twice", 0, 100000});
    visit(spec.volumes, {"volumes", "Volumes", "", "Volumes per run", 20, 20000});
    visit(spec.repetitionTime, {"repetition_time", "Repetition time", "s", "Time between volumes", 0.2, 10});
    visit(spec.states, {"states", "Brain states", "", "Hidden connectivity states; 1 = no dynamics", 1, 8});
    visit(spec.dwellSeconds, {"dwell_seconds", "Mean dwell time", "s", "Mean stay in a state", 2, 600});
    visit(spec.groupDwellRatio,
          {"group_dwell_ratio", "Group dwell ratio", "", "Stay in state 1, patients over controls", 0.1, 10});
    visit(spec.ageEffect, {"age_effect", "Age effect", "", "Strength of the age effect on coupling", 0, 5});
    visit(spec.fingerprint, {"fingerprint", "Fingerprint", "", "Strength of each person's own connectivity", 0, 5});
    visit(spec.noise, {"noise", "Noise", "", "Physiological and thermal noise, relative", 0, 10});
    visit(spec.motion, {"motion", "Motion", "", "Frequency and size of motion spikes, relative", 0, 10});
    visit(spec.voxelMm, {"voxel_mm", "Voxel size", "mm", "Edge of the cubic voxels", 3, 12});
}

/// One person and what was planted in them.
struct SimulatedSubject {
    std::string id;                ///< "01", without "sub-"
    double age = 0;                ///< years
    std::string sex, site, group;  ///< "F"/"M", "A"/"B", "control"/"patient"
    double firstStateDwell = 0;    ///< s, mean stay in state 1
    double sharedVariance = 0;     ///< variance common to all networks; grows with age
    double noiseLevel = 0;         ///< thermal noise of one voxel, percent of its mean; depends on the site
    double motionRate = 0;         ///< motion spikes per minute
};

/// The people, what was planted in them, and the model that the runs are drawn from.
struct SimulatedStudy {
    SimulationSpec spec;
    Parcellation parcellation;                              ///< Dosenbach-160 coordinates
    Table participants;                                     ///< participant_id, age, sex, site, group
    std::vector<std::pair<std::string, std::string>> runs;  ///< subject, session (empty when everyone comes once)
    std::vector<SimulatedSubject> subjects;
    std::vector<std::string> networks;   ///< order of the coupling matrices
    std::vector<std::size_t> networkOf;  ///< per region
    std::vector<double> loadings;        ///< per region: weight of its network's signal
    /// Per state: correlation between networks, networks x networks, row-major, unit diagonal. Before the age effect.
    std::vector<std::vector<double>> stateCoupling;

    /// Index into `subjects` of a run.
    std::size_t subjectOf(std::size_t run) const;
};

/// A slow or fast disturbance and its time course; how strongly it shows depends on the place (artefactLoading).
struct ArtefactCourses {
    std::size_t count = 0;
    std::vector<double> values;  ///< volumes x count, percent of the mean signal
};

/// One person visiting once: everything known, nothing random left.
struct SimulatedRun {
    std::string subject, session;  ///< "01", "1"
    TimeSeries series;             ///< clean regional signal (after the haemodynamic response), mean 0, variance 1
    std::vector<int> states;       ///< hidden state of every volume, 0-based; the BOLD signal follows about 5 s later
    Confounds confounds;           ///< fMRIPrep names; NaN in the first row of derivatives, FD and DVARS
    ArtefactCourses artefacts;
};

/// Draws the people. Throws Error(BadInput) when more come twice than there are.
SimulatedStudy simulateStudy(const SimulationSpec& spec);

/// Draws one run. Runs have their own random streams: any order, any number of threads, same values.
SimulatedRun simulateRun(const SimulatedStudy& study, std::size_t run);

/// Share of each artefact at a place (MNI mm); `count` values.
std::vector<double> artefactLoadings(const std::array<double, 3>& place);

/// What extraction would find without writing images: clean signal + artefacts + averaged thermal noise, in percent.
TimeSeries observedSeries(const SimulatedStudy& study, const SimulatedRun& run);

/// Static region correlation that a state alone would give (without fingerprint and age effect), upper triangle.
std::vector<double> plantedConnectivity(const SimulatedStudy& study, std::size_t state);

/// The 160 regions of Dosenbach et al. 2010, Science 329:1358 (MNI coordinates, names, networks).
Parcellation dosenbachParcellation();

/// A smooth brain-shaped mask and the spheres-by-nearest-centre label image on a grid of `voxelMm`.
/// Spheres have 7.5 mm radius; on coarse grids regions grow to three voxels where there is room.
/// Throws Error(BadInput) when a region would get no voxel.
struct SimulatedAnatomy {
    Volume mask;  ///< 0 or 1
    LabelVolume labels;
    Volume baseline;  ///< mean signal of every voxel, 0 outside the mask
};
SimulatedAnatomy simulateAnatomy(const Parcellation& parcellation, double voxelMm);

/// How far inside the brain-shaped outline a place (MNI mm) lies: below 1 inside, 1 on the surface.
double brainShape(const std::array<double, 3>& place);

}  // namespace chronnect
