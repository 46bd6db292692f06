#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace chronnect {

/// Very many points as a cloud whose strength shows how dense they lie, with the median of y over stretches of x.
class ScatterPlot : public QWidget {
    Q_OBJECT

public:
    explicit ScatterPlot(QWidget* parent = nullptr);

    /// Pairs in which either is not finite are left out.
    void setPoints(std::vector<double> x, std::vector<double> y);
    /// The vertical limits; low = high: those of the points.
    void setLimits(double low, double high);
    void setAxisTitles(const QString& x, const QString& y);
    void setTitle(const QString& title);
    void setEmptyText(const QString& sentence);

    /// The medians drawn: x of the middle of each stretch, and y.
    const std::vector<QPointF>& trend() const { return m_trend; }

    QSize sizeHint() const override { return {420, 220}; }
    QSize minimumSizeHint() const override { return {200, 140}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void findTrend();

    std::vector<double> m_x, m_y;
    std::vector<QPointF> m_trend;
    double m_low = 0, m_high = 0;
    QString m_title, m_xTitle, m_yTitle, m_emptyText;
};

}  // namespace chronnect
