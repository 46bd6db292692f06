#pragma once

#include <QDir>
#include <QString>
#include <QStringList>

#include <functional>

namespace chronnect {

class MainWindow;
struct Session;

/// Goes through the whole program as a person would and takes a picture of every page of the real window.
class ScreenshotTour {
public:
    ScreenshotTour(Session& session, MainWindow& window, const QString& folder);

    /// Opens `paths` (empty = the demo study). Returns the exit code of the program.
    int run(const QStringList& paths);

private:
    bool openStudy(const QStringList& paths);
    bool analyse();
    void exploreAndShoot();
    void learnAndShoot();
    void rebuildAndShoot();
    bool trainAndWait(bool pretraining);
    void shoot(const QString& name);
    /// Keeps the window alive until `condition` holds; false when it took longer or the window shows a problem.
    bool waitFor(const std::function<bool()>& condition, int seconds);
    bool fail(const QString& step);

    Session& m_session;
    MainWindow& m_window;
    QDir m_folder;
};

}  // namespace chronnect
