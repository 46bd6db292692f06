#include "tests/support/SyntheticBrain.h"
#include "tests/support/SyntheticLearning.h"
#include "tests/widgets/views/ViewsTestSupport.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/MaskBar.h"
#include "widgets/views/ReconstructionPanel.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/Theme.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>

#include <algorithm>
#include <set>

using namespace chronnect;
using namespace chronnect::test;

using Pairs = std::vector<std::pair<int, int>>;

/// What is chosen to be hidden, what is asked for, and what is shown of the answer.
class ReconstructionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, true); }

    void regionsTakeTheirPairsWithThem() {
        MaskChoice choice(4);
        QVERIFY(choice.isEmpty());
        choice.setRegion(2, true);
        choice.setRegion(2, true);
        QCOMPARE(choice.hiddenPairCount(), std::size_t(3));
        QCOMPARE(choice.hiddenPairs(), (std::vector<std::uint8_t>{0, 1, 0, 1, 0, 1}));
        QVERIFY(choice.hides(3, 2) && choice.hides(2, 0) && !choice.hides(0, 1) && !choice.hasPair(2, 3));
        QCOMPARE(choice.request().regions, std::vector<int>{2});
        QVERIFY(choice.request().pairs.empty());  // the engine hides those of the region by itself
        choice.setRegion(2, false);
        QVERIFY(choice.isEmpty());
    }

    void besidePairsThoseOfTheRegionsAreNamed() {
        MaskChoice choice(4);
        choice.setPair(3, 0, true);
        QCOMPARE(choice.request().pairs, (Pairs{{0, 3}}));
        QVERIFY(choice.request().regions.empty());
        choice.setRegion(1, true);
        QCOMPARE(choice.request().pairs, (Pairs{{0, 1}, {0, 3}, {1, 2}, {1, 3}}));
        QCOMPARE(choice.request().regions, std::vector<int>{1});
        choice.clear();
        QCOMPARE(choice, MaskChoice(4));
    }

    void whatDoesNotExistIsPassedOver() {
        MaskChoice choice(3);
        for (const int region : {-1, 3, 99}) choice.setRegion(region, true);
        choice.setPair(1, 1, true);
        choice.setPair(-1, 2, true);
        choice.setPair(0, 3, true);
        QVERIFY(choice.isEmpty());
        QVERIFY(!choice.hides(0, 7) && !choice.hasRegion(-1) && !choice.hasPair(2, 2));
        choice.setNetwork(*fourRegions(), "Vis", true);  // region 3 of them is not among ours
        QCOMPARE(choice.regions(), std::vector<int>{1});
        QCOMPARE(MaskChoice().hiddenPairCount(), std::size_t(0));
    }

    void networksAreChosenWholeOrByTheirPairs() {
        const auto parcellation = fourRegions();
        MaskChoice choice(4);
        choice.setNetwork(*parcellation, "Vis", true);
        QCOMPARE(choice.regions(), (std::vector<int>{1, 3}));
        QVERIFY(choice.hasNetwork(*parcellation, "Vis") && !choice.hasNetwork(*parcellation, "Default"));
        QVERIFY(choice.hidesBetween(*parcellation, "Default", "Vis"));
        QVERIFY(!choice.hidesBetween(*parcellation, "Default", "Default"));
        choice.setNetwork(*parcellation, "Vis", false);
        choice.setBetween(*parcellation, "Default", "Vis", true);
        QCOMPARE(choice.request().pairs, (Pairs{{0, 1}, {0, 3}, {1, 2}, {2, 3}}));
        choice.setBetween(*parcellation, "Vis", "Default", false);
        QVERIFY(choice.isEmpty());
        QVERIFY(!choice.hasNetwork(*parcellation, "no such network"));
    }

    void aRandomPartIsAskedForWithItsSeed() {
        ViewState state;
        state.setWindowCount(20);
        state.setWindow(6);
        ReconstructionPanel panel(state);
        QVERIFY(shown(panel, {900, 700}));
        auto* button = panel.findChild<QPushButton*>("reconstruct");
        QVERIFY(!button->isEnabled());
        QVERIFY(!panel.findChild<QLabel*>("maskStatus")->text().isEmpty());
        panel.setAvailable(true);
        panel.findChild<QSpinBox*>("maskSeed")->setValue(7);
        const auto asked = askedOf(panel, [&] { QTest::mouseClick(button, Qt::LeftButton); });
        QCOMPARE(asked.size(), std::size_t(1));
        MaskRequest expected;
        expected.window = 6;
        expected.seed = 7;
        QVERIFY(asked[0] == expected);
        QCOMPARE(button->text(), QString("Rebuild window 7"));
        panel.setBusy(true);
        QVERIFY(!button->isEnabled());
        QVERIFY(askedOf(panel, [&] { panel.masks().ask(); }).empty());
    }

    void theSelectionIsAddedAndTakenOut() {
        ViewState state;
        const auto panel = panelOfFour(state);
        auto* add = panel->findChild<QPushButton*>("addSelection");
        auto* button = panel->findChild<QPushButton*>("reconstruct");
        panel->masks().setMode(MaskMode::Chosen);
        QVERIFY(!add->isEnabled() && !button->isEnabled());  // nothing is selected, nothing is hidden
        QVERIFY(caption(*panel).contains("nothing yet"));
        state.setRegion(2);
        QVERIFY(add->isEnabled() && add->toolTip().contains("R2"));
        QTest::keyClick(add, Qt::Key_Return);
        QCOMPARE(caption(*panel), QString("Hidden: 1 region (1 network), 3 pairs of 6 · not yet rebuilt"));
        QCOMPARE(add->text(), QString("Take selection out"));
        state.setEdge(2, 3);  // hidden already
        QVERIFY(!add->isEnabled());
        state.setEdge(3, 1);
        QTest::mouseClick(add, Qt::LeftButton);
        QCOMPARE(caption(*panel), QString("Hidden: 1 region (1 network), 4 pairs of 6 · not yet rebuilt"));
        const auto asked = askedOf(*panel, [&] { QTest::keyClick(button, Qt::Key_Return); });
        QCOMPARE(asked.at(0).regions, std::vector<int>{2});
        QCOMPARE(asked.at(0).pairs, (Pairs{{0, 2}, {1, 2}, {1, 3}, {2, 3}}));
        QTest::mouseClick(add, Qt::LeftButton);  // the pair out again
        QVERIFY(panel->masks().request().pairs.empty());
        QTest::mouseClick(panel->findChild<QPushButton*>("clearMask"), Qt::LeftButton);
        QVERIFY(panel->masks().choice().isEmpty() && !button->isEnabled());
    }

    void theMenuHidesNetworksAndPairsBetweenThem() {
        ViewState state;
        const auto panel = panelOfFour(state);
        panel->masks().setMode(MaskMode::Chosen);
        auto* menu = panel->findChild<QMenu*>("networkMenu");
        const auto entries = menu->actions();
        QCOMPARE(entries.size(), 5);  // two networks, a line, two menus of pairs
        QCOMPARE(entries[0]->text(), QString("Vis (2 regions)"));
        entries[0]->trigger();
        QCOMPARE(panel->masks().choice().regions(), (std::vector<int>{1, 3}));
        QVERIFY(entries[0]->isChecked() && !entries[1]->isChecked());
        entries[0]->trigger();
        QVERIFY(panel->masks().choice().isEmpty() && !entries[0]->isChecked());
        QMenu* withDefault = entries[4]->menu();
        QCOMPARE(withDefault->title(), QString("Pairs of Default with"));
        withDefault->actions()[1]->trigger();  // itself
        QCOMPARE(panel->masks().request().pairs, (Pairs{{0, 2}}));
        QVERIFY(withDefault->actions()[1]->isChecked());
    }

    void draggingPaintsPairsAndAClickSelects() {
        ViewState state;
        const auto panel = panelOfFour(state);
        auto* map = panel->findChild<HeatMap*>("truthMap");
        drag(*map, {0, 2}, {1, 3});
        QVERIFY(panel->masks().choice().isEmpty());  // only where regions and pairs are chosen
        state.setEdge(-1, -1);
        panel->masks().setMode(MaskMode::Chosen);
        drag(*map, {0, 2}, {1, 3});  // rows: regions 1 and 3, columns: 0 and 2
        QCOMPARE(panel->masks().request().pairs, (Pairs{{0, 1}, {0, 3}, {1, 2}, {2, 3}}));
        QCOMPARE(state.edge().first, -1);
        drag(*map, {1, 3}, {1, 2}, Qt::ControlModifier);
        QCOMPARE(panel->masks().request().pairs, (Pairs{{0, 1}, {1, 2}}));
        QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect(0, 1).center().toPoint());
        QCOMPARE(state.edge(), std::pair(1, 3));
        MaskChoice choice(4);
        choice.setRegion(0, true);
        panel->masks().setChoice(choice);
        drag(*panel->findChild<HeatMap*>("shownMap"), {2, 2}, {2, 2}, Qt::ControlModifier);  // its diagonal
        QVERIFY(panel->masks().choice().isEmpty());
    }

    void whatWillBeHiddenIsHatchedAtOnce() {
        ViewState state;
        const auto panel = panelOfFour(state);
        auto* map = panel->findChild<HeatMap*>("shownMap");
        QVERIFY(map->isVisible() && !panel->findChild<HeatMap*>("predictedMap")->isVisible());
        panel->masks().setMode(MaskMode::Chosen);
        QVERIFY(!map->isHatched());
        const QColor open = pixel(*map, map->cellRect(2, 3).center()),
                     other = pixel(*map, map->cellRect(0, 2).center());
        MaskChoice choice(4);
        choice.setPair(0, 2, true);  // rows 2 and 3
        panel->masks().setChoice(choice);
        QVERIFY(map->isHatched());
        QVERIFY(tones(*map, 2, 3) > 1 && tones(*map, 3, 2) > 1 && tones(*map, 0, 2) == 1);
        QVERIFY(pixel(*map, map->cellRect(2, 3).center()) != open);
        QCOMPARE(pixel(*map, map->cellRect(0, 2).center()), other);
        QVERIFY(!panel->findChild<HeatMap*>("truthMap")->isHatched());
        panel->masks().setMode(MaskMode::Random);
        QVERIFY(!map->isHatched());
    }

    void aPreviewIsToldFromTheLastResult() {
        ViewState state;
        state.setRun("sub-01");
        const auto panel = panelOfFour(state);
        MaskChoice choice(4);
        choice.setPair(0, 1, true);
        panel->masks().setMode(MaskMode::Chosen);
        panel->masks().setChoice(choice);
        QVERIFY(caption(*panel).endsWith("not yet rebuilt"));
        panel->masks().ask();
        QVERIFY(caption(*panel).endsWith("not yet rebuilt"));
        panel->setReconstruction(fourRebuilt(), fourRegions());
        auto* map = panel->findChild<HeatMap*>("shownMap");
        auto* result = panel->findChild<QLabel*>("resultCaption");
        QVERIFY(panel->findChild<HeatMap*>("predictedMap")->isVisible());
        QVERIFY2(caption(*panel).endsWith("rebuilt below"), qPrintable(caption(*panel)));
        QVERIFY(!map->isHatched() && !result->text().startsWith("Last result"));
        choice.setPair(2, 3, true);
        panel->masks().setChoice(choice);
        QVERIFY(caption(*panel).endsWith("not yet rebuilt") && map->isHatched());
        QVERIFY(result->text().startsWith("Last result: sub-01"));
        choice.setPair(2, 3, false);
        panel->masks().setChoice(choice);  // what was rebuilt
        QVERIFY(caption(*panel).endsWith("rebuilt below") && !map->isHatched());
        state.setWindow(3);  // the same of another window
        QVERIFY(caption(*panel).endsWith("not yet rebuilt") && map->isHatched());
        state.setWindow(0);
        state.setRun("sub-02");
        QVERIFY(caption(*panel).endsWith("not yet rebuilt"));
    }

    void aStretchOfTimeIsSetAroundTheCursor() {
        ViewState state;
        const auto panel = panelOfFour(state, 40);
        state.setWindow(10);
        panel->masks().setMode(MaskMode::Stretch);
        auto* from = panel->findChild<QSpinBox*>("stretchFrom");
        auto* to = panel->findChild<QSpinBox*>("stretchTo");
        QCOMPARE(from->value(), 9);  // counted from 1
        QCOMPARE(to->value(), 13);
        QCOMPARE(caption(*panel), QString("Hidden: windows 9 to 13, 80–140 s · not yet rebuilt"));
        QVERIFY(panel->findChild<HeatMap*>("shownMap")->isHatched());
        state.setWindow(20);
        QCOMPARE(from->value(), 19);  // follows until somebody sets it
        from->setValue(25);
        QCOMPARE(to->value(), 25);
        to->setValue(28);
        state.setWindow(5);
        auto asked = askedOf(*panel, [&] { panel->masks().ask(); }).at(0);
        QVERIFY(asked.temporal && asked.regions.empty() && asked.pairs.empty());
        QCOMPARE(asked.hiddenFrom, 24);
        QCOMPARE(asked.hiddenTo, 27);
        QCOMPARE(asked.window, 24);  // the nearest window inside
        QCOMPARE(panel->findChild<QPushButton*>("reconstruct")->text(), QString("Rebuild window 25"));
        QTest::mouseClick(panel->findChild<QPushButton*>("stretchAtCursor"), Qt::LeftButton);
        QCOMPARE(from->value(), 5);  // as long as before
        QCOMPARE(to->value(), 8);
        to->setValue(2);
        QCOMPARE(from->value(), 2);
        state.setWindowCount(1);
        QCOMPARE(to->value(), 1);
    }

    void anotherAtlasGivesTheChoiceUp() {
        ViewState state;
        const auto panel = panelOfFour(state);
        MaskChoice choice(4);
        choice.setRegion(1, true);
        panel->masks().setChoice(choice);
        panel->setConnectivity(nullptr, nullptr);  // while another run is being read
        panel->setConnectivity(fewWindows(), fourRegions());
        QCOMPARE(panel->masks().choice(), choice);
        auto other = std::make_shared<Parcellation>(*fourRegions());
        other->regions[1].name = "another";
        panel->setConnectivity(fewWindows(), other);
        QCOMPARE(panel->masks().choice(), MaskChoice(4));
    }

    void everyControlHasATipAndAKey() {
        ViewState state;
        const auto panel = panelOfFour(state);
        for (const auto mode : {MaskMode::Random, MaskMode::Chosen, MaskMode::Stretch}) {
            panel->masks().setMode(mode);
            for (QWidget* each : panel->masks().findChildren<QWidget*>()) {
                const bool control =
                    qobject_cast<QPushButton*>(each) || qobject_cast<QSpinBox*>(each) || qobject_cast<QComboBox*>(each);
                if (!control || !each->isVisible()) continue;
                QVERIFY2(!each->toolTip().isEmpty(), qPrintable(each->objectName()));
                QVERIFY2(each->focusPolicy() & Qt::TabFocus, qPrintable(each->objectName()));
            }
        }
    }

    void nothingIsCutOffInANarrowWindow() {
        ViewState state;
        const auto panel = panelOfFour(state);
        for (const auto mode : {MaskMode::Random, MaskMode::Chosen, MaskMode::Stretch}) {
            panel->masks().setMode(mode);
            panel->resize(640, 480);
            QTest::qWait(20);
            QCOMPARE(panel->width(), 640);
            for (QPushButton* each : panel->masks().findChildren<QPushButton*>()) {
                if (!each->isVisible()) continue;
                QVERIFY2(each->width() >= each->minimumSizeHint().width(), qPrintable(each->objectName()));
                const QRect place(each->mapTo(panel.get(), QPoint()), each->size());
                QVERIFY2(panel->rect().contains(place), qPrintable(each->objectName()));
            }
        }
    }

    void fourMatricesAndThePlainVerdict() {
        ViewState state;
        const auto parcellation = fourRegions();
        ReconstructionPanel panel(state);
        panel.setReconstruction(fourRebuilt(), parcellation);
        QVERIFY(shown(panel, {900, 740}));
        const RegionOrder order = RegionOrder::make(parcellation.get(), 4, true);
        const auto at = [&](const char* name, int a, int b) {
            auto* map = panel.findChild<HeatMap*>(name);
            return pixel(*map, map->cellRect(order.rowOf[a], order.rowOf[b]).center());
        };
        QCOMPARE(at("truthMap", 0, 1), toColor(colorAt(ColorMap::Viridis, 1)));
        QVERIFY(at("shownMap", 0, 1) != at("truthMap", 0, 1));                   // hidden
        QCOMPARE(at("shownMap", 1, 2), toColor(colorAt(ColorMap::Viridis, 1)));  // not hidden
        const QColor error = at("errorMap", 0, 2);                               // 0.2 too high
        QVERIFY(error.red() > error.blue() + 20);
        QCOMPARE(panel.findChild<QLabel*>("verdict")->text(),
                 QString("The network does not beat the best trivial answer here."));
        auto* table = panel.findChild<QTableWidget*>("scores");
        QVERIFY(table->item(0, 3)->font().bold() && !table->item(0, 2)->font().bold());
        QVERIFY(panel.findChild<QLabel*>("resultCaption")->text().contains("window 1 of the model · 2 of 6 pairs"));
    }

    void theCaptionTellsTheTimeOfTheModelsWindows() {
        ViewState state;
        ReconstructionPanel panel(state);
        auto result = std::make_shared<Reconstruction>(*fourRebuilt());
        result->hidden.assign(6, 1);
        result->window = 5;
        result->sourceWindows = {1, 9};
        result->windowLength = 30;
        result->windowStep = 10;
        result->repetitionTime = 2;
        panel.setReconstruction(result, fourRegions());
        QCOMPARE(panel.findChild<QLabel*>("resultCaption")->text(),
                 QString("Last result: sub-01 · window 6 (100–160 s) of the model · rebuilt from its windows "
                         "2 (20–80 s) and 10 (180–240 s) alone"));
    }

private:
    static QString caption(ReconstructionPanel& panel) { return panel.findChild<QLabel*>("hiddenCaption")->text(); }

    static std::unique_ptr<ReconstructionPanel> panelOfFour(ViewState& state, int windows = 5) {
        state.setWindowCount(windows);
        auto panel = std::make_unique<ReconstructionPanel>(state);
        panel->setAvailable(true);
        panel->setConnectivity(fewWindows(windows), fourRegions());
        shown(*panel, {900, 700});
        return panel;
    }

    static std::shared_ptr<const Reconstruction> fourRebuilt() {
        auto result = std::make_shared<Reconstruction>();
        result->scan = "sub-01";
        result->regions = 4;
        result->truth = {1, 0, 0, 1, 0, 1};
        result->hidden = {1, 1, 0, 0, 0, 0};
        result->predicted = {0.9f, 0.2f, 0.1f, 0.8f, 0.1f, 0.7f};
        ReconstructionScore score;
        score.question = "hidden pairs";
        score.metric = "AUROC";
        score.model = 0.7;
        score.baselines = {{"copy nearest", 0.8}};
        result->scores = {score};
        return result;
    }

    template <class Act>
    std::vector<MaskRequest> askedOf(ReconstructionPanel& panel, Act act) {
        std::vector<MaskRequest> asked;
        const auto connection = connect(&panel, &ReconstructionPanel::requested, this,
                                        [&](const MaskRequest& request) { asked.push_back(request); });
        act();
        disconnect(connection);
        return asked;
    }

    /// How many colours lie along the middle line of a cell.
    static int tones(HeatMap& map, int row, int column) {
        const QImage picture = map.QWidget::grab().toImage();
        const QRect cell = map.cellRect(row, column).toRect().adjusted(5, 5, -5, -5);
        std::set<QRgb> found;
        for (int x = cell.left(); x < cell.right(); ++x) found.insert(picture.pixel(x, cell.center().y()));
        return static_cast<int>(found.size());
    }
};

QTEST_MAIN(ReconstructionTest)
#include "ReconstructionTest.moc"
