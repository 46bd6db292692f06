#include "widgets/views/SalienceStrip.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace chronnect {

SalienceStrip::SalienceStrip(QWidget* parent) : QWidget(parent) {
    setToolTip(
        tr("How much the other windows looked at each window (mean of its column); above the line (mean + 1 sd) "
           "a window counts as salient"));
}

void SalienceStrip::setValues(std::vector<double> values, std::vector<int> salient) {
    m_values = std::move(values);
    m_salient = std::move(salient);
    update();
}

void SalienceStrip::setCursor(int window) {
    m_cursor = window;
    update();
}

void SalienceStrip::setMargins(double left, double right) {
    m_left = left;
    m_right = right;
    update();
}

void SalienceStrip::paintEvent(QPaintEvent*) {
    if (m_values.empty()) return;
    QPainter painter(this);
    const PlotColors colors(palette());
    const QRectF plot(m_left, 3, width() - m_left - m_right, height() - 6);
    double sum = 0, squares = 0, most = 0;
    for (const double value : m_values) {
        sum += value;
        squares += value * value;
        most = std::max(most, value);
    }
    const double count = static_cast<double>(m_values.size()), mean = sum / count;
    const double limit = mean + std::sqrt(std::max(0.0, squares / count - mean * mean));
    const double least = *std::min_element(m_values.begin(), m_values.end());
    const double floor = std::max(0.0, least - 0.35 * (most - least));  // differences matter, not the common level
    const double wide = plot.width() / count;
    const auto yOf = [&](double v) {
        return plot.bottom() - (v - floor) / std::max(1e-12, most - floor) * plot.height();
    };
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        const bool salient = std::find(m_salient.begin(), m_salient.end(), static_cast<int>(i)) != m_salient.end();
        const double top = yOf(m_values[i]);
        painter.fillRect(
            QRectF(plot.left() + i * wide, top, std::max(1.0, wide - (wide > 3 ? 1 : 0)), plot.bottom() - top),
            salient ? colors.cursor : colors.axis);
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colors.text, 1, Qt::DashLine));
    if (limit <= most) painter.drawLine(QPointF(plot.left(), yOf(limit)), QPointF(plot.right(), yOf(limit)));
    if (m_cursor < 0 || m_cursor >= static_cast<int>(m_values.size())) return;
    const double x = plot.left() + (m_cursor + 0.5) * wide;
    painter.setPen(QPen(colors.accent, 2));
    painter.drawLine(QPointF(x, 0), QPointF(x, height()));
}

void SalienceStrip::mousePressEvent(QMouseEvent* event) {
    const double wide = width() - m_left - m_right;
    const double share = (event->position().x() - m_left) / std::max(1.0, wide);
    if (event->button() == Qt::LeftButton && share >= 0 && share < 1 && !m_values.empty())
        Q_EMIT clicked(static_cast<int>(share * static_cast<double>(m_values.size())));
}

}  // namespace chronnect
