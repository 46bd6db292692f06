#pragma once

#include "widgets/JobRunner.h"

#include <QWidget>

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace chronnect {

/// What runs, how far it is, how long it will take, a cancel button for each, and how the last ones ended.
class JobsPanel : public QWidget {
    Q_OBJECT

public:
    explicit JobsPanel(JobRunner& runner, QWidget* parent = nullptr);

    void clearFinished();
    int runningCount() const;
    int finishedCount() const;

private:
    void addJob(Job* job);
    void showHint();

    QVBoxLayout* m_rows;
    QLabel* m_hint;
};

}  // namespace chronnect
