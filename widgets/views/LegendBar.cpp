#include "widgets/views/LegendBar.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QPainter>

namespace chronnect {
namespace {

constexpr int margin = 8, scaleWidth = 74;

}  // namespace

LegendBar::LegendBar(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void LegendBar::setNetworks(std::vector<std::pair<QString, QColor>> networks) {
    m_networks = std::move(networks);
    updateGeometry();
    update();
}

void LegendBar::setValueScale(const QString& caption, double low, double high) {
    m_caption = caption;
    m_low = low;
    m_high = high;
    updateGeometry();
    update();
}

void LegendBar::setEdgeText(const QString& text) {
    m_edgeText = text;
    update();
}

QSize LegendBar::sizeHint() const { return {400, fontMetrics().height() + 8}; }
int LegendBar::heightForWidth(int width) const { return layOut(nullptr, width); }

void LegendBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    layOut(&painter, width());
}

void LegendBar::drawScale(QPainter& painter, QRectF area, ColorMap map, const QString& low, const QString& high) const {
    const PlotColors colors(palette());
    painter.setPen(colors.faintText);
    const QFontMetrics metrics = fontMetrics();
    const double lowWidth = metrics.horizontalAdvance(low), highWidth = metrics.horizontalAdvance(high);
    painter.drawText(QRectF(area.left(), area.top(), lowWidth + 2, area.height()), Qt::AlignVCenter, low);
    painter.drawText(QRectF(area.right() - highWidth - 1, area.top(), highWidth + 2, area.height()), Qt::AlignVCenter,
                     high);
    const QRectF bar(area.left() + lowWidth + 5, area.center().y() - 4, area.width() - lowWidth - highWidth - 11, 8);
    QLinearGradient gradient(bar.topLeft(), bar.topRight());
    for (int i = 0; i <= 20; ++i) {
        const double at = i / 20.0;
        const Rgb c = map == ColorMap::RedBlue ? edgeColor(2 * at - 1, 1, colors.dark) : colorAt(map, at);
        gradient.setColorAt(at, QColor(c[0], c[1], c[2]));
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(gradient);
    painter.drawRoundedRect(bar, 3, 3);
}

int LegendBar::layOut(QPainter* painter, int width) const {
    const PlotColors colors(palette());
    const QFontMetrics metrics = fontMetrics();
    const int line = metrics.height() + 4;
    const QString low = QChar(0x2212) + QStringLiteral("1"), high = QStringLiteral("+1");
    const double edgeScale = scaleWidth + metrics.horizontalAdvance(low + high);
    // The edges' part stands at the right of the first line if there is room, else on a line of its own.
    const double edgeWidth = edgeScale + 10 + metrics.horizontalAdvance(m_edgeText);
    double x = margin, y = 2;
    const auto place = [&](double wide) {
        const double limit = y == 2 ? width - margin - edgeWidth - 10 : width - margin;
        if (x > margin && x + wide > limit) {
            x = margin;
            y += line;
        }
        const QRectF area(x, y, wide, line);
        x += wide + 12;
        return area;
    };
    if (!m_caption.isEmpty()) {
        const double text = metrics.horizontalAdvance(m_caption);
        const double scale = 120 + metrics.horizontalAdvance(plotNumber(m_low) + plotNumber(m_high));
        const QRectF area = place(text + 8 + scale);
        if (painter) {
            painter->setPen(colors.text);
            painter->drawText(area, Qt::AlignLeft | Qt::AlignVCenter, m_caption);
            drawScale(*painter, area.adjusted(text + 8, 0, 0, 0), ColorMap::Viridis, plotNumber(m_low),
                      plotNumber(m_high));
        }
    } else {
        for (const auto& [name, color] : m_networks) {
            const QRectF area = place(15 + metrics.horizontalAdvance(name));
            if (!painter) continue;
            painter->setPen(Qt::NoPen);
            painter->setBrush(color);
            painter->drawEllipse(QPointF(area.left() + 5, area.center().y()), 4.5, 4.5);
            painter->setPen(colors.faintText);
            painter->drawText(area.adjusted(15, 0, 4, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
        }
    }
    if (painter && !m_edgeText.isEmpty()) {
        const QRectF area(width - margin - edgeWidth, 2, edgeWidth, line);
        painter->setPen(colors.faintText);
        painter->drawText(area, Qt::AlignLeft | Qt::AlignVCenter, m_edgeText);
        drawScale(*painter, area.adjusted(edgeWidth - edgeScale, 0, 0, 0), ColorMap::RedBlue, low, high);
    }
    return static_cast<int>(y) + line + 3;
}

}  // namespace chronnect
