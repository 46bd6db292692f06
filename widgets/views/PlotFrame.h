#pragma once

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QPointF>
#include <QRectF>

class QPainter;

namespace chronnect {

/// Two axes around a rectangle: where a pair of values lies in it, and the axes as a picture.
struct PlotFrame {
    QRectF plot;
    PlotAxis x, y;

    QPointF at(double vx, double vy) const {
        return {plot.left() + x.position(vx) * plot.width(), plot.bottom() - y.position(vy) * plot.height()};
    }

    /// Grid lines, ticks, numbers and titles; numbers and titles need the room of plotMargins() around `plot`.
    void drawAxes(QPainter& painter, const PlotColors& colors, const QString& xTitle, const QString& yTitle) const;
};

/// The room that axes need left of and below a plot.
struct PlotMargins {
    double left = 0, bottom = 0;
};
PlotMargins plotMargins(const QFontMetrics& metrics, bool hasYTitle);

}  // namespace chronnect
