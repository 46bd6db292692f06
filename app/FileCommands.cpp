#include "app/FileCommands.h"

#include "app/AppPaths.h"
#include "app/Dialogs.h"
#include "widgets/pages/ImportDialog.h"

#include <QBuffer>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

namespace chronnect {

namespace {

const QString projectEnding = QStringLiteral(".chronnect");

/// A table with the name of the image: atlas_dseg.tsv beside atlas_dseg.nii.gz.
QString tableBeside(const QString& image) {
    const QFileInfo info(image);
    QString name = info.fileName();
    name.truncate(name.indexOf(QStringLiteral(".nii")));
    for (const char* ending : {".tsv", ".csv", ".txt", ".xml", ".lut"}) {
        const QString table = info.dir().filePath(name + QLatin1String(ending));
        if (QFileInfo::exists(table)) return table;
    }
    return {};
}

QString projectFilter() { return FileCommands::tr("Chronnect projects (*.chronnect)"); }

}  // namespace

FileCommands::FileCommands(Session& session, std::function<Json()> view, QWidget* window)
    : QObject(window), m_session(session), m_view(std::move(view)), m_window(window) {
    connect(&session.projects, &ProjectController::saved, this, [this](const QString& path) {
        AppPaths::addRecent(path);
        if (const auto then = std::exchange(m_afterSaving, nullptr)) then();
    });
    connect(&session.projects, &ProjectController::failed, this, [this] { m_afterSaving = nullptr; });
    connect(&session.studies, &StudyController::opened, this, [this](const QString& path) {
        m_session.projects.forgetPath();
        if (!path.isEmpty()) AppPaths::addRecent(path);
    });
    connect(&session.studies, &StudyController::asked, this, &FileCommands::askAboutFiles);
    connect(&session.projects, &ProjectController::opened, this,
            [](const QString& path, const Json&, const Notices&) { AppPaths::addRecent(path); });
}

void FileCommands::openFolder() {
    const QString folder = QFileDialog::getExistingDirectory(m_window, tr("Open study folder"), QDir::homePath());
    if (!folder.isEmpty()) open({folder});
}

void FileCommands::openFiles() {
    const QStringList files = QFileDialog::getOpenFileNames(
        m_window, tr("Open files"), QDir::homePath(),
        tr("Scans, region series and what goes with them (*.nii *.nii.gz *.hdr *.img *.gii *.dcm *.npy *.npz *.tsv *.csv *.txt *.1D "
           "*.mat);;All files (*)"));
    if (!files.isEmpty()) open(files);
}

void FileCommands::openProject() {
    const QString file = QFileDialog::getOpenFileName(m_window, tr("Open project"), QDir::homePath(), projectFilter());
    if (!file.isEmpty()) open({file});
}

void FileCommands::openModel() {
    const QString file = QFileDialog::getOpenFileName(
        m_window, tr("Open model"), QDir::homePath(),
        tr("Models (*.chm);;Checkpoints of the public STAGIN code (*.pth *.pt);;All files (*)"));
    if (!file.isEmpty()) m_session.models.open(toPath(file));
}

void FileCommands::saveModel(Model::Kind kind) {
    const Project& project = m_session.document.project();
    const bool pretrained = kind == Model::Kind::Pretrained;
    if (pretrained ? !project.pretrained : !project.finetuned) return;
    const QString name = pretrained ? QStringLiteral("pretrained")
                                    : QString::fromStdString(project.finetuned->model.passport["target"].text());
    QString chosen;
    QString file = QFileDialog::getSaveFileName(
        m_window, tr("Save model"), QDir::home().filePath(name + QStringLiteral(".chm")),
        tr("Model of Chronnect (*.chm);;TorchScript for Python (*.pt);;Weights (*.safetensors)"), &chosen);
    if (file.isEmpty()) return;
    if (QFileInfo(file).suffix().isEmpty())
        file += chosen.contains(QStringLiteral("*.pt"))            ? QStringLiteral(".pt")
                : chosen.contains(QStringLiteral("*.safetensors")) ? QStringLiteral(".safetensors")
                                                                   : QStringLiteral(".chm");
    m_session.models.save(kind, toPath(file));
}

void FileCommands::exportPredictions() {
    const QString file =
        QFileDialog::getSaveFileName(m_window, tr("Export predictions"),
                                     QDir::home().filePath(QStringLiteral("predictions.tsv")), tr("Tables (*.tsv)"));
    if (!file.isEmpty()) m_session.models.exportPredictions(toPath(file));
}

void FileCommands::exportMaps(const std::shared_ptr<const Explanation>& explanation) {
    if (!explanation) return;
    const QString file = askForArrays(tr("Export maps"), QString::fromStdString(explanation->scan + "_maps.npz"));
    if (!file.isEmpty()) m_session.models.exportArrays(toPath(file), arraysOf(*explanation), toJson(*explanation));
}

void FileCommands::exportReconstruction(const std::shared_ptr<const Reconstruction>& rebuilt) {
    if (!rebuilt) return;
    const QString file =
        askForArrays(tr("Export reconstruction"),
                     QString::fromStdString(rebuilt->scan) + QStringLiteral("_window-%1.npz").arg(rebuilt->window + 1));
    if (!file.isEmpty()) m_session.models.exportArrays(toPath(file), arraysOf(*rebuilt), toJson(*rebuilt));
}

QString FileCommands::askForArrays(const QString& title, const QString& name) {
    return QFileDialog::getSaveFileName(m_window, title, QDir::home().filePath(name), tr("NumPy archives (*.npz)"));
}

void FileCommands::openDemo() {
    beforeLosingWork([this] { m_session.studies.openDemo(); });
}

void FileCommands::simulate() {
    beforeLosingWork([this] {
        if (const auto request = askForSimulation(m_window)) m_session.studies.simulate(request->folder, request->spec);
    });
}

void FileCommands::closeStudy() {
    beforeLosingWork([this] {
        m_session.runner.cancelAll();
        m_session.document.reset({});
        m_session.projects.forgetPath();
    });
}

void FileCommands::open(const QStringList& paths) {
    // A model joins the open study instead of taking its place.
    if (paths.size() == 1 && ModelController::isModelFile(paths.front())) return openNow(paths);
    beforeLosingWork([this, paths] { openNow(paths); });
}

void FileCommands::openNow(const QStringList& paths) {
    if (paths.isEmpty()) return;
    const QFileInfo first(paths.front());
    if (paths.size() == 1 && first.isDir()) return m_session.studies.openFolder(toPath(first.absoluteFilePath()));
    if (paths.size() == 1 && paths.front().endsWith(projectEnding, Qt::CaseInsensitive))
        return m_session.projects.open(toPath(first.absoluteFilePath()));
    if (paths.size() == 1 && ModelController::isModelFile(paths.front()))
        return m_session.models.open(toPath(first.absoluteFilePath()));
    std::vector<std::filesystem::path> files;
    for (const QString& path : paths) files.push_back(toPath(QFileInfo(path).absoluteFilePath()));
    m_session.studies.openFiles(files);
}

void FileCommands::askAboutFiles(const std::shared_ptr<const ImportPlan>& plan, const QString& path) {
    if (!m_asking)
        return m_session.studies.adopt(withAnswers(*plan, {}), path);  // as the numbers make likely, with notices
    auto* dialog = new ImportDialog(*plan, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog, path] { m_session.studies.adopt(withAnswers(dialog->plan(), dialog->answers()), path); });
    dialog->open();
}

void FileCommands::chooseAtlas() {
    const QString image =
        QFileDialog::getOpenFileName(m_window, tr("Choose an atlas: the label image"), QDir::homePath(),
                                     tr("Label images (*.nii *.nii.gz *.dlabel.nii);;All files (*)"));
    if (image.isEmpty()) return;
    QString table = tableBeside(image);
    if (table.isEmpty())
        table = QFileDialog::getOpenFileName(m_window, tr("Its table of names (Cancel: none)"), QFileInfo(image).path(),
                                             tr("Tables (*.tsv *.csv *.txt *.xml *.lut *.json);;All files (*)"));
    setAtlas(image, table);
}

void FileCommands::setAtlas(const QString& image, const QString& table) {
    m_session.document.edit(tr("Choose atlas"), [&](Project& project) {
        project.study.atlasImage = toPath(image);
        project.study.atlasTable = table.isEmpty() ? std::filesystem::path() : toPath(table);
        project.result = nullptr;  // series of other regions; undo brings them back
        project.applied = nullptr;
    });
}

void FileCommands::save() { saveThen(nullptr); }

void FileCommands::saveThen(std::function<void()> then) {
    m_afterSaving = std::move(then);
    if (m_session.projects.path().empty()) return saveAs();
    m_session.projects.save(m_session.projects.path(), m_view());
}

void FileCommands::saveAs() {
    const auto& study = m_session.document.project().study;
    const QString proposal =
        QDir::home().filePath((study.name.empty() ? tr("study") : QString::fromStdString(study.name)) + projectEnding);
    QString file = QFileDialog::getSaveFileName(m_window, tr("Save project"), proposal, projectFilter());
    if (file.isEmpty()) {
        m_afterSaving = nullptr;
        return;
    }
    if (!file.endsWith(projectEnding)) file += projectEnding;
    m_session.projects.save(toPath(file), m_view());
}

void FileCommands::exportSeries() {
    const auto forms = askForForms(m_window);
    if (!forms) return;
    const QString folder =
        QFileDialog::getExistingDirectory(m_window, tr("Export region series into"), QDir::homePath());
    if (!folder.isEmpty()) m_session.exports.exportSeries(toPath(folder), *forms);
}

void FileCommands::exportConnectivity() {
    const QString file =
        QFileDialog::getSaveFileName(m_window, tr("Export connectivity"),
                                     QDir::home().filePath(m_session.state.run() + QStringLiteral("_connectivity.npz")),
                                     tr("NumPy archives (*.npz)"));
    if (!file.isEmpty()) m_session.exports.exportConnectivity(toPath(file), m_session.analysis.view());
}

void FileCommands::exportReport(const std::function<QImage()>& connectome) {
    const QString folder = QFileDialog::getExistingDirectory(m_window, tr("Write the report into"), QDir::homePath());
    if (folder.isEmpty()) return;
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (const QImage picture = connectome(); !picture.isNull()) picture.save(&buffer, "PNG");
    m_session.exports.exportReport(toPath(folder), bytes.toStdString());
}

void FileCommands::beforeLosingWork(std::function<void()> then) {
    if (!m_asking || !m_session.document.isModified()) return then();
    const auto answer =
        QMessageBox::warning(m_window, tr("Unsaved work"),
                             tr("Results and settings of this study are not saved in a project file. Save them first?"),
                             QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
    if (answer == QMessageBox::Save)
        saveThen(std::move(then));
    else if (answer == QMessageBox::Discard)
        then();
}

}  // namespace chronnect
