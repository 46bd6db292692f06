#pragma once

#include "core/data/Connectivity.h"
#include "core/learning/Learning.h"
#include "widgets/ProjectDocument.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>

class QLabel;
class QPushButton;

namespace chronnect {

class AttentionPanel;
class ReconstructionPanel;

/// Where the fine-tuned model looked in the selected scan, asked for with one button.
class AttentionPage : public QWidget {
    Q_OBJECT

public:
    AttentionPage(ProjectDocument& document, ViewState& state, QWidget* parent = nullptr);

    void setExplanation(std::shared_ptr<const Explanation> explanation);
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setBusy(bool busy);
    const std::shared_ptr<const Explanation>& explanation() const { return m_explanation; }

Q_SIGNALS:
    void explanationRequested();
    void exportRequested();
    void learnRequested();

private:
    void refresh();

    ProjectDocument& m_document;
    ViewState& m_state;
    std::shared_ptr<const Explanation> m_explanation;
    AttentionPanel* m_panel;
    QPushButton* m_explain;
    QPushButton* m_export;
    QLabel* m_title;
    QLabel* m_hint;
    bool m_busy = false;
};

/// What the pretrained model rebuilds of the selected scan when regions, pairs or a stretch of time are hidden from it.
class ReconstructionPage : public QWidget {
    Q_OBJECT

public:
    ReconstructionPage(ProjectDocument& document, ViewState& state, QWidget* parent = nullptr);

    void setReconstruction(std::shared_ptr<const Reconstruction> reconstruction);
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setBusy(bool busy);
    const std::shared_ptr<const Reconstruction>& reconstruction() const { return m_reconstruction; }

Q_SIGNALS:
    void exportRequested();
    void requested(const chronnect::MaskRequest& request);
    void learnRequested();

private:
    void refresh();

    ProjectDocument& m_document;
    ViewState& m_state;
    std::shared_ptr<const Reconstruction> m_reconstruction;
    ReconstructionPanel* m_panel;
    QPushButton* m_export;
    QLabel* m_title;
};

}  // namespace chronnect
