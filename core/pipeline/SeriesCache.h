#pragma once

#include "core/imaging/RegionExtraction.h"

#include <filesystem>
#include <optional>
#include <string>

namespace chronnect {

/// Region series kept between runs of the program, one file each, named after what they were made from.
class SeriesCache {
public:
    /// An empty folder means no cache.
    explicit SeriesCache(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    bool enabled() const { return !m_folder.empty(); }

    /// Changes when an input file (size, time of change, first and last megabyte), the atlas, the settings or the
    /// version of the program change.
    static std::string keyOf(const RunInput& run, const std::string& atlasKey, const ExtractionSpec& spec,
                             const JobContext& context = {});

    /// Hash that stands for files; missing ones count as absent. Can be cancelled: a DICOM folder has thousands.
    static std::string hashOf(const std::vector<std::filesystem::path>& files, const JobContext& context = {});

    /// Empty when there is none or it is damaged.
    std::optional<ExtractedSeries> find(const std::string& key) const;
    /// A cache that cannot be written is no reason to fail; returns whether it could.
    bool store(const std::string& key, const ExtractedSeries& series) const;

private:
    std::filesystem::path pathOf(const std::string& key) const { return m_folder / (key + ".series"); }

    std::filesystem::path m_folder;
};

}  // namespace chronnect
