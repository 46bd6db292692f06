#pragma once

#include "core/data/Connectivity.h"
#include "core/data/Parcellation.h"
#include "widgets/views/HeatMap.h"

#include <QApplication>
#include <QImage>
#include <QMouseEvent>
#include <QWidget>
#include <QtTest>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

/// What the tests of the panels share: values made up for them, and clicks where something is drawn.
namespace chronnect::test {

/// Four regions in a plane seen from above, two networks, names out of network order.
inline std::shared_ptr<const Parcellation> fourRegions() {
    auto result = std::make_shared<Parcellation>();
    const char* networks[] = {"Default", "Vis", "Default", "Vis"};
    for (int i = 0; i < 4; ++i) {
        Region region;
        region.name = "R" + std::to_string(i);
        region.network = networks[i];
        region.centre = {i % 2 ? 50.0 : -50.0, i / 2 ? 60.0 : -60.0, 0.0};
        region.hasCentre = true;
        region.colour = networkColour(region.network);
        result->regions.push_back(region);
    }
    return result;
}

/// Windows of 4 regions; pairs (0,1) (0,2) (0,3) (1,2) (1,3) (2,3).
inline std::shared_ptr<const DynamicConnectivity> fewWindows(int windows = 5) {
    auto result = std::make_shared<DynamicConnectivity>();
    result->regions = {"R0", "R1", "R2", "R3"};
    result->repetitionTime = 2.0;
    result->windowLength = 10;
    for (int w = 0; w < windows; ++w) {
        result->windowStarts.push_back(5 * w);
        result->windowCentres.push_back(5 * w * 2.0 + 10);
        const float r = 0.1f * static_cast<float>(w);
        for (const float value : {0.9f, 0.2f, 0.4f, -0.6f, std::numeric_limits<float>::quiet_NaN(), r})
            result->edges.push_back(value);
    }
    result->howComputed = "Pearson correlation, 10 volumes";
    return result;
}

inline bool shown(QWidget& widget, QSize size) {
    widget.resize(size);
    widget.show();
    return QTest::qWaitForWindowExposed(&widget);
}

inline QColor pixel(QWidget& widget, QPointF at) {
    return widget.QWidget::grab().toImage().pixelColor((at * widget.devicePixelRatioF()).toPoint());
}

/// A click at a position given in `panel`'s coordinates, delivered to the child that is there.
inline void click(QWidget& panel, QPointF at) {
    QWidget* target = panel.childAt(at.toPoint());
    if (!target) target = &panel;
    QTest::mouseClick(target, Qt::LeftButton, {}, target->mapFrom(&panel, at.toPoint()));
}

/// Presses the left button in one cell {row, column} and moves to another, where it is still held.
inline QPoint startDrag(HeatMap& map, std::pair<int, int> from, std::pair<int, int> to,
                        Qt::KeyboardModifiers keys = {}) {
    const auto inside = [&](std::pair<int, int> cell, int shift) {  // a drag within one cell moves too
        const QRectF box = map.cellRect(cell.first, cell.second);
        const double by = std::min(6.0, box.width() / 2 - 0.5) * shift;
        return (box.center() + QPointF(by, by)).toPoint();
    };
    const QPoint start = inside(from, -1), end = inside(to, 1);
    QTest::mousePress(&map, Qt::LeftButton, keys, start);
    QMouseEvent move(QEvent::MouseMove, end, map.mapToGlobal(end), Qt::NoButton, Qt::LeftButton, keys);
    QApplication::sendEvent(&map, &move);
    return end;
}

inline void drag(HeatMap& map, std::pair<int, int> from, std::pair<int, int> to, Qt::KeyboardModifiers keys = {}) {
    const QPoint end = startDrag(map, from, to, keys);
    QTest::mouseRelease(&map, Qt::LeftButton, keys, end);
}

}  // namespace chronnect::test
