#include "core/learning/Folds.h"

#include "core/base/Error.h"
#include "core/base/Random.h"

#include <algorithm>
#include <cmath>
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
        std::ranges::stable_sort(members, std::ranges::greater{}, [](const Group* group) { return group->scans.size(); });
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
        std::ranges::sort(fold.training);
        splitInner(fold, scans, strata, by, innerValidation, random);
        result.push_back(std::move(fold));
    }
    return result;
}

std::vector<std::string> heldOutSubjects(const std::vector<ScanInfo>& scans, double share, std::uint64_t seed) {
    std::set<std::string> names;
    for (const ScanInfo& scan : scans) names.insert(scan.family.empty() ? scan.subject : scan.family);
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
        if (chosen.contains(scan.family.empty() ? scan.subject : scan.family)) subjects.insert(scan.subject);
    return {subjects.begin(), subjects.end()};
}

}  // namespace chronnect
