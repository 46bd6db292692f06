#pragma once

#include "core/imaging/Cifti.h"

#include <array>
#include <string>
#include <string_view>

namespace chronnect::detail {

/// The axes (0: along a row, 1: from row to row) that the XML of a CIFTI-2 file describes.
/// `size` is what the NIfTI header says; an axis of another length is an Error(BadInput).
std::array<CiftiAxis, 2> parseCiftiXml(std::string_view xml, const std::array<std::size_t, 2>& size,
                                       const std::string& what);

/// Whole numbers separated by white space; Error(BadInput) on anything else or beyond 0 to 2^31.
std::vector<std::uint32_t> parseIndices(std::string_view text, const std::string& what);

}  // namespace chronnect::detail
