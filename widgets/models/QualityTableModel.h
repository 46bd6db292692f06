#pragma once

#include "core/pipeline/Quality.h"
#include "core/project/Project.h"

#include <QAbstractTableModel>

#include <memory>

namespace chronnect {

/// The cohort's quality, one row per run; flagged runs carry a warning, those left out are unticked and faint.
class QualityTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Run,
        MeanFd,
        MaximumFd,
        Moved,
        StandardDvars,
        Tsnr,
        Coverage,
        Lost,
        Kept,
        Minutes,
        Freedom,
        Flags,
        ColumnCount
    };
    enum Role { RunIdRole = Qt::UserRole + 1, SortRole };

    explicit QualityTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setCohort(std::shared_ptr<const std::vector<RunQuality>> cohort);
    /// Which runs are left out, and why.
    void setExclusions(std::vector<Exclusion> exclusions);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    /// The person (un)checked a run; the document decides.
    void useRequested(const QString& run, bool use);

private:
    const Exclusion* exclusionOf(const RunQuality& run) const;
    QString remarks(const RunQuality& run) const;

    std::vector<Exclusion> m_exclusions;
    std::shared_ptr<const std::vector<RunQuality>> m_cohort;
};

}  // namespace chronnect
