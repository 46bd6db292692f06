#include "widgets/views/PlotFrame.h"

#include <QPainter>

#include <algorithm>

namespace chronnect {

void PlotFrame::drawAxes(QPainter& painter, const PlotColors& colors, const QString& xTitle,
                         const QString& yTitle) const {
    const QFontMetrics metrics = painter.fontMetrics();
    const int text = metrics.height();
    for (const double tick : y.ticks(std::max(2, static_cast<int>(plot.height() / 42)))) {
        const double at_y = at(x.low, tick).y();
        painter.setPen(QPen(colors.grid, 1));
        painter.drawLine(QPointF(plot.left(), at_y), QPointF(plot.right(), at_y));
        painter.setPen(colors.faintText);
        const QString label = plotNumber(tick);
        const double wide = metrics.horizontalAdvance(label) + 2;
        painter.drawText(QRectF(plot.left() - 6 - wide, at_y - text / 2.0, wide, text),
                         Qt::AlignRight | Qt::AlignVCenter, label);
    }
    for (const double tick : x.ticks(std::max(2, static_cast<int>(plot.width() / 80)))) {
        const double at_x = at(tick, y.low).x();
        painter.setPen(QPen(colors.axis, 1));
        painter.drawLine(QPointF(at_x, plot.bottom()), QPointF(at_x, plot.bottom() + 4));
        painter.setPen(colors.faintText);
        const QString label = plotNumber(tick);
        const double half = metrics.horizontalAdvance(label) / 2.0 + 1;
        painter.drawText(QRectF(std::min(at_x - half, plot.right() + 8 - 2 * half), plot.bottom() + 5, 2 * half, text),
                         Qt::AlignCenter, label);
    }
    painter.setPen(QPen(colors.axis, 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    painter.setPen(colors.faintText);
    painter.drawText(QRectF(plot.left(), plot.bottom() + 5 + text, plot.width(), text), Qt::AlignCenter, xTitle);
    if (yTitle.isEmpty()) return;
    painter.save();
    painter.translate(plot.left() - plotMargins(metrics, true).left + 2, plot.bottom());
    painter.rotate(-90);
    painter.drawText(QRectF(0, 0, plot.height(), text), Qt::AlignCenter, yTitle);
    painter.restore();
}

PlotMargins plotMargins(const QFontMetrics& metrics, bool hasYTitle) {
    return {metrics.horizontalAdvance(QStringLiteral("−0.0005")) + 10.0 + (hasYTitle ? metrics.height() + 2 : 0),
            2.0 * metrics.height() + 8};
}

}  // namespace chronnect
