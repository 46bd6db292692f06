#include "AppHelpers.h"

#include "app/FileCommands.h"
#include "widgets/pages/ExplorePage.h"
#include "widgets/views/ConnectomePanel.h"
#include "widgets/views/TimeBar.h"

#include <QComboBox>
#include <QCompleter>
#include <QLineEdit>
#include <QSlider>
#include <QStandardPaths>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include <cmath>

using namespace chronnect;
using test::analyseAndWait;
using test::openAndWait;
using test::smallStudy;

/// The keyboard on the real window. Shortcuts of a window need the window to be active, which a display without a
/// window manager does not do by itself: it is asked for and waited for before the first key.
class KeysTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void timeKeysWorkWhateverHasTheFocus_data();
    void timeKeysWorkWhateverHasTheFocus();
    void arrowsStepWhereTheyAreFree();
    void textsTakeTheirOwnLetters();
    void pagesAndUndoHaveTheirKeys();
    void keypadTurnsTheBrain_data();
    void keypadTurnsTheBrain();
    void findGoesToARegion();

private:
    /// Where VTK draws: the widget that a click into the brain gives the focus.
    QWidget* brain() {
        for (QWidget* widget : m_window->explorePage().connectome().findChildren<QWidget*>())
            if (widget->inherits("QOpenGLWidget")) return widget;
        return nullptr;
    }
    QWidget* focus() { return QApplication::focusWidget(); }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(focus() ? focus() : static_cast<QWidget*>(m_window.get()), key, modifiers);
    }

    std::unique_ptr<Session> m_session = std::make_unique<Session>();
    std::unique_ptr<MainWindow> m_window;
};

void KeysTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-keys-tests");
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->files().setAsking(false);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QVERIFY(openAndWait(*m_session, *m_window, smallStudy()));
    QVERIFY(analyseAndWait(*m_session));
}

void KeysTest::init() {
    m_window->showPage(MainWindow::Page::Explore);
    m_window->explorePage().timeBar().setPlaying(false);
    m_session->state.setWindow(4);
    m_window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
}

void KeysTest::timeKeysWorkWhateverHasTheFocus_data() {
    QTest::addColumn<QString>("where");
    for (const char* where :
         {"brain", "thresholdSlider", "windowSlider", "speed", "networkOrder", "studyTree", "nothing"})
        QTest::newRow(where) << where;
}

void KeysTest::timeKeysWorkWhateverHasTheFocus() {
    QFETCH(QString, where);
    ExplorePage& page = m_window->explorePage();
    QWidget* target = where == "brain"       ? brain()
                      : where == "studyTree" ? m_window->findChild<QTreeView*>("studyTree")
                                             : page.findChild<QWidget*>(where);
    if (where == "nothing") {
        if (focus()) focus()->clearFocus();
    } else {
        QVERIFY(target);
        target->setFocus();
        QVERIFY2(focus() == target, qPrintable(where));
    }
    press(Qt::Key_Period);
    press(Qt::Key_Period);
    QCOMPARE(m_session->state.window(), 6);
    press(Qt::Key_Comma);
    QCOMPARE(m_session->state.window(), 5);
    press(Qt::Key_Space);
    QVERIFY(page.timeBar().isPlaying());
    QTRY_VERIFY(m_session->state.window() != 5);
    press(Qt::Key_Space);
    QVERIFY(!page.timeBar().isPlaying());
}

void KeysTest::arrowsStepWhereTheyAreFree() {
    brain()->setFocus();
    press(Qt::Key_Right);
    press(Qt::Key_Down);
    QCOMPARE(m_session->state.window(), 6);
    press(Qt::Key_Left);
    press(Qt::Key_Up);
    press(Qt::Key_Up);
    QCOMPARE(m_session->state.window(), 3);
    // A slider keeps its arrows.
    auto* slider = m_window->explorePage().findChild<QSlider*>("thresholdSlider");
    slider->setFocus();
    const int before = slider->value();
    press(Qt::Key_Right);
    QCOMPARE(slider->value(), before + 1);
    QCOMPARE(m_session->state.window(), 3);
}

void KeysTest::textsTakeTheirOwnLetters() {
    auto* find = m_window->explorePage().findChild<QLineEdit*>("findRegion");
    find->setFocus();
    QTest::keyClicks(find, "a, b.3");
    QCOMPARE(find->text(), "a, b.3");
    QCOMPARE(m_session->state.window(), 4);
    QVERIFY(!m_window->explorePage().timeBar().isPlaying());
    find->clear();
}

void KeysTest::pagesAndUndoHaveTheirKeys() {
    press(Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(int(m_window->page()), int(MainWindow::Page::Data));
    if (focus()) focus()->clearFocus();
    const int here = m_session->state.window();
    press(Qt::Key_Period);  // off the pages that show time the key belongs to whatever has the focus
    QCOMPARE(m_session->state.window(), here);
    const int before = m_session->document.project().spec.window.length;
    m_session->document.edit("Change", [](Project& p) { p.spec.window.length += 4; });
    press(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(m_session->document.project().spec.window.length, before);
    press(Qt::Key_Y, Qt::ControlModifier);
    QCOMPARE(m_session->document.project().spec.window.length, before + 4);
    press(Qt::Key_Z, Qt::ControlModifier);
    press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(m_session->document.project().spec.window.length, before + 4);
    m_session->document.undo();
    QTRY_VERIFY(m_session->runner.isIdle() && !m_session->analysis.isViewPending());
}

void KeysTest::keypadTurnsTheBrain_data() {
    QTest::addColumn<int>("key");
    QTest::addColumn<int>("modifiers");
    QTest::addColumn<int>("axis");  // along which the camera looks from
    QTest::addColumn<int>("side");
    const int pad = Qt::KeypadModifier, shift = Qt::ShiftModifier, control = Qt::ControlModifier;
    QTest::newRow("front") << int(Qt::Key_1) << pad << 1 << 1;
    QTest::newRow("back, Shift") << int(Qt::Key_End) << (pad | shift) << 1 << -1;
    QTest::newRow("back, Ctrl") << int(Qt::Key_1) << (pad | control) << 1 << -1;
    QTest::newRow("right") << int(Qt::Key_3) << pad << 0 << 1;
    QTest::newRow("left, Shift") << int(Qt::Key_PageDown) << (pad | shift) << 0 << -1;
    QTest::newRow("above") << int(Qt::Key_7) << pad << 2 << 1;
    QTest::newRow("below, Shift") << int(Qt::Key_Home) << (pad | shift) << 2 << -1;
    QTest::newRow("right, upper row") << int(Qt::Key_3) << 0 << 0 << 1;
    QTest::newRow("left, upper row") << int(Qt::Key_3) << shift << 0 << -1;
}

void KeysTest::keypadTurnsTheBrain() {
    QFETCH(int, key);
    QFETCH(int, modifiers);
    QFETCH(int, axis);
    QFETCH(int, side);
    ConnectomePanel& brain = m_window->explorePage().connectome();
    m_window->explorePage().findChild<QSlider*>("windowSlider")->setFocus();
    brain.setStandardView(StandardView::Oblique);
    press(Qt::Key(key), Qt::KeyboardModifiers(modifiers));
    const Json camera = brain.cameraState();
    const auto offset = [&](int i) {
        return camera["position"].items()[std::size_t(i)].number() - camera["focus"].items()[std::size_t(i)].number();
    };
    for (int i = 0; i < 3; ++i)
        if (i == axis)
            QVERIFY2(offset(i) * side > 100, qPrintable(QString::number(offset(i))));
        else
            QVERIFY2(std::abs(offset(i)) < 1, qPrintable(QString::number(offset(i))));
}

void KeysTest::findGoesToARegion() {
    press(Qt::Key_F, Qt::ControlModifier);
    auto* find = m_window->explorePage().findChild<QLineEdit*>("findRegion");
    QCOMPARE(focus(), find);
    const auto& regions = m_session->document.project().result->parcellation->regions;
    QTest::keyClicks(find, QString::fromStdString(regions[42].name).toLower());
    find->completer()->popup()->hide();
    QTest::keyClick(find, Qt::Key_Return);
    const int region = m_session->state.region();
    QVERIFY(region >= 0);
    QCOMPARE(QString::fromStdString(regions[std::size_t(region)].name), QString::fromStdString(regions[42].name));
    press(Qt::Key_Period);  // the focus went back to the brain
    QCOMPARE(m_session->state.window(), 5);
    press(Qt::Key_Escape);
    QCOMPARE(m_session->state.region(), -1);
    m_window->showPage(MainWindow::Page::Data);
    press(Qt::Key_F, Qt::ControlModifier);
    QCOMPARE(focus(), m_window->findChild<QLineEdit*>("findRun"));
}

QTEST_MAIN(KeysTest)
#include "KeysTest.moc"
