#include "widgets/views/ScatterPlot.h"

#include "widgets/views/PlotFrame.h"

#include <QImage>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

constexpr int stretches = 12, fewest = 10;  ///< of the trend: how many, and points that make a median worth drawing

/// Counts of points per cell of two pixels as an image of one colour.
QImage cloud(const std::vector<double>& x, const std::vector<double>& y, const PlotFrame& frame, const QColor& color) {
    const int width = std::max(1, static_cast<int>(frame.plot.width() / 2)),
              height = std::max(1, static_cast<int>(frame.plot.height() / 2));
    std::vector<int> counts(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    int most = 1;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double px = frame.x.position(x[i]), py = 1 - frame.y.position(y[i]);
        if (px < 0 || px > 1 || py < 0 || py > 1) continue;
        const int column = std::min(width - 1, static_cast<int>(px * width)),
                  row = std::min(height - 1, static_cast<int>(py * height));
        int& count =
            counts[static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)];
        most = std::max(most, ++count);
    }
    QImage image(width, height, QImage::Format_ARGB32);
    for (int row = 0; row < height; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(row));
        for (int column = 0; column < width; ++column) {
            const int count = counts[static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
                                     static_cast<std::size_t>(column)];
            const double strength = count ? 0.35 + 0.65 * std::log1p(count) / std::log1p(most) : 0;
            line[column] = qRgba(color.red(), color.green(), color.blue(), static_cast<int>(255 * strength));
        }
    }
    return image;
}

}  // namespace

ScatterPlot::ScatterPlot(QWidget* parent) : QWidget(parent), m_emptyText(tr("No points yet.")) { fillWithBase(this); }

void ScatterPlot::setPoints(std::vector<double> x, std::vector<double> y) {
    m_x.clear();
    m_y.clear();
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
        m_x.push_back(x[i]);
        m_y.push_back(y[i]);
    }
    findTrend();
    update();
}

void ScatterPlot::findTrend() {
    m_trend.clear();
    if (m_x.empty()) return;
    const auto [least, most] = std::minmax_element(m_x.begin(), m_x.end());
    const double low = *least, width = (*most - low) / stretches;
    if (!(width > 0)) return;
    std::vector<std::vector<double>> parts(stretches);
    for (std::size_t i = 0; i < m_x.size(); ++i)
        parts[static_cast<std::size_t>(std::min<double>(stretches - 1, (m_x[i] - low) / width))].push_back(m_y[i]);
    for (std::size_t p = 0; p < parts.size(); ++p) {
        auto& part = parts[p];
        if (part.size() < fewest) continue;
        const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
        std::nth_element(part.begin(), middle, part.end());
        m_trend.emplace_back(low + width * (static_cast<double>(p) + 0.5), *middle);
    }
}

void ScatterPlot::setLimits(double low, double high) {
    m_low = low;
    m_high = high;
    update();
}

void ScatterPlot::setAxisTitles(const QString& x, const QString& y) {
    m_xTitle = x;
    m_yTitle = y;
    update();
}

void ScatterPlot::setTitle(const QString& title) {
    m_title = title;
    update();
}

void ScatterPlot::setEmptyText(const QString& sentence) {
    m_emptyText = sentence;
    update();
}

void ScatterPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const PlotColors colors(palette());
    const int text = fontMetrics().height();
    const PlotMargins margins = plotMargins(fontMetrics(), !m_yTitle.isEmpty());
    const double top = m_title.isEmpty() ? 10 : text + 12;
    const QRectF plot(margins.left, top, width() - margins.left - 12, height() - top - margins.bottom);
    if (m_x.empty() || plot.height() < 30) {
        painter.setPen(colors.faintText);
        painter.drawText(rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    const auto [xLow, xHigh] = std::minmax_element(m_x.begin(), m_x.end());
    const auto [yLow, yHigh] = std::minmax_element(m_y.begin(), m_y.end());
    const PlotFrame frame{plot, PlotAxis::around(*xLow, *xHigh),
                          m_high > m_low ? PlotAxis{m_low, m_high} : PlotAxis::around(*yLow, *yHigh)};
    if (!m_title.isEmpty()) {
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        painter.setFont(bold);
        painter.setPen(colors.text);
        painter.drawText(QRectF(plot.left(), 4, plot.width(), text), Qt::AlignLeft | Qt::AlignVCenter, m_title);
        painter.setFont(font());
    }
    frame.drawAxes(painter, colors, m_xTitle, m_yTitle);
    painter.drawImage(plot, cloud(m_x, m_y, frame, colors.accent));
    if (frame.y.low < 0 && frame.y.high > 0) {
        painter.setPen(QPen(colors.axis, 1, Qt::DashLine));
        painter.drawLine(frame.at(frame.x.low, 0), frame.at(frame.x.high, 0));
    }
    QPolygonF line;
    for (const QPointF& point : m_trend) line << frame.at(point.x(), point.y());
    painter.setPen(QPen(colors.cursor, 2.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(line);
}

}  // namespace chronnect
