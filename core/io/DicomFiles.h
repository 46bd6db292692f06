#pragma once

#include "core/base/JobContext.h"

#include <filesystem>

namespace chronnect {

/// True when the file begins as DICOM does (128 bytes, then "DICM").
bool isDicomFile(const std::filesystem::path& path);

/// True when there is a DICOM file among the first few hundred of the folder and those inside it.
bool holdsDicom(const std::filesystem::path& folder, const JobContext& context = {});

}  // namespace chronnect
