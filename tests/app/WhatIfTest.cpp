#include "AppHelpers.h"

#include "app/FileCommands.h"
#include "widgets/views/MaskBar.h"
#include "widgets/views/ReconstructionPanel.h"

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>

using namespace chronnect;
using test::analyseAndWait;
using test::keepPicture;
using test::openAndWait;
using test::smallStudy;

/// Regions, pairs and stretches of time hidden from a pretrained model on the real window.
class WhatIfTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void regionsAndPairsAreHiddenTogether();
    void aStretchIsRebuiltFromOutside();
    void twoRegionsThreePairsAndAStretchGoThroughTheController();
    void tooLongAStretchGivesASentence();
    void everythingFitsASmallWindow();

private:
    using Result = std::shared_ptr<const Reconstruction>;
    Result rebuilt(const std::function<void()>& ask);
    MaskBar& masks() { return m_window->findChild<ReconstructionPanel*>()->masks(); }
    QString caption() { return m_window->findChild<QLabel*>("hiddenCaption")->text(); }
    static std::size_t countOf(const std::vector<std::uint8_t>& flags) {
        return static_cast<std::size_t>(std::ranges::count(flags, 1));
    }

    std::unique_ptr<Session> m_session = std::make_unique<Session>();
    std::unique_ptr<MainWindow> m_window;
    std::size_t m_regions = 0;
};

void WhatIfTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-what-if-tests");
    if (!test::hasLearning()) QSKIP("the learning module is not built");
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->files().setAsking(false);
    m_window->show();
    QVERIFY(openAndWait(*m_session, *m_window, smallStudy()));
    QVERIFY(analyseAndWait(*m_session));
    m_session->document.edit("Short", [](Project& p) {
        test::makeTrainingShort(p);
        // 14 windows of the model, of which those 4 and more before and behind share no volume.
        p.pretrain.graph = {.windowLength = 20, .windowStep = 5, .density = 30};
        p.spec.window.length = 16;
        p.spec.window.step = 2;
    });
    QTRY_VERIFY(m_session->runner.isIdle() && !m_session->analysis.isViewPending());
    m_session->learning.pretrain(false);
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->learning.isTraining(), 120000);
    QVERIFY2(m_session->document.project().pretrained != nullptr, qPrintable(m_window->message()));
    m_regions = m_session->document.project().result->parcellation->regions.size();
    m_window->showPage(MainWindow::Page::Reconstruction);
}

WhatIfTest::Result WhatIfTest::rebuilt(const std::function<void()>& ask) {
    Result result;
    const auto connection = connect(&m_session->learning, &LearningController::reconstructed, this,
                                    [&](const Result& found) { result = found; });
    ask();
    const bool came = QTest::qWaitFor([&] { return result != nullptr; }, 60000);
    disconnect(connection);
    return came ? result : nullptr;
}

void WhatIfTest::regionsAndPairsAreHiddenTogether() {
    MaskChoice choice(m_regions);
    for (const int region : {3, 40}) choice.setRegion(region, true);
    for (const auto& [a, b] : {std::pair(0, 1), std::pair(7, 90), std::pair(12, 5)}) choice.setPair(a, b, true);
    m_session->state.setWindow(12);
    masks().setMode(MaskMode::Chosen);
    masks().setChoice(choice);
    QVERIFY(caption().endsWith("not yet rebuilt"));
    keepPicture(*m_window, "what-if-before");
    const auto result = rebuilt([&] { masks().ask(); });
    QVERIFY2(result, qPrintable(m_window->message()));
    QCOMPARE(result->hidden, choice.hiddenPairs());
    QCOMPARE(countOf(result->hidden), 2 * (m_regions - 1) - 1 + 3);
    QCOMPARE(countOf(result->hiddenRegions), std::size_t(2));
    QVERIFY(result->hiddenRegions[3] && result->hiddenRegions[40]);
    QTRY_VERIFY(caption().endsWith("rebuilt below"));
    keepPicture(*m_window, "what-if-chosen");
}

void WhatIfTest::aStretchIsRebuiltFromOutside() {
    m_session->state.setWindow(17);  // volumes 34 to 49, middle 42
    masks().setMode(MaskMode::Stretch);
    masks().setStretch(16, 18);  // volumes 32 to 51
    const auto result = rebuilt([&] { masks().ask(); });
    QVERIFY2(result, qPrintable(m_window->message()));
    QCOMPARE(result->window, 6);  // volumes 30 to 49, middle 40
    // Hidden are the model's windows 6 and 7, volumes 30 to 54.
    QCOMPARE(result->sourceWindows, (std::vector<int>{2, 11}));
    QCOMPARE(countOf(result->hidden), result->hidden.size());
    QTRY_VERIFY(caption().endsWith("rebuilt below"));
    keepPicture(*m_window, "what-if-stretch");
}

void WhatIfTest::twoRegionsThreePairsAndAStretchGoThroughTheController() {
    MaskRequest request;
    request.regions = {3, 40};
    request.pairs = {{0, 1}, {7, 90}, {12, 5}};
    request.hiddenFrom = 16;
    request.hiddenTo = 18;
    request.window = 17;
    auto result = rebuilt([&] { m_session->learning.reconstruct(request); });
    QVERIFY2(result, qPrintable(m_window->message()));
    QCOMPARE(countOf(result->hidden), std::size_t(3));  // pairs that are named are all the pairs
    QCOMPARE(countOf(result->hiddenRegions), std::size_t(2));
    const auto within = result->predicted;
    request.temporal = true;
    result = rebuilt([&] { m_session->learning.reconstruct(request); });
    QVERIFY2(result, qPrintable(m_window->message()));
    QCOMPARE(result->sourceWindows, (std::vector<int>{2, 11}));
    QVERIFY(result->predicted != within);
}

void WhatIfTest::tooLongAStretchGivesASentence() {
    QSignalSpy failed(&m_session->learning, &LearningController::failed);
    masks().setMode(MaskMode::Stretch);
    masks().setStretch(2, 30);
    masks().ask();
    QVERIFY(failed.wait(60000));
    QVERIFY2(m_window->message().contains("there are 0 of its windows before and 1 behind"),
             qPrintable(m_window->message()));
    QVERIFY(m_window->message().contains("4 windows (20 volumes)"));
    QTRY_VERIFY(m_window->findChild<QPushButton*>("reconstruct")->isEnabled());  // and one may go on
    QVERIFY(caption().endsWith("not yet rebuilt"));
    keepPicture(*m_window, "what-if-too-long");
}

void WhatIfTest::everythingFitsASmallWindow() {
    m_window->resize(1024, 700);
    QTest::qWait(100);
    QCOMPARE(m_window->size(), QSize(1024, 700));
    for (const bool dark : {true, false}) {
        m_window->setDark(dark);
        for (const auto mode : {MaskMode::Random, MaskMode::Chosen, MaskMode::Stretch}) {
            masks().setMode(mode);
            QTest::qWait(50);
            for (QPushButton* each : masks().findChildren<QPushButton*>()) {
                if (!each->isVisible()) continue;
                QVERIFY2(each->width() >= each->minimumSizeHint().width(), qPrintable(each->objectName()));
                QVERIFY2(m_window->rect().contains(QRect(each->mapTo(m_window.get(), QPoint()), each->size())),
                         qPrintable(each->objectName()));
            }
            keepPicture(*m_window, QString("what-if-small-%1-%2").arg(dark ? "dark" : "light").arg(int(mode)));
        }
    }
}

QTEST_MAIN(WhatIfTest)
#include "WhatIfTest.moc"
