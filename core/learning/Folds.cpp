#include "core/learning/Folds.h"

#include "core/base/Error.h"
#include "core/base/Random.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

namespace chronnect {

namespace {

/// Scans that must stay together, with the stratum most of them have.
struct Group {
    std::string name;
    std::vector<std::size_t> scans;
    int stratum = 0;
};

std::string keyOf(const ScanInfo& scan, FoldBy by) {
    if (by == FoldBy::Site) return scan.site;
    return by == FoldBy::Family && !scan.family.empty() ? scan.family : scan.subject;
}

std::vector<Group> groupsOf(const std::vector<ScanInfo>& scans, const std::vector<std::size_t>& chosen,
                            const std::vector<int>& strata, FoldBy by) {
    std::map<std::string, Group> byName;
    for (const std::size_t scan : chosen) {
        Group& group = byName[keyOf(scans[scan], by)];
        group.name = keyOf(scans[scan], by);
        group.scans.push_back(scan);
    }
    std::vector<Group> groups;
    for (auto& [name, group] : byName) {
        std::map<int, int> votes;
        for (const std::size_t scan : group.scans) ++votes[strata[scan]];
        group.stratum = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
        groups.push_back(std::move(group));
    }
    return groups;
}

/// Deals groups of each stratum round the folds, the fold with fewest scans of that stratum (then fewest scans) first.
std::vector<std::vector<std::size_t>> deal(std::vector<Group> groups, int folds, Random& random) {
    const auto order = random.permutation(groups.size());
    std::map<int, std::vector<const Group*>> byStratum;
    for (const std::size_t index : order) byStratum[groups[index].stratum].push_back(&groups[index]);
    std::vector<std::vector<std::size_t>> parts(static_cast<std::size_t>(folds));
    for (auto& [stratum, members] : byStratum) {
        std::ranges::stable_sort(members, std::ranges::greater{},
                                 [](const Group* group) { return group->scans.size(); });
        std::vector<std::size_t> here(parts.size(), 0);
        for (const Group* group : members) {
            std::size_t best = 0;
            for (std::size_t part = 1; part < parts.size(); ++part)
                if (std::pair(here[part], parts[part].size()) < std::pair(here[best], parts[best].size())) best = part;
            parts[best].insert(parts[best].end(), group->scans.begin(), group->scans.end());
            here[best] += group->scans.size();
        }
    }
    for (auto& part : parts) std::ranges::sort(part);
    return parts;
}

std::string personOf(const ScanInfo& scan) { return scan.family.empty() ? scan.subject : scan.family; }

/// Who is tested at the site left out is not trained on at another one.
void dropTravellers(Fold& fold, const std::vector<ScanInfo>& scans) {
    std::set<std::string> tested;
    for (const std::size_t scan : fold.test) tested.insert(personOf(scans[scan]));
    std::erase_if(fold.training, [&](std::size_t scan) { return tested.contains(personOf(scans[scan])); });
}

/// Moves about `share` of the training groups to validation.
void splitInner(Fold& fold, const std::vector<ScanInfo>& scans, const std::vector<int>& strata, FoldBy by, double share,
                Random& random) {
    if (share <= 0) return;
    auto groups = groupsOf(scans, fold.training, strata, by);
    if (by == FoldBy::Site) groups = groupsOf(scans, fold.training, strata, FoldBy::Family);
    const int parts = std::clamp(static_cast<int>(std::lround(1.0 / share)), 2, static_cast<int>(groups.size()));
    if (groups.size() < 4) return;
    auto dealt = deal(std::move(groups), parts, random);
    fold.validation = dealt.front();
    fold.training.clear();
    for (std::size_t part = 1; part < dealt.size(); ++part)
        fold.training.insert(fold.training.end(), dealt[part].begin(), dealt[part].end());
    std::ranges::sort(fold.training);
}

}  // namespace

std::vector<Fold> makeFolds(const std::vector<ScanInfo>& scans, const std::vector<int>& strata, FoldBy by, int folds,
                            double innerValidation, std::uint64_t seed) {
    if (strata.size() != scans.size()) throw Error(ErrorKind::Internal, "Folds need one stratum per scan");
    std::vector<std::size_t> all(scans.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const auto groups = groupsOf(scans, all, strata, by);
    if (by == FoldBy::Site && std::ranges::any_of(groups, [](const Group& group) { return group.name.empty(); }))
        throw Error(ErrorKind::BadInput, "Leaving one site out needs a site for every scan");
    const int count = by == FoldBy::Site ? static_cast<int>(groups.size()) : folds;
    if (count < 2 || groups.size() < static_cast<std::size_t>(count))
        throw Error(ErrorKind::BadInput, "Only " + std::to_string(groups.size()) + " independent groups for " +
                                             std::to_string(std::max(count, 2)) + " folds; use fewer folds");
    Random random = Random(seed).stream("folds");
    std::vector<std::vector<std::size_t>> parts;
    if (by == FoldBy::Site)
        for (const Group& group : groups) parts.push_back(group.scans);
    else
        parts = deal(groups, count, random);
    std::vector<Fold> result;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        Fold fold;
        fold.name = by == FoldBy::Site ? groups[part].name : std::to_string(part + 1);
        fold.test = parts[part];
        for (std::size_t other = 0; other < parts.size(); ++other)
            if (other != part) fold.training.insert(fold.training.end(), parts[other].begin(), parts[other].end());
        if (by == FoldBy::Site) dropTravellers(fold, scans);
        std::ranges::sort(fold.training);
        splitInner(fold, scans, strata, by, innerValidation, random);
        result.push_back(std::move(fold));
    }
    return result;
}

std::vector<int> strataOf(const std::vector<std::string>& texts) {
    std::map<std::string, int> classes;
    std::vector<double> numbers;
    bool numeric = true;
    for (const std::string& text : texts) {
        if (text.empty()) continue;
        classes.emplace(text, 0);
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        numeric = numeric && error == std::errc{} && end == text.data() + text.size();
        numbers.push_back(number);
    }
    int next = 0;
    for (auto& [text, stratum] : classes) stratum = next++;
    std::ranges::sort(numbers);
    std::vector<int> strata;
    for (const std::string& text : texts) {
        if (text.empty()) {
            strata.push_back(-1);
        } else if (numeric && classes.size() > 10) {
            const auto rank = static_cast<std::size_t>(
                std::ranges::lower_bound(numbers, std::strtod(text.c_str(), nullptr)) - numbers.begin());
            strata.push_back(static_cast<int>(5 * rank / numbers.size()));
        } else {
            strata.push_back(classes[text]);
        }
    }
    return strata;
}

Fold withFewerLabels(const Fold& fold, const std::vector<ScanInfo>& scans, const std::vector<int>& strata, FoldBy by,
                     double share, double innerValidation, std::uint64_t seed) {
    std::vector<std::size_t> known = fold.training;
    known.insert(known.end(), fold.validation.begin(), fold.validation.end());
    std::ranges::sort(known);
    const FoldBy inner = by == FoldBy::Site ? FoldBy::Family : by;
    const auto groups = groupsOf(scans, known, strata, inner);
    Random random = Random(seed).stream("labels of fold " + fold.name);
    std::map<int, std::vector<const Group*>> byStratum;
    for (const std::size_t index : random.permutation(groups.size()))
        byStratum[groups[index].stratum].push_back(&groups[index]);
    Fold result;
    result.name = fold.name;
    result.test = fold.test;
    for (const auto& [stratum, members] : byStratum) {
        const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(members.size())));
        for (std::size_t i = 0; i < std::clamp<std::size_t>(wanted, 1, members.size()); ++i)
            result.training.insert(result.training.end(), members[i]->scans.begin(), members[i]->scans.end());
    }
    std::ranges::sort(result.training);
    splitInner(result, scans, strata, by, innerValidation, random);
    return result;
}

void checkFolds(const std::vector<Fold>& folds, const std::vector<ScanInfo>& scans) {
    for (const Fold& fold : folds) {
        std::map<std::string, int> side;
        int number = 0;
        for (const auto* part : {&fold.test, &fold.training, &fold.validation}) {
            ++number;
            for (const std::size_t scan : *part) {
                if (scan >= scans.size())
                    throw Error(ErrorKind::BadInput, "Fold " + fold.name + " names a scan that is not there");
                const auto [place, isNew] = side.emplace(scans[scan].subject, number);
                if (place->second != number)
                    throw Error(ErrorKind::BadInput, "Fold " + fold.name + " has '" + scans[scan].subject +
                                                         "' on two sides; a person belongs to one");
            }
        }
        if (fold.test.empty() || fold.training.empty())
            throw Error(ErrorKind::BadInput, "Fold " + fold.name + " has nobody to train on or nobody to test");
    }
}

std::vector<std::string> heldOutSubjects(const std::vector<ScanInfo>& scans, double share, std::uint64_t seed) {
    std::set<std::string> names;
    for (const ScanInfo& scan : scans) names.insert(personOf(scan));
    const std::vector<std::string> groups(names.begin(), names.end());
    if (share <= 0 || groups.size() < 2) return {};
    const auto wanted = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(share * double(groups.size()))), 1,
                                                groups.size() - 1);
    Random random = Random(seed).stream("held out");
    const auto order = random.permutation(groups.size());
    std::set<std::string> chosen;
    for (std::size_t i = 0; i < wanted; ++i) chosen.insert(groups[order[i]]);
    std::set<std::string> subjects;
    for (const ScanInfo& scan : scans)
        if (chosen.contains(personOf(scan))) subjects.insert(scan.subject);
    return {subjects.begin(), subjects.end()};
}

}  // namespace chronnect
