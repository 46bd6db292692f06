#pragma once

#include "core/pipeline/Quality.h"

#include <QAbstractTableModel>

#include <memory>

namespace chronnect {

/// The cohort's quality, one row per run; flagged runs carry a warning.
class QualityTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Run, MeanFd, MaximumFd, Moved, StandardDvars, Tsnr, Coverage, Lost, Minutes, Freedom, Flags, ColumnCount };
    enum Role { RunIdRole = Qt::UserRole + 1, SortRole };

    explicit QualityTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setCohort(std::shared_ptr<const std::vector<RunQuality>> cohort);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const std::vector<RunQuality>> m_cohort;
};

}  // namespace chronnect
