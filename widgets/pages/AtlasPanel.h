#pragma once

#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"
#include "widgets/models/AtlasTableModel.h"

#include <QWidget>

#include <memory>

class QCheckBox;
class QLabel;
class QPushButton;
class QTableView;

namespace chronnect {

class BrainView;
class NoticeList;

/// How the atlas fits: every region in numbers and in space, what is odd, and the decision to use it all the same.
/// Regions are blue where their name says left and red where it says right, so that a flip is seen at once.
class AtlasPanel : public QWidget {
    Q_OBJECT

public:
    AtlasPanel(ProjectDocument& document, ViewState& state, QWidget* parent = nullptr);

    /// Null = nothing to show. The panel says what is wrong and offers the decision where one is asked for.
    void setInspection(std::shared_ptr<const AtlasInspection> inspection);
    const std::shared_ptr<const AtlasInspection>& inspection() const { return m_inspection; }
    void setOnlyOdd(bool on);
    /// Answers every open question with "use it" in the document, as one step of undo.
    void accept();

Q_SIGNALS:
    void accepted();  ///< the person decided to use the atlas as it is; the answers are in the document
    void atlasChoiceRequested();
    void exportRequested();

private:
    QWidget* makeTable();
    QWidget* makeBrain();
    void showState();
    void showBrain();
    void askAgain();
    void selectRow();

    ProjectDocument& m_document;
    ViewState& m_state;
    std::shared_ptr<const AtlasInspection> m_inspection;
    QLabel* m_badge;
    NoticeList* m_notices;
    AtlasTableModel* m_model;
    AtlasRowFilter* m_rows;
    QTableView* m_table;
    QCheckBox* m_onlyOdd;
    BrainView* m_brain;
    QPushButton *m_accept, *m_askAgain, *m_choose, *m_export;
};

}  // namespace chronnect
