#pragma once

#include "core/pipeline/Inspect.h"

#include <filesystem>
#include <string>

namespace chronnect::detail {

/// A file's name in lower case, for looking at its ending.
std::string lowerName(const std::filesystem::path& path);

/// The reports on each kind of input. All throw Error when the input cannot be used.
FileReport inspectImage(const std::filesystem::path& path, const JobContext& context);
FileReport inspectGifti(const std::filesystem::path& path);
FileReport inspectSeries(const std::filesystem::path& path);
FileReport inspectText(const std::filesystem::path& path);  ///< confounds, region table, people, or series
FileReport inspectDicom(const std::filesystem::path& path, const JobContext& context);
FileReport inspectFolder(const std::filesystem::path& path, const JobContext& context);

/// "too few volumes", "constant", "n/a": what makes series useless or doubtful, added to `report.notices`.
struct SeriesFacts {
    std::size_t regions = 0, volumes = 0;
    double repetitionTime = 0.0;
};
void addSeriesFacts(FileReport& report, const SeriesFacts& facts);

}  // namespace chronnect::detail
