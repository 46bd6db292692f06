#pragma once

#include "widgets/ProjectDocument.h"
#include "widgets/SpecForm.h"
#include "widgets/ViewState.h"
#include "widgets/models/RunTableModel.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedWidget;
class QTabWidget;
class QTableView;

namespace chronnect {

class DenoisingPanel;
class NoticeList;

/// What is in the study, which runs are used, how they are cleaned, and the button that does it.
class DataPage : public QWidget {
    Q_OBJECT

public:
    DataPage(ProjectDocument& document, ViewState& state, QWidget* parent = nullptr);

    void setAnalysing(bool on);
    /// What opening a study or project had to say, shown above the notices of the study itself.
    void setOpeningNotices(const Notices& notices);
    DenoisingPanel& denoising() { return *m_denoising; }
    void showDenoising();
    /// Whether the preview of the cleaning is the tab that is open.
    bool isDenoisingShown() const;

Q_SIGNALS:
    void analysisRequested();
    void folderRequested();
    void tabChanged();

private:
    QWidget* makeTables();
    QWidget* makeRunsTab();
    QWidget* makeSettings();
    void refresh(Aspects aspects);
    void refreshForms();
    void showRunDetails();
    void setRepetitionTime();

    template <class Spec>
    SpecForm<Spec>* makeForm(Spec AnalysisSpec::*member, std::vector<FormSection> sections);

    ProjectDocument& m_document;
    ViewState& m_state;
    Notices m_openingNotices;
    RunTableModel* m_runs;
    TextTableModel* m_participants;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QTabWidget* m_tabs;
    QStackedWidget* m_stack;
    DenoisingPanel* m_denoising;
    NoticeList* m_notices;
    QLabel* m_details;
    QLabel* m_badge;
    QPushButton* m_run;
    QPushButton* m_setTime;
    SpecForm<ExtractionSpec>* m_extraction = nullptr;
    SpecForm<CleanSpec>* m_clean = nullptr;
    SpecForm<SlidingWindowSpec>* m_window = nullptr;
    SpecForm<ThresholdSpec>* m_threshold = nullptr;
};

}  // namespace chronnect
