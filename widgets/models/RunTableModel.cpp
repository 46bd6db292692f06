#include "widgets/models/RunTableModel.h"

#include "widgets/views/Theme.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

int regionsWithSignal(const TimeSeries& series) {
    int count = 0;
    for (std::size_t region = 0; region < series.regionCount(); ++region)
        count += series.volumeCount() > 0 && std::isfinite(series.at(0, region));
    return count;
}

QVariant optional(double value) { return value > 0 ? QVariant(value) : QVariant(); }

}  // namespace

void RunTableModel::setProject(const Project& project) {
    beginResetModel();
    m_project = project;
    endResetModel();
}

int RunTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_project.study.runs.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant RunTableModel::number(const RunInput& run, int column) const {
    const RunResult* result = resultOf(m_project, run.id());
    const TimeSeries* raw = result && result->extracted ? &result->extracted->series : nullptr;
    const CleanedSeries* cleaned = result ? result->cleaned.get() : nullptr;
    switch (column) {
        case Volumes: return raw ? optional(static_cast<double>(raw->volumeCount())) : QVariant();
        case RepetitionTime: return optional(raw && raw->repetitionTime > 0 ? raw->repetitionTime : run.repetitionTime);
        case Kept: return cleaned ? QVariant(static_cast<double>(cleaned->series.volumeCount())) : QVariant();
        case RegionsWithSignal: return cleaned ? QVariant(regionsWithSignal(cleaned->series)) : QVariant();
        case FreedomLeft: return cleaned ? QVariant(cleaned->degreesOfFreedom) : QVariant();
        default: return {};
    }
}

QString RunTableModel::remarks(const RunInput& run) const {
    QStringList lines;
    if (const Exclusion* exclusion = exclusionOf(m_project, run.id()))
        lines << tr("excluded: %1").arg(QString::fromStdString(exclusion->reason));
    if (const RunResult* result = resultOf(m_project, run.id())) {
        if (!result->problem.empty()) lines << QString::fromStdString(result->problem);
        if (result->extracted)
            for (const auto& notice : result->extracted->notices) lines << QString::fromStdString(notice.text);
        if (result->cleaned)
            for (const auto& notice : result->cleaned->notices) lines << QString::fromStdString(notice.text);
    }
    return lines.join(QStringLiteral("; "));
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const RunInput& run = m_project.study.runs[static_cast<std::size_t>(index.row())];
    const std::string id = run.id();
    if (role == RunIdRole) return QString::fromStdString(id);
    if (role == Qt::CheckStateRole && index.column() == Run)
        return exclusionOf(m_project, id) ? Qt::Unchecked : Qt::Checked;
    const RunStatus status = statusOf(m_project, id);
    if (role == Qt::DecorationRole && index.column() == Status) return themedIcon(statusIcon(status));
    if (role == Qt::ToolTipRole) {
        const QString text = remarks(run);
        return index.column() == Run ? tr("Unticked runs are left out of everything that looks at the whole study")
                                     : text;
    }
    if (role == Qt::TextAlignmentRole && index.column() >= Volumes && index.column() <= FreedomLeft)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != SortRole) return {};
    switch (index.column()) {
        case Run: return QString::fromStdString(id);
        case Status: return statusText(status);
        case Remarks: return remarks(run);
        default: {
            const QVariant value = number(run, index.column());
            if (role == SortRole || value.isNull()) return value;
            return index.column() == FreedomLeft ? QVariant(QString::number(value.toDouble(), 'f', 1))
                                                 : QVariant(QString::number(value.toDouble(), 'g', 6));
        }
    }
}

bool RunTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || index.column() != Run) return false;
    const auto& run = m_project.study.runs[static_cast<std::size_t>(index.row())];
    Q_EMIT useRequested(QString::fromStdString(run.id()), value.toInt() == Qt::Checked);
    return true;
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const QStringList names{tr("Run"),  tr("Status"),  tr("Volumes"), tr("TR (s)"),
                            tr("Kept"), tr("Regions"), tr("DOF"),     tr("Remarks")};
    const QStringList tips{tr("Ticked runs are used"),
                           tr("Where the run stands between file and result"),
                           tr("Volumes in the scan"),
                           tr("Time between volumes"),
                           tr("Volumes left after censoring"),
                           tr("Regions with signal; the others are n/a, never dropped"),
                           tr("Degrees of freedom left after cleaning"),
                           tr("What extraction and cleaning had to say")};
    if (role == Qt::DisplayRole) return names[section];
    if (role == Qt::TextAlignmentRole && section >= Volumes && section <= FreedomLeft)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) return tips[section];
    return {};
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.column() == Run) flags |= Qt::ItemIsUserCheckable;
    return flags;
}

void TextTableModel::setTable(Table table) {
    beginResetModel();
    m_table = std::move(table);
    endResetModel();
}

int TextTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size());
}

int TextTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_table.columns.size());
}

QVariant TextTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::UserRole)) return {};
    const std::string& cell =
        m_table.rows[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(index.column())];
    if (role == Qt::UserRole) {  // numbers sort as numbers
        if (const auto value =
                m_table.number(static_cast<std::size_t>(index.row()), static_cast<std::size_t>(index.column())))
            return *value;
    }
    return QString::fromStdString(cell);
}

QVariant TextTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    return QString::fromStdString(m_table.columns[static_cast<std::size_t>(section)]);
}

}  // namespace chronnect
