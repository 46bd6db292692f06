#include "core/project/Project.h"

#include "core/base/SpecJson.h"
#include "core/io/StatedMotion.h"

#include <algorithm>
#include <set>

namespace chronnect {

namespace {

/// Cleaned series of a project as training sees them; keeps the shared results alive and copies only on read.
class ProjectScans : public ScanSource {
public:
    std::size_t count() const override { return m_infos.size(); }
    const ScanInfo& info(std::size_t scan) const override { return m_infos.at(scan); }
    const std::vector<std::string>& regions() const override { return m_regions; }
    const std::vector<std::string>& networks() const override { return m_networks; }
    double repetitionTime() const override { return m_repetitionTime; }
    std::string cleaning() const override { return m_cleaning; }
    void setCleaning(std::string cleaning) { m_cleaning = std::move(cleaning); }
    void read(std::size_t scan, std::vector<float>& values) const override {
        const auto& series = m_series.at(scan)->series.values;
        values.assign(series.begin(), series.end());
    }

    void add(ScanInfo info, std::shared_ptr<const CleanedSeries> cleaned) {
        const TimeSeries& series = cleaned->series;
        if (m_series.empty()) {
            m_regions = series.regions;
            m_repetitionTime = series.repetitionTime;
        } else if (series.regions != m_regions) {
            throw Error(ErrorKind::BadInput, info.id + " has other regions (" + std::to_string(series.regions.size()) +
                                                 ") than " + m_infos.front().id + " (" +
                                                 std::to_string(m_regions.size()) +
                                                 "); exclude it or extract all runs with one atlas");
        }
        m_infos.push_back(std::move(info));
        m_series.push_back(std::move(cleaned));
    }

    void nameNetworks(const Parcellation* parcellation) {
        m_networks.assign(m_regions.size(), {});
        if (!parcellation || parcellation->names() != m_regions) return;
        for (std::size_t i = 0; i < m_regions.size(); ++i) m_networks[i] = parcellation->regions[i].network;
    }

private:
    std::vector<ScanInfo> m_infos;
    std::vector<std::shared_ptr<const CleanedSeries>> m_series;
    std::vector<std::string> m_regions, m_networks;
    std::string m_cleaning;
    double m_repetitionTime = 0;
};

}  // namespace

Aspects changedAspects(const Project& before, const Project& after) {
    Aspects aspects = 0;
    const auto mark = [&](bool changed, Aspect aspect) {
        if (changed) aspects |= static_cast<Aspects>(aspect);
    };
    mark(before.study != after.study, Aspect::Study);
    mark(before.spec != after.spec, Aspect::Spec);
    mark(before.result != after.result || before.resultSpec != after.resultSpec, Aspect::Result);
    mark(before.pretrained != after.pretrained, Aspect::Pretrained);
    mark(before.finetuned != after.finetuned, Aspect::Finetuned);
    mark(before.applied != after.applied, Aspect::Applied);
    mark(before.pretrain != after.pretrain || before.finetune != after.finetune, Aspect::LearningSpec);
    mark(before.exclusions != after.exclusions, Aspect::Exclusions);
    mark(before.answers != after.answers, Aspect::Answers);
    return aspects;
}

namespace {

bool isLeftOut(const Project& project, const std::string& run) {
    return std::any_of(project.exclusions.begin(), project.exclusions.end(),
                       [&](const Exclusion& exclusion) { return exclusion.run == run; });
}

}  // namespace

Study usedStudy(const Project& project) {
    Study study = project.study;
    std::erase_if(study.runs, [&](const RunInput& run) { return isLeftOut(project, run.id()); });
    return study;
}

StudyResult usedResult(const Project& project) {
    StudyResult result = project.result ? *project.result : StudyResult{};
    std::erase_if(result.runs, [&](const auto& run) { return isLeftOut(project, run.first); });
    for (const RunInput& run : project.study.runs)
        for (const Exclusion& exclusion : project.exclusions)
            if (exclusion.run == run.id()) result.leftOut.push_back({exclusion.run, exclusion.reason});
    return result;
}

namespace {

std::shared_ptr<const ScanSource> scansOf(const Project& project, bool withMotion) {
    auto scans = std::make_shared<ProjectScans>();
    if (!project.result) return scans;
    std::set<std::string> excluded;
    for (const auto& exclusion : project.exclusions) excluded.insert(exclusion.run);
    for (const RunInput& run : project.study.runs) {
        const auto found = project.result->runs.find(run.id());
        if (found == project.result->runs.end() || !found->second.cleaned || excluded.contains(run.id())) continue;
        ScanInfo info = scanInfoOf(project.study, run, found->second.cleaned->series.volumeCount());
        if (const double fd = withMotion ? meanFdOf(project.study, run) : -1; fd >= 0) info.meanFd = fd;
        scans->add(std::move(info), found->second.cleaned);
    }
    scans->setCleaning(toJson(project.resultSpec.clean).dump(-1));
    scans->nameNetworks(project.result->parcellation.get());
    return scans;
}

}  // namespace

std::shared_ptr<const ScanSource> scanSource(const Project& project) { return scansOf(project, false); }

std::shared_ptr<const ScanSource> scanSourceWithMotion(const Project& project) { return scansOf(project, true); }

}  // namespace chronnect
