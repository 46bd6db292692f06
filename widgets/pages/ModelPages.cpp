#include "widgets/pages/ModelPages.h"

#include "widgets/RunStatus.h"
#include "widgets/pages/PageParts.h"
#include "widgets/views/AttentionPanel.h"
#include "widgets/views/MaskBar.h"
#include "widgets/views/ReconstructionPanel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace chronnect {

namespace {

std::shared_ptr<const Parcellation> parcellationOf(const Project& project) {
    return project.result ? project.result->parcellation : nullptr;
}

QPushButton* exportButton() {
    auto* button = plainButton(QStringLiteral("export"), AttentionPage::tr("Export…"));
    button->setObjectName(QStringLiteral("exportArrays"));
    button->setToolTip(AttentionPage::tr("What is shown as .npz for Python, with what it is in a .json beside it"));
    return button;
}

}  // namespace

AttentionPage::AttentionPage(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QWidget(parent), m_document(document), m_state(state) {
    m_panel = new AttentionPanel(state);
    m_explain = primaryButton(QStringLiteral("attention"), tr("Explain this scan"));
    m_explain->setObjectName(QStringLiteral("explainScan"));
    m_export = exportButton();
    m_title = titleLabel({});
    m_hint = captionLabel();
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 6, 12, 0);
    head->addWidget(m_title);
    head->addWidget(m_hint, 1);
    head->addWidget(m_export);
    head->addWidget(m_explain);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(head);
    layout->addWidget(m_panel, 1);
    connect(m_export, &QPushButton::clicked, this, &AttentionPage::exportRequested);
    connect(m_explain, &QPushButton::clicked, this, &AttentionPage::explanationRequested);
    connect(m_panel, &AttentionPanel::emptyActionRequested, this, [this] {
        if (m_document.project().finetuned)
            Q_EMIT explanationRequested();
        else
            Q_EMIT learnRequested();
    });
    connect(&document, &ProjectDocument::changed, this, &AttentionPage::refresh);
    connect(&state, &ViewState::runChanged, this, &AttentionPage::refresh);
    refresh();
}

void AttentionPage::setExplanation(std::shared_ptr<const Explanation> explanation) {
    m_explanation = std::move(explanation);
    m_panel->setExplanation(m_explanation, parcellationOf(m_document.project()));
    refresh();
}

void AttentionPage::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_panel->setConnectivity(std::move(connectivity));
}

void AttentionPage::setBusy(bool busy) {
    m_busy = busy;
    refresh();
}

void AttentionPage::refresh() {
    const Project& project = m_document.project();
    const RunResult* result = resultOf(project, m_state.run().toStdString());
    const bool possible = project.finetuned && result && result->cleaned;
    m_title->setText(m_state.run().isEmpty() ? tr("No run selected") : m_state.run());
    m_explain->setEnabled(possible && !m_busy);
    m_export->setEnabled(m_explanation != nullptr);
    m_explain->setText(m_busy ? tr("Explaining…") : tr("Explain this scan"));
    m_panel->setEmptyAction(project.finetuned ? (possible ? tr("Explain this scan") : QString()) : tr("Go to Learn"));
    const bool other = m_explanation && QString::fromStdString(m_explanation->scan) != m_state.run();
    m_hint->setText(!project.finetuned ? tr("Attention belongs to a fine-tuned model.")
                    : !possible        ? whyNoSeries(result)
                    : other            ? tr("The map below is of %1.").arg(QString::fromStdString(m_explanation->scan))
                                       : QString());
}

ReconstructionPage::ReconstructionPage(ProjectDocument& document, ViewState& state, QWidget* parent)
    : QWidget(parent), m_document(document), m_state(state) {
    m_panel = new ReconstructionPanel(state);
    m_title = titleLabel({});
    m_export = exportButton();
    m_export->setEnabled(false);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 6, 12, 0);
    head->addWidget(m_title, 1);
    head->addWidget(m_export);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(head);
    layout->addWidget(m_panel, 1);
    connect(m_export, &QPushButton::clicked, this, &ReconstructionPage::exportRequested);
    connect(m_panel, &ReconstructionPanel::requested, this, &ReconstructionPage::requested);
    connect(m_panel, &ReconstructionPanel::emptyActionRequested, this, [this] {
        if (m_document.project().pretrained)
            m_panel->masks().ask();
        else
            Q_EMIT learnRequested();
    });
    connect(&document, &ProjectDocument::changed, this, &ReconstructionPage::refresh);
    connect(&state, &ViewState::runChanged, this, &ReconstructionPage::refresh);
    refresh();
}

void ReconstructionPage::setReconstruction(std::shared_ptr<const Reconstruction> reconstruction) {
    m_reconstruction = std::move(reconstruction);
    m_export->setEnabled(m_reconstruction != nullptr);
    m_panel->setReconstruction(m_reconstruction, parcellationOf(m_document.project()));
}

void ReconstructionPage::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_panel->setConnectivity(std::move(connectivity), parcellationOf(m_document.project()));
}

void ReconstructionPage::setBusy(bool busy) { m_panel->setBusy(busy); }

void ReconstructionPage::refresh() {
    const Project& project = m_document.project();
    const RunResult* result = resultOf(project, m_state.run().toStdString());
    const bool scan = result && result->cleaned;
    m_title->setText(m_state.run().isEmpty() ? tr("No run selected") : m_state.run());
    m_panel->setAvailable(project.pretrained && scan, !project.pretrained ? tr("Pretrain a model first (Learn).")
                                                      : !scan             ? whyNoSeries(result)
                                                                          : QString());
    m_panel->setEmptyAction(!project.pretrained ? tr("Go to Learn") : scan ? tr("Rebuild this window") : QString());
}

}  // namespace chronnect
