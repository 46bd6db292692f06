#include "core/io/Tables.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/io/BidsDataset.h"
#include "core/io/RegionTableForms.h"
#include "core/io/Text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <map>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t byteLimit = std::size_t{64} << 20;

std::vector<std::string> nameTokens(std::string_view name) {
    std::vector<std::string> tokens(1);
    for (const char c : text::lower(name)) {
        if (std::string_view("_-. /()").find(c) == std::string_view::npos)
            tokens.back().push_back(c);
        else if (!tokens.back().empty())
            tokens.emplace_back();
    }
    if (tokens.size() > 1 && tokens.back().empty()) tokens.pop_back();
    return tokens;
}

bool isYeoName(std::string_view token) {
    for (const std::string_view known :
         {"Vis", "SomMot", "DorsAttn", "SalVentAttn", "Limbic", "Cont", "Default", "TempPar"})
        if (token.starts_with(known)) return true;
    return false;
}

std::string atlasNameOf(const std::string& fileName) {
    const BidsName bids = parseBidsName(fileName);
    for (const char* key : {"atlas", "seg"})
        if (const auto found = bids.entities.find(key); found != bids.entities.end()) return found->second;
    const auto dot = fileName.find('.');
    return fileName.substr(0, dot);
}

/// What every form has in common: background left out, gaps in the knowledge filled, labels distinct.
Parcellation finished(Parcellation parcellation, const std::string& fileName) {
    auto& regions = parcellation.regions;
    std::erase_if(regions, [](const Region& region) { return region.label == 0; });
    if (regions.empty())
        throw Error(ErrorKind::BadInput, "Region table " + fileName + " names no region (label 0 is background)");
    const std::size_t digits = std::to_string(regions.size()).size();
    std::map<int, const std::string*> seen;
    for (auto& region : regions) {
        if (region.name.empty()) {
            const std::string number = std::to_string(region.label);
            region.name = "ROI_" + std::string(digits > number.size() ? digits - number.size() : 0, '0') + number;
        }
        if (const auto [other, fresh] = seen.emplace(region.label, &region.name); !fresh)
            throw Error(ErrorKind::BadInput, "Region table " + fileName + " gives label " +
                                                 std::to_string(region.label) + " to both '" + *other->second +
                                                 "' and '" + region.name + "'; give each region its own label");
        if (region.network.empty()) region.network = networkOfName(region.name);
        if (region.hemisphere == Hemisphere::Unknown) region.hemisphere = hemisphereOfName(region.name);
        // Within 4 mm of the midline a centre says nothing about the side.
        if (region.hemisphere == Hemisphere::Unknown && region.hasCentre && std::abs(region.centre[0]) > 4)
            region.hemisphere = region.centre[0] < 0 ? Hemisphere::Left : Hemisphere::Right;
        if (region.colour == Region{}.colour) region.colour = networkColour(region.network);
    }
    if (parcellation.name.empty()) parcellation.name = atlasNameOf(fileName);
    if (parcellation.space.empty()) {
        const BidsName bids = parseBidsName(fileName);
        for (const char* key : {"tpl", "space"})
            if (const auto found = bids.entities.find(key); found != bids.entities.end() && parcellation.space.empty())
                parcellation.space = found->second;
    }
    return parcellation;
}

std::string hemisphereText(Hemisphere side) {
    switch (side) {
        case Hemisphere::Left: return "L";
        case Hemisphere::Right: return "R";
        case Hemisphere::Both: return "B";
        case Hemisphere::Unknown: break;
    }
    return {};
}

}  // namespace

Hemisphere hemisphereOfName(std::string_view name) {
    const auto tokens = nameTokens(name);
    bool left = false, right = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool atEdge = i == 0 || i + 1 == tokens.size();
        left = left || tokens[i] == "lh" || tokens[i] == "left" || (atEdge && tokens[i] == "l");
        right = right || tokens[i] == "rh" || tokens[i] == "right" || (atEdge && tokens[i] == "r");
    }
    if (left && right) return Hemisphere::Both;
    return left ? Hemisphere::Left : right ? Hemisphere::Right : Hemisphere::Unknown;
}

std::string networkOfName(std::string_view name) {
    std::vector<std::string> tokens;
    for (const auto token : text::cells(name, '_')) tokens.emplace_back(token);
    std::size_t side = 0;
    if (!tokens.empty() && (tokens[0] == "7Networks" || tokens[0] == "17Networks")) side = 1;
    if (tokens.size() < side + 3 || (tokens[side] != "LH" && tokens[side] != "RH")) return {};
    if (side == 0 && !isYeoName(tokens[1])) return {};
    return tokens[side + 1];
}

Parcellation parseRegionTable(std::string_view content, const std::string& fileName) {
    if (text::trimmed(content).starts_with('<')) return finished(regionsOfXml(content), fileName);
    return finished(regionsOfText(content, fileName), fileName);
}

Parcellation readRegionTable(const fs::path& path) {
    try {
        const std::string content = text::toUtf8(readFile(path, byteLimit), "The region table");
        return parseRegionTable(content, path.filename().string());
    } catch (const Error& error) {
        throw Error("Cannot read region table " + path.string(), error);
    }
}

void writeRegionTable(const fs::path& path, const Parcellation& parcellation) {
    Table table;
    table.columns = {"index", "name", "network", "hemi", "x", "y", "z", "color"};
    for (const auto& region : parcellation.regions) {
        char colour[8];
        std::snprintf(colour, sizeof colour, "#%02x%02x%02x", region.colour[0], region.colour[1], region.colour[2]);
        std::vector<std::string> row{std::to_string(region.label), region.name, region.network,
                                     hemisphereText(region.hemisphere)};
        for (const double coordinate : region.centre)
            row.push_back(region.hasCentre ? text::fromNumber(coordinate) : std::string());
        row.push_back(colour);
        table.rows.push_back(std::move(row));
    }
    writeTable(path, table);
}

}  // namespace chronnect
