#include "app/Actions.h"

#include "widgets/views/Theme.h"

#include <QActionGroup>
#include <QMenu>
#include <QMenuBar>

namespace chronnect {

namespace {

struct Row {
    Actions::Id id;
    const char* icon;
    const char* text;
    const char* shortcut;
    const char* tip;
};

constexpr const char* none = "";

/// Shortcuts follow what the programs of the field agree on.
constexpr Row rows[] = {
    {Actions::OpenFolder, "folder", QT_TR_NOOP("Open study &folder…"), "Ctrl+Shift+O",
     QT_TR_NOOP("A BIDS folder or a folder of region series")},
    {Actions::OpenFiles, "file", QT_TR_NOOP("Open f&iles…"), "Ctrl+Alt+O",
     QT_TR_NOOP("Scans or region series, one run per file")},
    {Actions::OpenProject, "open", QT_TR_NOOP("&Open project…"), "Ctrl+O", QT_TR_NOOP("A .chronnect file")},
    {Actions::OpenModel, "open", QT_TR_NOOP("Open &model…"), none,
     QT_TR_NOOP("A .chm file or a STAGIN checkpoint, for the open study")},
    {Actions::OpenDemo, "connectome", QT_TR_NOOP("Open the &demo study"), none,
     QT_TR_NOOP("24 simulated people with known brain states")},
    {Actions::Simulate, "simulate", QT_TR_NOOP("Si&mulate study…"), none, QT_TR_NOOP("A study with a known answer")},
    {Actions::Save, "save", QT_TR_NOOP("&Save project"), "Ctrl+S",
     QT_TR_NOOP("Everything in one file, written safely")},
    {Actions::SaveAs, "save-as", QT_TR_NOOP("Save project &as…"), "Ctrl+Shift+S", none},
    {Actions::ExportSeries, "export", QT_TR_NOOP("Export region &series…"), none,
     QT_TR_NOOP("One table per run, with coverage and settings")},
    {Actions::ExportConnectivity, "export", QT_TR_NOOP("Export &connectivity…"), none,
     QT_TR_NOOP("Windows and pairs of the selected run as .npz")},
    {Actions::ExportReport, "report", QT_TR_NOOP("Export &report…"), none,
     QT_TR_NOOP("One page of HTML: study, quality, results, methods")},
    {Actions::ExportPictures, "camera", QT_TR_NOOP("Export &pictures…"), none, QT_TR_NOOP("Every page as PNG")},
    {Actions::SavePretrained, "save", QT_TR_NOOP("&Pretrained model…"), none,
     QT_TR_NOOP("As .chm, or for Python as TorchScript or safetensors")},
    {Actions::SaveFinetuned, "save", QT_TR_NOOP("&Fine-tuned model…"), none,
     QT_TR_NOOP("As .chm, or for Python as TorchScript or safetensors")},
    {Actions::ExportPredictions, "export", QT_TR_NOOP("P&redictions…"), none,
     QT_TR_NOOP("What the fine-tuned model says of every run, as a table")},
    {Actions::ExportMaps, "export", QT_TR_NOOP("&Attention and importance maps…"), none,
     QT_TR_NOOP("Of the explained scan, as .npz with every check in a .json beside it")},
    {Actions::ExportReconstruction, "export", QT_TR_NOOP("Re&construction…"), none,
     QT_TR_NOOP("Truth, hidden and predicted pairs as .npz")},
    {Actions::Close, "close", QT_TR_NOOP("&Close study"), "Ctrl+W", none},
    {Actions::Quit, "quit", QT_TR_NOOP("&Quit"), "Ctrl+Q", none},
    {Actions::Undo, "undo", QT_TR_NOOP("&Undo"), "Ctrl+Z", none},
    {Actions::Redo, "redo", QT_TR_NOOP("&Redo"), "Ctrl+Shift+Z", none},
    {Actions::Find, "search", QT_TR_NOOP("&Find…"), "Ctrl+F",
     QT_TR_NOOP("A region where regions are shown, else a run")},
    {Actions::Preferences, "settings", QT_TR_NOOP("&Preferences…"), "Ctrl+,", none},
    {Actions::Dark, "moon", QT_TR_NOOP("&Dark theme"), none, none},
    {Actions::Light, "sun", QT_TR_NOOP("&Light theme"), none, none},
    {Actions::FullScreen, "fit", QT_TR_NOOP("&Full screen"), "F11", none},
    {Actions::ViewLeft, "view-left", QT_TR_NOOP("From the &left"), "Shift+3", none},
    {Actions::ViewRight, "view-right", QT_TR_NOOP("From the &right"), "3", none},
    {Actions::ViewTop, "view-top", QT_TR_NOOP("From &above"), "7", none},
    {Actions::ViewBottom, "view-bottom", QT_TR_NOOP("From &below"), "Shift+7", none},
    {Actions::ViewFront, "view-front", QT_TR_NOOP("From the fr&ont"), "1", none},
    {Actions::ViewBack, "view-back", QT_TR_NOOP("From be&hind"), "Shift+1", none},
    {Actions::ViewOblique, "view-oblique", QT_TR_NOOP("O&blique"), "0", none},
    {Actions::Play, "play", QT_TR_NOOP("&Play"), "Space", none},
    {Actions::PreviousWindow, "previous", QT_TR_NOOP("Pre&vious window"), ",", none},
    {Actions::NextWindow, "next", QT_TR_NOOP("&Next window"), ".", none},
    {Actions::RunAnalysis, "run", QT_TR_NOOP("&Run analysis"), "Ctrl+R", QT_TR_NOOP("Extract and clean every run")},
    {Actions::CancelJobs, "stop", QT_TR_NOOP("&Cancel everything that runs"), "Ctrl+.", none},
    {Actions::Pretrain, "play", QT_TR_NOOP("Start &pretraining"), none, none},
    {Actions::ResumePretrain, "resume", QT_TR_NOOP("&Resume pretraining"), none, none},
    {Actions::Finetune, "play", QT_TR_NOOP("Start &fine-tuning"), none, none},
    {Actions::ResumeFinetune, "resume", QT_TR_NOOP("Resume f&ine-tuning"), none, none},
    {Actions::PauseTraining, "pause", QT_TR_NOOP("Pa&use training"), none,
     QT_TR_NOOP("The last checkpoint stays to resume from")},
    {Actions::FinishTraining, "stop", QT_TR_NOOP("Finish training &now"), none,
     QT_TR_NOOP("Keeps what has been learned so far")},
    {Actions::Apply, "report", QT_TR_NOOP("&Apply the fine-tuned model"), none,
     QT_TR_NOOP("To every run of the open study")},
    {Actions::Explain, "attention", QT_TR_NOOP("&Explain the selected scan"), none, none},
    {Actions::LookForDevices, "cpu", QT_TR_NOOP("&Look for devices"), none, none},
    {Actions::HowComputed, "help", QT_TR_NOOP("&How this was computed"), "F1", none},
    {Actions::About, "info", QT_TR_NOOP("&About Chronnect"), none, none},
};

/// One menu: ids in order, -1 = separator.
void fill(QMenu* menu, const Actions& actions, std::initializer_list<int> ids) {
    for (const int id : ids) {
        if (id < 0)
            menu->addSeparator();
        else
            menu->addAction(actions[static_cast<Actions::Id>(id)]);
    }
}

}  // namespace

Actions::Actions(QObject* parent) : QObject(parent) {
    for (const Row& row : rows) {
        auto* action = new QAction(themedIcon(QLatin1String(row.icon)), tr(row.text), this);
        if (*row.shortcut) action->setShortcut(QKeySequence(QLatin1String(row.shortcut)));
        if (*row.tip) action->setStatusTip(tr(row.tip));
        m_actions[row.id] = action;
    }
    m_actions[Redo]->setShortcuts(
        {QKeySequence(QStringLiteral("Ctrl+Shift+Z")), QKeySequence(QStringLiteral("Ctrl+Y"))});
    m_actions[NextWindow]->setAutoRepeat(true);
    // The keypad as Blender and Slicer use it. With Shift the digits of a keypad become End, PageDown and Home; Ctrl
    // with a digit above the letters is a page of this window, with one of the keypad the opposite view.
    const auto keypad = [this](Id id, Qt::Key digit, Qt::Key shifted) {
        constexpr auto pad = Qt::KeypadModifier;
        QList<QKeySequence> keys = m_actions[id]->shortcuts();
        if (shifted == Qt::Key_unknown)
            keys << QKeySequence(pad | digit);
        else
            keys << QKeySequence(pad | Qt::ShiftModifier | digit) << QKeySequence(pad | Qt::ShiftModifier | shifted)
                 << QKeySequence(pad | Qt::ControlModifier | digit);
        m_actions[id]->setShortcuts(keys);
    };
    keypad(ViewFront, Qt::Key_1, Qt::Key_unknown);
    keypad(ViewRight, Qt::Key_3, Qt::Key_unknown);
    keypad(ViewTop, Qt::Key_7, Qt::Key_unknown);
    keypad(ViewOblique, Qt::Key_0, Qt::Key_unknown);
    keypad(ViewBack, Qt::Key_1, Qt::Key_End);
    keypad(ViewLeft, Qt::Key_3, Qt::Key_PageDown);
    keypad(ViewBottom, Qt::Key_7, Qt::Key_Home);
    for (const Id id : {Dark, Light, FullScreen, Play}) m_actions[id]->setCheckable(true);
    auto* themes = new QActionGroup(this);
    themes->addAction(m_actions[Dark]);
    themes->addAction(m_actions[Light]);
}

void Actions::fillMenus(QMenuBar* bar, const QList<QAction*>& pages, const QList<QAction*>& docks,
                        QMenu* recent) const {
    auto* file = bar->addMenu(tr("&File"));
    fill(file, *this, {OpenFolder, OpenFiles, OpenProject, OpenModel});
    file->addMenu(recent);
    fill(file, *this,
         {OpenDemo, Simulate, -1, Save, SaveAs, -1, ExportSeries, ExportConnectivity, ExportReport, ExportPictures});
    auto* learned = file->addMenu(themedIcon(QStringLiteral("export")), tr("Export from &learning"));
    fill(learned, *this, {SavePretrained, SaveFinetuned, ExportPredictions, ExportMaps, ExportReconstruction});
    fill(file, *this, {-1, Close, Quit});
    fill(bar->addMenu(tr("&Edit")), *this, {Undo, Redo, -1, Find, -1, Preferences});
    auto* view = bar->addMenu(tr("&View"));
    view->addActions(pages);
    view->addSeparator();
    auto* brain = view->addMenu(themedIcon(QStringLiteral("brain")), tr("Look at the &brain"));
    fill(brain, *this, {ViewLeft, ViewRight, ViewTop, ViewBottom, ViewFront, ViewBack, ViewOblique});
    fill(view, *this, {Play, PreviousWindow, NextWindow, -1});
    view->addActions(docks);
    fill(view, *this, {-1, Dark, Light, FullScreen});
    fill(bar->addMenu(tr("&Analysis")), *this, {RunAnalysis, CancelJobs});
    fill(bar->addMenu(tr("&Learn")), *this,
         {Pretrain, ResumePretrain, Finetune, ResumeFinetune, PauseTraining, FinishTraining, -1, Apply, Explain, -1,
          LookForDevices});
    fill(bar->addMenu(tr("&Help")), *this, {HowComputed, About});
}

}  // namespace chronnect
