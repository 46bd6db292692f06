#pragma once

#include "app/Session.h"

#include <QMainWindow>

#include <memory>
#include <vector>

class QActionGroup;
class QLabel;
class QMenu;
class QProgressBar;
class QStackedWidget;

namespace chronnect {

class Actions;
class AttentionPage;
class DataPage;
class ExplorePage;
class FileCommands;
class LearnPage;
class MessageBar;
class QualityPage;
class ReconstructionPage;
class WelcomePage;

/// The window: pages on a mode bar, study and jobs beside them. Connects what the session knows with what the pages
/// show, and does nothing else.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    enum class Page { Welcome, Data, Quality, Explore, Learn, Attention, Reconstruction };

    explicit MainWindow(Session& session);
    ~MainWindow() override;

    void showPage(Page page);
    Page page() const;
    void setDark(bool dark);
    FileCommands& files() { return *m_files; }
    LearnPage& learnPage() { return *m_learn; }
    ExplorePage& explorePage() { return *m_explore; }
    QualityPage& qualityPage() { return *m_quality; }
    QString message() const;

    /// What a project file remembers of how the window looked, and back.
    Json viewJson() const;
    void applyView(const Json& json);

protected:
    void showEvent(QShowEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makePages();
    void makeModeBar();
    void makeDocks();
    void makeStatusBar();
    void connectSession();
    void connectLearning();
    void connectModels();
    void askForBranch(const std::vector<EarlierTraining>& trainings);
    void connectQuality();
    void connectPages();
    void connectFileActions();
    void connectViewActions();
    void connectWorkActions();

    void onDocumentChanged(Aspects aspects);
    void onStudyOpened();
    void onProjectOpened(const Json& view, const Notices& notices);
    void showView();
    void showJobs();
    void updateActions();
    void updateHints();
    void updateTitle();
    void fillRecent();
    void exportPictures();
    void openPreferences();
    void fillGap();
    void find();
    void watchQuality();
    void onAtlasDoubted(const std::shared_ptr<const AtlasInspection>& inspection);
    void exportQuality();
    void exportAtlasTable();

    Session& m_session;
    Actions* m_actions;
    FileCommands* m_files;
    QStackedWidget* m_pages;
    MessageBar* m_messages;
    WelcomePage* m_welcome;
    DataPage* m_data;
    QualityPage* m_quality;
    ExplorePage* m_explore;
    LearnPage* m_learn;
    AttentionPage* m_attention;
    ReconstructionPage* m_reconstruction;
    QActionGroup* m_modes;
    QDockWidget* m_studyDock;
    QDockWidget* m_jobsDock;
    QMenu* m_recent;
    QLabel* m_summary;
    QLabel* m_jobText;
    QProgressBar* m_jobBar;
    QString m_deviceText;
    bool m_warm = false;   ///< the views in 3D have drawn once
    Json m_pendingCamera;  ///< of an opened project, until its regions are on the screen
};

}  // namespace chronnect
