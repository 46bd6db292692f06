#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/learning/Learning.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>

namespace chronnect {

class MaskBar;

/// What the pretrained network rebuilds of what a person hides from it: true, shown, predicted and error matrices with
/// one cursor, and its score beside the trivial answers to the same question. What will be hidden is hatched at once;
/// dragging over the matrices of the upper row adds to it.
class ReconstructionPanel : public QWidget {
    Q_OBJECT

public:
    explicit ReconstructionPanel(ViewState& state, QWidget* parent = nullptr);
    ~ReconstructionPanel() override;

    /// The scan that is looked at, drawn below the preview until something has been rebuilt; may be null.
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity,
                         std::shared_ptr<const Parcellation> parcellation);
    void setReconstruction(std::shared_ptr<const Reconstruction> reconstruction,
                           std::shared_ptr<const Parcellation> parcellation);
    /// Whether "Reconstruct" can be pressed (a pretrained model and a scan are there) and what to do when not.
    void setAvailable(bool available, const QString& why = {});
    /// Shown while a request is being computed.
    void setBusy(bool busy);
    void setEmptyAction(const QString& text);
    MaskBar& masks();

Q_SIGNALS:
    /// The person asks to hide something and have it rebuilt; windows are those of the time cursor.
    void requested(const chronnect::MaskRequest& request);
    void emptyActionRequested();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
