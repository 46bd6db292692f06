#include "widgets/models/QualityTableModel.h"

#include "widgets/views/Theme.h"

#include <QApplication>
#include <QPalette>

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

struct ColumnText {
    const char* name;
    const char* tip;
    int digits;
};

constexpr ColumnText columns[] = {
    {QT_TRANSLATE_NOOP("QualityTableModel", "Run"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Unticked runs are left out of analysis, learning and reports"), 0},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Mean FD"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Mean framewise displacement, mm"), 3},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Max FD"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Largest framewise displacement, mm"), 2},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Moved"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Share of volumes that moved more than the threshold, %"), 1},
    {QT_TRANSLATE_NOOP("QualityTableModel", "DVARS"), QT_TRANSLATE_NOOP("QualityTableModel", "Mean standardized DVARS"),
     2},
    {QT_TRANSLATE_NOOP("QualityTableModel", "tSNR"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Median over regions of mean / sd of the region signal"), 1},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Coverage"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Mean share of region voxels inside the mask, %"), 1},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Lost"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Regions without usable signal"), 0},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Kept"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Volumes left after censoring"), 0},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Minutes"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Cleaned data that is left, min"), 1},
    {QT_TRANSLATE_NOOP("QualityTableModel", "DOF"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Degrees of freedom left after cleaning"), 1},
    {QT_TRANSLATE_NOOP("QualityTableModel", "Remarks"),
     QT_TRANSLATE_NOOP("QualityTableModel", "Why the run is left out or flagged"), 0}};

double numberOf(const RunQuality& run, int column) {
    switch (column) {
        case QualityTableModel::MeanFd: return run.meanFd;
        case QualityTableModel::MaximumFd: return run.maximumFd;
        case QualityTableModel::Moved: return 100 * run.movedShare;
        case QualityTableModel::StandardDvars: return run.meanDvars;
        case QualityTableModel::Tsnr: return run.tsnr;
        case QualityTableModel::Coverage: return 100 * run.coverage;
        case QualityTableModel::Lost: return static_cast<double>(run.lostRegions);
        case QualityTableModel::Kept: return run.volumes > 0 ? static_cast<double>(run.volumesKept) : NAN;
        case QualityTableModel::Minutes: return run.keptMinutes;
        case QualityTableModel::Freedom: return run.degreesOfFreedom;
        default: return NAN;
    }
}

}  // namespace

void QualityTableModel::setCohort(std::shared_ptr<const std::vector<RunQuality>> cohort) {
    beginResetModel();
    m_cohort = std::move(cohort);
    endResetModel();
}

void QualityTableModel::setExclusions(std::vector<Exclusion> exclusions) {
    if (exclusions == m_exclusions) return;
    m_exclusions = std::move(exclusions);
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

const Exclusion* QualityTableModel::exclusionOf(const RunQuality& run) const {
    const auto found =
        std::find_if(m_exclusions.begin(), m_exclusions.end(), [&](const Exclusion& e) { return e.run == run.run; });
    return found == m_exclusions.end() ? nullptr : &*found;
}

QString QualityTableModel::remarks(const RunQuality& run) const {
    QStringList texts;
    if (const Exclusion* exclusion = exclusionOf(run))
        texts << tr("left out: %1").arg(QString::fromStdString(exclusion->reason));
    if (!run.problem.empty()) texts << QString::fromStdString(run.problem);
    for (const auto& flag : run.flags) texts << QString::fromStdString(flag);
    return texts.join(QStringLiteral("; "));
}

int QualityTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_cohort ? 0 : static_cast<int>(m_cohort->size());
}

int QualityTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant QualityTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const RunQuality& run = (*m_cohort)[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    if (role == RunIdRole) return QString::fromStdString(run.run);
    if (role == Qt::CheckStateRole && column == Run) return exclusionOf(run) ? Qt::Unchecked : Qt::Checked;
    if (role == Qt::ForegroundRole && exclusionOf(run))
        return QApplication::palette().brush(QPalette::Disabled, QPalette::Text);
    if (role == Qt::DecorationRole && column == Flags && (run.unusual() || exclusionOf(run)))
        return themedIcon(exclusionOf(run) ? QStringLiteral("remove") : QStringLiteral("warning"));
    if (role == Qt::ToolTipRole && column == Flags) return remarks(run);
    if (role == Qt::TextAlignmentRole && column >= MeanFd && column <= Freedom)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != SortRole) return {};
    if (column == Run) return QString::fromStdString(run.run);
    if (column == Flags) return remarks(run);
    const double value = numberOf(run, column);
    if (!std::isfinite(value)) return role == SortRole ? QVariant() : QVariant(QStringLiteral("n/a"));
    if (role == SortRole) return value;
    return QString::number(value, 'f', columns[column].digits);
}

bool QualityTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || index.column() != Run || !m_cohort) return false;
    const RunQuality& run = (*m_cohort)[static_cast<std::size_t>(index.row())];
    Q_EMIT useRequested(QString::fromStdString(run.run), value.toInt() == Qt::Checked);
    return true;
}

Qt::ItemFlags QualityTableModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.column() == Run) flags |= Qt::ItemIsUserCheckable;
    return flags;
}

QVariant QualityTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::DisplayRole) return tr(columns[section].name);
    if (role == Qt::TextAlignmentRole && section >= MeanFd && section <= Freedom)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) return tr(columns[section].tip);
    return {};
}

}  // namespace chronnect
