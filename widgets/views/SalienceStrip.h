#pragma once

#include <QString>
#include <QWidget>

#include <vector>

namespace chronnect {

/// Bars, one per window, with the line above which a window counts as salient.
class SalienceStrip : public QWidget {
    Q_OBJECT

public:
    explicit SalienceStrip(QWidget* parent = nullptr);

    void setValues(std::vector<double> values, std::vector<int> salient);
    void setCursor(int window);
    /// How far the bars keep from the left and right, so that they stand under the columns of a heat map.
    void setMargins(double left, double right);

    QSize sizeHint() const override { return {200, 70}; }
    QSize minimumSizeHint() const override { return {100, 44}; }

Q_SIGNALS:
    void clicked(int window);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    std::vector<double> m_values;
    std::vector<int> m_salient;
    int m_cursor = -1;
    double m_left = 0, m_right = 0;
};

}  // namespace chronnect
