#include "widgets/RunStatus.h"

#include <QCoreApplication>

#include <algorithm>

namespace chronnect {

const Exclusion* exclusionOf(const Project& project, const std::string& run) {
    const auto found = std::find_if(project.exclusions.begin(), project.exclusions.end(),
                                    [&](const Exclusion& exclusion) { return exclusion.run == run; });
    return found == project.exclusions.end() ? nullptr : &*found;
}

bool isOutOfDate(const Project& project) {
    return project.result &&
           (project.spec.extraction != project.resultSpec.extraction || project.spec.clean != project.resultSpec.clean);
}

std::size_t runsWaiting(const Project& project) {
    if (!project.result) return 0;
    const auto& runs = project.study.runs;
    return static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), [&](const RunInput& run) {
        return !exclusionOf(project, run.id()) && !project.result->runs.contains(run.id());
    }));
}

const RunResult* resultOf(const Project& project, const std::string& run) {
    if (!project.result) return nullptr;
    const auto found = project.result->runs.find(run);
    return found == project.result->runs.end() ? nullptr : &found->second;
}

QString personText(const Study& study, const std::string& run) {
    const auto input =
        std::find_if(study.runs.begin(), study.runs.end(), [&](const RunInput& r) { return r.id() == run; });
    const int row = input == study.runs.end() ? -1 : study.participantRow(input->subject);
    if (row < 0) return {};
    QStringList parts;
    for (std::size_t i = 1; i < study.participants.columns.size() && i < 8; ++i)
        if (!study.participants.isMissing(static_cast<std::size_t>(row), i))
            parts << QString::fromStdString(study.participants.columns[i] + " " +
                                            study.participants.rows[static_cast<std::size_t>(row)][i]);
    return parts.join(QStringLiteral(" · "));
}

RunStatus statusOf(const Project& project, const std::string& run) {
    if (exclusionOf(project, run)) return RunStatus::Excluded;
    const RunResult* result = resultOf(project, run);
    if (!result) return RunStatus::NotAnalysed;
    if (result->finished) return RunStatus::Ready;  // no setting of ours was used
    if (!result->cleaned) return RunStatus::Failed;
    return isOutOfDate(project) ? RunStatus::OutOfDate : RunStatus::Ready;
}

QString whyNoSeries(const RunResult* result) {
    if (result && result->finished)
        return QCoreApplication::translate("RunStatus", "This run %1.").arg(QString::fromStdString(result->problem));
    return QCoreApplication::translate("RunStatus", "Select a run that was analysed.");
}

QString statusText(RunStatus status) {
    switch (status) {
        case RunStatus::NotAnalysed: return QCoreApplication::translate("RunStatus", "not analysed");
        case RunStatus::Ready: return QCoreApplication::translate("RunStatus", "ready");
        case RunStatus::OutOfDate: return QCoreApplication::translate("RunStatus", "out of date");
        case RunStatus::Failed: return QCoreApplication::translate("RunStatus", "failed");
        case RunStatus::Excluded: return QCoreApplication::translate("RunStatus", "excluded");
    }
    return {};
}

QString statusIcon(RunStatus status) {
    switch (status) {
        case RunStatus::NotAnalysed: return QStringLiteral("scan");
        case RunStatus::Ready: return QStringLiteral("check-circle");
        case RunStatus::OutOfDate: return QStringLiteral("loop");
        case RunStatus::Failed: return QStringLiteral("warning");
        case RunStatus::Excluded: return QStringLiteral("remove");
    }
    return {};
}

}  // namespace chronnect
