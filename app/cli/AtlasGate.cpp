#include "app/cli/AtlasGate.h"

#include "core/base/Error.h"
#include "core/imaging/AtlasCheck.h"
#include "core/imaging/Nifti.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace chronnect::cli {

namespace {

/// Runs of one grid and one template are one place.
using Place = std::pair<VoxelGrid, std::string>;

bool isNew(const Place& place, std::vector<Place>& seen) {
    const auto same = [&](const Place& other) {
        return other.first.size == place.first.size && other.first.affine == place.first.affine &&
               other.second == place.second;
    };
    if (std::any_of(seen.begin(), seen.end(), same)) return false;
    seen.push_back(place);
    return true;
}

/// Everything that keeps the atlas from being used, in one sentence; empty when nothing does.
std::string objections(const Notices& notices) {
    std::string text;
    for (const Severity severity : {Severity::Blocking, Severity::Question})
        for (const Notice& notice : notices)
            if (notice.severity == severity) text += (text.empty() ? "" : "; ") + notice.text;
    return text;
}

std::optional<AtlasCheck> checkOn(const RunInput& run, const Atlas& atlas, std::vector<Place>& seen,
                                  const JobContext& context) {
    try {
        const bool volume = atlas.surfaceLabels.empty();
        const NiftiHeader header = volume ? readNiftiHeader(run.bold, context.silent()) : NiftiHeader{};
        if (volume && header.volumes < 2) return std::nullopt;
        const VoxelGrid& grid = header.grid;
        if (!isNew({grid, run.space}, seen)) return std::nullopt;
        std::optional<Volume> mask;
        if (volume && !run.mask.empty()) mask = readVolume(run.mask);
        return checkAtlas(atlas, grid, mask ? &*mask : nullptr, run.space);
    } catch (const Error&) {
        return std::nullopt;  // the run itself will say what is wrong with it
    }
}

}  // namespace

void checkAtlasOn(const Study& study, const Atlas& atlas, bool accepted, Notices& notices, const JobContext& context) {
    std::vector<Place> seen;
    for (const RunInput& run : study.runs) {
        context.throwIfCancelled();
        if (run.bold.empty()) continue;
        const auto check = checkOn(run, atlas, seen, context);
        if (!check) continue;
        const std::string why = objections(check->notices);
        if (!why.empty() && !accepted)
            throw Error(ErrorKind::BadInput, "The atlas " + study.atlasImage.filename().string() + " does not fit " +
                                                 run.id() + ": " + why +
                                                 "; put it right, or give --accept-atlas to use it all the same");
        for (const Notice& notice : check->notices)
            if (std::find(notices.begin(), notices.end(), notice) == notices.end())
                notices.push_back({notice.severity, "Atlas on " + run.id() + ": " + notice.text});
    }
}

}  // namespace chronnect::cli
