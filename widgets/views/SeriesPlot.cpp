#include "widgets/views/SeriesPlot.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <limits>

namespace chronnect {
namespace {

constexpr double motionShare = 0.2;

std::pair<double, double> rangeOf(const std::vector<double>& values) {
    double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
    for (const double value : values)
        if (std::isfinite(value)) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    return {low, high};
}

}  // namespace

SeriesPlot::SeriesPlot(QWidget* parent) : QWidget(parent) { setMouseTracking(true); }

void SeriesPlot::setTimes(std::vector<double> times, const QString& unit) {
    m_times = std::move(times);
    m_unit = unit;
    update();
}

void SeriesPlot::setTraces(std::vector<Trace> traces) {
    m_traces = std::move(traces);
    update();
}

void SeriesPlot::setStacked(bool on) {
    m_stacked = on;
    update();
}

void SeriesPlot::setBand(double from, double to) {
    m_from = from;
    m_to = to;
    update();
}

void SeriesPlot::setMotion(std::vector<double> times, std::vector<double> millimetres, double threshold) {
    m_motionTimes = std::move(times);
    m_motion = std::move(millimetres);
    m_threshold = threshold;
    update();
}

QRectF SeriesPlot::signalRect() const {
    const int text = fontMetrics().height();
    int names = fontMetrics().horizontalAdvance("−0.00") + 4;
    if (m_stacked)
        for (const Trace& trace : m_traces) names = std::max(names, fontMetrics().horizontalAdvance(trace.name));
    const double left = std::min(names, std::max(60, width() / 4)) + 10;
    const double bottom = text + 6, top = m_stacked ? 4 : text + 8;
    const double height = this->height() - top - bottom;
    return {left, top, width() - left - 10, m_motion.empty() ? height : height * (1 - motionShare) - 6};
}

QRectF SeriesPlot::motionRect() const {
    const QRectF above = signalRect();
    return {above.left(), above.bottom() + 6, above.width(),
            height() - fontMetrics().height() - 6 - above.bottom() - 6};
}

double SeriesPlot::xOf(double time) const {
    const QRectF plot = signalRect();
    const double first = m_times.front(), last = m_times.back();
    return plot.left() + (last > first ? (time - first) / (last - first) : 0.5) * plot.width();
}

double SeriesPlot::timeAt(double x) const {
    const QRectF plot = signalRect();
    return m_times.front() + (x - plot.left()) / plot.width() * (m_times.back() - m_times.front());
}

void SeriesPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_times.size() < 2 || m_traces.empty() || signalRect().height() < 20) return;
    drawTimeAxis(painter);
    drawBand(painter);
    m_stacked ? drawLanes(painter) : drawOverlaid(painter);
    if (!m_motion.empty()) drawMotion(painter);
    drawHover(painter);
}

void SeriesPlot::drawTimeAxis(QPainter& painter) const {
    const PlotColors colors(palette());
    const QRectF plot = signalRect();
    const double bottom = m_motion.empty() ? plot.bottom() : motionRect().bottom();
    const int text = fontMetrics().height();
    const QString unit = " " + m_unit;
    const PlotAxis axis{m_times.front(), m_times.back()};
    for (const double tick : axis.ticks(std::max(2, static_cast<int>(plot.width() / 90)))) {
        const double x = xOf(tick);
        painter.setPen(QPen(colors.grid, 1));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, bottom));
        painter.setPen(colors.faintText);
        const QString label = plotNumber(tick) + unit;
        const double half = fontMetrics().horizontalAdvance(label) / 2.0 + 2;
        const double at = std::clamp(x, plot.left() - 6 + half, width() - half);
        painter.drawText(QRectF(at - half, bottom + 4, 2 * half, text), Qt::AlignCenter, label);
    }
    painter.setPen(QPen(colors.axis, 1));
    painter.drawLine(QPointF(plot.left(), bottom), QPointF(plot.right(), bottom));
}

void SeriesPlot::drawBand(QPainter& painter) const {
    if (!(m_from < m_to)) return;
    const PlotColors colors(palette());
    const QRectF plot = signalRect();
    const double bottom = m_motion.empty() ? plot.bottom() : motionRect().bottom();
    const double left = std::max(plot.left(), xOf(m_from)), right = std::min(plot.right(), xOf(m_to));
    painter.fillRect(QRectF(left, plot.top(), right - left, bottom - plot.top()), colors.shade);
    painter.setPen(QPen(colors.cursor, 1));
    for (const double x : {left, right}) painter.drawLine(QPointF(x, plot.top()), QPointF(x, bottom));
}

void SeriesPlot::drawTrace(QPainter& painter, const Trace& trace, const QRectF& lane, double low, double high) const {
    QPainterPath path;
    bool down = false;
    const double usual = (m_times.back() - m_times.front()) / static_cast<double>(m_times.size() - 1);
    for (std::size_t i = 0; i < std::min(m_times.size(), trace.values.size()); ++i) {
        if (!std::isfinite(trace.values[i])) {
            down = false;
            continue;
        }
        if (i > 0 && m_times[i] - m_times[i - 1] > 1.5 * usual) down = false;
        const double share = high > low ? (trace.values[i] - low) / (high - low) : 0.5;
        const QPointF point(xOf(m_times[i]), lane.bottom() - share * lane.height());
        down ? path.lineTo(point) : path.moveTo(point);
        down = true;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(trace.color, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

void SeriesPlot::drawLanes(QPainter& painter) const {
    const PlotColors colors(palette());
    const QRectF plot = signalRect();
    const double height = plot.height() / static_cast<double>(m_traces.size());
    const int text = fontMetrics().height();
    for (std::size_t i = 0; i < m_traces.size(); ++i) {
        const QRectF lane(plot.left(), plot.top() + i * height, plot.width(), height);
        const auto [low, high] = rangeOf(m_traces[i].values);
        painter.setPen(low > high ? colors.faintText : m_traces[i].color);
        const int room = static_cast<int>(plot.left()) - 10;
        if (height >= text - 3)
            painter.drawText(QRectF(2, lane.center().y() - text / 2.0, room, text), Qt::AlignRight | Qt::AlignVCenter,
                             fontMetrics().elidedText(m_traces[i].name, Qt::ElideMiddle, room));
        if (low > high) {
            painter.drawText(lane.adjusted(8, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("no signal"));
            continue;
        }
        const double room2 = std::min(3.0, height * 0.06);
        drawTrace(painter, m_traces[i], lane.adjusted(0, room2, 0, -room2), low, high);
        if (i == 0) continue;
        painter.setPen(QPen(colors.grid, 1));
        painter.drawLine(lane.topLeft(), lane.topRight());
    }
}

void SeriesPlot::drawOverlaid(QPainter& painter) const {
    const PlotColors colors(palette());
    const QRectF plot = signalRect();
    const int text = fontMetrics().height();
    double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
    for (const Trace& trace : m_traces) {
        const auto [least, most] = rangeOf(trace.values);
        low = std::min(low, least);
        high = std::max(high, most);
    }
    const PlotAxis axis = PlotAxis::around(low, high);
    for (const double tick : axis.ticks(std::max(2, static_cast<int>(plot.height() / 36)))) {
        const double y = plot.bottom() - axis.position(tick) * plot.height();
        painter.setPen(QPen(colors.grid, 1));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        painter.setPen(colors.faintText);
        painter.drawText(QRectF(0, y - text / 2.0, plot.left() - 6, text), Qt::AlignRight | Qt::AlignVCenter,
                         plotNumber(tick));
    }
    double x = plot.left();
    for (const Trace& trace : m_traces) {
        drawTrace(painter, trace, plot, axis.low, axis.high);
        const double room = width() - x - 22;
        if (room < 20) continue;
        painter.setPen(QPen(trace.color, 2.4, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(x + 2, 3 + text / 2.0), QPointF(x + 14, 3 + text / 2.0));
        painter.setPen(colors.text);
        const QString name = fontMetrics().elidedText(trace.name, Qt::ElideRight, static_cast<int>(room));
        painter.drawText(QPointF(x + 19, 3 + fontMetrics().ascent()), name);
        x += 19 + fontMetrics().horizontalAdvance(name) + 14;
    }
}

void SeriesPlot::drawMotion(QPainter& painter) const {
    const PlotColors colors(palette());
    const QRectF plot = motionRect();
    const double top = std::max({rangeOf(m_motion).second, m_threshold * 1.2, 0.05});
    const auto yOf = [&](double mm) { return plot.bottom() - std::clamp(mm / top, 0.0, 1.0) * (plot.height() - 1); };
    const int text = fontMetrics().height();
    painter.setPen(colors.faintText);
    painter.drawText(QRectF(2, plot.center().y() - text / 2.0, plot.left() - 10, text),
                     Qt::AlignRight | Qt::AlignVCenter, tr("FD mm"));
    QPolygonF area;
    area << plot.bottomLeft();
    for (std::size_t i = 0; i < std::min(m_motion.size(), m_motionTimes.size()); ++i) {
        if (m_motionTimes[i] < m_times.front() || m_motionTimes[i] > m_times.back()) continue;
        area << QPointF(xOf(m_motionTimes[i]), std::isfinite(m_motion[i]) ? yOf(m_motion[i]) : plot.bottom());
    }
    area << plot.bottomRight();
    QColor fill = colors.axis;
    fill.setAlpha(90);
    painter.setPen(QPen(colors.axis, 1));
    painter.setBrush(fill);
    painter.drawPolygon(area);
    if (!(m_threshold > 0)) return;
    painter.setPen(QPen(colors.bad, 1, Qt::DashLine));
    painter.drawLine(QPointF(plot.left(), yOf(m_threshold)), QPointF(plot.right(), yOf(m_threshold)));
}

void SeriesPlot::drawHover(QPainter& painter) const {
    const PlotColors colors(palette());
    const QRectF plot = signalRect();
    if (m_hover.x() < plot.left() || m_hover.x() > plot.right() || m_hover.y() < 0) return;
    painter.setPen(QPen(colors.axis, 1, Qt::DotLine));
    painter.drawLine(QPointF(m_hover.x(), plot.top()), QPointF(m_hover.x(), plot.bottom()));
    const double time = timeAt(m_hover.x());
    const auto after = std::lower_bound(m_times.begin(), m_times.end(), time) - m_times.begin();
    std::size_t index = std::min<std::size_t>(after, m_times.size() - 1);
    if (index > 0 && time - m_times[index - 1] < m_times[index] - time) --index;
    QString text = plotNumber(m_times[index]) + " " + m_unit;
    if (m_traces.size() <= 3)
        for (const Trace& trace : m_traces)
            if (index < trace.values.size()) text += QStringLiteral(" · %1").arg(plotNumber(trace.values[index]));
    const double width = fontMetrics().horizontalAdvance(text) + 12;
    QRectF box(m_hover.x() + 8, plot.top() + 2, width, fontMetrics().height() + 4);
    if (box.right() > plot.right()) box.moveRight(m_hover.x() - 8);
    QColor plate = colors.background;
    plate.setAlpha(235);
    painter.setPen(QPen(colors.frame, 1));
    painter.setBrush(plate);
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(colors.text);
    painter.drawText(box, Qt::AlignCenter, text);
}

void SeriesPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && m_times.size() > 1) Q_EMIT timePicked(timeAt(event->position().x()));
}

void SeriesPlot::mouseMoveEvent(QMouseEvent* event) {
    m_hover = event->position();
    if (event->buttons().testFlag(Qt::LeftButton) && m_times.size() > 1) Q_EMIT timePicked(timeAt(m_hover.x()));
    update();
}

void SeriesPlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_hover = {-1, -1};
    update();
}

}  // namespace chronnect
