#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "visualization/ConnectomeScene.h"
#include "widgets/ViewState.h"

#include <QWidget>

#include <functional>
#include <memory>
#include <vector>

class QStackedLayout;

namespace chronnect {

class EmptyNote;
class VtkView;

/// A ConnectomeScene in a widget that follows the ViewState: window, threshold and selection come from it, picks go to
/// it. Without regions in space it shows a sentence.
class BrainView : public QWidget {
    Q_OBJECT

public:
    explicit BrainView(ViewState& state, QWidget* parent = nullptr);
    ~BrainView() override;

    void setParcellation(std::shared_ptr<const Parcellation> parcellation);
    /// Null or of another number of regions = no tubes.
    void setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity);
    void setRegionValues(std::vector<float> values, const QString& caption);
    /// Keeps the camera where the person has put it.
    void changeScene(const std::function<void(ConnectomeScene&)>& change);

    /// Draws a small brain unseen, so that compiling the shaders does not hold up the first look at a real one. For
    /// windows that are shown; does nothing without OpenGL.
    void warmUp();

    const ConnectomeScene& scene() const { return m_scene; }
    const std::vector<float>& regionValues() const { return m_values; }
    const QString& valueCaption() const { return m_valueCaption; }
    VtkView& view() { return *m_view; }
    QPointF regionPosition(int region) const;  ///< in this widget's coordinates

Q_SIGNALS:
    void edgesChanged();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    QSize sizeHint() const override { return {480, 400}; }
    QSize minimumSizeHint() const override { return {120, 110}; }

private:
    void followTheme();
    void showEdges();
    void showSelection();
    void hover(QPointF position);
    void pick(QPointF position);
    QString describe(int region) const;
    QString describe(const RegionPair& edge) const;

    ViewState& m_state;
    ConnectomeScene m_scene;
    std::shared_ptr<const Parcellation> m_parcellation;
    std::shared_ptr<const DynamicConnectivity> m_connectivity;
    std::vector<float> m_values;
    QString m_valueCaption;
    int m_hovered = -1;
    QStackedLayout* m_stack;
    EmptyNote* m_note;
    VtkView* m_view;
};

}  // namespace chronnect
