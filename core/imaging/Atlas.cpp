#include "core/base/Error.h"
#include "core/imaging/Cifti.h"
#include "core/imaging/Gifti.h"
#include "core/imaging/Nifti.h"
#include "core/imaging/RegionExtraction.h"
#include "core/io/Tables.h"

#include <algorithm>
#include <map>

namespace chronnect {

namespace {

/// Where the voxels of one label lie.
struct LabelPlace {
    std::size_t voxels = 0, left = 0, right = 0;
    std::array<double, 3> sum{};
};

std::map<std::int32_t, LabelPlace> placesOf(const LabelVolume& image) {
    std::map<std::int32_t, LabelPlace> places;
    const auto& size = image.grid.size;
    std::size_t voxel = 0;
    for (std::size_t k = 0; k < size[2]; ++k)
        for (std::size_t j = 0; j < size[1]; ++j)
            for (std::size_t i = 0; i < size[0]; ++i, ++voxel) {
                const std::int32_t label = image.labels[voxel];
                if (label == 0) continue;
                LabelPlace& place = places[label];
                const auto world =
                    image.grid.world(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
                for (std::size_t axis = 0; axis < 3; ++axis) place.sum[axis] += world[axis];
                ++place.voxels;
                place.left += world[0] < 0;
                place.right += world[0] > 0;
            }
    return places;
}

Hemisphere hemisphereOf(const LabelPlace& place) {
    const double voxels = static_cast<double>(place.voxels);
    if (static_cast<double>(place.left) > 0.95 * voxels) return Hemisphere::Left;
    if (static_cast<double>(place.right) > 0.95 * voxels) return Hemisphere::Right;
    return Hemisphere::Both;
}

std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 8); ++i) text += (i ? ", " : "") + items[i];
    if (items.size() > 8) text += " and " + std::to_string(items.size() - 8) + " more";
    return text;
}

void dropNegativeLabels(Atlas& atlas) {
    std::size_t negative = 0;
    for (std::int32_t& label : atlas.image.labels)
        if (label < 0) {
            label = 0;
            ++negative;
        }
    if (negative > 0)
        atlas.notices.push_back({Severity::Warning, std::to_string(negative) +
                                                        " voxels of the atlas have a negative label; "
                                                        "they are taken as background"});
}

/// Every label of the image gets a row; rows are sorted by label, the order of the columns of every series.
void joinRows(Atlas& atlas, const std::map<std::int32_t, LabelPlace>& places, bool hasTable) {
    auto& regions = atlas.parcellation.regions;
    std::vector<std::string> unnamed, empty;
    for (const auto& [label, place] : places) {
        const auto row = std::find_if(regions.begin(), regions.end(),
                                      [wanted = label](const Region& r) { return r.label == wanted; });
        if (row != regions.end()) continue;
        Region region;
        region.label = label;
        region.name = "Label " + std::to_string(label);
        regions.push_back(region);
        unnamed.push_back(std::to_string(label));
    }
    std::stable_sort(regions.begin(), regions.end(),
                     [](const Region& a, const Region& b) { return a.label < b.label; });
    for (const Region& region : regions)
        if (!places.contains(region.label)) empty.push_back(region.name);
    if (!hasTable)
        atlas.notices.push_back(
            {Severity::Warning, "The atlas has no table of names; its regions are called by their labels"});
    else if (!unnamed.empty())
        atlas.notices.push_back({Severity::Question, "The table names no region for label " + listed(unnamed) +
                                                         "; these are called by their labels"});
    if (!empty.empty())
        atlas.notices.push_back({Severity::Warning, "The image has no voxels of " + listed(empty) +
                                                        "; these regions stay in place without signal"});
}

}  // namespace

namespace {

/// Labels on surfaces bring their own table.
Atlas readSurfaceAtlas(const std::filesystem::path& labels, const std::filesystem::path& table) {
    Atlas atlas;
    atlas.surfaceLabels = labels;
    atlas.parcellation = isGifti(labels) ? readGiftiParcellation(labels) : readCiftiParcellation(labels);
    if (atlas.parcellation.regions.empty()) throw Error(ErrorKind::BadInput, labels.string() + " names no region");
    if (!table.empty())
        atlas.notices.push_back(
            {Severity::Information, "The labels on surfaces name their regions themselves; the table is not used"});
    return atlas;
}

}  // namespace

Atlas readAtlas(const std::filesystem::path& image, const std::filesystem::path& table) {
    if (isGifti(image) || isCifti(image)) return readSurfaceAtlas(image, table);
    Atlas atlas;
    for (const Notice& notice : readNiftiHeader(image).notices)
        atlas.notices.push_back({notice.severity, "Atlas: " + notice.text});
    atlas.image = readLabels(image);
    dropNegativeLabels(atlas);
    if (!table.empty()) atlas.parcellation = readRegionTable(table);
    atlas.centresFromTable = std::any_of(atlas.parcellation.regions.begin(), atlas.parcellation.regions.end(),
                                         [](const Region& region) { return region.hasCentre; });
    if (atlas.parcellation.name.empty()) {
        atlas.parcellation.name = image.filename().string();
        atlas.parcellation.name.resize(std::min(atlas.parcellation.name.find('.'), atlas.parcellation.name.size()));
    }
    const auto places = placesOf(atlas.image);
    if (places.empty())
        throw Error(ErrorKind::BadInput, image.string() + " holds no region: every voxel is background");
    joinRows(atlas, places, !table.empty());
    for (Region& region : atlas.parcellation.regions) {
        const auto place = places.find(region.label);
        if (place == places.end()) continue;
        if (region.hemisphere == Hemisphere::Unknown) region.hemisphere = hemisphereOf(place->second);
        if (region.hasCentre) continue;
        for (std::size_t axis = 0; axis < 3; ++axis)
            region.centre[axis] = place->second.sum[axis] / static_cast<double>(place->second.voxels);
        region.hasCentre = true;
    }
    return atlas;
}

}  // namespace chronnect
