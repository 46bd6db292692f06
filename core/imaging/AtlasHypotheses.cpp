#include "core/imaging/detail/AtlasHypotheses.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

namespace chronnect::detail {

namespace {

using Place = std::array<double, 3>;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

/// A box in MNI mm outside which a structure's centre does not lie, with room for other templates.
struct Hint {
    std::string_view part, unless;
    double lowX, highX, lowY, highY, lowZ, highZ;  ///< x without sign
};
constexpr double any = 1e9;
constexpr Hint hints[] = {
    {"precuneus", "", 0, 45, -any, -30, 5, any},      {"cuneus", "precuneus", 0, any, -any, -45, -any, any},
    {"occip", "", 0, any, -any, -40, -any, any},      {"calcarine", "", 0, any, -any, -45, -any, any},
    {"lingual", "", 0, any, -any, -35, -any, any},    {"_vis_", "", 0, any, -any, -40, -any, any},
    {"front", "pariet", 0, any, -20, any, -any, any}, {"rectus", "", 0, any, 0, any, -any, any},
    {"cerebel", "", 0, any, -any, -20, -any, 0},      {"vermis", "", 0, 15, -any, -20, -any, 5},
    {"pariet", "front", 0, any, -any, -10, 5, any},   {"tempor", "pariet", 15, any, -any, any, -any, 35},
    {"hippoc", "", 8, 45, -55, 15, -40, 15},          {"amygd", "", 8, 40, -20, 15, -40, 5},
    {"thalam", "", 0, 30, -40, 5, -15, 25},           {"caudate", "", 2, 30, -25, 30, -15, 35},
    {"putamen", "", 10, 40, -25, 25, -20, 25},        {"pallid", "", 8, 35, -20, 15, -20, 15},
    {"precentral", "", 15, any, -35, 20, 10, any},    {"postcentral", "", 15, any, -50, 0, 10, any},
    {"cingul", "", 0, 25, -70, 60, -20, 60},          {"insula", "", 25, 50, -30, 30, -25, 25},
};

/// "Precentral_L" and "Precentral_R" share the stem "precentral_*"; "LH"/"RH" and "left"/"right" likewise.
std::string stemOf(const std::string& name) {
    std::string stem = lower(name);
    std::string result;
    for (std::size_t i = 0; i < stem.size();) {
        std::size_t end = i;
        while (end < stem.size() && std::isalnum(static_cast<unsigned char>(stem[end]))) ++end;
        const std::string word = stem.substr(i, end - i);
        const bool side =
            word == "l" || word == "r" || word == "lh" || word == "rh" || word == "left" || word == "right";
        result += side ? "*" : word;
        if (end < stem.size()) result += stem[end++];
        i = end;
    }
    return result;
}

double distance(const Place& a, const Place& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }
Place mirrored(const Place& p) { return {-p[0], p[1], p[2]}; }

/// Row of the same structure on the other side, or the row itself.
std::vector<std::size_t> partners(const std::vector<PlacedName>& rows) {
    std::map<std::string, std::vector<std::size_t>> byStem;
    for (std::size_t r = 0; r < rows.size(); ++r)
        if (rows[r].hemisphere == Hemisphere::Left || rows[r].hemisphere == Hemisphere::Right)
            byStem[stemOf(rows[r].name)].push_back(r);
    std::vector<std::size_t> partner(rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r) partner[r] = r;
    for (const auto& [stem, members] : byStem)
        if (members.size() == 2 && rows[members[0]].hemisphere != rows[members[1]].hemisphere) {
            partner[members[0]] = members[1];
            partner[members[1]] = members[0];
        }
    return partner;
}

/// Mismatch in mm of a name with a place; `partnerPlace` is where the same hypothesis puts its mirror image.
double mismatch(const PlacedName& row, const Place& place, const std::optional<Place>& partnerPlace) {
    double cost = 0.0;
    if (row.stated) cost += std::min(60.0, distance(*row.stated, place));
    const bool wrongSide =
        (row.hemisphere == Hemisphere::Left && place[0] > 2) || (row.hemisphere == Hemisphere::Right && place[0] < -2);
    if (wrongSide) cost += 30.0;
    if (!nameFitsPlace(row.name, place)) cost += 20.0;
    if (partnerPlace) cost += 0.5 * std::min(40.0, distance(place, mirrored(*partnerPlace)));
    return cost;
}

std::optional<Place> placeAfterShift(const std::vector<PlacedName>& rows, std::size_t row, int shift) {
    const auto other = static_cast<std::ptrdiff_t>(row) + shift;
    if (other < 0 || other >= static_cast<std::ptrdiff_t>(rows.size())) return std::nullopt;
    return rows[static_cast<std::size_t>(other)].centroid;
}

/// Mismatch per row under a hypothesis; rows without a place cost nothing under any.
std::vector<double> costs(const std::vector<PlacedName>& rows, const std::vector<std::size_t>& partner, int shift,
                          bool flip) {
    const auto placeOf = [&](std::size_t row) {
        auto place = placeAfterShift(rows, row, shift);
        if (place && flip) place = mirrored(*place);
        return place;
    };
    std::vector<double> result(rows.size(), 0.0);
    for (std::size_t r = 0; r < rows.size(); ++r)
        if (const auto place = placeOf(r))
            result[r] = mismatch(rows[r], *place, partner[r] == r ? std::nullopt : placeOf(partner[r]));
    return result;
}

double sum(const std::vector<double>& values) {
    double total = 0;
    for (const double value : values) total += value;
    return total;
}

}  // namespace

bool nameFitsPlace(std::string_view name, const Place& place) {
    const std::string text = lower(name);
    const double x = std::abs(place[0]);
    for (const Hint& hint : hints) {
        if (text.find(hint.part) == std::string::npos) continue;
        if (!hint.unless.empty() && text.find(hint.unless) != std::string::npos) continue;
        if (x < hint.lowX || x > hint.highX || place[1] < hint.lowY || place[1] > hint.highY || place[2] < hint.lowZ ||
            place[2] > hint.highZ)
            return false;
    }
    return true;
}

NamingVerdict judgeNaming(const std::vector<PlacedName>& rows) {
    NamingVerdict verdict;
    if (rows.empty()) return verdict;
    const auto count = static_cast<double>(rows.size());
    const auto partner = partners(rows);
    const auto stated = costs(rows, partner, 0, false);
    const double totalStated = sum(stated);
    double best = totalStated;
    std::size_t affected = 0;
    if (const double flipped = sum(costs(rows, partner, 0, true)); flipped < best) {
        best = flipped;
        verdict.kind = NamingVerdict::Kind::Flipped;
        affected = rows.size();
    }
    for (const int shift : {-1, 1}) {
        const auto shifted = costs(rows, partner, shift, false);
        // The rows before `from` as stated, the others shifted: a line lost in the middle moves only what follows.
        double total = sum(shifted);
        for (std::size_t from = 0; from < rows.size(); total += stated[from] - shifted[from], ++from)
            if (total < best) {
                best = total;
                verdict.kind = NamingVerdict::Kind::Shifted;
                verdict.shift = shift;
                verdict.from = from;
                affected = rows.size() - from;
            }
    }
    verdict.costAsStated = totalStated / count;
    verdict.costBest = best / count;
    const bool clear =
        affected >= 5 && best < 0.65 * totalStated && (totalStated - best) > 8.0 * static_cast<double>(affected);
    if (!clear) return {NamingVerdict::Kind::AsStated, 0, 0, totalStated / count, totalStated / count};
    return verdict;
}

}  // namespace chronnect::detail
