#include "core/imaging/AtlasCheck.h"

#include "core/imaging/detail/Affine.h"
#include "core/imaging/detail/AtlasHypotheses.h"
#include "core/imaging/detail/RegionMap.h"
#include "core/io/Tables.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace chronnect {

namespace {

std::string percent(double share) { return std::to_string(static_cast<int>(std::lround(100 * share))) + " %"; }
std::string millimetres(double length) { return std::to_string(static_cast<long>(std::lround(length))) + " mm"; }

/// "1 region lies", "2 regions lie".
std::string counted(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

const char* textOf(Hemisphere hemisphere) {
    return hemisphere == Hemisphere::Left ? "left" : hemisphere == Hemisphere::Right ? "right" : "both sides";
}

/// A box in the world around voxels.
struct Box {
    std::array<double, 3> low{1e300, 1e300, 1e300}, high{-1e300, -1e300, -1e300};

    void add(const std::array<double, 3>& point) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
            low[axis] = std::min(low[axis], point[axis]);
            high[axis] = std::max(high[axis], point[axis]);
        }
    }
    bool contains(const std::array<double, 3>& point, double margin) const {
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (point[axis] < low[axis] - margin || point[axis] > high[axis] + margin) return false;
        return true;
    }
};

template <class Function>
void forEachVoxel(const VoxelGrid& grid, Function&& function) {
    std::size_t voxel = 0;
    for (std::size_t k = 0; k < grid.size[2]; ++k)
        for (std::size_t j = 0; j < grid.size[1]; ++j)
            for (std::size_t i = 0; i < grid.size[0]; ++i, ++voxel)
                function(voxel, grid.world(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)));
}

/// Centroids and sides of the regions in the atlas image.
void place(const Atlas& atlas, AtlasCheck& check) {
    std::map<std::int32_t, std::size_t> rowOf;
    for (std::size_t r = 0; r < atlas.parcellation.regions.size(); ++r)
        rowOf.emplace(atlas.parcellation.regions[r].label, r);
    std::vector<std::size_t> left(check.regions.size()), right(check.regions.size());
    forEachVoxel(atlas.image.grid, [&](std::size_t voxel, const std::array<double, 3>& world) {
        const auto row = rowOf.find(atlas.image.labels[voxel]);
        if (atlas.image.labels[voxel] == 0 || row == rowOf.end()) return;
        for (std::size_t axis = 0; axis < 3; ++axis) check.regions[row->second].centroid[axis] += world[axis];
        left[row->second] += world[0] < 0;
        right[row->second] += world[0] > 0;
    });
    for (std::size_t r = 0; r < check.regions.size(); ++r) {
        RegionCheck& region = check.regions[r];
        if (region.atlasVoxels == 0) continue;
        const auto voxels = static_cast<double>(region.atlasVoxels);
        for (double& coordinate : region.centroid) coordinate /= voxels;
        region.placed = static_cast<double>(left[r]) > 0.9 * voxels    ? Hemisphere::Left
                        : static_cast<double>(right[r]) > 0.9 * voxels ? Hemisphere::Right
                                                                       : Hemisphere::Both;
    }
}

bool oppositeSides(const RegionCheck& region) {
    return (region.named == Hemisphere::Left && region.placed == Hemisphere::Right) ||
           (region.named == Hemisphere::Right && region.placed == Hemisphere::Left);
}

bool lateralised(const RegionCheck& region) {
    const auto oneSide = [](Hemisphere side) { return side == Hemisphere::Left || side == Hemisphere::Right; };
    return oneSide(region.named) && oneSide(region.placed);
}

/// A list of names that begins with the background, numbered from 1: the commonest way to shift a table.
bool countsBackground(const Atlas& atlas, const AtlasCheck& check) {
    static const std::set<std::string> words{"background", "unknown",    "???",      "clear label",
                                             "unlabeled",  "unlabelled", "no label", "outside"};
    for (std::size_t r = 0; r < check.regions.size(); ++r) {
        std::string name = atlas.parcellation.regions[r].name;
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        const bool first = r == 0 && words.contains(name);
        if ((first || name == "background") && check.regions[r].atlasVoxels > 0) return true;
    }
    return false;
}

/// A dense table whose last name alone has no voxels: where neither sides nor coordinates tell, names that slipped by
/// one row look exactly like this.
bool lastNameLeftOver(const Atlas& atlas, const AtlasCheck& check) {
    const auto& regions = atlas.parcellation.regions;
    const auto namesASide = [](const Region& region) {
        const Hemisphere side = hemisphereOfName(region.name);
        return side == Hemisphere::Left || side == Hemisphere::Right;
    };
    if (regions.size() < 3 || atlas.centresFromTable || check.regions.back().atlasVoxels > 0 ||
        std::any_of(regions.begin(), regions.end(), namesASide))
        return false;
    for (std::size_t r = 0; r + 1 < regions.size(); ++r)
        if (check.regions[r].atlasVoxels == 0 || regions[r + 1].label != regions[r].label + 1) return false;
    return true;
}

void checkNaming(const Atlas& atlas, AtlasCheck& check) {
    std::vector<detail::PlacedName> rows;
    for (std::size_t r = 0; r < check.regions.size(); ++r) {
        const Region& region = atlas.parcellation.regions[r];
        detail::PlacedName row{region.name, check.regions[r].named, {}, {}};
        if (atlas.centresFromTable && region.hasCentre) row.stated = region.centre;
        if (check.regions[r].atlasVoxels > 0) row.centroid = check.regions[r].centroid;
        rows.push_back(std::move(row));
    }
    using Kind = detail::NamingVerdict::Kind;
    auto verdict = detail::judgeNaming(rows);
    // A column of names that slipped alone leaves the coordinates right, and these would outvote it.
    if (verdict.kind == Kind::AsStated) {
        for (detail::PlacedName& row : rows) row.stated.reset();
        verdict = detail::judgeNaming(rows);
    }
    const auto opposite =
        static_cast<std::size_t>(std::count_if(check.regions.begin(), check.regions.end(), oppositeSides));
    const auto sided = static_cast<std::size_t>(std::count_if(check.regions.begin(), check.regions.end(), lateralised));
    if (verdict.kind == Kind::Flipped) {
        check.notices.push_back(
            {Severity::Blocking, "Left and right are swapped between the names and the atlas image (" +
                                     counted(opposite, "region lies", "regions lie") +
                                     " on the other side); use the "
                                     "atlas file as it was published, or correct its orientation"});
    } else if (verdict.kind == Kind::Shifted) {
        const auto& region = atlas.parcellation.regions[verdict.from];
        const std::string where = verdict.from == 0 ? "The table of names is"
                                                    : "From label " + std::to_string(region.label) + " (" +
                                                          region.name + ") on, the table of names is";
        check.notices.push_back(
            {Severity::Blocking, where + " shifted by one row: the regions lie where the names of the row " +
                                     (verdict.shift > 0 ? "before" : "after") +
                                     " belong; check whether the table counts the background or lacks a line"});
    } else if (countsBackground(atlas, check)) {
        check.notices.push_back({Severity::Blocking,
                                 "The table of names is shifted by one row: it calls a region that has voxels "
                                 "the background; number its rows from 0"});
    } else if (lastNameLeftOver(atlas, check)) {
        check.notices.push_back(
            {Severity::Question, "The image has voxels for every name but the last (" +
                                     atlas.parcellation.regions.back().name +
                                     "), and nothing else tells where the names belong; check that the table does not "
                                     "count the background, which shifts every name by one row"});
    } else if (10 * opposite > sided) {
        check.notices.push_back({Severity::Blocking, std::to_string(opposite) + " of " + std::to_string(sided) +
                                                         " regions lie on the other side than named, too many to be a "
                                                         "slip; give the table of names that belongs to the image"});
    } else if (opposite > 0) {
        check.notices.push_back({Severity::Question, counted(opposite, "region lies", "regions lie") +
                                                         " on the other side than named; "
                                                         "check names and orientation of the atlas"});
    }
}

void checkLabels(const Atlas& atlas, AtlasCheck& check) {
    const auto& regions = atlas.parcellation.regions;
    std::map<std::string, std::size_t> names;
    std::map<int, std::size_t> labels;
    for (const Region& region : regions) {
        ++names[region.name];
        ++labels[region.label];
    }
    for (std::size_t r = 0; r < regions.size(); ++r)
        if (names[regions[r].name] > 1)
            check.regions[r].remark = "name occurs " + std::to_string(names[regions[r].name]) + " times";
    if (std::any_of(names.begin(), names.end(), [](const auto& n) { return n.second > 1; }))
        check.notices.push_back(
            {Severity::Warning, "Several regions have the same name; their series cannot be told apart by it"});
    if (std::any_of(labels.begin(), labels.end(), [](const auto& l) { return l.second > 1; }))
        check.notices.push_back(
            {Severity::Blocking, "Several rows of the table have the same label; only one of them can be right"});

    std::int64_t largestPresent = 0;
    std::size_t lost = 0;
    for (const std::int32_t label : atlas.image.labels) largestPresent = std::max<std::int64_t>(largestPresent, label);
    for (const std::int64_t limit : {127, 255, 32767, 65535}) {
        lost = static_cast<std::size_t>(
            std::count_if(regions.begin(), regions.end(), [&](const Region& r) { return r.label > limit; }));
        const bool anyPresent = largestPresent > limit;
        if (anyPresent || lost == 0 || static_cast<double>(largestPresent) < 0.5 * static_cast<double>(limit)) continue;
        check.notices.push_back({Severity::Blocking, "The image has no label above " + std::to_string(limit) +
                                                         " but the table has " + std::to_string(lost) +
                                                         ": the image was saved with too few bits, and its "
                                                         "labels are mixed up"});
        break;
    }
}

/// How much of the atlas the grid and the mask hold, in the world and not by shape.
void checkOverlap(const Atlas& atlas, const VoxelGrid& grid, const Volume* mask, AtlasCheck& check) {
    std::size_t all = 0, onGrid = 0, used = 0;
    for (const RegionCheck& region : check.regions) {
        all += region.atlasVoxels;
        onGrid += region.gridVoxels;
        used += region.usedVoxels;
    }
    if (all == 0) return;
    const double ratio = std::abs(detail::determinant(atlas.image.grid.affine) / detail::determinant(grid.affine));
    const double inField = static_cast<double>(onGrid) / (static_cast<double>(all) * ratio);
    if (onGrid == 0)
        check.notices.push_back(
            {Severity::Blocking, "The atlas lies outside the image: they are not in the same space"});
    else if (inField < 0.8)
        check.notices.push_back({Severity::Question, "Only " + percent(inField) +
                                                         " of the atlas lies inside the image; check that "
                                                         "both are in the same space"});
    if (!mask || onGrid == 0) return;
    const double inBrain = static_cast<double>(used) / static_cast<double>(onGrid);
    Box brain, regions;
    forEachVoxel(mask->grid, [&](std::size_t voxel, const auto& world) {
        if (mask->values[voxel] > 0.5f) brain.add(world);
    });
    forEachVoxel(atlas.image.grid, [&](std::size_t voxel, const auto& world) {
        if (atlas.image.labels[voxel] != 0) regions.add(world);
    });
    double beyond = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
        beyond = std::max({beyond, brain.low[axis] - regions.low[axis], regions.high[axis] - brain.high[axis]});
    if (inBrain < 0.5)
        check.notices.push_back({Severity::Blocking, "Only " + percent(inBrain) +
                                                         " of the atlas lies inside the brain mask: atlas and "
                                                         "run are not in the same template space"});
    else if (inBrain < 0.85 || beyond > 15)
        check.notices.push_back({Severity::Question, percent(inBrain) +
                                                         " of the atlas lies inside the brain mask and it reaches " +
                                                         millimetres(std::max(0.0, beyond)) +
                                                         " beyond it; atlas and run may be in "
                                                         "different template spaces"});
}

void checkSpace(const Atlas& atlas, const std::string& space, AtlasCheck& check) {
    if (space.empty() || atlas.parcellation.space.empty() || space == atlas.parcellation.space) return;
    check.notices.push_back({Severity::Question, "The run is in the space " + space + " and the atlas in " +
                                                     atlas.parcellation.space +
                                                     "; they differ by several millimetres"});
}

void remarkRegions(const Atlas& atlas, AtlasCheck& check) {
    std::size_t vanished = 0, low = 0, odd = 0;
    for (std::size_t r = 0; r < check.regions.size(); ++r) {
        RegionCheck& region = check.regions[r];
        const auto add = [&](const std::string& text) { region.remark += (region.remark.empty() ? "" : "; ") + text; };
        if (region.atlasVoxels == 0)
            add("no voxel in the atlas");
        else if (region.gridVoxels == 0)
            add("lost in resampling"), ++vanished;
        else if (region.coverage < 0.5)
            add("covered " + percent(region.coverage)), ++low;
        if (oppositeSides(region))
            add(std::string("named ") + textOf(region.named) + " but lies " + textOf(region.placed));
        const Region& row = atlas.parcellation.regions[r];
        if (region.atlasVoxels > 0 && !detail::nameFitsPlace(row.name, region.centroid))
            add("name and place do not fit"), ++odd;
        if (region.atlasVoxels > 0 && atlas.centresFromTable && row.hasCentre) {
            const double off = std::hypot(row.centre[0] - region.centroid[0], row.centre[1] - region.centroid[1],
                                          row.centre[2] - region.centroid[2]);
            if (off > 15) add("lies " + millimetres(off) + " from where the table says"), ++odd;
        }
    }
    if (vanished > 0)
        check.notices.push_back({Severity::Warning, counted(vanished, "region has", "regions have") +
                                                        " no voxel left on the grid of the run"});
    if (low > 0)
        check.notices.push_back(
            {Severity::Warning, counted(low, "region is", "regions are") + " covered by less than half"});
    if (odd > 0)
        check.notices.push_back(
            {Severity::Warning, counted(odd, "region lies", "regions lie") + " where names or table do not expect"});
}

}  // namespace

bool AtlasCheck::blocked() const {
    return std::any_of(notices.begin(), notices.end(),
                       [](const Notice& n) { return n.severity == Severity::Blocking; });
}

bool AtlasCheck::asks() const {
    return std::any_of(notices.begin(), notices.end(),
                       [](const Notice& n) { return n.severity == Severity::Question; });
}

AtlasCheck checkAtlas(const Atlas& atlas, const VoxelGrid& grid, const Volume* mask, const std::string& space) {
    AtlasCheck check;
    check.notices = atlas.notices;
    if (!atlas.surfaceLabels.empty()) {
        check.notices.push_back({Severity::Information,
                                 "The labels lie on surfaces: they are matched by vertex, so place in the world and "
                                 "overlap with the brain mask are not checked"});
        for (const Region& region : atlas.parcellation.regions)
            check.regions.push_back({0, 0, 0, 0.0, {}, hemisphereOfName(region.name), region.hemisphere, {}});
        return check;
    }
    const LabelVolume labels = resampleLabels(atlas.image, grid);
    std::vector<char> inside;
    if (mask) inside = detail::maskOnGrid(*mask, grid);
    const auto coverage = detail::mapRegions(atlas, labels, inside).coverage;
    for (std::size_t r = 0; r < atlas.parcellation.regions.size(); ++r) {
        const Region& region = atlas.parcellation.regions[r];
        RegionCheck row;
        row.atlasVoxels = coverage.atlasVoxels[r];
        row.gridVoxels = coverage.gridVoxels[r];
        row.usedVoxels = coverage.usedVoxels[r];
        row.coverage = coverage.coverage[r];
        row.named = hemisphereOfName(region.name);
        if (row.named == Hemisphere::Unknown) row.named = region.hemisphere;
        check.regions.push_back(row);
    }
    place(atlas, check);
    checkLabels(atlas, check);
    checkNaming(atlas, check);
    checkOverlap(atlas, grid, mask, check);
    checkSpace(atlas, space, check);
    remarkRegions(atlas, check);
    return check;
}

}  // namespace chronnect
