#include "widgets/models/StudyTreeModel.h"

#include "widgets/views/Theme.h"

#include <QFont>

#include <algorithm>

namespace chronnect {

namespace {
constexpr quintptr topLevel = 0;  // runs carry their subject's row + 1
}

void StudyTreeModel::setProject(const Project& project) {
    std::vector<SubjectRow> subjects;
    for (const RunInput& run : project.study.runs) {
        const QString name = QString::fromStdString("sub-" + run.subject);
        auto row = std::find_if(subjects.rbegin(), subjects.rend(), [&](const auto& s) { return s.name == name; });
        if (row == subjects.rend()) {
            subjects.push_back({name, subjectTip(project.study, run.subject), {}});
            row = subjects.rbegin();
        }
        row->runs.push_back(runRow(project, run));
    }
    const auto sameShape = [](const SubjectRow& a, const SubjectRow& b) {
        return a.name == b.name && std::equal(a.runs.begin(), a.runs.end(), b.runs.begin(), b.runs.end(),
                                              [](const RunRow& x, const RunRow& y) { return x.id == y.id; });
    };
    if (std::equal(subjects.begin(), subjects.end(), m_subjects.begin(), m_subjects.end(), sameShape)) {
        m_subjects = std::move(subjects);
        if (m_subjects.empty()) return;
        const int last = static_cast<int>(m_subjects.size()) - 1;
        Q_EMIT dataChanged(index(0, 0), index(last, 0));
        for (int s = 0; s <= last; ++s) {
            const QModelIndex subject = index(s, 0);
            Q_EMIT dataChanged(index(0, 0, subject), index(rowCount(subject) - 1, 0, subject));
        }
        return;
    }
    beginResetModel();
    m_subjects = std::move(subjects);
    endResetModel();
}

StudyTreeModel::RunRow StudyTreeModel::runRow(const Project& project, const RunInput& run) {
    const std::string id = run.id();
    RunRow row;
    row.id = QString::fromStdString(id);
    row.status = statusOf(project, id);
    QStringList parts;
    if (!run.session.empty()) parts << QStringLiteral("ses-") + QString::fromStdString(run.session);
    if (!run.task.empty()) parts << QStringLiteral("task-") + QString::fromStdString(run.task);
    if (!run.run.empty()) parts << QStringLiteral("run-") + QString::fromStdString(run.run);
    row.label = parts.isEmpty() ? tr("run") : parts.join(QLatin1Char(' '));
    row.tip = row.id + QStringLiteral(": ") + statusText(row.status);
    if (const Exclusion* exclusion = exclusionOf(project, id))
        row.tip += QStringLiteral(" (") + QString::fromStdString(exclusion->reason) + QStringLiteral(")");
    if (const RunResult* result = resultOf(project, id); result && !result->problem.empty())
        row.tip += QStringLiteral("\n") + QString::fromStdString(result->problem);
    return row;
}

QString StudyTreeModel::subjectTip(const Study& study, const std::string& subject) {
    const int row = study.participantRow(subject);
    if (row < 0) return tr("Nothing is known about this person: participants.tsv has no such row");
    QStringList lines;
    const auto& cells = study.participants.rows[static_cast<std::size_t>(row)];
    for (std::size_t i = 0; i < study.participants.columns.size() && i < 12; ++i)
        lines << QString::fromStdString(study.participants.columns[i] + ": " + cells[i]);
    return lines.join(QLatin1Char('\n'));
}

QModelIndex StudyTreeModel::indexOfRun(const QString& id) const {
    for (std::size_t s = 0; s < m_subjects.size(); ++s)
        for (std::size_t r = 0; r < m_subjects[s].runs.size(); ++r)
            if (m_subjects[s].runs[r].id == id) return index(static_cast<int>(r), 0, index(static_cast<int>(s), 0));
    return {};
}

QModelIndex StudyTreeModel::index(int row, int column, const QModelIndex& parentIndex) const {
    if (!hasIndex(row, column, parentIndex)) return {};
    return createIndex(row, column, parentIndex.isValid() ? static_cast<quintptr>(parentIndex.row()) + 1 : topLevel);
}

QModelIndex StudyTreeModel::parent(const QModelIndex& child) const {
    if (!child.isValid() || child.internalId() == topLevel) return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, topLevel);
}

int StudyTreeModel::rowCount(const QModelIndex& parentIndex) const {
    if (!parentIndex.isValid()) return static_cast<int>(m_subjects.size());
    if (parentIndex.internalId() != topLevel) return 0;
    return static_cast<int>(m_subjects[static_cast<std::size_t>(parentIndex.row())].runs.size());
}

QVariant StudyTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    if (index.internalId() == topLevel) return subjectData(m_subjects[static_cast<std::size_t>(index.row())], role);
    const auto& subject = m_subjects[index.internalId() - 1];
    return runData(subject.runs[static_cast<std::size_t>(index.row())], role);
}

QVariant StudyTreeModel::runData(const RunRow& run, int role) {
    switch (role) {
        case Qt::DisplayRole: return run.label;
        case Qt::ToolTipRole: return run.tip;
        case Qt::DecorationRole: return themedIcon(statusIcon(run.status));
        case RunIdRole: return run.id;
        case Qt::FontRole: {
            QFont font;
            font.setStrikeOut(run.status == RunStatus::Excluded);
            return font;
        }
        default: return {};
    }
}

QVariant StudyTreeModel::subjectData(const SubjectRow& subject, int role) const {
    switch (role) {
        case Qt::DisplayRole: return subject.name;
        case Qt::ToolTipRole: return subject.tip;
        case Qt::DecorationRole: return themedIcon(QStringLiteral("subject"));
        case RunIdRole: return subject.runs.front().id;
        default: return {};
    }
}

}  // namespace chronnect
