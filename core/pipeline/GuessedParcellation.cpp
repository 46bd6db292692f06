#include "core/pipeline/Analysis.h"

#include "core/simulation/Simulation.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <numbers>

namespace chronnect {

namespace {

std::string lowered(const std::string& text) {
    std::string result = text;
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::vector<std::string> piecesOf(const std::string& name) {
    std::vector<std::string> pieces(1);
    for (const char c : name) {
        if (c == '_' || c == '-' || c == '.' || c == ' ')
            pieces.emplace_back();
        else
            pieces.back() += c;
    }
    return pieces;
}

/// From "Precentral_L", "LH_Vis_1", "lh.insula", "Left-Amygdala"; not from a lone letter inside a name.
Hemisphere hemisphereByName(const std::string& name) {
    const auto pieces = piecesOf(name);
    for (const auto& piece : pieces) {
        const std::string p = lowered(piece);
        if (p == "lh" || p == "left") return Hemisphere::Left;
        if (p == "rh" || p == "right") return Hemisphere::Right;
    }
    if (pieces.size() > 1)
        for (const auto& piece : {pieces.back(), pieces.front()}) {
            if (piece == "L" || piece == "l") return Hemisphere::Left;
            if (piece == "R" || piece == "r") return Hemisphere::Right;
        }
    return Hemisphere::Unknown;
}

/// The third piece of Schaefer's names: 7Networks_LH_Vis_1.
std::string networkByName(const std::string& name) {
    const auto pieces = piecesOf(name);
    return pieces.size() >= 4 && pieces[0].ends_with("Networks") ? pieces[2] : std::string();
}

/// Places regions along a spiral from the bottom to the top of a head-sized ellipsoid, one half or all of it.
void placeOnSpiral(std::vector<Region*>& regions, Hemisphere side) {
    const double golden = std::numbers::pi * (3 - std::sqrt(5.0));
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const double height = 1 - 2 * (static_cast<double>(i) + 0.5) / static_cast<double>(regions.size());
        const double radius = std::sqrt(1 - height * height);
        double angle = golden * static_cast<double>(i);
        if (side != Hemisphere::Unknown) {
            // Half the circle: front to back on one side.
            angle = std::fmod(angle, std::numbers::pi) - std::numbers::pi / 2;
            angle = side == Hemisphere::Left ? std::numbers::pi - angle : angle;
        }
        regions[i]->centre = {62 * radius * std::cos(angle), -17 + 82 * radius * std::sin(angle), 14 + 58 * height};
        regions[i]->hasCentre = false;
    }
}

}  // namespace

Parcellation parcellationOf(const TimeSeries& series) {
    const Parcellation known = dosenbachParcellation();
    std::map<std::string, const Region*> byName;
    for (const auto& region : known.regions) byName[region.name] = &region;
    Parcellation result;
    std::map<Hemisphere, std::vector<Region*>> unplaced;
    bool allKnown = !series.regions.empty();
    for (std::size_t n = 0; n < series.regionCount(); ++n) {
        Region region;
        if (const auto found = byName.find(series.regions[n]); found != byName.end()) {
            region = *found->second;
        } else {
            allKnown = false;
            region.name = series.regions[n];
            region.hemisphere = hemisphereByName(region.name);
            region.network = networkByName(region.name);
            region.colour = networkColour(region.network);
        }
        region.label = static_cast<int>(n) + 1;
        result.regions.push_back(std::move(region));
    }
    for (auto& region : result.regions)
        if (!region.hasCentre) unplaced[region.hemisphere].push_back(&region);
    for (auto& [side, regions] : unplaced) placeOnSpiral(regions, side);
    if (allKnown) {
        result.name = known.name;
        result.space = known.space;
    } else {
        result.name = std::to_string(series.regionCount()) + " regions";
    }
    return result;
}

}  // namespace chronnect
