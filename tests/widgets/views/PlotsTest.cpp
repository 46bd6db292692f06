#include "tests/widgets/views/ViewsTestSupport.h"
#include "widgets/views/CarpetPlot.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/ScatterPlot.h"
#include "widgets/views/Theme.h"

#include <QSignalSpy>
#include <QtTest>

#include <cmath>

using namespace chronnect;
using namespace chronnect::test;

/// What the plots paint, looked at pixel by pixel.
class PlotsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groupLabelsGiveTheirFullName() {
        HeatMap map;
        map.setColorBar(false);
        map.setRowGroups({{"A network with a name that no label has room for", Qt::red, 1}, {"Short", Qt::blue, 3}});
        map.setValues(4, 4, std::vector<float>(16, 0.5f));
        map.resize(300, 300);
        const auto beside = [&](int row) { return QPointF(6, map.cellRect(row, 0).center().y()); };
        QCOMPARE(map.groupNameAt(beside(0)), QString("A network with a name that no label has room for"));
        QCOMPARE(map.groupNameAt(beside(3)), QString("Short"));
        QCOMPARE(map.groupNameAt(map.cellRect(1, 1).center()), QString());
    }

    void aRectangleOfCellsIsDragged() {
        HeatMap map;
        map.setColorBar(false);
        map.setValues(8, 8, std::vector<float>(64, 0.5f));
        QVERIFY(shown(map, {320, 320}));
        QSignalSpy clicks(&map, &HeatMap::clicked), drags(&map, &HeatMap::dragged);
        drag(map, {1, 2}, {3, 5});
        QCOMPARE(clicks.count(), 1);  // at once, and nothing is dragged
        QCOMPARE(drags.count(), 0);
        map.setDraggable(true, true);
        drag(map, {3, 5}, {1, 2}, Qt::ControlModifier);
        QCOMPARE(clicks.count(), 1);
        QCOMPARE(drags.takeFirst(), (QVariantList{QRect(2, 1, 4, 3), true}));
        drag(map, {6, 6}, {7, 7});
        QCOMPARE(drags.takeFirst(), (QVariantList{QRect(6, 6, 2, 2), false}));
        const QPoint still = map.cellRect(4, 1).center().toPoint();
        QTest::mousePress(&map, Qt::LeftButton, {}, still);
        QCOMPARE(clicks.count(), 1);
        QTest::mouseRelease(&map, Qt::LeftButton, {}, still + QPoint(2, 1));  // a hand is not quite still
        QCOMPARE(clicks.count(), 2);
        QCOMPARE(clicks.last(), (QVariantList{4, 1}));
        QVERIFY(drags.isEmpty());
    }

    void theRectangleIsSeenWhileItIsDragged() {
        HeatMap map;
        map.setColorBar(false);
        map.setDraggable(true, true);
        map.setValues(8, 8, std::vector<float>(64, 0.5f));
        QVERIFY(shown(map, {320, 320}));
        const QImage before = map.QWidget::grab().toImage();
        const auto at = [&](int row, int column) { return map.cellRect(row, column).center().toPoint(); };
        const auto move = [&](QPoint to) {
            QMouseEvent event(QEvent::MouseMove, to, map.mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
            QApplication::sendEvent(&map, &event);
        };
        QTest::mousePress(&map, Qt::LeftButton, {}, at(1, 5));
        move({100000, at(2, 6).y()});  // beyond the edge: up to the last column
        const QImage during = map.QWidget::grab().toImage();
        for (const auto& [row, column] : {std::pair(1, 5), std::pair(2, 7), std::pair(7, 2)})  // and mirrored
            QVERIFY(during.pixel(at(row, column)) != before.pixel(at(row, column)));
        QCOMPARE(during.pixel(at(4, 4)), before.pixel(at(4, 4)));
        QSignalSpy drags(&map, &HeatMap::dragged);
        QTest::mousePress(&map, Qt::RightButton, {}, at(2, 6));  // never mind
        QTest::mouseRelease(&map, Qt::LeftButton, {}, at(2, 6));
        QCOMPARE(drags.count(), 0);
        QVERIFY(map.QWidget::grab().toImage() == before);
    }

    void hatchingLetsTheValuesThrough() {
        HeatMap map;
        map.setColorBar(false);
        map.setColors(ColorMap::RedBlue, -1, 1);
        map.setValues(2, 2, {1, -1, 1, -1});
        QVERIFY(shown(map, {300, 300}));
        const QImage before = map.QWidget::grab().toImage();
        map.setHatching({1, 1, 0, 0});
        QVERIFY(map.isHatched());
        const QImage after = map.QWidget::grab().toImage();
        const auto meanRed = [&](int row, int column) {
            const QRect cell = map.cellRect(row, column).toRect().adjusted(6, 6, -6, -6);
            double sum = 0;
            for (int y = cell.top(); y < cell.bottom(); ++y)
                for (int x = cell.left(); x < cell.right(); ++x) sum += after.pixelColor(x, y).red();
            return sum / (cell.width() * cell.height());
        };
        QVERIFY(meanRed(0, 0) > meanRed(0, 1) + 20);  // still redder than the blue one
        for (int x = 0; x < 300; x += 3)
            QCOMPARE(after.pixel(x, map.cellRect(1, 0).center().toPoint().y()),
                     before.pixel(x, map.cellRect(1, 0).center().toPoint().y()));
        QVERIFY(after != before);
        map.setHatching({1});  // does not fit
        QVERIFY(!map.isHatched());
        QVERIFY(map.QWidget::grab().toImage() == before);
    }

    void initTestCase() { applyTheme(*qApp, true); }

    void curvesAreDrawnWhereTheirValuesLie() {
        CurvesPlot plot;
        QVERIFY(shown(plot, {500, 300}));
        const QImage empty = plot.QWidget::grab().toImage();
        Curve low{"low", {0, 1}, {0, 0}}, high{"high", {0, 1}, {1, 1}};
        plot.setCurves({low, high});
        const QImage picture = plot.QWidget::grab().toImage();
        QVERIFY(picture != empty);
        // From the top at mid width: first the second curve's colour, then the first's.
        const QColor first = seriesColor(0, true), second = seriesColor(1, true);
        int rowOfFirst = -1, rowOfSecond = -1;
        for (int y = 24; y < picture.height(); ++y) {  // below the legend
            const QColor c = picture.pixelColor(picture.width() / 2 + 13, y);
            const auto near = [&](const QColor& other) {
                return std::abs(c.red() - other.red()) + std::abs(c.green() - other.green()) +
                           std::abs(c.blue() - other.blue()) <
                       110;
            };
            if (near(first) && rowOfFirst < 0) rowOfFirst = y;
            if (near(second) && rowOfSecond < 0) rowOfSecond = y;
        }
        QVERIFY2(rowOfSecond > 0 && rowOfFirst > rowOfSecond + 100,
                 qPrintable(QString("%1 %2").arg(rowOfFirst).arg(rowOfSecond)));
        plot.setLogY(true);  // zero cannot be drawn: only the other curve is left
        QVERIFY(plot.logY());
        plot.setCurves({low});
        QCOMPARE(plot.QWidget::grab().toImage(), empty);
    }

    void aLongTrainingKeepsItsPeaksAndIsDrawnFast() {
        CurvesPlot plot;
        QVERIFY(shown(plot, {500, 300}));
        Curve curve{"loss", {}, {}};
        for (int i = 0; i < 200000; ++i) {
            curve.x.push_back(i);
            curve.y.push_back(0.0);
        }
        curve.y[100001] = 1.0;  // one value of 200,000
        curve.y[7] = std::nan("");
        plot.setCurves({curve});
        const QImage picture = plot.QWidget::grab().toImage();
        const QColor line = seriesColor(0, true);
        int highest = picture.height();
        for (int y = 40; y < picture.height(); ++y)
            for (int x = picture.width() / 2 - 20; x < picture.width() / 2 + 60; ++x) {
                const QColor c = picture.pixelColor(x, y);
                if (std::abs(c.red() - line.red()) + std::abs(c.green() - line.green()) +
                        std::abs(c.blue() - line.blue()) <
                    110)
                    highest = std::min(highest, y);
            }
        QVERIFY2(highest < 90, qPrintable(QString::number(highest)));
    }

    void theCloudShowsWherePointsLieAndTheirTrend() {
        ScatterPlot plot;
        std::vector<double> x, y;
        for (int i = 0; i < 6000; ++i) {
            x.push_back(i % 100);
            y.push_back((i % 100) / 100.0 + (i % 7 - 3) * 0.001);
        }
        x.push_back(std::nan(""));
        y.push_back(0.5);
        plot.setPoints(x, y);
        plot.setLimits(-1, 1);
        QVERIFY(shown(plot, {400, 260}));
        QCOMPARE(plot.trend().size(), std::size_t(12));
        for (const QPointF& point : plot.trend()) QVERIFY(std::abs(point.y() - point.x() / 100) < 0.02);
        const QImage picture = plot.QWidget::grab().toImage();
        plot.setPoints({}, {});
        QVERIFY(plot.trend().empty());
        QVERIFY(plot.QWidget::grab().toImage() != picture);
    }

    void censoredVolumesAreShadedAndBlankInTheCleanedCarpet() {
        CarpetPlot plot;
        CarpetContent content;
        content.displacement.assign(20, 0.1);
        content.displacement[8] = 2.0;
        content.fdThreshold = 0.5;
        content.kept.assign(20, true);
        content.kept[8] = false;
        content.repetitionTime = 2;
        content.before = QImage(20, 4, QImage::Format_ARGB32_Premultiplied);
        content.before.fill(qRgb(128, 128, 128));
        content.after = content.before;
        for (int row = 0; row < 4; ++row) content.after.setPixel(8, row, qRgba(0, 0, 0, 0));
        plot.setContent(content);
        QVERIFY(shown(plot, {700, 420}));
        const double y = 360;  // inside the lower carpet
        const QColor kept = pixel(plot, {plot.volumeX(4), y}), gone = pixel(plot, {plot.volumeX(8), y});
        QCOMPARE(kept, QColor(128, 128, 128));
        QVERIFY2(gone != kept && gone.lightness() < 100, qPrintable(gone.name()));
        const QColor raw = pixel(plot, {plot.volumeX(8), 200}), rawKept = pixel(plot, {plot.volumeX(4), 200});
        QCOMPARE(rawKept, QColor(128, 128, 128));
        QVERIFY2(raw.red() > raw.blue() + 10, qPrintable(raw.name()));  // shaded in the colour of the cursor
        plot.setContent({});
        QVERIFY(pixel(plot, {plot.volumeX(4), y}) != kept);
    }
};

QTEST_MAIN(PlotsTest)
#include "PlotsTest.moc"
