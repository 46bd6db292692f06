#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace chronnect {

/// One line of a plot. Points with non-finite y are gaps.
struct Curve {
    QString name;
    std::vector<double> x, y;
};

/// A line plot with legend and a hover read-out: training curves.
class CurvesPlot : public QWidget {
    Q_OBJECT

public:
    explicit CurvesPlot(QWidget* parent = nullptr);

    void setCurves(std::vector<Curve> curves);
    void setLogY(bool on);
    bool logY() const { return m_logY; }
    void setAxisTitles(const QString& x, const QString& y);
    void setEmptyText(const QString& sentence);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    std::vector<Curve> m_curves;
    QString m_xTitle, m_yTitle, m_emptyText;
    QPointF m_hover{-1, -1};
    bool m_logY = false;
};

}  // namespace chronnect
