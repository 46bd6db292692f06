#pragma once

#include "core/learning/Learning.h"

#include <QWidget>

#include <vector>

class QLabel;
class QTableWidget;

namespace chronnect {

/// A model's scores beside those of the trivial answers; the best of each row in bold, and one sentence saying who
/// wins.
class ScoreTable : public QWidget {
    Q_OBJECT

public:
    explicit ScoreTable(QWidget* parent = nullptr);
    void setScores(const std::vector<ReconstructionScore>& scores);
    QString verdict() const;

private:
    QTableWidget* m_table;
    QLabel* m_verdict;
};

}  // namespace chronnect
