#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/learning/Learning.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <memory>

namespace chronnect {

/// Where a fine-tuned network looked: one of the explanation's maps, the same on the brain, window x window map, the
/// regions looked at most, and the checks and curves that say whether the map deserves belief.
class AttentionPanel : public QWidget {
    Q_OBJECT

public:
    explicit AttentionPanel(ViewState& state, QWidget* parent = nullptr);
    ~AttentionPanel() override;

    void setExplanation(std::shared_ptr<const Explanation> explanation,
                        std::shared_ptr<const Parcellation> parcellation);
    /// The windows the shared cursor counts; null = the explanation's own.
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setEmptyAction(const QString& text);

Q_SIGNALS:
    void emptyActionRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
