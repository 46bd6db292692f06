#pragma once

#include "widgets/ProjectDocument.h"

#include <QString>

class QWidget;

namespace chronnect {

/// Includes a run again, or asks for the reason and leaves it out; nothing happens when the question is cancelled.
/// One step of undo.
void setRunUsed(QWidget* parent, ProjectDocument& document, const QString& run, bool use);

/// "22 of 24 runs are used; 2 are left out: sub-03 (too much motion), sub-09 (artefact)."
QString inclusionText(const Project& project);

}  // namespace chronnect
