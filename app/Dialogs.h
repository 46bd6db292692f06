#pragma once

#include "core/learning/Learning.h"
#include "core/pipeline/Export.h"
#include "core/simulation/Simulation.h"
#include "widgets/ProjectDocument.h"

#include <QString>

#include <filesystem>
#include <optional>

class QWidget;

namespace chronnect {

struct SimulationRequest {
    std::filesystem::path folder;
    SimulationSpec spec;
};

/// Asks for the settings of a simulated study and where it goes; empty when cancelled.
std::optional<SimulationRequest> askForSimulation(QWidget* parent);

/// Asks in which forms region series are written beside the TSV; empty when cancelled.
std::optional<ExportSpec> askForForms(QWidget* parent);

struct PreferencesRequest {
    bool dark = true;
};
std::optional<PreferencesRequest> askForPreferences(QWidget* parent, const QString& devices, bool dark);

void showAbout(QWidget* parent);

/// Every step and number behind what is shown, to read and to copy.
QString howComputed(const Project& project, const std::string& run, const std::string& connectivity);
void showHowComputed(QWidget* parent, const QString& text);

}  // namespace chronnect
