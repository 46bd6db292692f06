#pragma once

#include "core/pipeline/Import.h"

#include <QDialog>

#include <vector>

class QButtonGroup;
class QCheckBox;
class QComboBox;
class QLabel;
class QListWidget;
class QPushButton;
class QRadioButton;

namespace chronnect {

class CurvesPlot;
class NoticeList;
class NumberBox;

/// Asks what files do not say before they are opened: which axis is time, which array is meant, the repetition time.
/// Files about which the same is asked are one question; the first regions are drawn as the answer would read them.
class ImportDialog : public QDialog {
    Q_OBJECT

public:
    explicit ImportDialog(ImportPlan plan, QWidget* parent = nullptr);

    const ImportPlan& plan() const { return m_plan; }
    /// One per item of the plan; meant for after accept().
    std::vector<ImportAnswer> answers() const;

private:
    /// Items that are asked about together, and what was said so far.
    struct Group {
        std::vector<std::size_t> items;
        int array = 0;
        TimeAxis axis = TimeAxis::Automatic;  ///< Automatic: nothing was said yet
        double repetitionTime = 0;
        bool timeUnknown = false;
    };

    QWidget* makeForm();
    void connectForm();
    void makeGroups();
    void showGroup();
    void showAxis();
    void drawRegions();
    void updateState();
    bool isComplete(const Group& group) const;
    const ImportItem& first(const Group& group) const { return m_plan.items[group.items.front()]; }
    const ArraySample* sample(const Group& group) const;
    Group& shown();

    ImportPlan m_plan;
    std::vector<Group> m_groups;
    bool m_filling = false;
    QListWidget* m_list;
    QLabel *m_heading, *m_missing, *m_variableLabel, *m_axisLabel, *m_stated;
    QComboBox* m_variable;
    QButtonGroup* m_axis;
    QRadioButton *m_rows, *m_columns;
    NumberBox* m_time;
    QCheckBox* m_timeUnknown;
    NoticeList* m_notices;
    CurvesPlot* m_plot;
    QPushButton* m_open;
};

}  // namespace chronnect
