#pragma once

#include "core/data/Parcellation.h"

#include <string>
#include <string_view>

namespace chronnect {

/// FSL atlas XML (`<label index= x= y= z=>Name</label>`, probabilistic: image value = index + 1) and the AAL form
/// (`<label><index>1</index><name>..</name></label>`). Fields the file lacks stay at their defaults.
Parcellation regionsOfXml(std::string_view content);

/// Every line-based form: tables with a header, FreeSurfer LUT and Schaefer order files, ITK-SNAP labels, Workbench
/// label lists, AAL text (abbreviation, name, label), "label name" and plain lists of names.
Parcellation regionsOfText(std::string_view content, const std::string& fileName);

}  // namespace chronnect
