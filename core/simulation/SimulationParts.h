#pragma once

#include "core/base/Random.h"
#include "core/simulation/Simulation.h"

#include <array>
#include <vector>

// Shared by the files of this folder only.
namespace chronnect::simulation {

/// Where the amplitudes of everything that is not brain signal are set (percent of the mean signal).
struct NoiseAmplitudes {
    double respiration = 0.35, cardiac = 0.30, slowBreathing = 0.30, drift = 0.6, motion = 0.5, spike = 2.5;
};

/// Head motion of a run: x, y, z in mm and three rotations in rad, volumes x 6, and the size of each volume's jerk.
struct HeadMotion {
    std::vector<double> parameters;
    std::vector<double> jerk;  ///< mm, 0 where the head was still
};

HeadMotion drawMotion(const SimulationSpec& spec, const SimulatedSubject& subject, Random random);

ArtefactCourses drawArtefacts(const SimulationSpec& spec, const HeadMotion& motion, Random random);

/// Sum of all artefacts at a place in every volume, percent.
std::vector<double> artefactAt(const ArtefactCourses& courses, const std::array<double, 3>& place);

/// All fMRIPrep columns of a run. `observed` is the regional signal with its artefacts.
Confounds makeConfounds(const SimulatedStudy& study, const SimulatedSubject& subject, const HeadMotion& motion,
                        const ArtefactCourses& artefacts, const TimeSeries& observed, Random random);

}  // namespace chronnect::simulation
