#pragma once

#include "visualization/ColorMap.h"

#include <QColor>
#include <QWidget>

#include <utility>
#include <vector>

namespace chronnect {

/// One line under the 3D view: the networks' colours (or the scale of mapped values) and the scale of the edges.
class LegendBar : public QWidget {
    Q_OBJECT

public:
    explicit LegendBar(QWidget* parent = nullptr);

    void setNetworks(std::vector<std::pair<QString, QColor>> networks);
    /// Shows a viridis scale instead of the networks; an empty caption goes back.
    void setValueScale(const QString& caption, double low, double high);
    /// "412 of 12,720 edges with |r| ≥ 0.50".
    void setEdgeText(const QString& text);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {100, sizeHint().height()}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int layOut(QPainter* painter, int width) const;
    void drawScale(QPainter& painter, QRectF area, ColorMap map, const QString& low, const QString& high) const;

    std::vector<std::pair<QString, QColor>> m_networks;
    QString m_caption, m_edgeText;
    double m_low = 0, m_high = 1;
};

}  // namespace chronnect
