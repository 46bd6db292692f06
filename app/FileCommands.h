#pragma once

#include "app/Session.h"

#include <QImage>
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
    void openModel();
    void openDemo();
    void simulate();
    void closeStudy();
    /// A project file, a study folder, files, or a model that joins the open study.
    void open(const QStringList& paths);

    /// Asks for a label image and, where none lies beside it, its table, and gives them to the study.
    void chooseAtlas();
    void setAtlas(const QString& image, const QString& table);

    void save();
    void saveAs();
    void exportSeries();
    void exportConnectivity();
    void saveModel(Model::Kind kind);
    void exportPredictions();
    void exportMaps(const std::shared_ptr<const Explanation>& explanation);
    void exportReconstruction(const std::shared_ptr<const Reconstruction>& rebuilt);
    /// `connectome` is asked for a picture of the connectome when a folder was chosen.
    void exportReport(const std::function<QImage()>& connectome);

    /// Calls `then` at once, after saving, or never, as the person decides.
    void beforeLosingWork(std::function<void()> then);
    /// False in scripted use, where nobody can answer.
    void setAsking(bool on) { m_asking = on; }
    bool isAsking() const { return m_asking; }

private:
    void saveThen(std::function<void()> then);
    void openNow(const QStringList& paths);
    QString askForArrays(const QString& title, const QString& name);
    void askAboutFiles(const std::shared_ptr<const ImportPlan>& plan, const QString& path);

    Session& m_session;
    std::function<Json()> m_view;
    QWidget* m_window;
    std::function<void()> m_afterSaving;
    bool m_asking = true;
};

}  // namespace chronnect
