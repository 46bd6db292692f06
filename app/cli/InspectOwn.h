#pragma once

#include "core/base/Json.h"

#include <filesystem>
#include <optional>

namespace chronnect::cli {

/// What a file that this program or PyTorch wrote is: a model, the state of a training, a STAGIN state dict, a cohort,
/// results, or another JSON file. {"kind": ..., "facts": {...}}; empty for files of other kinds. Throws Error for one
/// that is damaged.
std::optional<Json> inspectOwn(const std::filesystem::path& path);

/// What can be told without reading images: series, tables and folders of series, in the same form. Throws
/// Error(Unsupported) for images.
Json inspectWithoutImages(const std::filesystem::path& path);

}  // namespace chronnect::cli
