#include "widgets/models/AtlasTableModel.h"

#include "widgets/views/Theme.h"

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

struct ColumnText {
    const char* name;
    const char* tip;
};

constexpr ColumnText columns[] = {
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Label"), QT_TRANSLATE_NOOP("AtlasTableModel", "Value in the label image")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Name"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "As the table calls the region")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Network"), QT_TRANSLATE_NOOP("AtlasTableModel", "As the table says")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "In atlas"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Voxels of the label image")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "On run"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Voxels after resampling to the grid of the run")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "In mask"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Of these, voxels inside the run's brain mask")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Coverage"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Share of the region's voxels inside the mask, %")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "x mm"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Centre of the region's voxels, left to right")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "y mm"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Centre of the region's voxels, back to front")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "z mm"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Centre of the region's voxels, down to up")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Named"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Hemisphere by name or table")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Lies"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "Hemisphere in which the voxels lie")},
    {QT_TRANSLATE_NOOP("AtlasTableModel", "Remark"),
     QT_TRANSLATE_NOOP("AtlasTableModel", "What is odd about the region")}};

const char* sideText(Hemisphere hemisphere) {
    switch (hemisphere) {
        case Hemisphere::Left: return "left";
        case Hemisphere::Right: return "right";
        case Hemisphere::Both: return "both";
        case Hemisphere::Unknown: return "n/a";
    }
    return "n/a";
}

bool isNumber(int column) {
    return column == AtlasTableModel::Label || (column >= AtlasTableModel::AtlasVoxels && column <= AtlasTableModel::Z);
}

std::string exact(double value) { return QString::number(value, 'g', 10).toStdString(); }

}  // namespace

Notices openQuestions(const AtlasInspection& inspection, const std::vector<Answer>& answers) {
    Notices open;
    for (const Notice& notice : inspection.check.notices) {
        if (notice.severity != Severity::Question) continue;
        const bool answered = std::any_of(answers.begin(), answers.end(), [&](const Answer& answer) {
            return answer.about == inspection.identity && answer.question == notice.text;
        });
        if (!answered) open.push_back(notice);
    }
    return open;
}

Table atlasTable(const AtlasInspection& inspection) {
    Table table{{"index", "name", "network", "atlas_voxels", "run_voxels", "mask_voxels", "coverage", "x", "y", "z",
                 "hemisphere_named", "hemisphere_placed", "remark"},
                {}};
    const auto& regions = inspection.parcellation.regions;
    for (std::size_t i = 0; i < regions.size() && i < inspection.check.regions.size(); ++i) {
        const RegionCheck& check = inspection.check.regions[i];
        const auto mm = [&](std::size_t axis) {
            return check.atlasVoxels > 0 ? exact(check.centroid[axis]) : std::string("n/a");
        };
        const auto text = [](const std::string& cell) { return cell.empty() ? std::string("n/a") : cell; };
        table.rows.push_back({std::to_string(regions[i].label), text(regions[i].name), text(regions[i].network),
                              std::to_string(check.atlasVoxels), std::to_string(check.gridVoxels),
                              std::to_string(check.usedVoxels), exact(check.coverage), mm(0), mm(1), mm(2),
                              sideText(check.named), sideText(check.placed), text(check.remark)});
    }
    return table;
}

void AtlasTableModel::setInspection(std::shared_ptr<const AtlasInspection> inspection) {
    beginResetModel();
    m_inspection = std::move(inspection);
    endResetModel();
}

int AtlasTableModel::oddCount() const {
    if (!m_inspection) return 0;
    const auto& rows = m_inspection->check.regions;
    return static_cast<int>(
        std::count_if(rows.begin(), rows.end(), [](const RegionCheck& row) { return !row.remark.empty(); }));
}

int AtlasTableModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid() || !m_inspection) return 0;
    return static_cast<int>(std::min(m_inspection->check.regions.size(), m_inspection->parcellation.regions.size()));
}

int AtlasTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant AtlasTableModel::value(std::size_t row, int column) const {
    const Region& region = m_inspection->parcellation.regions[row];
    const RegionCheck& check = m_inspection->check.regions[row];
    const auto count = [](std::size_t voxels) { return QVariant(static_cast<qlonglong>(voxels)); };
    switch (column) {
        case Label: return region.label;
        case Name: return QString::fromStdString(region.name);
        case Network: return QString::fromStdString(region.network);
        case AtlasVoxels: return count(check.atlasVoxels);
        case GridVoxels: return count(check.gridVoxels);
        case UsedVoxels: return count(check.usedVoxels);
        case Coverage: return 100 * check.coverage;
        case X:
        case Y:
        case Z:
            return check.atlasVoxels > 0 ? QVariant(check.centroid[static_cast<std::size_t>(column - X)]) : QVariant();
        case Named: return tr(sideText(check.named));
        case Placed: return tr(sideText(check.placed));
        case Remark: return QString::fromStdString(check.remark);
        default: return {};
    }
}

QVariant AtlasTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_inspection) return {};
    const auto row = static_cast<std::size_t>(index.row());
    const RegionCheck& check = m_inspection->check.regions[row];
    const int column = index.column();
    if (role == OddRole) return !check.remark.empty();
    if (role == SortRole) return value(row, column);
    if (role == Qt::TextAlignmentRole && isNumber(column)) return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::DecorationRole && column == Remark && !check.remark.empty())
        return themedIcon(QStringLiteral("warning"));
    if (role == Qt::ToolTipRole && (column == Remark || column == Name)) return value(row, column);
    if (role != Qt::DisplayRole) return {};
    const QVariant shown = value(row, column);
    if (column == Coverage) return QString::number(shown.toDouble(), 'f', 0) + QStringLiteral(" %");
    if (column >= X && column <= Z)
        return shown.isNull() ? QStringLiteral("n/a") : QString::number(shown.toDouble(), 'f', 0);
    return shown;
}

QVariant AtlasTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::DisplayRole) return tr(columns[section].name);
    if (role == Qt::ToolTipRole) return tr(columns[section].tip);
    if (role == Qt::TextAlignmentRole && isNumber(section)) return int(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

AtlasRowFilter::AtlasRowFilter(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(AtlasTableModel::SortRole);
    setFilterCaseSensitivity(Qt::CaseInsensitive);
    setFilterKeyColumn(-1);
}

void AtlasRowFilter::setOnlyOdd(bool on) {
    m_onlyOdd = on;
    invalidateFilter();
}

bool AtlasRowFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
    if (m_onlyOdd && !sourceModel()->index(row, 0, parent).data(AtlasTableModel::OddRole).toBool()) return false;
    return QSortFilterProxyModel::filterAcceptsRow(row, parent);
}

}  // namespace chronnect
