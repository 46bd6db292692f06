#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

#include <utility>
#include <vector>

namespace chronnect {

/// Signals over time, each in its own lane or all on one axis, with a shaded stretch and a motion trace below.
class SeriesPlot : public QWidget {
    Q_OBJECT

public:
    struct Trace {
        QString name;
        QColor color;
        std::vector<double> values;  ///< one per time; NaN = gap
    };

    explicit SeriesPlot(QWidget* parent = nullptr);

    /// `times` ascending. A step of more than 1.5 times the usual one is drawn as a gap (censored volumes).
    void setTimes(std::vector<double> times, const QString& unit);
    void setTraces(std::vector<Trace> traces);
    void setStacked(bool on);
    void setBand(double from, double to);  ///< from >= to = none
    /// Motion in mm at its own times; empty = no trace. A threshold of 0 draws no line.
    void setMotion(std::vector<double> times, std::vector<double> millimetres, double threshold);

    const std::vector<Trace>& traces() const { return m_traces; }
    QSize sizeHint() const override { return {520, 220}; }
    QSize minimumSizeHint() const override { return {180, 110}; }

Q_SIGNALS:
    void timePicked(double time);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QRectF signalRect() const;
    QRectF motionRect() const;
    double xOf(double time) const;
    double timeAt(double x) const;
    void drawTimeAxis(QPainter& painter) const;
    void drawBand(QPainter& painter) const;
    void drawLanes(QPainter& painter) const;
    void drawOverlaid(QPainter& painter) const;
    void drawMotion(QPainter& painter) const;
    void drawHover(QPainter& painter) const;
    void drawTrace(QPainter& painter, const Trace& trace, const QRectF& lane, double low, double high) const;

    std::vector<double> m_times, m_motionTimes, m_motion;
    std::vector<Trace> m_traces;
    QString m_unit;
    bool m_stacked = true;
    double m_from = 0, m_to = 0, m_threshold = 0;
    QPointF m_hover{-1, -1};
};

}  // namespace chronnect
