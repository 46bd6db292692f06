#pragma once

#include "core/data/Parcellation.h"
#include "core/learning/Learning.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>

namespace chronnect {

/// What the pretrained network rebuilds: true, shown, predicted and error matrices with one cursor, and its score
/// beside the trivial answers to the same question.
class ReconstructionPanel : public QWidget {
    Q_OBJECT

public:
    explicit ReconstructionPanel(ViewState& state, QWidget* parent = nullptr);
    ~ReconstructionPanel() override;

    void setReconstruction(std::shared_ptr<const Reconstruction> reconstruction,
                           std::shared_ptr<const Parcellation> parcellation);
    /// Whether "Reconstruct" can be pressed (a pretrained model and a scan are there) and what to do when not.
    void setAvailable(bool available, const QString& why = {});
    /// Shown while a request is being computed.
    void setBusy(bool busy);
    void setEmptyAction(const QString& text);

Q_SIGNALS:
    /// The person asks to hide something in the window under the time cursor and have it rebuilt.
    void requested(const chronnect::MaskRequest& request);
    void emptyActionRequested();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
