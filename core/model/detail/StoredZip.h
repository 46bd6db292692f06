#pragma once

#include <map>
#include <string>
#include <string_view>

namespace chronnect::model {

/// The members of a zip archive whose members are stored without compression, as views into `bytes`, by the name
/// below the archive's one top folder ("data.pkl", "data/12"). Throws Error(BadInput).
std::map<std::string, std::string_view> storedZipMembers(std::string_view bytes);

}  // namespace chronnect::model
