#pragma once

#include "core/data/Table.h"
#include "core/data/Volume.h"
#include "core/imaging/AtlasCheck.h"
#include "core/project/Project.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QString>

#include <memory>
#include <string>

namespace chronnect {

/// The atlas against itself and one run.
struct AtlasInspection {
    Parcellation parcellation;
    AtlasCheck check;
    QString run;
    std::string identity;                ///< SHA-256 of image and table: what an answer is about
    std::shared_ptr<const Volume> mask;  ///< of the run; null when it has none
};

/// The questions of a check that nobody has answered for this atlas.
Notices openQuestions(const AtlasInspection& inspection, const std::vector<Answer>& answers);

/// One row per region with every number of the check, for a file: n/a where nothing is known.
Table atlasTable(const AtlasInspection& inspection);

/// The check of an atlas, one row per region in the order of the parcellation; odd ones carry a warning.
class AtlasTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Label,
        Name,
        Network,
        AtlasVoxels,
        GridVoxels,
        UsedVoxels,
        Coverage,
        X,
        Y,
        Z,
        Named,
        Placed,
        Remark,
        ColumnCount
    };
    enum Role { SortRole = Qt::UserRole, OddRole };

    explicit AtlasTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setInspection(std::shared_ptr<const AtlasInspection> inspection);
    int oddCount() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant value(std::size_t row, int column) const;

    std::shared_ptr<const AtlasInspection> m_inspection;
};

/// Sorts the rows, and hides those that do not contain a text or about which nothing is odd.
class AtlasRowFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit AtlasRowFilter(QObject* parent = nullptr);
    void setOnlyOdd(bool on);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    bool m_onlyOdd = false;
};

}  // namespace chronnect
