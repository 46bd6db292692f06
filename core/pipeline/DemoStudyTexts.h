#pragma once

#include "core/base/Json.h"
#include "core/simulation/Simulation.h"

#include <string>

/// What stands in the sidecars and tables of a simulated study.
namespace chronnect::demo {

Json datasetDescription(const SimulationSpec& spec);
Json participantsSidecar();
Json boldSidecar(const SimulationSpec& spec);
Json confoundSidecar(const Confounds& confounds);
Json atlasSidecar();
Json truthRecord(const SimulatedStudy& study);
Table subjectTruth(const SimulatedStudy& study);
Table stateTruth(const SimulatedStudy& study);
std::string readMe(const SimulatedStudy& study);

}  // namespace chronnect::demo
