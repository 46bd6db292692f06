#include "widgets/pages/LearnPage.h"

#include "core/learning/Passport.h"
#include "widgets/pages/ApplyBoard.h"
#include "widgets/pages/Inclusion.h"
#include "widgets/pages/PageParts.h"
#include "widgets/pages/TrainingBoard.h"
#include "widgets/RunStatus.h"

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>

namespace chronnect {

namespace {

std::vector<FormSection> pretrainSections() {
    return {{"objective", LearnPage::tr("Objective"), false},
            {"window_length", LearnPage::tr("Graphs"), false},
            {"hidden", LearnPage::tr("Network"), true},
            {"node_target", LearnPage::tr("Masking and targets"), true},
            {"steps", LearnPage::tr("Training"), false},
            {"validation_share", LearnPage::tr("Evaluation and device"), false}};
}

std::vector<FormSection> finetuneSections() {
    return {{"target", LearnPage::tr("Question"), false},
            {"window_length", LearnPage::tr("Graphs"), true},
            {"hidden", LearnPage::tr("Network"), true},
            {"fold_by", LearnPage::tr("Cross-validation"), false},
            {"epochs", LearnPage::tr("Training"), false},
            {"label_permutation", LearnPage::tr("Controls and device"), false}};
}

}  // namespace

LearnPage::LearnPage(ProjectDocument& document, QWidget* parent) : QWidget(parent), m_document(document) {
    const auto editing = [this](auto Project::*member, const QString& what) {
        return [this, member, what](const auto& spec, const QString& setting) {
            m_document.edit(
                tr("Change %1 %2").arg(what, QString(setting).replace(QLatin1Char('_'), QLatin1Char(' '))),
                [&](Project& p) { p.*member = spec; }, what + setting);
        };
    };
    const QStringList choices{QStringLiteral("objective"), QStringLiteral("device"), QStringLiteral("target")};
    m_pretrainForm =
        new SpecForm<PretrainSpec>(editing(&Project::pretrain, tr("pretraining")), pretrainSections(), choices);
    m_finetuneForm =
        new SpecForm<FinetuneSpec>(editing(&Project::finetune, tr("fine-tuning")), finetuneSections(), choices);
    m_pretrainForm->setChoices(QStringLiteral("objective"),
                               {QStringLiteral("st-mae"), QStringLiteral("st-jema"), QStringLiteral("graphmae")});
    m_pretraining = new TrainingBoard(
        tr("Start pretraining"), tr("Losses appear here while the model learns to rebuild hidden regions and pairs."));
    m_finetuning = new TrainingBoard(tr("Start fine-tuning"),
                                     tr("Losses appear here while the model learns to predict the chosen column."));
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(
        makeTab(
            m_pretrainForm, m_pretraining,
            tr("The model hides regions and pairs of the brain graphs and learns to rebuild them. No labels "
               "are used; some people are held out for an honest score. Settings that the chosen objective does not "
               "use are left out.")),
        tr("1  Pretrain"));
    m_tabs->addTab(
        makeTab(m_finetuneForm, m_finetuning,
                tr("The pretrained model is fitted to one column of participants.tsv, with people never split "
                   "over folds, beside a linear model of static connectivity.")),
        tr("2  Fine-tune"));
    m_application = new ApplyBoard;
    m_tabs->addTab(m_application, tr("3  Apply"));
    m_devices = captionLabel(tr("Devices: not looked for yet."));
    auto* look = plainButton(QStringLiteral("cpu"), tr("Devices"));
    look->setToolTip(tr("Loads the learning library and shows what training can run on"));
    connect(look, &QPushButton::clicked, this, &LearnPage::devicesRequested);
    m_passport = captionLabel();
    m_passport->setObjectName(QStringLiteral("passport"));
    m_passport->setContentsMargins(12, 0, 12, 0);
    auto* bottom = new QHBoxLayout;
    bottom->setContentsMargins(12, 0, 12, 8);
    bottom->addWidget(look);
    bottom->addWidget(m_devices, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tabs, 1);
    layout->addWidget(m_passport);
    layout->addLayout(bottom);
    connect(&document, &ProjectDocument::changed, this, &LearnPage::refresh);
    refresh(~Aspects{0});
}

template <class Form>
QWidget* LearnPage::makeTab(Form* form, TrainingBoard* board, const QString& intro) {
    QVBoxLayout* column = nullptr;
    QScrollArea* scroll = scrollColumn(column, 370);
    column->addWidget(captionLabel(intro));
    column->addWidget(form);
    column->addStretch(1);
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(scroll);
    splitter->addWidget(board);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    return splitter;
}

void LearnPage::showTab(Model::Kind kind) { m_tabs->setCurrentIndex(kind == Model::Kind::Pretrained ? 0 : 1); }

void LearnPage::showApplication() { m_tabs->setCurrentWidget(m_application); }

void LearnPage::setDevices(const DeviceReport& report, const QStringList& objectives) {
    QStringList names{QStringLiteral("auto")}, lines;
    for (const DeviceInfo& device : report.devices) {
        const QString name = QString::fromStdString(device.name);
        if (device.usable) names << name;
        lines << (device.usable ? QStringLiteral("%1 (%2)").arg(name, QString::fromStdString(device.description))
                                : QStringLiteral("%1: %2").arg(name, QString::fromStdString(device.problem)));
    }
    m_pretrainForm->setChoices(QStringLiteral("device"), names);
    m_finetuneForm->setChoices(QStringLiteral("device"), names);
    if (!objectives.isEmpty()) m_pretrainForm->setChoices(QStringLiteral("objective"), objectives);
    QString text = tr("Devices: %1. %2, BLAS %3.")
                       .arg(lines.join(QStringLiteral(", ")), QString::fromStdString(report.library),
                            QString::fromStdString(report.blas));
    for (const Notice& notice : report.notices) text += QLatin1Char(' ') + QString::fromStdString(notice.text);
    m_devices->setText(text);
    setLearningProblem({});
}

void LearnPage::setLearningProblem(const QString& sentence) {
    m_learningProblem = sentence;
    if (!sentence.isEmpty()) m_devices->setText(sentence);
    refresh(0);
}

QString LearnPage::deviceText() const { return m_devices->text(); }

void LearnPage::setResumable(bool pretraining, bool finetuning) {
    m_pretraining->setResumable(pretraining);
    m_finetuning->setResumable(finetuning);
}

QString LearnPage::obstacle() const {
    const Project& project = m_document.project();
    if (!m_learningProblem.isEmpty()) return m_learningProblem;
    if (project.study.runs.empty()) return tr("Open a study first.");
    if (!project.result) return tr("Run the analysis first (Data): training works on cleaned region series.");
    const auto& runs = project.result->runs;
    if (std::none_of(runs.begin(), runs.end(), [](const auto& run) { return run.second.cleaned != nullptr; }))
        return tr("No run holds series over time, and a model learns from nothing else.");
    return {};
}

void LearnPage::showPassport() {
    const Project& project = m_document.project();
    QString text = project.study.runs.empty() ? QString() : inclusionText(project);
    m_passport->setToolTip({});
    if (project.pretrained && project.result) {
        try {
            const PassportCheck check = checkPassport(project.pretrained->model, *scanSource(project));
            QStringList all, odd;
            for (const PassportItem& item : check.items) {
                const QString light =
                    QString::fromUtf8(lightText(item.light).data(), qsizetype(lightText(item.light).size()));
                all << QStringLiteral("%1: %2. %3")
                           .arg(QString::fromStdString(item.name), light, QString::fromStdString(item.sentence));
                if (item.light != Light::Green)
                    odd << QStringLiteral("%1 %2").arg(light, QString::fromStdString(item.name));
            }
            text += tr(" The pretrained model's passport against these scans: %1.")
                        .arg(odd.isEmpty() ? tr("green") : odd.join(QStringLiteral(", ")));
            m_passport->setToolTip(all.join(QLatin1Char('\n')));
        } catch (const Error& error) {
            text += QLatin1Char(' ') + QString::fromStdString(error.what());
        }
    }
    m_passport->setText(text);
    m_passport->setVisible(!text.isEmpty());
}

void LearnPage::refresh(Aspects aspects) {
    const Project& project = m_document.project();
    if (aspects & (static_cast<Aspects>(Aspect::Study) | static_cast<Aspects>(Aspect::Result) |
                   static_cast<Aspects>(Aspect::Exclusions) | static_cast<Aspects>(Aspect::Pretrained)))
        showPassport();
    m_pretrainForm->setSpec(project.pretrain);
    m_finetuneForm->setSpec(project.finetune);
    if (contains(aspects, Aspect::Study)) {
        QStringList columns;
        for (std::size_t i = 1; i < project.study.participants.columns.size(); ++i)
            columns << QString::fromStdString(project.study.participants.columns[i]);
        m_finetuneForm->setChoices(QStringLiteral("target"), columns);
    }
    m_pretraining->setObstacle(obstacle());
    QString finetuneObstacle = obstacle();
    if (finetuneObstacle.isEmpty() && project.finetune.target.empty())
        finetuneObstacle = tr("Choose what to predict: a column of participants.tsv.");
    if (finetuneObstacle.isEmpty() && !project.pretrained && project.finetune.mode != FinetuneMode::FromScratch)
        finetuneObstacle = tr("Pretrain a model first, or set the mode to \"From scratch\".");
    m_finetuning->setObstacle(finetuneObstacle);
    if (contains(aspects, Aspect::Pretrained)) m_pretraining->showPretrained(project.pretrained.get());
    if (contains(aspects, Aspect::Finetuned)) m_finetuning->showFinetuned(project.finetuned.get());
    if (aspects & (static_cast<Aspects>(Aspect::Study) | static_cast<Aspects>(Aspect::Result) |
                   static_cast<Aspects>(Aspect::Exclusions) | static_cast<Aspects>(Aspect::Finetuned) |
                   static_cast<Aspects>(Aspect::Applied)))
        m_application->setProject(project);
}

}  // namespace chronnect
