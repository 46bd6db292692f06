#include "tests/widgets/views/ViewsTestSupport.h"
#include "tests/support/SyntheticBrain.h"
#include "tests/support/SyntheticLearning.h"
#include "widgets/views/AttentionPanel.h"
#include "widgets/views/ConnectomePanel.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/MatrixPanel.h"
#include "widgets/views/PlotAxis.h"
#include "widgets/views/ReconstructionPanel.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/SeriesPanel.h"
#include "widgets/views/SeriesPlot.h"
#include "widgets/views/Theme.h"
#include "widgets/views/TimeBar.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QOpenGLWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTableWidget>
#include <QToolButton>
#include <QtTest>

#include <cmath>
#include <limits>
#include <set>

using namespace chronnect;
using namespace chronnect::test;

class ViewsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, true); }

    void ticksAreRound() {
        QCOMPARE((PlotAxis{0, 10}.ticks(5)), (std::vector<double>{0, 2, 4, 6, 8, 10}));
        QCOMPARE((PlotAxis{-1, 1}.ticks(4)), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
        QCOMPARE((PlotAxis{0.01, 10, true}.ticks(6)), (std::vector<double>{0.01, 0.1, 1, 10}));
        QCOMPARE((PlotAxis{3, 3}.ticks(4)).size(), std::size_t{0});
    }

    void numbersReadWell() {
        QCOMPARE(plotNumber(0.12345), QString("0.123"));
        QCOMPARE(plotNumber(-2), QChar(0x2212) + QString("2"));
        QCOMPARE(plotNumber(12345), QString("12345"));
        QCOMPARE(plotNumber(std::nan("")), QString("n/a"));
        QCOMPARE(timeRange(24, 84, true), QString("24") + QChar(0x2013) + "84 s");
    }

    void iconsTakeTheColourOfTheTheme() {
        QVERIFY(themedIcon("no such icon").isNull());
        const QIcon icon = themedIcon("stop");  // a filled square
        applyTheme(*qApp, true);
        const QColor onDark = icon.pixmap(24, 24).toImage().pixelColor(12, 12);
        applyTheme(*qApp, false);
        const QColor onLight = icon.pixmap(24, 24).toImage().pixelColor(12, 12);
        QCOMPARE(onLight, QApplication::palette().color(QPalette::ButtonText));
        applyTheme(*qApp, true);
        QCOMPARE(onDark, QApplication::palette().color(QPalette::ButtonText));
        QVERIFY(onDark.lightness() > 200 && onLight.lightness() < 60);
        QVERIFY(!applicationIcon().isNull());
    }

    void regionOrderIsAPermutationAndMovesTheMatrix() {
        const auto parcellation = fourRegions();
        const RegionOrder order = RegionOrder::make(parcellation.get(), 4, true);
        QCOMPARE(order.regionAt, (std::vector<int>{1, 3, 0, 2}));  // Vis before Default
        QCOMPARE(order.groups.size(), std::size_t{2});
        QCOMPARE(order.groups[0].count, 2);
        const std::vector<float> edges{1, 2, 3, 4, 5, 6};
        const auto matrix = orderedMatrix(edges, order, 0);
        QCOMPARE(matrix[0 * 4 + 1], 5.0f);  // regions 1, 3
        QCOMPARE(matrix[2 * 4 + 3], 2.0f);  // regions 0, 2
        QCOMPARE(matrix[3 * 4 + 0], 4.0f);  // regions 1, 2
        QVERIFY(RegionOrder::make(parcellation.get(), 7, true).groups.empty());
    }

    void heatMapPaintsEachCellInItsColour() {
        HeatMap map;
        map.setColors(ColorMap::RedBlue, -1, 1);
        map.setValues(2, 2, {1.0f, -1.0f, 0.0f, std::numeric_limits<float>::quiet_NaN()});
        QVERIFY(shown(map, {300, 260}));
        QCOMPARE(pixel(map, map.cellRect(0, 0).center()), toColor(signedColor(1, 1)));
        QCOMPARE(pixel(map, map.cellRect(0, 1).center()), toColor(signedColor(-1, 1)));
        const QColor zero = pixel(map, map.cellRect(1, 0).center());
        QVERIFY(zero.red() > 240 && zero.green() > 240 && zero.blue() > 240);
        // Without a value: two tones of a hatching, none of them of the map.
        const QImage picture = map.QWidget::grab().toImage();
        std::set<QRgb> tones;
        const QRect cell = map.cellRect(1, 1).toRect().adjusted(4, 4, -4, -4);
        for (int x = cell.left(); x < cell.right(); ++x) tones.insert(picture.pixel(x, cell.center().y()));
        QCOMPARE(tones.size(), std::size_t{2});
        QCOMPARE(map.cellAt(map.cellRect(1, 0).center()), (std::pair<int, int>{1, 0}));
        QCOMPARE(map.cellAt({0, 0}), (std::pair<int, int>{-1, -1}));
    }

    void timeBarPlaysTheWindows() {
        ViewState state;
        TimeBar bar(state);
        bar.setConnectivity(fewWindows());
        QVERIFY(shown(bar, {800, 40}));
        QCOMPARE(state.windowCount(), 5);
        QCOMPARE(bar.findChild<QLabel*>("windowLabel")->text(), QString("window 1 of 5 · 0–20 s"));
        bar.setSpeed(50);
        QSignalSpy moved(&state, &ViewState::windowChanged);
        QTest::mouseClick(bar.findChild<QToolButton*>("play"), Qt::LeftButton);
        QVERIFY(bar.isPlaying());
        QTRY_VERIFY(moved.count() >= 7);  // past the end and round again
        QTest::mouseClick(bar.findChild<QToolButton*>("play"), Qt::LeftButton);
        QVERIFY(!bar.isPlaying());
        const int before = state.window();
        QTest::qWait(120);
        QCOMPARE(state.window(), before);
    }

    void timeBarStopsAtTheEndWithoutLoop() {
        ViewState state;
        TimeBar bar(state);
        bar.setConnectivity(fewWindows(3));
        bar.setLooping(false);
        bar.setSpeed(100);
        QSignalSpy stopped(&bar, &TimeBar::playingChanged);
        bar.setPlaying(true);
        QTRY_VERIFY(!bar.isPlaying());
        QCOMPARE(state.window(), 2);
        QCOMPARE(stopped.count(), 2);
        bar.setPlaying(true);  // starts again from the front
        QVERIFY(state.window() < 2);
        bar.setConnectivity(nullptr);
        QVERIFY(!bar.isPlaying());
        QCOMPARE(state.windowCount(), 0);
        bar.setPlaying(true);
        QVERIFY(!bar.isPlaying());
    }

    void timeBarStepsAndDrags() {
        ViewState state;
        TimeBar bar(state);
        bar.setConnectivity(fewWindows());
        QTest::mouseClick(bar.findChild<QToolButton*>("nextWindow"), Qt::LeftButton);
        QCOMPARE(state.window(), 1);
        QTest::mouseClick(bar.findChild<QToolButton*>("previousWindow"), Qt::LeftButton);
        QTest::mouseClick(bar.findChild<QToolButton*>("previousWindow"), Qt::LeftButton);
        QCOMPARE(state.window(), 0);
        bar.findChild<QSlider*>("windowSlider")->setValue(3);
        QCOMPARE(state.window(), 3);
        state.setWindow(4);
        QCOMPARE(bar.findChild<QSlider*>("windowSlider")->value(), 4);
    }

    void matrixClickSelectsThePair() {
        ViewState state;
        MatrixPanel panel(state);
        panel.setParcellation(fourRegions());
        panel.setConnectivity(fewWindows());
        QVERIFY(shown(panel, {500, 520}));
        click(panel, panel.cellPosition(2, 1));
        QCOMPARE(state.edge(), (std::pair<int, int>{1, 2}));
        click(panel, panel.cellPosition(3, 3));
        QCOMPARE(state.region(), 3);
        QCOMPARE(state.edge().first, -1);
    }

    void matrixFollowsWindowAndOrder() {
        ViewState state;
        MatrixPanel panel(state);
        panel.setParcellation(fourRegions());
        panel.setConnectivity(fewWindows());
        state.setWindowCount(5);
        QVERIFY(shown(panel, {500, 520}));
        QCOMPARE(pixel(panel, panel.cellPosition(2, 3)), toColor(signedColor(0.0, 1)));
        state.setWindow(4);  // pair (2, 3) is now 0.4
        const QColor later = pixel(panel, panel.cellPosition(2, 3));
        QVERIFY2(later.red() > later.blue() + 50, qPrintable(later.name()));
        const QPointF ordered = panel.cellPosition(0, 1);
        QTest::mouseClick(panel.findChild<QToolButton*>("networkOrder"), Qt::LeftButton);
        QVERIFY(!state.networkOrder());
        QVERIFY(panel.cellPosition(0, 1) != ordered);
        QCOMPARE(panel.findChild<QLabel*>("howComputed")->text(), QString("Pearson correlation, 10 volumes"));
    }

    void everyPanelSaysWhatFillsIt() {
        ViewState state;
        ConnectomePanel connectome(state);
        MatrixPanel matrix(state);
        SeriesPanel series(state);
        AttentionPanel attention(state);
        ReconstructionPanel reconstruction(state);
        for (QWidget* panel :
             std::initializer_list<QWidget*>{&connectome, &matrix, &series, &attention, &reconstruction}) {
            QVERIFY(shown(*panel, {500, 400}));
            const auto sentences = panel->findChildren<QLabel*>("emptySentence");
            const auto visible =
                std::find_if(sentences.begin(), sentences.end(), [](QLabel* l) { return l->isVisible(); });
            QVERIFY2(visible != sentences.end(), panel->metaObject()->className());
            QVERIFY((*visible)->text().endsWith('.'));
        }
        QSignalSpy asked(&matrix, &MatrixPanel::emptyActionRequested);
        matrix.setEmptyAction("Analyse");
        QTest::mouseClick(matrix.findChild<QPushButton*>("emptyAction"), Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
    }

    void clickInTheBrainPicksRegionEdgeAndNothing() {
        ViewState state;
        ConnectomePanel panel(state);
        panel.setParcellation(fourRegions());
        panel.setConnectivity(fewWindows());
        panel.setStandardView(StandardView::Top);
        QVERIFY(shown(panel, {700, 600}));
        QVERIFY(!panel.grab().isNull());
        const QPointF first = panel.regionPosition(0), second = panel.regionPosition(1),
                      third = panel.regionPosition(2);
        QVERIFY(first.x() < second.x());  // left is left from above
        QVERIFY(first.y() > third.y());   // the front is up
        click(panel, second);
        QCOMPARE(state.region(), 1);
        click(panel, (first + second) / 2);  // 0.9, shown
        QCOMPARE(state.edge(), (std::pair<int, int>{0, 1}));
        click(panel, (first + third) / 2);  // 0.2, hidden
        QCOMPARE(state.edge().first, -1);
        QCOMPARE(state.region(), -1);
    }

    void draggingTurnsTheBrainAndSelectsNothing() {
        ViewState state;
        ConnectomePanel panel(state);
        panel.setParcellation(fourRegions());
        panel.setStandardView(StandardView::Top);
        QVERIFY(shown(panel, {700, 600}));
        panel.grab();
        auto* surface = panel.findChild<QOpenGLWidget*>();
        QVERIFY(surface);
        const std::string before = panel.cameraState().dump();
        const QPoint at = surface->mapFrom(&panel, panel.regionPosition(1).toPoint());
        QTest::mousePress(surface, Qt::LeftButton, {}, at);
        QTest::mouseMove(surface, at + QPoint(30, 10));
        QMouseEvent move(QEvent::MouseMove, at + QPointF(60, 20), surface->mapToGlobal(at + QPoint(60, 20)),
                         Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(surface, &move);
        QTest::mouseRelease(surface, Qt::LeftButton, {}, at + QPoint(60, 20));
        QVERIFY(panel.cameraState().dump() != before);
        QCOMPARE(state.region(), -1);
        const Json turned = panel.cameraState();
        panel.setStandardView(StandardView::Left);
        panel.setCameraState(turned);
        for (const char* key : {"position", "focus", "up"})
            for (std::size_t i = 0; i < 3; ++i)
                QVERIFY(std::abs(panel.cameraState()[key].items()[i].number() - turned[key].items()[i].number()) <
                        1e-9);
        panel.setCameraState(Json("nonsense"));
        QCOMPARE(panel.cameraState().dump(), turned.dump());
    }

    void thresholdDecidesWhichEdgesAreDrawn() {
        ViewState state;
        state.setThreshold(0.5);
        ConnectomePanel panel(state);
        panel.setParcellation(fourRegions());
        panel.setConnectivity(fewWindows());
        QCOMPARE(panel.visibleEdgeCount(), 2);
        auto* slider = panel.findChild<QSlider*>("thresholdSlider");
        slider->setValue(30);
        QCOMPARE(state.threshold(), 0.3);
        QCOMPARE(panel.visibleEdgeCount(), 3);
        state.setThreshold(0.95);
        QCOMPARE(slider->value(), 95);
        QCOMPARE(panel.findChild<QLabel*>("thresholdValue")->text(), QString("0.95"));
        QCOMPARE(panel.visibleEdgeCount(), 0);
    }

    void brainIsDrawnInTheThemesColours() {
        ViewState state;
        ConnectomePanel panel(state);
        panel.setParcellation(fourRegions());
        panel.setStandardView(StandardView::Top);
        QVERIFY(shown(panel, {700, 600}));
        const QImage dark = panel.grab();
        QCOMPARE(dark.pixelColor(dark.width() - 3, 3), QColor(20, 23, 29));
        applyTheme(*qApp, false);
        const QImage light = panel.grab();
        applyTheme(*qApp, true);
        QCOMPARE(light.pixelColor(light.width() - 3, 3), QColor(255, 255, 255));
        auto* surface = panel.findChild<QOpenGLWidget*>();
        const QPointF at = surface->mapFrom(&panel, panel.regionPosition(1)) * surface->devicePixelRatioF();
        const QColor vis = dark.pixelColor(at.toPoint());  // 120, 18, 134, lit
        QVERIFY2(vis.red() > 1.5 * vis.green() && vis.blue() > 1.5 * vis.green(), qPrintable(vis.name()));
    }

    void atlasWithoutCoordinatesGivesASentence() {
        auto parcellation = std::make_shared<Parcellation>(*fourRegions());
        for (Region& region : parcellation->regions) region.hasCentre = false;
        ViewState state;
        ConnectomePanel panel(state);
        panel.setParcellation(parcellation);
        QVERIFY(shown(panel, {500, 400}));
        bool found = false;
        for (const QLabel* label : panel.findChildren<QLabel*>("emptySentence"))
            found = found || (label->isVisible() && label->text().contains("coordinates"));
        QVERIFY(found);
    }

    void seriesFollowSelectionAndPickTheWindow() {
        ViewState state;
        SeriesPanel panel(state);
        const auto parcellation = fourRegions();
        const auto series = std::make_shared<TimeSeries>(syntheticSeries(*parcellation, 30, 2.0));
        panel.setSeries(series, parcellation);
        panel.setConnectivity(fewWindows());
        state.setWindowCount(5);
        QVERIFY(shown(panel, {600, 260}));
        auto* plot = panel.findChild<SeriesPlot*>("seriesPlot");
        QCOMPARE(plot->traces().size(), std::size_t{2});  // the two networks
        double mean = (series->at(7, 1) + series->at(7, 3)) / 2;
        QCOMPARE(plot->traces()[0].values[7], mean);
        state.setRegion(2);
        QCOMPARE(plot->traces().size(), std::size_t{1});
        QCOMPARE(plot->traces()[0].name, QString("R2"));
        QCOMPARE(plot->traces()[0].values[11], series->at(11, 2));
        state.setEdge(0, 3);
        QCOMPARE(plot->traces().size(), std::size_t{2});
        QTest::mouseClick(plot, Qt::LeftButton, {}, QPoint(plot->width() - 14, plot->height() / 2));
        QCOMPARE(state.window(), 4);
        QTest::mouseClick(plot, Qt::LeftButton, {}, QPoint(plot->width() / 5, plot->height() / 2));
        QCOMPARE(state.window(), 0);
    }

    void attentionShowsTheRegionLookedAtMostAndItsChecks() {
        ViewState state;
        state.setWindowCount(12);
        const auto parcellation = fourRegions();
        auto explanation = std::make_shared<Explanation>(syntheticExplanation(*parcellation, 12, 5));
        for (std::size_t i = 3; i < explanation->spatial.size(); i += 4) explanation->spatial[i] = 0.99f;  // region 3
        AttentionPanel panel(state);
        panel.setExplanation(explanation, parcellation);
        QVERIFY(shown(panel, {900, 700}));
        auto* table = panel.findChild<QTableWidget*>("topRegions");
        QCOMPARE(table->item(0, 0)->text(), QString("R3"));
        QCOMPARE(table->item(0, 2)->text(), QString("0.990"));
        int failed = 0, passed = 0;
        for (const QLabel* badge : panel.findChildren<QLabel*>("checkBadge")) {
            failed += badge->text() == "failed";
            passed += badge->text() == "passed";
        }
        QCOMPARE(failed, 1);
        QCOMPARE(passed, 2);
        auto* map = panel.findChild<HeatMap*>("spatialAttention");
        QCOMPARE(map->columnCount(), 12);
        QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect(1, 7).center().toPoint());  // row 1 = region 3
        QCOMPARE(state.window(), 7);
        QCOMPARE(state.region(), 3);
        QCOMPARE(panel.findChild<HeatMap*>("temporalAttention")->columnCount(), 12);
        QCOMPARE(panel.findChild<QComboBox*>("layer")->count(), 5);
    }

    void attentionShowsEachMapWithItsOwnEvidence() {
        ViewState state;
        state.setWindowCount(3);
        const auto parcellation = fourRegions();
        auto explanation = std::make_shared<Explanation>(syntheticExplanation(*parcellation, 3, 10));
        const auto add = [&](const char* name, std::vector<std::string> axes, std::vector<std::size_t> shape,
                             std::vector<float> values, bool passed) {
            Explanation::Map map;
            map.name = name;
            map.axes = std::move(axes);
            map.shape = std::move(shape);
            map.values = std::move(values);
            map.passed = passed;
            map.checks = {{"halves of the scan agree", passed ? 0.9 : 0.1, 0.5, passed}};
            map.shares = {0, 0.5, 1};
            map.deletion = map.randomDeletion = {0.9, 0.6, 0.5};
            map.insertion = map.randomInsertion = {0.5, 0.6, 0.9};
            explanation->maps.push_back(std::move(map));
        };
        add("spatial attention", {"layer", "window", "region"}, {4, 3, 4}, explanation->spatial, true);
        add("temporal attention", {"layer", "query window", "window"}, {4, 3, 3}, explanation->temporal, true);
        add("integrated gradients of pairs", {"pair"}, {6}, {0.1f, 0, 0, 0, -0.9f, 0}, false);
        add("integrated gradients of the series", {"volume", "region"}, {25, 4}, std::vector<float>(100, 0.5f), true);
        AttentionPanel panel(state);
        panel.setExplanation(explanation, parcellation);
        QVERIFY(shown(panel, {900, 700}));
        auto* maps = panel.findChild<QComboBox*>("explanationMap");
        auto* map = panel.findChild<HeatMap*>("spatialAttention");
        auto* layers = panel.findChild<QComboBox*>("layer");
        auto* verdict = panel.findChild<QLabel*>("mapVerdict");
        QCOMPARE(maps->count(), 4);
        QCOMPARE(verdict->text(), QString("passed"));
        QVERIFY(layers->isEnabled());
        maps->setCurrentIndex(1);
        QCOMPARE(map->rowCount(), 3);
        QCOMPARE(panel.findChild<QTableWidget*>("topRegions")->rowCount(), 0);
        maps->setCurrentIndex(2);
        QCOMPARE(maps->currentText(), QString("Integrated gradients of pairs (failed)"));
        QCOMPARE(verdict->text(), QString("failed"));
        QVERIFY(!layers->isEnabled());
        QCOMPARE(map->rowCount(), 4);
        QCOMPARE(map->columnCount(), 4);
        QCOMPARE(panel.findChildren<QLabel*>("checkBadge").size(), 1);
        const RegionOrder order = RegionOrder::make(parcellation.get(), 4, true);
        QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect(order.rowOf[3], order.rowOf[1]).center().toPoint());
        QCOMPARE(state.edge(), std::pair(1, 3));
        QCOMPARE(pixel(*map, map->cellRect(order.rowOf[1], order.rowOf[2]).center()),
                 toColor(colorAt(ColorMap::RedBlue, 0.5)));  // pair 1-2 is 0
        maps->setCurrentIndex(3);
        QCOMPARE(map->columnCount(), 25);
        QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect(0, 19).center().toPoint());
        QCOMPARE(state.window(), 2);  // starts 0 10 20
    }

    void attentionWindowsAreLinkedByTheirVolumes() {
        ViewState state;
        const auto parcellation = fourRegions();
        AttentionPanel panel(state);
        panel.setExplanation(std::make_shared<Explanation>(syntheticExplanation(*parcellation, 3, 10)), parcellation);
        panel.setConnectivity(fewWindows());  // starts 0 5 10 15 20 against 0 10 20
        state.setWindowCount(5);
        QVERIFY(shown(panel, {900, 700}));
        auto* map = panel.findChild<HeatMap*>("temporalAttention");
        QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect(0, 2).center().toPoint());
        QCOMPARE(state.window(), 4);
    }
};

QTEST_MAIN(ViewsTest)
#include "ViewsTest.moc"
