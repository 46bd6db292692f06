// What the menus do: kept apart from how the window is put together.
#include "app/Actions.h"
#include "app/AppPaths.h"
#include "app/Dialogs.h"
#include "app/FileCommands.h"
#include "app/MainWindow.h"
#include "app/MessageBar.h"
#include "widgets/pages/AtlasPanel.h"
#include "widgets/pages/DataPage.h"
#include "widgets/pages/ExplorePage.h"
#include "widgets/pages/LearnPage.h"
#include "widgets/pages/ModelPages.h"
#include "widgets/pages/QualityPage.h"
#include "widgets/pages/WelcomePage.h"
#include "widgets/views/ConnectomePanel.h"
#include "widgets/views/Theme.h"
#include "widgets/views/TimeBar.h"

#include <QActionGroup>
#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>
#include <QShortcut>
#include <QStackedWidget>

namespace chronnect {

void MainWindow::connectFileActions() {
    const auto on = [this](Actions::Id id, void (FileCommands::*command)()) {
        connect((*m_actions)[id], &QAction::triggered, m_files, command);
    };
    on(Actions::OpenFolder, &FileCommands::openFolder);
    on(Actions::OpenFiles, &FileCommands::openFiles);
    on(Actions::OpenProject, &FileCommands::openProject);
    on(Actions::OpenModel, &FileCommands::openModel);
    on(Actions::ExportPredictions, &FileCommands::exportPredictions);
    on(Actions::OpenDemo, &FileCommands::openDemo);
    on(Actions::Simulate, &FileCommands::simulate);
    on(Actions::Save, &FileCommands::save);
    on(Actions::SaveAs, &FileCommands::saveAs);
    on(Actions::ExportSeries, &FileCommands::exportSeries);
    on(Actions::ExportConnectivity, &FileCommands::exportConnectivity);
    on(Actions::Close, &FileCommands::closeStudy);
    connect((*m_actions)[Actions::ExportReport], &QAction::triggered, this,
            [this] { m_files->exportReport([this] { return m_explore->connectome().grab(); }); });
    connect((*m_actions)[Actions::ExportPictures], &QAction::triggered, this, &MainWindow::exportPictures);
    const auto save = [this](Actions::Id id, Model::Kind kind) {
        connect((*m_actions)[id], &QAction::triggered, this, [this, kind] { m_files->saveModel(kind); });
    };
    save(Actions::SavePretrained, Model::Kind::Pretrained);
    save(Actions::SaveFinetuned, Model::Kind::Finetuned);
    connect((*m_actions)[Actions::ExportMaps], &QAction::triggered, this,
            [this] { m_files->exportMaps(m_attention->explanation()); });
    connect((*m_actions)[Actions::ExportReconstruction], &QAction::triggered, this,
            [this] { m_files->exportReconstruction(m_reconstruction->reconstruction()); });
    connect((*m_actions)[Actions::Quit], &QAction::triggered, this, &QWidget::close);
    connect((*m_actions)[Actions::Undo], &QAction::triggered, &m_session.document, &ProjectDocument::undo);
    connect((*m_actions)[Actions::Redo], &QAction::triggered, &m_session.document, &ProjectDocument::redo);
    connect((*m_actions)[Actions::Find], &QAction::triggered, this, &MainWindow::find);
    connect((*m_actions)[Actions::Preferences], &QAction::triggered, this, &MainWindow::openPreferences);
}

void MainWindow::find() {
    if (page() == Page::Explore) return m_explore->findRegion();
    QLineEdit* field = nullptr;
    if (page() == Page::Quality && m_quality->tab() == QualityPage::Tab::Atlas)
        field = m_quality->findChild<QLineEdit*>(QStringLiteral("findAtlasRegion"));
    if (!field) {
        showPage(Page::Data);
        field = m_data->findChild<QLineEdit*>(QStringLiteral("findRun"));
    }
    if (!field) return;
    field->setFocus(Qt::ShortcutFocusReason);
    field->selectAll();
}

void MainWindow::connectViewActions() {
    const auto choose = [this](Actions::Id id, bool dark) {
        connect((*m_actions)[id], &QAction::triggered, this, [this, dark] {
            setDark(dark);
            AppPaths::setDarkTheme(dark);
        });
    };
    choose(Actions::Dark, true);
    choose(Actions::Light, false);
    connect((*m_actions)[Actions::FullScreen], &QAction::toggled, this,
            [this](bool on) { on ? showFullScreen() : showNormal(); });
    const auto look = [this](Actions::Id id, StandardView view) {
        connect((*m_actions)[id], &QAction::triggered, this,
                [this, view] { m_explore->connectome().setStandardView(view); });
    };
    look(Actions::ViewLeft, StandardView::Left);
    look(Actions::ViewRight, StandardView::Right);
    look(Actions::ViewTop, StandardView::Top);
    look(Actions::ViewBottom, StandardView::Bottom);
    look(Actions::ViewFront, StandardView::Front);
    look(Actions::ViewBack, StandardView::Back);
    look(Actions::ViewOblique, StandardView::Oblique);
    // The time bar's own keys serve it alone; here they would make ours ambiguous.
    for (QShortcut* key : m_explore->timeBar().findChildren<QShortcut*>()) key->setEnabled(false);
    connect((*m_actions)[Actions::Play], &QAction::toggled, &m_explore->timeBar(), &TimeBar::setPlaying);
    connect(&m_explore->timeBar(), &TimeBar::playingChanged, (*m_actions)[Actions::Play], &QAction::setChecked);
    const auto step = [this](Actions::Id id, int by) {
        connect((*m_actions)[id], &QAction::triggered, this,
                [this, by] { m_session.state.setWindow(m_session.state.window() + by); });
    };
    step(Actions::PreviousWindow, -1);
    step(Actions::NextWindow, 1);
}

void MainWindow::connectQuality() {
    QualityController& quality = m_session.quality;
    connect(&quality, &QualityController::cohortChanged, m_quality, &QualityPage::setCohort);
    connect(&quality, &QualityController::runChanged, m_quality, &QualityPage::setRun);
    connect(&quality, &QualityController::atlasChanged, &m_quality->atlas(), &AtlasPanel::setInspection);
    connect(&m_quality->atlas(), &AtlasPanel::accepted, &m_session.analysis, &AnalysisController::analyse);
    connect(&m_quality->atlas(), &AtlasPanel::atlasChoiceRequested, m_files, &FileCommands::chooseAtlas);
    connect(&m_quality->atlas(), &AtlasPanel::exportRequested, this, &MainWindow::exportAtlasTable);
    connect(&quality, &QualityController::failed, m_messages, &MessageBar::showProblem);
    connect(&quality, &QualityController::exported, m_messages, &MessageBar::showNews);
    connect(m_quality, &QualityPage::tabChanged, this, &MainWindow::watchQuality);
    connect(m_quality, &QualityPage::exportRequested, this, &MainWindow::exportQuality);
    connect(&m_session.analysis, &AnalysisController::atlasDoubted, this, &MainWindow::onAtlasDoubted);
    m_quality->setRun(nullptr);
    connect(&m_session.denoising, &DenoisingController::changed, &m_data->denoising(), &DenoisingPanel::setView);
    connect(&m_session.denoising, &DenoisingController::busy, &m_data->denoising(), &DenoisingPanel::setBusy);
    connect(m_data, &DataPage::tabChanged, this, &MainWindow::watchQuality);
}

void MainWindow::watchQuality() {
    m_session.quality.setWanted(page() == Page::Quality ? std::optional(m_quality->tab()) : std::nullopt);
    m_session.denoising.setWanted(page() == Page::Data && m_data->isDenoisingShown());
}

void MainWindow::onAtlasDoubted(const std::shared_ptr<const AtlasInspection>& inspection) {
    m_session.state.setRun(inspection->run);
    m_session.quality.showInspection(inspection);
    m_quality->showTab(QualityPage::Tab::Atlas);
    showPage(Page::Quality);
    m_quality->atlas().setOnlyOdd(true);
    if (!inspection->check.blocked() && !m_files->isAsking()) return m_quality->atlas().accept();
    m_messages->showProblem(
        inspection->check.blocked()
            ? tr("The analysis was not started: the atlas does not fit. The list below says why.")
            : tr("Before region signals are extracted, please decide about the atlas: the list below says what "
                 "is odd."));
}

void MainWindow::exportAtlasTable() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Export atlas table"), QDir::home().filePath(QStringLiteral("atlas-check.tsv")), tr("Tables (*.tsv)"));
    if (!file.isEmpty()) m_session.quality.exportAtlas(toPath(file));
}

void MainWindow::exportQuality() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Export quality table"), QDir::home().filePath(QStringLiteral("quality.tsv")), tr("Tables (*.tsv)"));
    if (!file.isEmpty()) m_session.quality.exportTable(toPath(file));
}

void MainWindow::connectWorkActions() {
    LearningController& learning = m_session.learning;
    connect((*m_actions)[Actions::RunAnalysis], &QAction::triggered, &m_session.analysis, &AnalysisController::analyse);
    connect((*m_actions)[Actions::CancelJobs], &QAction::triggered, &m_session.runner, &JobRunner::cancelAll);
    const auto train = [this, &learning](Actions::Id id, Model::Kind kind, bool resume) {
        connect((*m_actions)[id], &QAction::triggered, this, [this, &learning, kind, resume] {
            showPage(Page::Learn);
            m_learn->showTab(kind);
            kind == Model::Kind::Pretrained ? learning.pretrain(resume) : learning.finetune(resume);
        });
    };
    train(Actions::Pretrain, Model::Kind::Pretrained, false);
    train(Actions::ResumePretrain, Model::Kind::Pretrained, true);
    train(Actions::Finetune, Model::Kind::Finetuned, false);
    train(Actions::ResumeFinetune, Model::Kind::Finetuned, true);
    connect((*m_actions)[Actions::PauseTraining], &QAction::triggered, &learning, &LearningController::pauseTraining);
    connect((*m_actions)[Actions::FinishTraining], &QAction::triggered, &learning, &LearningController::finishTraining);
    connect((*m_actions)[Actions::Apply], &QAction::triggered, this, [this] {
        showPage(Page::Learn);
        m_learn->showApplication();
        m_session.models.apply(false);
    });
    connect((*m_actions)[Actions::Explain], &QAction::triggered, this, [this, &learning] {
        showPage(Page::Attention);
        learning.explain();
    });
    connect((*m_actions)[Actions::LookForDevices], &QAction::triggered, &learning, &LearningController::lookForDevices);
    connect((*m_actions)[Actions::About], &QAction::triggered, this, [this] { showAbout(this); });
    connect((*m_actions)[Actions::HowComputed], &QAction::triggered, this, [this] {
        const auto view = m_session.analysis.view();
        showHowComputed(this,
                        howComputed(m_session.document.project(), m_session.state.run().toStdString(),
                                    view && view->connectivity ? view->connectivity->howComputed : std::string()));
    });
}

void MainWindow::updateActions() {
    const ProjectDocument& document = m_session.document;
    const Project& project = document.project();
    const LearningController& learning = m_session.learning;
    const auto enable = [this](Actions::Id id, bool on) { (*m_actions)[id]->setEnabled(on); };
    (*m_actions)[Actions::Undo]->setText(document.canUndo() ? tr("&Undo %1").arg(document.undoText()) : tr("&Undo"));
    (*m_actions)[Actions::Redo]->setText(document.canRedo() ? tr("&Redo %1").arg(document.redoText()) : tr("&Redo"));
    enable(Actions::Undo, document.canUndo());
    enable(Actions::Redo, document.canRedo());
    const bool study = !project.study.runs.empty();
    for (const auto id : {Actions::Save, Actions::SaveAs, Actions::Close, Actions::RunAnalysis}) enable(id, study);
    const auto view = m_session.analysis.view();
    enable(Actions::ExportSeries, project.result != nullptr);
    enable(Actions::ExportReport, project.result != nullptr);
    enable(Actions::ExportConnectivity, view != nullptr);
    // Single keys work where one looks at the brain; elsewhere they belong to fields and buttons.
    const bool looking = page() >= Page::Explore && page() != Page::Learn;
    for (const auto id : {Actions::Play, Actions::PreviousWindow, Actions::NextWindow}) enable(id, looking && view);
    for (int id = Actions::ViewLeft; id <= Actions::ViewOblique; ++id)
        enable(static_cast<Actions::Id>(id), page() == Page::Explore);
    const bool free = project.result && !learning.isTraining();
    const bool pretrainWaits = free && learning.isResumable(Model::Kind::Pretrained);
    const bool finetuneWaits = free && learning.isResumable(Model::Kind::Finetuned);
    enable(Actions::Pretrain, free);
    enable(Actions::ResumePretrain, pretrainWaits);
    enable(Actions::Finetune, free && !project.finetune.target.empty());
    enable(Actions::ResumeFinetune, finetuneWaits);
    enable(Actions::PauseTraining, learning.isTraining());
    enable(Actions::FinishTraining, learning.isTraining());
    enable(Actions::Explain, project.finetuned != nullptr);
    enable(Actions::Apply, project.finetuned && project.result);
    enable(Actions::OpenModel, study);
    enable(Actions::SavePretrained, project.pretrained != nullptr);
    enable(Actions::SaveFinetuned, project.finetuned != nullptr);
    enable(Actions::ExportPredictions, project.applied != nullptr);
    enable(Actions::ExportMaps, m_attention->explanation() != nullptr);
    enable(Actions::ExportReconstruction, m_reconstruction->reconstruction() != nullptr);
    m_learn->setResumable(pretrainWaits, finetuneWaits);
}

Json MainWindow::viewJson() const {
    Json json = m_session.state.toJson();
    json.set("page", static_cast<int>(page())).set("camera", m_explore->connectome().cameraState());
    json.set("geometry", saveGeometry().toBase64().toStdString()).set("layout", saveState().toBase64().toStdString());
    return json;
}

void MainWindow::applyView(const Json& json) {
    const auto bytes = [&](const char* key) {
        return QByteArray::fromBase64(QByteArray::fromStdString(json[key].text()));
    };
    restoreGeometry(bytes("geometry"));
    restoreState(bytes("layout"));
    m_session.state.readJson(json);
    m_pendingCamera = json["camera"];
    const int page = static_cast<int>(json["page"].number(static_cast<int>(Page::Data)));
    showPage(page > 0 && page < m_pages->count() ? static_cast<Page>(page) : Page::Data);
}

void MainWindow::fillRecent() {
    const QStringList paths = AppPaths::recent();
    m_welcome->setRecent(paths);
    m_recent->clear();
    for (const QString& path : paths)
        m_recent->addAction(QDir::toNativeSeparators(path), this, [this, path] { m_files->open({path}); });
    m_recent->setEnabled(!paths.isEmpty());
}

void MainWindow::exportPictures() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Export pictures into"), QDir::homePath());
    if (folder.isEmpty()) return;
    const Page before = page();
    int written = 0;
    for (int i = static_cast<int>(Page::Data); i < m_pages->count(); ++i) {
        showPage(static_cast<Page>(i));
        QCoreApplication::processEvents(QEventLoop::ExcludeUserInputEvents);
        const QString name = m_modes->actions().at(i)->text().toLower() + QStringLiteral(".png");
        written += m_pages->widget(i)->grab().save(QDir(folder).filePath(name));
    }
    written += m_explore->connectome().grab().save(QDir(folder).filePath(QStringLiteral("connectome.png")));
    showPage(before);
    m_messages->showNews(tr("%1 pictures are in %2").arg(written).arg(QDir::toNativeSeparators(folder)));
}

void MainWindow::openPreferences() {
    const QString devices = m_deviceText.isEmpty() ? tr("Open the Learn page to look for devices.") : m_deviceText;
    if (const auto request = askForPreferences(this, devices, m_session.state.dark())) {
        setDark(request->dark);
        AppPaths::setDarkTheme(request->dark);
    }
}

}  // namespace chronnect
