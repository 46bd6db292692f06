#include "app/Dialogs.h"

#include "app/AppPaths.h"
#include "core/base/Files.h"
#include "core/base/SpecJson.h"
#include "widgets/RunStatus.h"
#include "widgets/SpecForm.h"
#include "widgets/pages/PageParts.h"
#include "widgets/views/Theme.h"

#include <QClipboard>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QGuiApplication>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace chronnect {

std::optional<SimulationRequest> askForSimulation(QWidget* parent) {
    QDialog dialog(parent);
    dialog.setWindowTitle(QDialog::tr("Simulate study"));
    dialog.resize(460, 620);
    auto* form = new SpecForm<SimulationSpec>([](const SimulationSpec&, const QString&) {});
    QVBoxLayout* column = nullptr;
    QScrollArea* scroll = scrollColumn(column, 420);
    column->addWidget(
        captionLabel(QDialog::tr("Writes a BIDS derivatives folder with scans, masks, confounds, an atlas and "
                                 "the truth behind them. Same seed, same study.")));
    column->addWidget(form);
    column->addStretch(1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Ok)->setText(QDialog::tr("Choose folder and simulate…"));
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(scroll, 1);
    layout->addWidget(buttons);
    if (dialog.exec() != QDialog::Accepted) return std::nullopt;
    const QString folder = QFileDialog::getSaveFileName(parent, QDialog::tr("New folder of the simulated study"),
                                                        QDir::home().filePath(QStringLiteral("simulated-study")));
    if (folder.isEmpty()) return std::nullopt;
    return SimulationRequest{toPath(folder), form->spec()};
}

std::optional<ExportSpec> askForForms(QWidget* parent) {
    QDialog dialog(parent);
    dialog.setWindowTitle(QDialog::tr("Export region series"));
    auto* form = new SpecForm<ExportSpec>([](const ExportSpec&, const QString&) {});
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Ok)->setText(QDialog::tr("Choose folder…"));
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(
        captionLabel(QDialog::tr("BIDS derivatives: the series as TSV with sources, settings, coverage, confounds "
                                 "used and a methods text. Beside the TSV also:")));
    layout->addWidget(form);
    layout->addWidget(buttons);
    if (dialog.exec() != QDialog::Accepted) return std::nullopt;
    return form->spec();
}

std::optional<PreferencesRequest> askForPreferences(QWidget* parent, const QString& devices, bool dark) {
    QDialog dialog(parent);
    dialog.setWindowTitle(QDialog::tr("Preferences"));
    dialog.resize(560, 320);
    auto* theme = new QComboBox;
    theme->addItems({QDialog::tr("Dark"), QDialog::tr("Light")});
    theme->setCurrentIndex(dark ? 0 : 1);
    auto* form = new QFormLayout;
    form->addRow(QDialog::tr("Theme"), theme);
    form->addRow(QDialog::tr("Devices"), captionLabel(devices));
    form->addRow(
        QDialog::tr("GPU"),
        captionLabel(QDialog::tr(
            "A learning module built against a CUDA LibTorch is used when it lies beside the program, in ../lib/chronnect, or "
            "where CHRONNECT_LEARNING_MODULE points.")));
    form->addRow(QDialog::tr("Demo study"), captionLabel(toText(AppPaths::demoStudy())));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addLayout(form);
    layout->addStretch(1);
    layout->addWidget(buttons);
    if (dialog.exec() != QDialog::Accepted) return std::nullopt;
    return PreferencesRequest{theme->currentIndex() == 0};
}

void showAbout(QWidget* parent) {
    QMessageBox box(parent);
    box.setWindowTitle(QMessageBox::tr("About Chronnect"));
    box.setIconPixmap(applicationIcon().pixmap(64, 64));
    box.setText(QStringLiteral("<h2>Chronnect %1</h2>").arg(QCoreApplication::applicationVersion()) +
                QMessageBox::tr("<p>Dynamic brain networks: from fMRI scans to pictures and models.</p>"
                                "<p>Free software under the GNU General Public License, version 3 or later.</p>"
                                "<p>Built on Qt %1, VTK, ITK, HDF5, Eigen and LibTorch.</p>"
                                "<p>Not a medical device: nothing shown here is a diagnosis.</p>")
                    .arg(QLatin1String(qVersion())));
    box.exec();
}

QString howComputed(const Project& project, const std::string& run, const std::string& connectivity) {
    QStringList parts{QString::fromStdString(std::string(versionText()))};
    const RunResult* result = resultOf(project, run);
    if (result && result->cleaned) {
        parts << QObject::tr("Region series of %1").arg(QString::fromStdString(run))
              << QString::fromStdString(result->cleaned->howComputed);
        for (const Notice& notice : result->cleaned->notices) parts << QString::fromStdString(notice.text);
    } else if (result && result->finished) {
        parts << QObject::tr("%1 %2.").arg(QString::fromStdString(run), QString::fromStdString(result->problem));
    } else {
        parts << QObject::tr("No region series yet: run the analysis (Data).");
    }
    if (!connectivity.empty()) parts << QObject::tr("Connectivity") << QString::fromStdString(connectivity);
    if (isOutOfDate(project))
        parts << QObject::tr("Settings changed since these series were made; the list below is of the series shown.");
    parts << QObject::tr("Settings")
          << QString::fromStdString(toJson(project.result ? project.resultSpec : project.spec).dump());
    if (project.pretrained)
        parts << QObject::tr("Pretrained model") << QString::fromStdString(project.pretrained->model.passport.dump());
    if (project.finetuned)
        parts << QObject::tr("Fine-tuned model") << QString::fromStdString(project.finetuned->model.passport.dump());
    return parts.join(QStringLiteral("\n\n"));
}

void showHowComputed(QWidget* parent, const QString& text) {
    QDialog dialog(parent);
    dialog.setWindowTitle(QDialog::tr("How this was computed"));
    dialog.resize(760, 600);
    auto* edit = new QPlainTextEdit(text);
    edit->setReadOnly(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* copy = buttons->addButton(QDialog::tr("Copy"), QDialogButtonBox::ActionRole);
    QObject::connect(copy, &QPushButton::clicked, &dialog, [text] { QGuiApplication::clipboard()->setText(text); });
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(edit, 1);
    layout->addWidget(buttons);
    dialog.exec();
}

}  // namespace chronnect
