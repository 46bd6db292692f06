#pragma once

#include <QImage>
#include <QWidget>

#include <memory>

class vtkRenderer;

namespace chronnect {

/// Shows a VTK renderer in a Qt 6 window. The one class that knows both libraries.
/// On platforms without OpenGL (offscreen, minimal, vnc) it shows a sentence instead.
class VtkView : public QWidget {
    Q_OBJECT

public:
    explicit VtkView(QWidget* parent = nullptr);
    ~VtkView() override;

    /// The renderer must outlive the view or be replaced by null before.
    void setRenderer(vtkRenderer* renderer);
    bool isUsable() const;      ///< false where a sentence is shown instead
    void requestFrame();        ///< draws soon; many calls make one frame
    QImage image();             ///< the picture in device pixels; null when not usable
    double pixelRatio() const;  ///< device pixels per widget pixel

    /// Widget position to VTK display position (device pixels, origin bottom left), and back.
    QPointF toDisplay(QPointF position) const;
    QPointF fromDisplay(QPointF display) const;

Q_SIGNALS:
    void hovered(QPointF position);  ///< no button pressed
    void left();
    void clicked(QPointF position);  ///< left press and release without a drag between
    void doubleClicked(QPointF position);
    void cameraMoved();

private:
    class Surface;
    Surface* m_surface = nullptr;
};

}  // namespace chronnect
