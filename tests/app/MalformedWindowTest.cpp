#include "AppHelpers.h"

#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "core/base/Files.h"
#include "core/io/SeriesFiles.h"
#include "core/pipeline/Inspect.h"
#include "widgets/pages/ImportDialog.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <map>

using namespace chronnect;

namespace fs = std::filesystem;

/// Bad files, opened as a person would: one sentence or one question each, never a crash and never a frozen window.
class MalformedWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void everyFileOfTheManifest_data();
    void everyFileOfTheManifest();
    void headersAloneAreRefusedOrExplained_data();
    void headersAloneAreRefusedOrExplained();
    void theRepetitionTimeIsAskedForAndUsed();
    void anUndecidedAxisMustBeChosen();
    void aCancelledQuestionOpensNothing();

private:
    static fs::path folder() { return test::sharedFolder() / "data" / "malformed"; }
    ImportDialog* dialog() { return m_window->findChild<ImportDialog*>("importDialog"); }
    bool isOpen() const { return !m_session->document.project().study.runs.empty(); }
    /// Opens a file and waits until the window answered in one of its three ways.
    bool open(const fs::path& file) {
        m_window->files().open({toText(file)});
        return QTest::qWaitFor(
            [this] { return m_session->runner.isIdle() && (isOpen() || dialog() || !m_window->message().isEmpty()); },
            20000);
    }
    fs::path nameless(const std::string& name) const {
        // Nothing in the numbers says which axis is time: white noise of nearly square shape.
        std::vector<double> values;
        unsigned state = 7;
        for (int i = 0; i < 24 * 22; ++i)
            values.push_back(double((state = state * 1664525u + 1013904223u) >> 8) / 16777216.0);
        const std::vector<std::size_t> shape{24, 22};
        writeNpy(m_folder.path() / name, shape, std::span<const double>(values));
        return m_folder.path() / name;
    }

    test::TemporaryFolder m_folder;
    std::unique_ptr<Session> m_session = std::make_unique<Session>();
    std::unique_ptr<MainWindow> m_window;
};

void MalformedWindowTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-malformed-tests");
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void MalformedWindowTest::cleanup() {
    if (dialog()) {
        dialog()->reject();
        QTRY_VERIFY(!dialog());
    }
    m_session->document.reset({});
    QTRY_VERIFY(m_session->runner.isIdle());
}

void MalformedWindowTest::everyFileOfTheManifest_data() {
    QTest::addColumn<QString>("expected");
    if (!test::hasShared()) QSKIP("reference data not found; set CHRONNECT_SHARED");
    std::ifstream manifest(folder() / "MANIFEST.tsv");
    std::string line;
    std::getline(manifest, line);
    while (std::getline(manifest, line)) {
        const auto tab = line.find('\t');
        QTest::newRow(line.substr(0, tab).c_str()) << QString::fromStdString(line.substr(tab + 1));
    }
}

void MalformedWindowTest::everyFileOfTheManifest() {
    QFETCH(QString, expected);
    const QString name = QTest::currentDataTag();
    const fs::path file = folder() / "derived_from_nibabel_functional" / name.toStdString();
    test::StallMeter meter;
    QVERIFY2(open(file), "the window did not answer");
    QVERIFY2(meter.longest() < 1000, qPrintable(QString("the window stood still for %1 ms").arg(meter.longest())));
    const QString said = m_window->message();
    qInfo("%s: %s%s", qPrintable(name),
          dialog()   ? "asks"
          : isOpen() ? "opened"
                     : "refused",
          qPrintable(said.isEmpty() ? said : ": " + said));
    if (expected.contains("must ask")) {
        QVERIFY(dialog() && !isOpen());
        return;
    }
    QVERIFY2(!dialog() || expected.startsWith("loads") || expected.contains("warn"), qPrintable(said));
    if (expected.startsWith("loads") || expected.startsWith("warn") || expected.startsWith("no orientation")) {
        QVERIFY2(isOpen() || dialog(), qPrintable(said));
        if (expected.contains("warn") || expected.contains("message") || expected.contains("counted"))
            QVERIFY(!said.isEmpty());
    } else if (expected.startsWith("error") && !expected.contains(" or ")) {
        QVERIFY2(!isOpen() && !said.isEmpty(), qPrintable(said));
    } else if (expected.startsWith("rejected") || expected.startsWith("too short")) {
        QVERIFY2(!isOpen() && !said.isEmpty(), qPrintable(said));
    } else {
        QVERIFY(!said.isEmpty() || isOpen());  // "error or ...": what it must not do is crash or say nothing
    }
    QVERIFY2(said.count('\n') == 0, "more than one sentence");
}

void MalformedWindowTest::headersAloneAreRefusedOrExplained_data() {
    QTest::addColumn<QString>("path");
    if (!test::hasShared()) QSKIP("reference data not found; set CHRONNECT_SHARED");
    for (const auto& entry : fs::recursive_directory_iterator(folder() / "nibabel_headers"))
        if (entry.is_regular_file()) QTest::newRow(entry.path().filename().string().c_str()) << toText(entry.path());
}

void MalformedWindowTest::headersAloneAreRefusedOrExplained() {
    QFETCH(QString, path);
    QVERIFY2(open(toPath(path)), "the window did not answer");
    qInfo("%s: %s", QTest::currentDataTag(), qPrintable(dialog() ? "asks" : isOpen() ? "opened" : m_window->message()));
}

void MalformedWindowTest::theRepetitionTimeIsAskedForAndUsed() {
    if (!test::hasShared()) QSKIP("reference data not found; set CHRONNECT_SHARED");
    QVERIFY(open(folder() / "derived_from_nibabel_functional" / "14_pixdim_zero_TR.nii"));
    QVERIFY(dialog());
    auto* ok = dialog()->findChild<QPushButton*>("openImport");
    QVERIFY(!ok->isEnabled());
    dialog()->findChild<QDoubleSpinBox*>("importRepetitionTime")->setValue(2.5);
    QVERIFY(ok->isEnabled());
    test::keepPicture(*dialog(), "import-repetition-time");
    QTest::mouseClick(ok, Qt::LeftButton);
    QTRY_VERIFY(isOpen());
    QCOMPARE(m_session->document.project().study.runs[0].repetitionTime, 2.5);
}

void MalformedWindowTest::anUndecidedAxisMustBeChosen() {
    QVERIFY(open(nameless("noise.npy")));
    QVERIFY(dialog());
    auto* ok = dialog()->findChild<QPushButton*>("openImport");
    auto* rows = dialog()->findChild<QRadioButton*>("timeAlongRows");
    auto* columns = dialog()->findChild<QRadioButton*>("timeAlongColumns");
    QVERIFY(!rows->isChecked() && !columns->isChecked());  // nothing is guessed for the person
    QVERIFY(rows->text().contains("24 volumes of 22 regions"));
    dialog()->findChild<QCheckBox*>("repetitionTimeUnknown")->setChecked(true);
    QVERIFY(!ok->isEnabled());
    columns->click();
    QVERIFY(ok->isEnabled());
    test::keepPicture(*dialog(), "import-axis");
    QTest::mouseClick(ok, Qt::LeftButton);
    QTRY_VERIFY(isOpen());
    const RunInput& run = m_session->document.project().study.runs[0];
    QCOMPARE(int(run.timeAxis), int(TimeAxis::Columns));
    QCOMPARE(run.repetitionTime, 0.0);
    m_session->document.edit("Short windows", [](Project& p) { p.spec.window.length = 10; });
    QVERIFY2(test::analyseAndWait(*m_session), qPrintable(m_window->message()));
    QCOMPARE(m_session->document.project().result->runs.begin()->second.extracted->series.regionCount(),
             std::size_t(24));
}

void MalformedWindowTest::aCancelledQuestionOpensNothing() {
    QVERIFY(open(nameless("again.npy")));
    QVERIFY(dialog());
    QTest::keyClick(dialog(), Qt::Key_Escape);
    QTRY_VERIFY(!dialog());
    QVERIFY(!isOpen());
    QCOMPARE(m_window->message(), QString());
}

QTEST_MAIN(MalformedWindowTest)
#include "MalformedWindowTest.moc"
