#pragma once

#include "core/data/Parcellation.h"
#include "core/data/Volume.h"

namespace chronnect {

/// Computes the glass outline that a ConnectomeScene with these regions will ask for and keeps it, so that the scene,
/// which lives on the thread of a window, does not have to: it takes up to hundreds of milliseconds. From any thread.
void prepareOutline(const Parcellation& parcellation);

/// The same for a brain mask.
void prepareOutline(const Volume& mask);

}  // namespace chronnect
