#include "widgets/pages/ApplyBoard.h"

#include "core/learning/Passport.h"
#include "widgets/pages/PageParts.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/Theme.h"

#include <QCheckBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

QString text(std::string_view value) { return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size())); }
QString nameOf(Light light) { return text(lightText(light)); }

QTableWidget* plainTable(const QString& name) {
    auto* table = new QTableWidget;
    table->setObjectName(name);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    styleRecords(table);
    return table;
}

/// Sorts as a number where it is one.
QTableWidgetItem* numberItem(double value) {
    auto* item = new QTableWidgetItem;
    if (std::isfinite(value))
        item->setData(Qt::DisplayRole, std::round(value * 1e4) / 1e4);
    else
        item->setText(QStringLiteral("n/a"));
    return item;
}

/// What the study's own table says of a person, where it has the column that the model was fine-tuned on.
QString recorded(const Project& project, const std::string& subject, const std::string& target) {
    const Table& table = project.study.participants;
    const auto column = table.column(target);
    const int row = project.study.participantRow(subject);
    if (!column || row < 0 || table.isMissing(static_cast<std::size_t>(row), *column)) return QStringLiteral("n/a");
    return text(table.rows[static_cast<std::size_t>(row)][*column]);
}

QString aboutModel(const Model& model) {
    const Json& passport = model.passport;
    const Json& graph = passport["graph"];
    QStringList parts{ApplyBoard::tr("Model '%1': predicts %2").arg(text(model.name), text(passport["target"].text()))};
    QStringList classes;
    for (const auto& name : model.classes) classes << text(name);
    if (!classes.isEmpty()) parts << ApplyBoard::tr("as one of %1").arg(classes.join(QStringLiteral(", ")));
    if (passport["scans"].number() > 0)
        parts << ApplyBoard::tr("fine-tuned in a study of %1 scans").arg(passport["scans"].number());
    parts << ApplyBoard::tr("windows of %1 volumes, every %2")
                 .arg(graph["window_length"].number())
                 .arg(graph["window_step"].number());
    parts << ApplyBoard::tr("regions: %1").arg(model.regions.size());
    return parts.join(QStringLiteral(" · "));
}

}  // namespace

ApplyBoard::ApplyBoard(QWidget* parent) : QWidget(parent) {
    m_model = captionLabel();
    m_model->setObjectName(QStringLiteral("appliedModel"));
    m_table = plainTable(QStringLiteral("applied"));
    m_empty = new EmptyNote(
        QStringLiteral("report"),
        tr("What the fine-tuned model says of every run appears here: fine-tune a model or open one, then apply it."));
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_table);
    m_notices = new NoticeList(tr("Nothing to report."));
    m_notices->setMaximumHeight(96);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->addWidget(captionLabel(
        tr("Applies the fine-tuned model, trained here or opened from a file, to every run of this study that is "
           "used. Its output for people it was trained on is no prediction; their honest ones are the cross-validated "
           "ones under Fine-tune.")));
    layout->addWidget(makeButtons());
    layout->addWidget(m_model);
    layout->addWidget(makePassport());
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_notices);
    connect(m_anyway, &QCheckBox::toggled, this, [this] { updateButtons(); });
    updateButtons();
}

QWidget* ApplyBoard::makeButtons() {
    auto* open = plainButton(QStringLiteral("open"), tr("Open model…"));
    open->setObjectName(QStringLiteral("openModel"));
    open->setToolTip(tr("A model file (.chm), or a checkpoint of the public STAGIN code (.pth)"));
    m_apply = primaryButton(QStringLiteral("run"), tr("Apply to this study"));
    m_apply->setObjectName(QStringLiteral("applyModel"));
    m_save = plainButton(QStringLiteral("save"), tr("Save model…"));
    m_save->setObjectName(QStringLiteral("saveModel"));
    m_save->setToolTip(tr("As a model file, or for Python as TorchScript or safetensors"));
    m_export = plainButton(QStringLiteral("export"), tr("Export predictions…"));
    m_export->setObjectName(QStringLiteral("exportPredictions"));
    connect(open, &QPushButton::clicked, this, &ApplyBoard::openRequested);
    connect(m_save, &QPushButton::clicked, this, &ApplyBoard::saveRequested);
    connect(m_apply, &QPushButton::clicked, this, [this] { Q_EMIT applyRequested(m_anyway->isChecked()); });
    connect(m_export, &QPushButton::clicked, this, &ApplyBoard::exportRequested);
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    for (QWidget* button : std::initializer_list<QWidget*>{m_apply, open, m_save, m_export}) layout->addWidget(button);
    layout->addStretch(1);
    return row;
}

QWidget* ApplyBoard::makePassport() {
    m_fit = plainTable(QStringLiteral("passportTable"));
    m_fit->setColumnCount(3);
    m_fit->setHorizontalHeaderLabels({tr("Passport"), tr("Light"), tr("Model and this study")});
    m_anyway = new QCheckBox(tr("Apply it although its passport does not fit"));
    m_anyway->setObjectName(QStringLiteral("applyAnyway"));
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_fit);
    layout->addWidget(m_anyway);
    return box;
}

void ApplyBoard::setProject(const Project& project) {
    m_hasModel = project.finetuned != nullptr;
    m_hasScans = project.result != nullptr;
    m_hasPredictions = project.applied != nullptr;
    showModel(project);
    showPredictions(project);
    updateButtons();
}

void ApplyBoard::setBusy(bool on) {
    m_busy = on;
    updateButtons();
}

void ApplyBoard::showModel(const Project& project) {
    m_model->setText(m_hasModel ? aboutModel(project.finetuned->model) : QString());
    m_model->setVisible(m_hasModel);
    PassportCheck fit;
    QString problem;
    if (m_hasModel && m_hasScans) {
        try {
            fit = checkPassport(project.finetuned->model, *scanSource(project));
        } catch (const Error& error) {
            problem = text(error.what());
        }
    }
    showFit(fit);
    m_empty->setSentence(!problem.isEmpty() ? problem
                         : !m_hasModel ? tr("What the fine-tuned model says of every run appears here: fine-tune a "
                                            "model or open one, then apply it.")
                         : !m_hasScans
                             ? tr("Run the analysis first (Data): a model is applied to cleaned region series.")
                             : tr("Press Apply: the model's output for every run appears here."));
}

void ApplyBoard::showFit(const PassportCheck& fit) {
    m_fits = fit.refusal().empty();
    m_fit->setRowCount(static_cast<int>(fit.items.size()));
    for (int row = 0; row < m_fit->rowCount(); ++row) {
        const PassportItem& item = fit.items[static_cast<std::size_t>(row)];
        const QString both = tr("Model: %1\nThis study: %2").arg(text(item.model), text(item.data));
        int column = 0;
        for (const QString& cell : {text(item.name), nameOf(item.light), text(item.sentence)}) {
            auto* entry = new QTableWidgetItem(cell);
            entry->setToolTip(both);
            m_fit->setItem(row, column++, entry);
        }
    }
    colourLights();
    m_fit->resizeColumnToContents(0);
    m_fit->resizeColumnToContents(1);
    constexpr int rowHeight = 26, frame = 4;
    m_fit->setFixedHeight(m_fit->rowCount() * rowHeight + m_fit->horizontalHeader()->sizeHint().height() + frame);
    m_fit->setVisible(!fit.items.empty());
    m_anyway->setVisible(!m_fits);
}

void ApplyBoard::colourLights() {
    const PlotColors colours(palette());
    for (int row = 0; row < m_fit->rowCount(); ++row) {
        QTableWidgetItem* light = m_fit->item(row, 1);
        light->setForeground(light->text() == nameOf(Light::Green)   ? colours.good
                             : light->text() == nameOf(Light::Amber) ? colours.warning
                                                                     : colours.bad);
    }
}

void ApplyBoard::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) colourLights();
}

void ApplyBoard::showPredictions(const Project& project) {
    m_stack->setCurrentIndex(m_hasPredictions ? 1 : 0);
    m_notices->setVisible(m_hasPredictions);
    if (!m_hasPredictions) return;
    const Application& made = *project.applied;
    m_notices->setNotices(made.notices);
    QStringList header{tr("Run"), tr("Person")};
    if (made.classes.empty()) header << tr("Predicted %1").arg(text(made.target));
    for (const auto& name : made.classes) header << tr("P(%1)").arg(text(name));
    header << tr("%1 in participants.tsv").arg(text(made.target)) << tr("Trained on this person");
    m_table->setSortingEnabled(false);
    m_table->setColumnCount(static_cast<int>(header.size()));
    m_table->setHorizontalHeaderLabels(header);
    m_table->setRowCount(static_cast<int>(made.predictions.size()));
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const ScanPrediction& each = made.predictions[static_cast<std::size_t>(row)];
        int column = 0;
        m_table->setItem(row, column++, new QTableWidgetItem(text(each.scan)));
        m_table->setItem(row, column++, new QTableWidgetItem(text(each.subject)));
        for (const double value : each.output)
            if (column < header.size() - 2) m_table->setItem(row, column++, numberItem(value));
        column = static_cast<int>(header.size()) - 2;
        m_table->setItem(row, column++, new QTableWidgetItem(recorded(project, each.subject, made.target)));
        const Seen seen = made.seen[static_cast<std::size_t>(row)];
        m_table->setItem(row, column, new QTableWidgetItem(text(seenText(seen))));
    }
    m_table->setSortingEnabled(true);
    m_table->resizeColumnsToContents();
}

void ApplyBoard::updateButtons() {
    m_apply->setEnabled(m_hasModel && m_hasScans && !m_busy && (m_fits || m_anyway->isChecked()));
    m_apply->setText(m_busy ? tr("Applying…") : tr("Apply to this study"));
    m_save->setEnabled(m_hasModel);
    m_export->setEnabled(m_hasPredictions);
}

}  // namespace chronnect
