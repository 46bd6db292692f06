#include "app/EarlierTrainings.h"

#include "app/AppPaths.h"
#include "core/base/Error.h"
#include "core/base/SpecJson.h"
#include "core/learning/Learning.h"
#include "widgets/pages/PageParts.h"

#include <QDateTime>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace chronnect {

namespace fs = std::filesystem;

namespace {

constexpr const char* checkpointName = "pretrain.chronnect-checkpoint";

fs::path finishedRoot() { return AppPaths::checkpointRoot() / "finished"; }

QString text(const std::string& value) { return QString::fromStdString(value); }

QString shown(const Json& value) {
    if (value.isNumber()) return QString::number(value.number(), 'g', 6);
    return text(value.isString() ? value.text() : value.dump(-1));
}

qint64 writtenAt(const fs::path& path) { return QFileInfo(toText(path)).lastModified().toSecsSinceEpoch(); }

EarlierTraining describe(const fs::path& path, const PretrainSpec& now, const std::string& regionsHash) {
    const Model model = loadModel(path);
    EarlierTraining training;
    training.checkpoint = path;
    training.written = writtenAt(path);
    training.step = static_cast<int>(model.passport["step"].number());
    PretrainSpec before;
    readJson(before, model.passport["spec"]);
    training.steps = before.steps;
    const Json then = toJson(before), here = toJson(now);
    for (const auto& key : here.keys())
        if (then[key].dump(-1) != here[key].dump(-1))
            training.changes << QStringLiteral("%1 %2 → %3").arg(text(key), shown(then[key]), shown(here[key]));
    if (model.passport["regions_hash"].text() != regionsHash)
        training.obstacle = QObject::tr("other regions");
    else if (before.network != now.network || before.graph != now.graph || before.objective != now.objective)
        training.obstacle = QObject::tr("another network, graph or objective");
    else if (training.step >= now.steps)
        training.obstacle = QObject::tr("it has done as many steps as are set now; set more of them");
    return training;
}

void addFrom(const fs::path& folder, std::vector<fs::path>& files) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (fs::exists(entry.path() / checkpointName, ignored)) files.push_back(entry.path() / checkpointName);
}

QString sentenceOf(const EarlierTraining& training) {
    QString line = QObject::tr("Step %1 of %2 · %3")
                       .arg(training.step)
                       .arg(training.steps)
                       .arg(QLocale().toString(QDateTime::fromSecsSinceEpoch(training.written), QLocale::ShortFormat));
    if (!training.obstacle.isEmpty()) return line + QObject::tr("\nNot possible: %1").arg(training.obstacle);
    return line + QLatin1Char('\n') +
           (training.changes.isEmpty() ? QObject::tr("Same settings")
                                       : QObject::tr("Changed: %1").arg(training.changes.join(QStringLiteral(", "))));
}

}  // namespace

void EarlierTrainings::keepFinished(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder / checkpointName, error)) {
        fs::remove_all(folder, error);
        return;
    }
    const fs::path kept = finishedRoot() / folder.filename();
    fs::create_directories(finishedRoot(), error);
    fs::remove_all(kept, error);
    fs::rename(folder, kept, error);
    if (error) fs::remove_all(folder, error);  // a finished training must not look like one to resume
    std::vector<fs::path> files;
    addFrom(finishedRoot(), files);
    std::ranges::sort(files, std::greater(), writtenAt);
    for (std::size_t i = finishedKept; i < files.size(); ++i) fs::remove_all(files[i].parent_path(), error);
}

std::vector<EarlierTraining> EarlierTrainings::list(const PretrainSpec& now, const std::string& regionsHash,
                                                    const JobContext& context) {
    std::vector<fs::path> files;
    addFrom(AppPaths::checkpointRoot(), files);
    addFrom(finishedRoot(), files);
    std::vector<EarlierTraining> trainings;
    for (const fs::path& file : files) {
        context.throwIfCancelled();
        try {
            trainings.push_back(describe(file, now, regionsHash));
        } catch (const Error&) {
            // A checkpoint that cannot be read is not offered.
        }
    }
    std::ranges::sort(trainings, std::greater(), &EarlierTraining::written);
    return trainings;
}

std::optional<fs::path> EarlierTrainings::ask(QWidget* parent, const std::vector<EarlierTraining>& trainings) {
    QDialog dialog(parent);
    dialog.setWindowTitle(QObject::tr("Branch from an earlier training"));
    dialog.resize(620, 380);
    auto* list = new QListWidget;
    list->setObjectName(QStringLiteral("earlierTrainings"));
    list->setWordWrap(true);
    for (const EarlierTraining& training : trainings) {
        auto* item = new QListWidgetItem(sentenceOf(training), list);
        if (!training.obstacle.isEmpty()) item->setFlags(Qt::NoItemFlags);
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    auto* ok = buttons->button(QDialogButtonBox::Ok);
    ok->setText(QObject::tr("Branch"));
    ok->setEnabled(false);
    auto* browse = buttons->addButton(QObject::tr("Another checkpoint…"), QDialogButtonBox::ActionRole);
    std::optional<fs::path> chosen;
    QObject::connect(list, &QListWidget::currentRowChanged, &dialog, [&](int row) { ok->setEnabled(row >= 0); });
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    QObject::connect(browse, &QPushButton::clicked, &dialog, [&] {
        const QString file = QFileDialog::getOpenFileName(&dialog, QObject::tr("Checkpoint"), QDir::homePath(),
                                                          QObject::tr("Checkpoints (*.chronnect-checkpoint)"));
        if (file.isEmpty()) return;
        chosen = toPath(file);
        dialog.accept();
    });
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(captionLabel(QObject::tr(
        "Training goes on from where the chosen one stood, with the settings as they are now; the old checkpoint stays. "
        "The new model's passport tells where it branched off and what was changed.")));
    layout->addWidget(trainings.empty() ? static_cast<QWidget*>(captionLabel(
                                              QObject::tr("No pretraining has left a checkpoint on this machine yet.")))
                                        : list,
                      1);
    layout->addWidget(buttons);
    if (dialog.exec() != QDialog::Accepted) return std::nullopt;
    if (!chosen && list->currentRow() >= 0) chosen = trainings[static_cast<std::size_t>(list->currentRow())].checkpoint;
    return chosen;
}

}  // namespace chronnect
