#pragma once

#include "widgets/RunStatus.h"

#include <QAbstractTableModel>

namespace chronnect {

/// One row per run: whether it is used, who, how long, what came out. Unchecking a row asks for a reason.
class RunTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Run, Status, Volumes, RepetitionTime, Kept, RegionsWithSignal, FreedomLeft, Remarks, ColumnCount };
    enum Role { RunIdRole = Qt::UserRole + 1, SortRole };

    explicit RunTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setProject(const Project& project);

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
    QVariant number(const RunInput& run, int column) const;
    QString remarks(const RunInput& run) const;

    Project m_project;
};

/// A read-only view of a table of texts, with a header.
class TextTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit TextTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setTable(Table table);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    Table m_table;
};

}  // namespace chronnect
