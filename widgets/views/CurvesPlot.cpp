#include "widgets/views/CurvesPlot.h"

#include "widgets/views/PlotFrame.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace chronnect {
namespace {

bool usable(double y, bool logarithmic) { return std::isfinite(y) && (!logarithmic || y > 0); }

/// Nothing when no curve has a point that can be drawn.
std::optional<PlotFrame> frameOf(const std::vector<Curve>& curves, bool logarithmic, const QRectF& plot) {
    constexpr double most = std::numeric_limits<double>::max();
    double xLow = most, xHigh = -most, yLow = most, yHigh = -most;
    for (const Curve& curve : curves)
        for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
            if (!usable(curve.y[i], logarithmic) || !std::isfinite(curve.x[i])) continue;
            xLow = std::min(xLow, curve.x[i]);
            xHigh = std::max(xHigh, curve.x[i]);
            yLow = std::min(yLow, curve.y[i]);
            yHigh = std::max(yHigh, curve.y[i]);
        }
    if (xLow > xHigh) return {};
    PlotFrame frame{plot, {xLow, xHigh > xLow ? xHigh : xLow + 1}, PlotAxis::around(yLow, yHigh, logarithmic)};
    return frame;
}

/// More points than the plot has columns cannot be told apart: each column keeps its least and its largest.
Curve thinned(const Curve& curve, const PlotFrame& frame) {
    const std::size_t count = std::min(curve.x.size(), curve.y.size());
    const auto columns = static_cast<std::size_t>(std::max(1.0, frame.plot.width()));
    if (count <= 4 * columns) return curve;
    Curve result{curve.name, {}, {}};
    const auto add = [&](std::size_t i) {
        result.x.push_back(curve.x[i]);
        result.y.push_back(curve.y[i]);
    };
    for (std::size_t column = 0; column < columns; ++column) {
        const std::size_t from = column * count / columns, to = (column + 1) * count / columns;
        std::size_t least = from, most = from;
        for (std::size_t i = from; i < to; ++i) {  // also true where the one before is not a number
            if (!(curve.y[i] >= curve.y[least]) && std::isfinite(curve.y[i])) least = i;
            if (!(curve.y[i] <= curve.y[most]) && std::isfinite(curve.y[i])) most = i;
        }
        add(std::min(least, most));
        if (least != most) add(std::max(least, most));
    }
    return result;
}

void drawCurve(QPainter& painter, const Curve& whole, const PlotFrame& frame, const QColor& color) {
    const Curve curve = thinned(whole, frame);
    QPainterPath path;
    bool down = false;
    std::size_t points = 0;
    QPointF last;
    for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
        if (!usable(curve.y[i], frame.y.logarithmic)) {
            down = false;
            continue;
        }
        last = frame.at(curve.x[i], curve.y[i]);
        down ? path.lineTo(last) : path.moveTo(last);
        down = true;
        ++points;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
    if (points == 0 || points > 1) return;
    painter.setBrush(color);
    painter.drawEllipse(last, 3, 3);
}

/// The index of the point nearest in x, or nothing.
std::optional<std::size_t> nearest(const Curve& curve, double x, bool logarithmic) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i)
        if (usable(curve.y[i], logarithmic) && (!best || std::abs(curve.x[i] - x) < std::abs(curve.x[*best] - x)))
            best = i;
    return best;
}

/// Draws the names in rows above the plot and returns the height taken.
double drawLegend(QPainter* painter, const QFontMetrics& metrics, const QRectF& area, const std::vector<Curve>& curves,
                  const PlotColors& colors) {
    double x = area.left(), y = area.top();
    const int text = metrics.height();
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const double width = 24 + metrics.horizontalAdvance(curves[i].name) + 14;
        if (x > area.left() && x + width > area.right()) {
            x = area.left();
            y += text + 3;
        }
        if (painter) {
            painter->setPen(QPen(seriesColor(static_cast<int>(i), colors.dark), 2.4, Qt::SolidLine, Qt::RoundCap));
            painter->drawLine(QPointF(x + 2, y + text / 2.0), QPointF(x + 17, y + text / 2.0));
            painter->setPen(colors.text);
            painter->drawText(
                QRectF(x + 23, y, area.right() - x - 23, text), Qt::AlignLeft | Qt::AlignVCenter,
                metrics.elidedText(curves[i].name, Qt::ElideRight, static_cast<int>(area.right() - x - 23)));
        }
        x += width;
    }
    return curves.empty() ? 0 : y + text - area.top();
}

}  // namespace

CurvesPlot::CurvesPlot(QWidget* parent) : QWidget(parent), m_emptyText(tr("No curve yet.")) {
    setMouseTracking(true);
    fillWithBase(this);
}

void CurvesPlot::setCurves(std::vector<Curve> curves) {
    m_curves = std::move(curves);
    update();
}

void CurvesPlot::setLogY(bool on) {
    m_logY = on;
    update();
}

void CurvesPlot::setAxisTitles(const QString& x, const QString& y) {
    m_xTitle = x;
    m_yTitle = y;
    update();
}

void CurvesPlot::setEmptyText(const QString& sentence) {
    m_emptyText = sentence;
    update();
}

QSize CurvesPlot::sizeHint() const { return {480, 280}; }
QSize CurvesPlot::minimumSizeHint() const { return {180, 130}; }

void CurvesPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const PlotColors colors(palette());
    const QFontMetrics metrics = fontMetrics();
    const int text = metrics.height();
    const double left = plotMargins(metrics, !m_yTitle.isEmpty()).left;
    const QRectF legend(left, 4, width() - left - 12, height());
    const double top = 10 + drawLegend(nullptr, metrics, legend, m_curves, colors);
    const QRectF plot(left, top, width() - left - 12, height() - top - 2 * text - 8);
    const auto frame = plot.height() > 30 ? frameOf(m_curves, m_logY, plot) : std::nullopt;
    if (!frame) {
        painter.setPen(colors.faintText);
        painter.drawText(rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    drawLegend(&painter, metrics, legend, m_curves, colors);
    frame->drawAxes(painter, colors, m_xTitle, m_yTitle);
    for (std::size_t i = 0; i < m_curves.size(); ++i)
        drawCurve(painter, m_curves[i], *frame, seriesColor(static_cast<int>(i), colors.dark));

    if (!plot.contains(m_hover)) return;
    const double x = frame->x.value((m_hover.x() - plot.left()) / plot.width());
    QStringList lines;
    for (std::size_t i = 0; i < m_curves.size(); ++i)
        if (const auto point = nearest(m_curves[i], x, m_logY)) {
            const double px = m_curves[i].x[*point], py = m_curves[i].y[*point];
            if (lines.isEmpty()) lines << plotNumber(px) + (m_xTitle.isEmpty() ? "" : " " + m_xTitle);
            lines << m_curves[i].name + "  " + plotNumber(py);
            painter.setPen(QPen(colors.background, 1.5));
            painter.setBrush(seriesColor(static_cast<int>(i), colors.dark));
            painter.drawEllipse(frame->at(px, py), 4, 4);
        }
    if (lines.isEmpty()) return;
    double wide = 0;
    for (const QString& line : lines) wide = std::max<double>(wide, metrics.horizontalAdvance(line));
    QRectF box(m_hover.x() + 14, plot.top() + 4, wide + 16, lines.size() * text + 10);
    if (box.right() > width() - 2) box.moveRight(m_hover.x() - 14);
    QColor plate = colors.background;
    plate.setAlpha(235);
    painter.setPen(QPen(colors.frame, 1));
    painter.setBrush(plate);
    painter.drawRoundedRect(box, 5, 5);
    painter.setPen(colors.text);
    painter.drawText(box.adjusted(8, 5, -8, -5), Qt::AlignLeft | Qt::AlignTop, lines.join('\n'));
}

void CurvesPlot::mouseMoveEvent(QMouseEvent* event) {
    m_hover = event->position();
    update();
}

void CurvesPlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_hover = {-1, -1};
    update();
}

}  // namespace chronnect
