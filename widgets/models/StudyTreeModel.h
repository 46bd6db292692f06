#pragma once

#include "widgets/RunStatus.h"

#include <QAbstractItemModel>

#include <vector>

namespace chronnect {

/// Subjects with their runs below; a run's id is in RunIdRole.
class StudyTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role { RunIdRole = Qt::UserRole + 1 };

    explicit StudyTreeModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

    /// Keeps the expanded rows when only results or exclusions changed.
    void setProject(const Project& project);
    QModelIndex indexOfRun(const QString& id) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& = {}) const override { return 1; }
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct RunRow {
        QString id, label, tip;
        RunStatus status = RunStatus::NotAnalysed;
    };
    struct SubjectRow {
        QString name, tip;
        std::vector<RunRow> runs;
    };

    static RunRow runRow(const Project& project, const RunInput& run);
    static QString subjectTip(const Study& study, const std::string& subject);
    static QVariant runData(const RunRow& run, int role);
    QVariant subjectData(const SubjectRow& subject, int role) const;

    std::vector<SubjectRow> m_subjects;
};

}  // namespace chronnect
