#include "widgets/pages/Inclusion.h"

#include "widgets/RunStatus.h"

#include <QCoreApplication>
#include <QInputDialog>

#include <algorithm>

namespace chronnect {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Inclusion", text); }

constexpr int reasonsTold = 3;

}  // namespace

void setRunUsed(QWidget* parent, ProjectDocument& document, const QString& run, bool use) {
    const std::string id = run.toStdString();
    if (use) {
        document.edit(tr("Include %1").arg(run), [&](Project& p) {
            std::erase_if(p.exclusions, [&](const Exclusion& exclusion) { return exclusion.run == id; });
        });
        return;
    }
    bool accepted = false;
    const QString reason = QInputDialog::getItem(
        parent, tr("Leave out %1").arg(run), tr("Why is this run left out? The reason is kept and exported."),
        {tr("too much motion"), tr("low coverage"), tr("artefact"), tr("wrong task"), tr("incomplete scan")}, 0, true,
        &accepted);
    if (!accepted || reason.trimmed().isEmpty()) return;
    document.edit(tr("Exclude %1").arg(run), [&](Project& p) {
        std::erase_if(p.exclusions, [&](const Exclusion& exclusion) { return exclusion.run == id; });
        p.exclusions.push_back({id, reason.trimmed().toStdString()});
    });
}

QString inclusionText(const Project& project) {
    QStringList left;
    int count = 0;
    for (const RunInput& run : project.study.runs)
        if (const Exclusion* exclusion = exclusionOf(project, run.id()); exclusion && ++count <= reasonsTold)
            left << QStringLiteral("%1 (%2)").arg(QString::fromStdString(run.id()),
                                                  QString::fromStdString(exclusion->reason));
    const auto all = static_cast<int>(project.study.runs.size());
    if (count == 0) return tr("All %1 runs are used.").arg(all);
    if (count > reasonsTold) left << tr("%1 more").arg(count - reasonsTold);
    return tr("%1 of %2 runs are used; left out: %3.").arg(all - count).arg(all).arg(left.join(QStringLiteral(", ")));
}

}  // namespace chronnect
