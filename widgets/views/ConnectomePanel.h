#pragma once

#include "core/base/Json.h"
#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "core/data/Volume.h"
#include "visualization/ConnectomeScene.h"
#include "widgets/ViewState.h"

#include <QImage>
#include <QWidget>

#include <memory>
#include <vector>

namespace chronnect {

/// The 3D connectome with its tool bar. Picks go to the ViewState; window, threshold and selection come from it.
class ConnectomePanel : public QWidget {
    Q_OBJECT

public:
    explicit ConnectomePanel(ViewState& state, QWidget* parent = nullptr);
    ~ConnectomePanel() override;

    void setParcellation(std::shared_ptr<const Parcellation> parcellation);
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    /// One value per region as size and colour, with its name for the colour bar; empty = network colours.
    void setRegionValues(std::vector<float> values, const QString& caption);
    /// A brain mask for the glass outline; an empty volume = outline from the region centres.
    void setOutline(const Volume& mask);
    void setStandardView(StandardView view);

    /// The 3D picture as shown, without the tool bar (hides QWidget::grab, which takes the whole panel).
    QImage grab();
    Json cameraState() const;
    void setCameraState(const Json& json);

    int visibleEdgeCount() const;
    /// Offers a button under the sentence shown while the panel is empty.
    void setEmptyAction(const QString& text);
    /// For tests and linked views: where a region's centre lies in this widget's coordinates.
    QPointF regionPosition(int region) const;

Q_SIGNALS:
    void emptyActionRequested();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace chronnect
