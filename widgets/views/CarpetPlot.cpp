#include "widgets/views/CarpetPlot.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace chronnect {

/// One line over time with its threshold.
struct CarpetPlot::Trace {
    QString name;
    const std::vector<double>& values;
    double threshold;
    double least;  ///< the axis reaches at least this far
    QColor color;
};

CarpetPlot::CarpetPlot(QWidget* parent) : QWidget(parent), m_emptyText(tr("No run yet.")) {
    setMouseTracking(true);
    fillWithBase(this);
}

void CarpetPlot::setContent(CarpetContent content) {
    m_content = std::move(content);
    m_hover = -1;
    update();
}

void CarpetPlot::setEmptyText(const QString& sentence) {
    m_emptyText = sentence;
    update();
}

int CarpetPlot::volumeCount() const {
    return std::max({m_content.before.width(), m_content.after.width(), static_cast<int>(m_content.displacement.size()),
                     static_cast<int>(m_content.kept.size())});
}

QRectF CarpetPlot::area() const {
    const int text = fontMetrics().height();
    const double left = std::max(fontMetrics().horizontalAdvance(tr("cleaned")),
                                 fontMetrics().horizontalAdvance(QStringLiteral("DVARS"))) +
                        fontMetrics().horizontalAdvance(QStringLiteral("0.00")) + 22.0;
    return {left, 8.0, width() - left - 12, height() - 8.0 - 2 * text - 8};
}

double CarpetPlot::volumeX(int volume) const {
    const QRectF plot = area();
    return plot.left() + plot.width() * (volume + 0.5) / std::max(1, volumeCount());
}

void CarpetPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const PlotColors colors(palette());
    const QRectF plot = area();
    if (volumeCount() == 0 || plot.height() < 80) {
        painter.setPen(colors.faintText);
        painter.drawText(rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    const double gap = 8, traces = std::min(74.0, plot.height() * 0.17),
                 carpets = (plot.height() - 2 * traces - 3 * gap) / 2;
    double top = plot.top();
    const auto next = [&](double height) {
        const QRectF row(plot.left(), top, plot.width(), height);
        top += height + gap;
        return row;
    };
    drawTrace(painter, next(traces), {tr("FD mm"), m_content.displacement, m_content.fdThreshold, 0.5, colors.bad});
    drawTrace(painter, next(traces),
              {tr("DVARS"), m_content.dvars, m_content.dvarsThreshold, 2.0, seriesColor(0, colors.dark)});
    drawCarpet(painter, next(carpets), m_content.before, tr("raw"));
    drawCarpet(painter, next(carpets), m_content.after, tr("cleaned"));
    drawCensored(painter, plot);
    drawTimeAxis(painter, plot);
    if (m_hover < 0) return;
    painter.setPen(QPen(colors.cursor, 1));
    painter.drawLine(QPointF(volumeX(m_hover), plot.top()), QPointF(volumeX(m_hover), plot.bottom()));
}

void CarpetPlot::drawTrace(QPainter& painter, const QRectF& row, const Trace& trace) const {
    const PlotColors colors(palette());
    double most = std::max(trace.least, 1.15 * trace.threshold);
    for (const double value : trace.values)
        if (std::isfinite(value)) most = std::max(most, value);
    const int text = fontMetrics().height();
    painter.setPen(colors.faintText);
    painter.drawText(QRectF(2, row.center().y() - text / 2.0, row.left() - 8, text), Qt::AlignLeft | Qt::AlignVCenter,
                     trace.name);
    for (const double tick : {0.0, most})
        painter.drawText(QRectF(2, tick > 0 ? row.top() - 2 : row.bottom() - text + 2, row.left() - 8, text),
                         Qt::AlignRight | Qt::AlignVCenter, plotNumber(tick));
    painter.setPen(QPen(colors.frame, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(row);
    if (trace.values.empty()) {
        painter.setPen(colors.faintText);
        painter.drawText(row, Qt::AlignCenter, tr("not known: the run has no confounds file"));
        return;
    }
    const auto y = [&](double value) { return row.bottom() - std::clamp(value / most, 0.0, 1.0) * row.height(); };
    QPainterPath path;
    bool down = false;
    for (std::size_t v = 0; v < trace.values.size(); ++v) {
        if (!std::isfinite(trace.values[v])) {
            down = false;
            continue;
        }
        const QPointF at(volumeX(static_cast<int>(v)), y(trace.values[v]));
        down ? path.lineTo(at) : path.moveTo(at);
        down = true;
    }
    painter.setPen(QPen(trace.color, 1.4));
    painter.drawPath(path);
    if (!(trace.threshold > 0)) return;
    painter.setPen(QPen(colors.text, 1, Qt::DashLine));
    painter.drawLine(QPointF(row.left(), y(trace.threshold)), QPointF(row.right(), y(trace.threshold)));
}

void CarpetPlot::drawCarpet(QPainter& painter, const QRectF& row, const QImage& image, const QString& name) const {
    const PlotColors colors(palette());
    const int text = fontMetrics().height();
    painter.setPen(colors.faintText);
    painter.drawText(QRectF(2, row.center().y() - text / 2.0, row.left() - 8, text), Qt::AlignLeft | Qt::AlignVCenter,
                     name);
    if (image.isNull()) {
        painter.drawText(row, Qt::AlignCenter | Qt::TextWordWrap, tr("appears when the region signals are there"));
    } else {
        painter.save();
        painter.setRenderHint(QPainter::SmoothPixmapTransform,
                              image.width() > row.width() || image.height() > row.height());
        painter.drawImage(row, image);
        painter.restore();
    }
    painter.setPen(QPen(colors.frame, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(row);
}

void CarpetPlot::drawCensored(QPainter& painter, const QRectF& rows) const {
    const PlotColors colors(palette());
    const auto count = static_cast<int>(m_content.kept.size());
    const double half = rows.width() / std::max(1, volumeCount()) / 2;
    for (int v = 0; v < count;) {
        int end = v;
        while (end < count && !m_content.kept[static_cast<std::size_t>(end)]) ++end;
        if (end > v) {
            const double left = volumeX(v) - half, right = volumeX(end - 1) + half;
            painter.fillRect(QRectF(left, rows.top(), std::max(1.0, right - left), rows.height()), colors.shade);
        }
        v = std::max(end, v + 1);
    }
}

void CarpetPlot::drawTimeAxis(QPainter& painter, const QRectF& rows) const {
    const PlotColors colors(palette());
    const int text = fontMetrics().height();
    const bool timed = m_content.repetitionTime > 0;
    const double unit = timed ? m_content.repetitionTime : 1.0;
    const PlotAxis axis{0, volumeCount() * unit};
    painter.setPen(colors.faintText);
    for (const double tick : axis.ticks(std::max(2, static_cast<int>(rows.width() / 90)))) {
        const double x = rows.left() + axis.position(tick) * rows.width();
        painter.drawLine(QPointF(x, rows.bottom()), QPointF(x, rows.bottom() + 4));
        const QString label = plotNumber(tick);
        const double half = fontMetrics().horizontalAdvance(label) / 2.0 + 1;
        painter.drawText(QRectF(std::min(x - half, rows.right() + 8 - 2 * half), rows.bottom() + 4, 2 * half, text),
                         Qt::AlignCenter, label);
    }
    painter.drawText(QRectF(rows.left(), rows.bottom() + 4 + text, rows.width(), text), Qt::AlignCenter,
                     (timed ? tr("time (s)") : tr("volume")) +
                         tr("   ·   carpets: one row per region, black −2 to white 2 sd; shaded: censored"));
}

QString CarpetPlot::readout(int volume) const {
    const auto v = static_cast<std::size_t>(volume);
    QStringList lines{
        m_content.repetitionTime > 0
            ? tr("volume %1 (from 0) · %2 s").arg(volume).arg(plotNumber(volume * m_content.repetitionTime))
            : tr("volume %1 (from 0)").arg(volume)};
    if (v < m_content.displacement.size()) lines << tr("FD %1 mm").arg(plotNumber(m_content.displacement[v]));
    if (v < m_content.dvars.size()) lines << tr("standardized DVARS %1").arg(plotNumber(m_content.dvars[v]));
    if (v < m_content.kept.size()) lines << (m_content.kept[v] ? tr("kept") : tr("censored"));
    return lines.join(QLatin1Char('\n'));
}

void CarpetPlot::mouseMoveEvent(QMouseEvent* event) {
    const QRectF plot = area();
    const double share = (event->position().x() - plot.left()) / plot.width();
    const bool inside = plot.contains(event->position()) && volumeCount() > 0;
    m_hover = inside ? std::clamp(static_cast<int>(share * volumeCount()), 0, volumeCount() - 1) : -1;
    if (inside)
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(10, 12), readout(m_hover), this);
    else
        QToolTip::hideText();
    update();
}

void CarpetPlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_hover = -1;
    update();
}

}  // namespace chronnect
