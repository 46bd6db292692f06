#pragma once

#include <QImage>
#include <QString>
#include <QWidget>

#include <vector>

namespace chronnect {

/// What a CarpetPlot draws: one run over its volumes.
struct CarpetContent {
    std::vector<double> displacement;            ///< framewise displacement per volume, mm; empty or NaN = unknown
    std::vector<double> dvars;                   ///< standardized DVARS per volume; empty or NaN = unknown
    double fdThreshold = 0, dvarsThreshold = 0;  ///< drawn when positive
    std::vector<bool> kept;                      ///< per volume; empty = all
    double repetitionTime = 0;                   ///< s; 0 = the axis counts volumes
    QImage before, after;  ///< one row per region, one column per volume; transparent where censored
};

/// Motion, DVARS and the region signals before and after cleaning on one time axis; censored volumes are shaded through
/// all of them.
class CarpetPlot : public QWidget {
    Q_OBJECT

public:
    explicit CarpetPlot(QWidget* parent = nullptr);

    void setContent(CarpetContent content);
    const CarpetContent& content() const { return m_content; }
    void setEmptyText(const QString& sentence);
    /// Where a volume lies, in this widget's coordinates.
    double volumeX(int volume) const;

    QSize sizeHint() const override { return {620, 420}; }
    QSize minimumSizeHint() const override { return {280, 220}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Trace;
    int volumeCount() const;
    QRectF area() const;
    void drawTrace(QPainter& painter, const QRectF& row, const Trace& trace) const;
    void drawCarpet(QPainter& painter, const QRectF& row, const QImage& image, const QString& name) const;
    void drawCensored(QPainter& painter, const QRectF& rows) const;
    void drawTimeAxis(QPainter& painter, const QRectF& rows) const;
    QString readout(int volume) const;

    CarpetContent m_content;
    QString m_emptyText;
    int m_hover = -1;
};

}  // namespace chronnect
