#include "core/data/RegionMatch.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace chronnect {

namespace {

/// "LH Vis-1" and "lh_vis_1" are one name.
std::string plain(const std::string& name) {
    std::string result;
    for (const char c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) > 127)
            result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

/// The number at the end of a name, -1 when there is none; `before` is what stands in front of it.
long numberAtEnd(const std::string& name, std::string& before) {
    std::size_t digits = 0;
    while (digits < name.size() && std::isdigit(static_cast<unsigned char>(name[name.size() - 1 - digits]))) ++digits;
    before = name.substr(0, name.size() - digits);
    return digits == 0 || digits > 9 ? -1 : std::stol(name.substr(name.size() - digits));
}

/// The numbers of names that differ in their number alone ("ROI_001", "#2001", "7"); empty for proper names.
std::vector<long> numbersOf(const std::vector<std::string>& names) {
    std::vector<long> numbers;
    std::string first, before;
    for (const std::string& name : names) {
        numbers.push_back(numberAtEnd(name, before));
        if (numbers.size() == 1) first = before;
        if (numbers.back() < 0 || before != first) return {};
    }
    return numbers;
}

bool countColumns(const std::vector<long>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] != numbers.front() + static_cast<long>(i)) return false;
    return !numbers.empty() && numbers.front() <= 1;
}

/// The row of every key; empty unless all are found, each in one row of its own.
template <class Key, class KeyOfRow>
std::vector<std::size_t> rowsOf(const std::vector<Region>& rows, const std::vector<Key>& keys, KeyOfRow keyOfRow) {
    std::map<Key, std::size_t> rowOf;
    for (std::size_t r = 0; r < rows.size(); ++r)
        if (!rowOf.emplace(keyOfRow(rows[r]), r).second) return {};
    std::vector<std::size_t> found;
    std::vector<char> taken(rows.size());
    for (const Key& key : keys) {
        const auto row = rowOf.find(key);
        if (row == rowOf.end() || taken[row->second]) return {};
        taken[row->second] = true;
        found.push_back(row->second);
    }
    return found;
}

Parcellation inOrder(const Parcellation& table, const std::vector<std::size_t>& rows) {
    Parcellation result = table;
    result.regions.clear();
    for (const std::size_t row : rows) result.regions.push_back(table.regions[row]);
    return result;
}

std::string whyNot(const Parcellation& table, const std::vector<std::string>& names, bool numbered) {
    const std::string sizes = "The table of regions names " + std::to_string(table.regions.size()) +
                              " regions, the file has " + std::to_string(names.size());
    if (numbered) return sizes + "; the table is not used";
    std::vector<std::string> known;
    for (const Region& region : table.regions) known.push_back(plain(region.name));
    const auto absent = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return std::find(known.begin(), known.end(), plain(name)) == known.end();
    });
    if (absent == names.end()) return "Names occur twice in the table of regions or in the file; the table is not used";
    return "The table of regions has no region called " + *absent +
           ", which the file has; it is not used, and regions keep the names of the file";
}

/// A list that begins with the background, which no series has.
bool countsBackground(const Parcellation& table, std::size_t regions) {
    return table.regions.size() == regions + 1 && plain(table.regions.front().name) == "background";
}

}  // namespace

RegionMatch matchRegions(const Parcellation& table, const std::vector<std::string>& names) {
    if (names.empty() || table.names() == names) return {table, {}};
    if (countsBackground(table, names.size()) && plain(names.front()) != "background") {
        Parcellation rest = table;
        const int taken = std::clamp(table.regions.front().label, 0, 1);  // of the numbers of the others
        rest.regions.erase(rest.regions.begin());
        for (Region& region : rest.regions) region.label -= taken;
        return matchRegions(rest, names);
    }
    std::vector<std::string> wanted;
    for (const std::string& name : names) wanted.push_back(plain(name));
    auto rows = rowsOf(table.regions, wanted, [](const Region& region) { return plain(region.name); });
    const auto say = [](Severity severity, const std::string& text) { return Notices{{severity, text}}; };
    if (!rows.empty()) {
        const bool moved = !std::is_sorted(rows.begin(), rows.end()) || rows.size() != table.regions.size();
        return {inOrder(table, rows), moved ? say(Severity::Information,
                                                  "The rows of the table of regions were found by their names, not by "
                                                  "their order")
                                            : Notices{}};
    }
    const std::vector<long> numbers = numbersOf(names);
    const bool counting = countColumns(numbers), asMany = names.size() == table.regions.size();
    if (!numbers.empty()) rows = rowsOf(table.regions, numbers, [](const Region& r) { return long{r.label}; });
    if (!rows.empty() && !(counting && !asMany) && !(counting && std::is_sorted(rows.begin(), rows.end())))
        return {inOrder(table, rows), say(Severity::Information,
                                          "The file names regions by number: taken for the labels of the table of "
                                          "regions")};
    if (counting && asMany)
        return {table, say(Severity::Information,
                           "The file does not name its regions: they are called as in the table, in its order")};
    return {std::nullopt, say(Severity::Warning, whyNot(table, names, !numbers.empty()))};
}

}  // namespace chronnect
