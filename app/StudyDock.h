#pragma once

#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"
#include "widgets/models/StudyTreeModel.h"

#include <QDockWidget>

class QLabel;
class QStackedWidget;
class QTreeView;

namespace chronnect {

/// Who is in the study; picking a run shows it everywhere.
class StudyDock : public QDockWidget {
    Q_OBJECT

public:
    StudyDock(ProjectDocument& document, ViewState& state, QWidget* parent = nullptr);

private:
    void refresh();
    void showRun();

    ProjectDocument& m_document;
    ViewState& m_state;
    StudyTreeModel* m_model;
    QTreeView* m_tree;
    QLabel* m_summary;
    QStackedWidget* m_stack;
};

}  // namespace chronnect
