#pragma once

#include <string_view>

/// The files of resources/verification, which CMake compiles in.
namespace chronnect::detail {

std::string_view verificationSeries();
std::string_view verificationConfounds();
std::string_view verificationReference();

}  // namespace chronnect::detail
