#include "widgets/views/HeatMap.h"

#include "widgets/views/PlotAxis.h"
#include "widgets/views/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace chronnect {
namespace {

constexpr int strip = 7, gap = 4, barWidth = 11;
constexpr double steady = 4;  // pixels that a hand moves while clicking

}  // namespace

HeatMap::HeatMap(QWidget* parent) : QWidget(parent) { setMouseTracking(true); }

void HeatMap::setValues(int rows, int columns, std::vector<float> values) {
    const bool fits = rows > 0 && columns > 0 && values.size() == static_cast<std::size_t>(rows) * columns;
    if (m_rows != rows || m_columns != columns) m_band.reset();
    m_rows = fits ? rows : 0;
    m_columns = fits ? columns : 0;
    m_values = fits ? std::move(values) : std::vector<float>{};
    m_hatching = {};
    makeImage();
    update();
}

void HeatMap::setColors(ColorMap map, double low, double high) {
    m_map = map;
    m_low = low;
    m_high = high;
    makeImage();
    update();
}

void HeatMap::setRowGroups(std::vector<HeatMapGroup> groups) {
    m_rowGroups = std::move(groups);
    update();
}

void HeatMap::setColumnGroups(std::vector<HeatMapGroup> groups) {
    m_columnGroups = std::move(groups);
    update();
}

void HeatMap::setTitle(const QString& title) {
    m_title = title;
    update();
}

void HeatMap::setAxisTitles(const QString& columns, const QString& rows) {
    m_columnTitle = columns;
    m_rowTitle = rows;
    update();
}

void HeatMap::setColorBar(bool on, const QString& caption) {
    m_colorBar = on;
    m_barCaption = caption;
    update();
}

void HeatMap::setSquare(bool on) {
    m_square = on;
    update();
}

void HeatMap::setColumnScale(double first, double step) {
    m_scaleFirst = first;
    m_scaleStep = step;
    update();
}

void HeatMap::setCursor(int row, int column, bool symmetric) {
    m_cursorRow = row;
    m_cursorColumn = column;
    m_symmetric = symmetric;
    update();
}

void HeatMap::setReadout(std::function<QString(int, int)> readout) { m_readout = std::move(readout); }

void HeatMap::setHatching(const std::vector<std::uint8_t>& cells) {
    m_hatching = {};
    if (!m_values.empty() && cells.size() == m_values.size()) {
        m_hatching = QImage(m_columns, m_rows, QImage::Format_ARGB32_Premultiplied);
        for (int row = 0; row < m_rows; ++row) {
            auto* line = reinterpret_cast<QRgb*>(m_hatching.scanLine(row));
            for (int column = 0; column < m_columns; ++column)
                line[column] = cells[static_cast<std::size_t>(row) * m_columns + column] ? 0xffffffffU : 0U;
        }
    }
    update();
}

void HeatMap::setDraggable(bool on, bool mirrored) {
    if (m_draggable == on && m_mirrored == mirrored) return;
    m_draggable = on;
    m_mirrored = mirrored;
    m_band.reset();
    QWidget::setCursor(on ? Qt::CrossCursor : Qt::ArrowCursor);
}

void HeatMap::makeImage() {
    m_image = {};
    if (m_values.empty()) return;
    m_image = QImage(m_columns, m_rows, QImage::Format_ARGB32_Premultiplied);
    const auto table = colorTable(m_map, 512);
    const double scale = m_high > m_low ? 511 / (m_high - m_low) : 0;
    for (int row = 0; row < m_rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(m_image.scanLine(row));
        for (int column = 0; column < m_columns; ++column) {
            const float value = m_values[static_cast<std::size_t>(row) * m_columns + column];
            if (!std::isfinite(value)) {
                line[column] = 0;
                continue;
            }
            const Rgb& c = table[static_cast<std::size_t>(std::clamp((value - m_low) * scale, 0.0, 511.0))];
            line[column] = qRgb(c[0], c[1], c[2]);
        }
    }
}

int HeatMap::labelWidth() const {
    int width = 0;
    for (const auto& group : m_rowGroups) width = std::max(width, fontMetrics().horizontalAdvance(group.name));
    return std::min({width + 1, 160, this->width() / 4});
}

QRectF HeatMap::plotRect() const {
    const int text = fontMetrics().height();
    double left = 2, top = 2, right = 2, bottom = 2;
    if (!m_title.isEmpty()) top += text + gap;
    if (!m_rowTitle.isEmpty()) left += text + 2;
    if (!m_rowGroups.empty()) left += labelWidth() + gap + strip + 2;
    if (!m_columnGroups.empty()) top += strip + 2;
    if (m_scaleStep != 0) bottom += text + 4;
    if (!m_columnTitle.isEmpty()) bottom += text;
    if (m_colorBar) {
        int number = fontMetrics().horizontalAdvance(QStringLiteral("−0.00"));
        for (const double tick : {double{m_low}, (m_low + m_high) / 2.0, double{m_high}})
            number = std::max(number, fontMetrics().horizontalAdvance(plotNumber(tick)));
        right += barWidth + 10 + number + 6;
    }
    QRectF area(left, top, width() - left - right, height() - top - bottom);
    if (m_square && area.isValid()) {
        const double side = std::min(area.width(), area.height());
        area = QRectF(area.left() + (area.width() - side) / 2, area.top() + (area.height() - side) / 2, side, side);
        area.moveLeft(left + std::max(0.0, (width() - left - right - side) / 2));
    }
    return area;
}

QRectF HeatMap::cellRect(int row, int column) const {
    const QRectF plot = plotRect();
    const double w = plot.width() / std::max(1, m_columns), h = plot.height() / std::max(1, m_rows);
    return {plot.left() + column * w, plot.top() + row * h, w, h};
}

std::pair<int, int> HeatMap::cellAt(QPointF position) const {
    const QRectF plot = plotRect();
    if (m_values.empty() || !plot.contains(position)) return {-1, -1};
    const int row = static_cast<int>((position.y() - plot.top()) / plot.height() * m_rows);
    const int column = static_cast<int>((position.x() - plot.left()) / plot.width() * m_columns);
    return {std::min(row, m_rows - 1), std::min(column, m_columns - 1)};
}

std::pair<int, int> HeatMap::nearestCell(QPointF position) const {
    const QRectF plot = plotRect();
    return cellAt({std::clamp(position.x(), plot.left(), plot.right() - 0.01),
                   std::clamp(position.y(), plot.top(), plot.bottom() - 0.01)});
}

QRect HeatMap::Band::cells() const {
    const auto [top, bottom] = std::minmax(from.first, to.first);
    const auto [left, right] = std::minmax(from.second, to.second);
    return {QPoint(left, top), QPoint(right, bottom)};
}

void HeatMap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QRectF plot = plotRect();
    if (m_values.empty() || plot.width() < 8 || plot.height() < 8) return;
    drawCells(painter, plot);
    if (isHatched()) drawHatching(painter, plot);
    drawGroups(painter, plot);
    drawCursor(painter, plot);
    if (m_band && m_band->moved) drawBand(painter);
    if (m_colorBar) drawColorBar(painter, plot);
    drawTitles(painter, plot);
}

void HeatMap::drawCells(QPainter& painter, const QRectF& plot) const {
    const PlotColors colors(palette());
    painter.fillRect(plot, colors.frame);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QBrush(colors.axis, Qt::BDiagPattern));
    painter.drawRect(plot);  // seen only through cells without a value
    const double ratio = devicePixelRatioF();
    const bool shrinks = m_columns > plot.width() * ratio || m_rows > plot.height() * ratio;
    if (shrinks) {
        const QSize size(qRound(plot.width() * ratio), qRound(plot.height() * ratio));
        painter.drawImage(plot, m_image.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    } else {
        painter.drawImage(plot, m_image);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colors.frame, 1));
    painter.drawRect(plot);
}

void HeatMap::drawHatching(QPainter& painter, const QRectF& plot) const {
    const PlotColors colors(palette());
    const double ratio = devicePixelRatioF();
    QImage layer((plot.size() * ratio).toSize().expandedTo({1, 1}), QImage::Format_ARGB32_Premultiplied);
    // A tint of no colour of the maps, for rows that are too thin to show lines.
    QColor tint = colors.good;
    tint.setAlpha(190);
    layer.fill(tint);
    QPainter inside(&layer);
    inside.fillRect(layer.rect(), QBrush(colors.background, Qt::FDiagPattern));
    inside.setCompositionMode(QPainter::CompositionMode_DestinationIn);
    inside.drawImage(QRectF(layer.rect()), m_hatching);
    inside.end();
    painter.drawImage(plot, layer);
}

void HeatMap::drawBand(QPainter& painter) const {
    const PlotColors colors(palette());
    const QRect cells = m_band->cells();
    QColor edge = m_band->removes ? colors.bad : colors.accent, inside = edge;
    inside.setAlpha(70);
    const auto draw = [&](const QRect& part, Qt::PenStyle style) {
        const QRectF box =
            cellRect(part.top(), part.left()).united(cellRect(part.bottom(), part.right())).adjusted(0, 0, -0.5, -0.5);
        painter.setBrush(inside);
        painter.setPen(QPen(colors.background, 3));
        painter.drawRect(box);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(edge, 1.6, style));
        painter.drawRect(box);
    };
    if (m_mirrored) draw({QPoint(cells.top(), cells.left()), QPoint(cells.bottom(), cells.right())}, Qt::DotLine);
    draw(cells, Qt::SolidLine);
}

void HeatMap::drawGroups(QPainter& painter, const QRectF& plot) const {
    const PlotColors colors(palette());
    const int text = fontMetrics().height(), room = labelWidth();
    const auto divider = [&](double x1, double y1, double x2, double y2) {
        // Light over dark, so that it shows on every colour of the map.
        painter.setPen(QPen(QColor(0, 0, 0, 150), 1.0));
        painter.drawLine(QPointF(x1, y1), QPointF(x2, y2));
    };
    int first = 0;
    double lastLabel = -1e9;
    for (const auto& group : m_rowGroups) {
        const double top = plot.top() + plot.height() * first / m_rows, height = plot.height() * group.count / m_rows;
        painter.fillRect(QRectF(plot.left() - strip - 2, top, strip, height - (height > 3 ? 1 : 0)), group.color);
        if (first > 0) divider(plot.left(), top, plot.right(), top);
        const double middle = top + height / 2;
        if (height >= 5 && middle - lastLabel >= text - 1) {
            painter.setPen(colors.faintText);
            painter.drawText(QRectF(plot.left() - strip - gap - 2 - room, middle - text / 2.0, room, text),
                             Qt::AlignRight | Qt::AlignVCenter,
                             fontMetrics().elidedText(group.name, Qt::ElideMiddle, room));
            lastLabel = middle;
        }
        first += group.count;
    }
    first = 0;
    for (const auto& group : m_columnGroups) {
        const double left = plot.left() + plot.width() * first / m_columns,
                     width = plot.width() * group.count / m_columns;
        painter.fillRect(QRectF(left, plot.top() - strip - 2, width - (width > 3 ? 1 : 0), strip), group.color);
        if (first > 0) divider(left, plot.top(), left, plot.bottom());
        first += group.count;
    }
}

void HeatMap::drawCursor(QPainter& painter, const QRectF& plot) const {
    const PlotColors colors(palette());
    const QColor bright = colors.dark ? colors.cursor : QColor(255, 176, 32);
    const auto mark = [&](int row, int column) {
        if (row >= m_rows || column >= m_columns || (row < 0 && column < 0)) return;
        const bool cell = row >= 0 && column >= 0;
        QRectF box = cellRect(std::max(row, 0), std::max(column, 0));
        if (row < 0) box = QRectF(box.left(), plot.top(), box.width(), plot.height());
        if (column < 0) box = QRectF(plot.left(), box.top(), plot.width(), box.height());
        // A thin row must stay visible between its lines; a small cell gets a frame around its neighbours.
        const double grow = cell ? std::max(0.0, (8 - box.width()) / 2) : 0.0,
                     tall = cell ? std::max(0.0, (8 - box.height()) / 2) : 0.0;
        box = box.adjusted(-grow - 0.5, -tall - 0.5, grow + 0.5, tall + 0.5).intersected(plot.adjusted(-3, -3, 3, 3));
        painter.setBrush(Qt::NoBrush);
        if (cell) {
            painter.setPen(QPen(QColor(0, 0, 0, 190), 3.0));
            painter.drawRect(box);
        }
        painter.setPen(QPen(bright, cell ? 1.6 : 1.2));
        painter.drawRect(box);
    };
    mark(m_cursorRow, m_cursorColumn);
    if (m_symmetric && m_cursorRow != m_cursorColumn) mark(m_cursorColumn, m_cursorRow);
}

void HeatMap::drawColorBar(QPainter& painter, const QRectF& plot) const {
    const PlotColors colors(palette());
    const double height = std::clamp(plot.height() * 0.75, std::min(60.0, plot.height()), 240.0);
    const QRectF bar(plot.right() + 10, plot.center().y() - height / 2, barWidth, height);
    QLinearGradient gradient(bar.bottomLeft(), bar.topLeft());
    for (int i = 0; i <= 24; ++i) {
        const Rgb c = colorAt(m_map, i / 24.0);
        gradient.setColorAt(i / 24.0, QColor(c[0], c[1], c[2]));
    }
    painter.setPen(QPen(colors.frame, 1));
    painter.setBrush(gradient);
    painter.drawRect(bar);
    painter.setPen(colors.faintText);
    const int text = fontMetrics().height();
    const std::vector<double> ticks =
        height > 90 ? std::vector{m_low, (m_low + m_high) / 2, m_high} : std::vector{m_low, m_high};
    for (const double tick : ticks) {
        const double y = bar.bottom() - (tick - m_low) / std::max(1e-12, m_high - m_low) * bar.height();
        painter.drawText(QRectF(bar.right() + 4, y - text / 2.0, width() - bar.right() - 4, text),
                         Qt::AlignLeft | Qt::AlignVCenter, plotNumber(tick));
    }
    if (m_barCaption.isEmpty() || bar.top() - text - 4 < 0) return;
    const int captionWidth = fontMetrics().horizontalAdvance(m_barCaption) + 2;
    const double left = std::min(bar.left(), width() - captionWidth - 1.0);
    painter.drawText(QRectF(left, bar.top() - text - text / 2.0 + 2, captionWidth, text),
                     Qt::AlignLeft | Qt::AlignVCenter, m_barCaption);
}

void HeatMap::drawTitles(QPainter& painter, const QRectF& plot) const {
    const PlotColors colors(palette());
    const int text = fontMetrics().height();
    if (!m_title.isEmpty()) {
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        painter.setFont(bold);
        painter.setPen(colors.text);
        const double top = plot.top() - (m_columnGroups.empty() ? 0 : strip + 2) - text - gap + 1;
        const double room = width() - plot.left();
        painter.drawText(QRectF(plot.left(), top, room, text), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(bold).elidedText(m_title, Qt::ElideRight, static_cast<int>(room)));
        painter.setFont(font());
    }
    painter.setPen(colors.faintText);
    double below = plot.bottom() + 3;
    if (m_scaleStep != 0) {
        const PlotAxis axis{m_scaleFirst, m_scaleFirst + m_scaleStep * std::max(1, m_columns - 1)};
        for (const double tick : axis.ticks(std::max(2, static_cast<int>(plot.width() / 70)))) {
            const double column = (tick - m_scaleFirst) / m_scaleStep + 0.5;
            const double x = plot.left() + column / m_columns * plot.width();
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3));
            const double half = fontMetrics().horizontalAdvance(plotNumber(tick)) / 2.0 + 1;
            const double at = std::clamp(x, half, width() - half);
            painter.drawText(QRectF(at - half, below + 1, 2 * half, text), Qt::AlignCenter, plotNumber(tick));
        }
        below += text + 1;
    }
    if (!m_columnTitle.isEmpty())
        painter.drawText(QRectF(plot.left(), below - 1, plot.width(), text), Qt::AlignCenter, m_columnTitle);
    if (!m_rowTitle.isEmpty()) {
        painter.save();
        painter.translate(1, plot.center().y() + plot.height() / 2);
        painter.rotate(-90);
        painter.drawText(QRectF(0, 0, plot.height(), text), Qt::AlignCenter, m_rowTitle);
        painter.restore();
    }
}

QString HeatMap::groupNameAt(QPointF position) const {
    const QRectF plot = plotRect();
    if (m_rows == 0 || m_rowGroups.empty() || position.x() >= plot.left()) return {};
    const double row = (position.y() - plot.top()) / plot.height() * m_rows;
    double first = 0;
    for (const auto& group : m_rowGroups) {
        if (row >= first && row < first + group.count) return group.name;
        first += group.count;
    }
    return {};
}

void HeatMap::moveBand(const QMouseEvent& event) {
    const QPointF way = event.position() - m_band->pressed;
    m_band->moved = m_band->moved || std::hypot(way.x(), way.y()) > steady;
    m_band->to = nearestCell(event.position());
    m_band->removes = event.modifiers().testFlag(Qt::ControlModifier);
}

void HeatMap::mouseMoveEvent(QMouseEvent* event) {
    if (m_band) {
        moveBand(*event);
        if (m_band->moved) QToolTip::hideText();
        return update();
    }
    const auto cell = cellAt(event->position());
    if (cell != m_hover) {
        m_hover = cell;
        Q_EMIT hovered(cell.first, cell.second);
    }
    const QString text = cell.first < 0 ? groupNameAt(event->position())
                         : m_readout    ? m_readout(cell.first, cell.second)
                                        : QString();
    if (text.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(6, 10), text, this);
}

void HeatMap::mousePressEvent(QMouseEvent* event) {
    if (m_band) {  // another button while dragging: never mind
        m_band.reset();
        return update();
    }
    const auto cell = cellAt(event->position());
    if (event->button() != Qt::LeftButton || cell.first < 0) return;
    if (m_draggable)
        m_band = Band{event->position(), cell, cell};
    else
        Q_EMIT clicked(cell.first, cell.second);
}

void HeatMap::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_band) return;
    moveBand(*event);
    const Band band = *m_band;
    m_band.reset();
    update();
    if (band.moved)
        Q_EMIT dragged(band.cells(), band.removes);
    else
        Q_EMIT clicked(band.from.first, band.from.second);
}

void HeatMap::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_hover = {-1, -1};
    Q_EMIT hovered(-1, -1);
}

}  // namespace chronnect
