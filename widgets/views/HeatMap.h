#pragma once

#include "visualization/ColorMap.h"

#include <QColor>
#include <QImage>
#include <QRect>
#include <QWidget>

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace chronnect {

/// A stretch of rows or columns that belong together, drawn as a coloured strip with its name and a divider.
struct HeatMapGroup {
    QString name;
    QColor color;
    int count = 0;
};

/// A painted matrix: any rows x columns of values with colour bar, groups, cursors and a hover read-out. NaN is
/// hatched.
class HeatMap : public QWidget {
    Q_OBJECT

public:
    explicit HeatMap(QWidget* parent = nullptr);

    /// Row-major values; an empty vector shows nothing. Takes the hatching away.
    void setValues(int rows, int columns, std::vector<float> values);
    void setColors(ColorMap map, double low, double high);
    void setRowGroups(std::vector<HeatMapGroup> groups);
    void setColumnGroups(std::vector<HeatMapGroup> groups);
    void setTitle(const QString& title);
    void setAxisTitles(const QString& columns, const QString& rows);
    void setColorBar(bool on, const QString& caption = {});
    void setSquare(bool on);
    /// Numbers under the columns, e.g. seconds: value of column i is first + i * step. step 0 = none.
    void setColumnScale(double first, double step);
    /// The marked row and column; -1 = none. With `symmetric`, (column, row) is marked too.
    void setCursor(int row, int column, bool symmetric = false);
    /// Lays hatching over the cells with a 1, row-major; the values stay visible below. Empty = none.
    void setHatching(const std::vector<std::uint8_t>& cells);
    /// Lets the person drag a rectangle over the cells; with `mirrored`, (column, row) is drawn with it. A click is
    /// then told when the button is released without having moved.
    void setDraggable(bool on, bool mirrored = false);
    /// What the tool tip says about a cell; empty = no tool tip.
    void setReadout(std::function<QString(int row, int column)> readout);

    int rowCount() const { return m_rows; }
    int columnCount() const { return m_columns; }
    bool isHatched() const { return !m_hatching.isNull(); }
    QRectF cellRect(int row, int column) const;
    std::pair<int, int> cellAt(QPointF position) const;  ///< {-1, -1} outside
    /// The full name of the row group whose label is at `position`; empty elsewhere.
    QString groupNameAt(QPointF position) const;
    QSize sizeHint() const override { return {320, 320}; }
    QSize minimumSizeHint() const override { return {120, 110}; }

Q_SIGNALS:
    void hovered(int row, int column);  ///< {-1, -1} when the pointer leaves the cells
    void clicked(int row, int column);
    void dragged(const QRect& cells, bool remove);  ///< x = columns, y = rows; `remove` when Ctrl was held at the end

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QRectF plotRect() const;
    void makeImage();
    std::pair<int, int> nearestCell(QPointF position) const;
    void moveBand(const QMouseEvent& event);
    void drawHatching(QPainter& painter, const QRectF& plot) const;
    void drawBand(QPainter& painter) const;
    int labelWidth() const;
    void drawCells(QPainter& painter, const QRectF& plot) const;
    void drawGroups(QPainter& painter, const QRectF& plot) const;
    void drawCursor(QPainter& painter, const QRectF& plot) const;
    void drawColorBar(QPainter& painter, const QRectF& plot) const;
    void drawTitles(QPainter& painter, const QRectF& plot) const;

    int m_rows = 0, m_columns = 0;
    std::vector<float> m_values;
    ColorMap m_map = ColorMap::RedBlue;
    double m_low = -1, m_high = 1;
    std::vector<HeatMapGroup> m_rowGroups, m_columnGroups;
    QString m_title, m_columnTitle, m_rowTitle, m_barCaption;
    bool m_colorBar = true, m_square = false, m_symmetric = false;
    double m_scaleFirst = 0, m_scaleStep = 0;
    int m_cursorRow = -1, m_cursorColumn = -1;
    std::pair<int, int> m_hover{-1, -1};
    std::function<QString(int, int)> m_readout;
    QImage m_image;     ///< one pixel per cell, transparent where NaN
    QImage m_hatching;  ///< one pixel per cell, opaque where hatched; null = none

    /// A rectangle being dragged, from the cell where the button went down.
    struct Band {
        QPointF pressed;
        std::pair<int, int> from, to;
        bool moved = false, removes = false;
        QRect cells() const;
    };
    bool m_draggable = false, m_mirrored = false;
    std::optional<Band> m_band;
};

}  // namespace chronnect
