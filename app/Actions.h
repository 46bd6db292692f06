#pragma once

#include <QAction>
#include <QObject>

#include <array>

class QMenu;
class QMenuBar;

namespace chronnect {

/// Everything a person can ask of the window, once: menus, tool bars and pages share these.
class Actions : public QObject {
    Q_OBJECT

public:
    enum Id {
        OpenFolder,
        OpenFiles,
        OpenProject,
        OpenModel,
        OpenDemo,
        Simulate,
        Save,
        SaveAs,
        ExportSeries,
        ExportConnectivity,
        ExportReport,
        ExportPictures,
        SavePretrained,
        SaveFinetuned,
        ExportPredictions,
        ExportMaps,
        ExportReconstruction,
        Close,
        Quit,
        Undo,
        Redo,
        Find,
        Preferences,
        Dark,
        Light,
        FullScreen,
        ViewLeft,
        ViewRight,
        ViewTop,
        ViewBottom,
        ViewFront,
        ViewBack,
        ViewOblique,
        Play,
        PreviousWindow,
        NextWindow,
        RunAnalysis,
        CancelJobs,
        Pretrain,
        ResumePretrain,
        Finetune,
        ResumeFinetune,
        PauseTraining,
        FinishTraining,
        Apply,
        Explain,
        LookForDevices,
        HowComputed,
        About,
        Count
    };

    explicit Actions(QObject* parent = nullptr);
    QAction* operator[](Id id) const { return m_actions[id]; }

    /// `pages` and `docks` are menus' worth of further actions; `recent` is filled by the window.
    void fillMenus(QMenuBar* bar, const QList<QAction*>& pages, const QList<QAction*>& docks, QMenu* recent) const;

private:
    std::array<QAction*, Count> m_actions{};
};

}  // namespace chronnect
