#pragma once

#include "core/base/Json.h"
#include "core/base/Notice.h"
#include "core/data/Parcellation.h"
#include "core/data/Study.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace chronnect::detail {

Json notesToJson(const Notices& notices);
Notices notesFromJson(const Json& json);

std::vector<std::string> textsFromJson(const Json& json);
std::vector<double> numbersFromJson(const Json& json);  ///< null reads as NaN

Json parcellationToJson(const Parcellation& parcellation);
Parcellation parcellationFromJson(const Json& json);

/// Paths go through `describe` and `find`, which know where the project file lies.
Json studyToJson(const Study& study, const std::function<Json(const std::filesystem::path&)>& describe);
Study studyFromJson(const Json& json, const std::function<std::filesystem::path(const Json&)>& find);

}  // namespace chronnect::detail
