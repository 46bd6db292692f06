#pragma once

#include "app/Session.h"

#include <QObject>
#include <QStringList>

#include <functional>

namespace chronnect {

/// Opening, saving and exporting as a person asks for it: dialogs, and the question before work is lost.
class FileCommands : public QObject {
    Q_OBJECT

public:
    /// `view` gives what the window wants to remember in a project file.
    FileCommands(Session& session, std::function<Json()> view, QWidget* window);

    void openFolder();
    void openFiles();
    void openProject();
    void openDemo();
    void simulate();
    void closeStudy();
    /// A project file, a study folder, or files.
    void open(const QStringList& paths);

    void save();
    void saveAs();
    void exportSeries();
    void exportConnectivity();

    /// Calls `then` at once, after saving, or never, as the person decides.
    void beforeLosingWork(std::function<void()> then);
    /// False in scripted use, where nobody can answer.
    void setAsking(bool on) { m_asking = on; }
    bool isAsking() const { return m_asking; }

private:
    void saveThen(std::function<void()> then);
    void openNow(const QStringList& paths);

    Session& m_session;
    std::function<Json()> m_view;
    QWidget* m_window;
    std::function<void()> m_afterSaving;
    bool m_asking = true;
};

}  // namespace chronnect
