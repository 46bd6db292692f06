#include "AppHelpers.h"

#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "core/base/Files.h"
#include "core/pipeline/Export.h"
#include "tests/core/imaging/CiftiBytes.h"
#include "tests/core/imaging/DicomBytes.h"
#include "tests/core/imaging/GiftiText.h"
#include "tests/core/imaging/NiftiBytes.h"

#include <QLabel>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

using namespace chronnect;

namespace fs = std::filesystem;

namespace {

constexpr int volumes = 60;

/// Two regions that have little in common, in units of a scanner.
int valueAt(int region, int volume) {
    return 500 + static_cast<int>(std::lround(90 * std::sin((region == 0 ? 0.31 : 0.83) * volume + region)));
}

/// One volume per folder of 4 x 2 x 2 pixels of 2 x 3 x 3 mm: left half is region 1, right half is region 2.
void writeDicomFolder(const fs::path& folder) {
    fs::create_directories(folder);
    for (int t = 0; t < volumes; ++t)
        for (int k = 0; k < 2; ++k) {
            auto file = test::dicomSliceOfTwo(t, k);
            std::vector<std::int16_t> pixels;
            for (int j = 0; j < 2; ++j)
                for (int i = 0; i < 4; ++i) pixels.push_back(static_cast<std::int16_t>(valueAt(i / 2, t)));
            test::writeBytes(folder / ("slice" + std::to_string(2 * t + k)), file.pixels(pixels).bytes());
        }
}

/// The files under a folder by their paths in it.
std::map<std::string, std::string> filesUnder(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            files[entry.path().lexically_relative(folder).generic_string()] = readFile(entry.path());
    return files;
}

}  // namespace

/// Files of every kind of scanner and pipeline, opened and analysed in the real window.
class ImportWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void aFolderOfDicomFiles();
    void surfacesWithTheirLabels();
    void parcelSeries();
    void denseSeriesWithTheirLabels();
    void aMatrixIsLookedAt();
    void aMovedStudyIsFoundAgain();
    void theWindowExportsWhatTheCoreExports();

private:
    void makeWindow();
    const StudyResult* result() const { return m_session->document.project().result.get(); }
    bool open(const QStringList& paths) {
        m_window->files().open(paths);
        return QTest::qWaitFor(
            [this] { return m_session->runner.isIdle() && !m_session->document.project().study.runs.empty(); }, 30000);
    }
    /// Opens files, analyses them and expects these regions with the two sines.
    void expectSines(const QStringList& paths, const std::vector<std::string>& regions, double repetitionTime) {
        QVERIFY2(open(paths), qPrintable(m_window->message()));
        m_session->document.edit("Short", [](Project& p) { p.spec.window.length = 20; });
        analyse(regions, repetitionTime);
    }
    void analyse(const std::vector<std::string>& regions, double repetitionTime) {
        QVERIFY2(test::analyseAndWait(*m_session), qPrintable(m_window->message()));
        const RunResult& run = result()->runs.begin()->second;
        QVERIFY2(run.extracted || run.cleaned, run.problem.c_str());
        const TimeSeries& series = run.extracted ? run.extracted->series : run.cleaned->series;
        QCOMPARE(series.regions, regions);
        QVERIFY(std::abs(series.repetitionTime - repetitionTime) < 1e-6);
        QCOMPARE(series.volumeCount(), std::size_t(volumes));
        for (int t = 0; t < volumes; ++t)
            for (int r = 0; r < 2; ++r)
                QVERIFY(std::abs(series.at(std::size_t(t), std::size_t(r)) - valueAt(r, t)) < 1e-3);
        QVERIFY(m_session->analysis.view()->connectivity);
    }

    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<MainWindow> m_window;
};

void ImportWindowTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-import-tests");
}

void ImportWindowTest::init() {
    m_folder = std::make_unique<test::TemporaryFolder>();
    makeWindow();
}

void ImportWindowTest::makeWindow() {
    m_window.reset();
    m_session = std::make_unique<Session>();
    m_window = std::make_unique<MainWindow>(*m_session);
    m_window->files().setAsking(false);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void ImportWindowTest::cleanup() {
    m_window.reset();
    m_session.reset();
    m_folder.reset();
}

void ImportWindowTest::aFolderOfDicomFiles() {
    writeDicomFolder(m_folder->path() / "dicom");
    // Columns of DICOM run to the left: the same place in the NIfTI header of the labels has a negative step.
    test::NiftiBytes image({4, 2, 2, 1}, 4, 16);
    const float rows[12] = {-2, 0, 0, 0, 0, -3, 0, 0, 0, 0, 3, 0};
    for (std::size_t i = 0; i < 12; ++i) image.set<float>(280 + 4 * i, rows[i]);
    const auto labels = image.append(std::vector<std::int16_t>{1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2})
                            .write(m_folder->path() / "labels_dseg.nii");
    writeFileAtomically(m_folder->path() / "labels_dseg.tsv", "index\tname\n1\tFront\n2\tBack\n");
    QVERIFY2(open({toText(m_folder->path() / "dicom")}), qPrintable(m_window->message()));
    m_window->files().setAtlas(toText(labels), toText(m_folder->path() / "labels_dseg.tsv"));
    m_session->document.edit("Short", [](Project& p) {
        p.spec.window.length = 20;
        p.spec.extraction.useMask = false;
    });
    analyse({"Front", "Back"}, 1.5);
    test::keepPicture(*m_window, "import-dicom");
}

void ImportWindowTest::surfacesWithTheirLabels() {
    std::string xml = "<MetaData><MD><Name>TimeStep</Name><Value>800</Value></MD></MetaData>";
    for (int t = 0; t < volumes; ++t)
        xml += test::arrayXml("TIME_SERIES", "FLOAT32", "ASCII", "Dimensionality=\"1\" Dim0=\"4\"",
                              std::to_string(valueAt(0, t) - 1) + " " + std::to_string(valueAt(0, t) + 1) + " 7 " +
                                  std::to_string(valueAt(1, t)));
    const auto series = test::writeBytes(m_folder->path() / "a.func.gii", test::gifti(xml));
    const auto labels = test::writeBytes(
        m_folder->path() / "a.label.gii",
        test::gifti("<LabelTable><Label Key=\"0\">unknown</Label><Label Key=\"5\">A</Label>"
                    "<Label Key=\"8\">B</Label></LabelTable>" +
                    test::arrayXml("LABEL", "INT32", "ASCII", "Dimensionality=\"1\" Dim0=\"4\"", "5 5 0 8")));
    expectSines({toText(series), toText(labels)}, {"A", "B"}, 0.8);
}

void ImportWindowTest::parcelSeries() {
    std::vector<float> values;
    for (int r = 0; r < 2; ++r)
        for (int t = 0; t < volumes; ++t) values.push_back(static_cast<float>(valueAt(r, t)));
    const auto file = test::writeBytes(
        m_folder->path() / "a.ptseries.nii",
        test::ciftiBytes(volumes, 2, 3004, test::seriesMap(0, volumes) + test::parcelMap("1", {"A", "B"}), values));
    expectSines({toText(file)}, {"A", "B"}, 0.72);
}

void ImportWindowTest::denseSeriesWithTheirLabels() {
    std::vector<float> values;
    for (int place = 0; place < 5; ++place)  // three vertices of Front, then two voxels of the thalamus
        for (int t = 0; t < volumes; ++t) values.push_back(static_cast<float>(valueAt(place < 3 ? 1 : 0, t)));
    const auto series = test::writeBytes(
        m_folder->path() / "a.dtseries.nii",
        test::ciftiBytes(volumes, 5, 3002, test::seriesMap(0, volumes) + test::modelMap("0 2 3", 3), values));
    const auto labels =
        test::writeBytes(m_folder->path() / "a.dlabel.nii",
                         test::ciftiBytes(1, 5, 3007, test::labelMap + test::modelMap("0 2 3", 3), {7, 7, 7, 3, 3}));
    expectSines({toText(series), toText(labels)}, {"Thalamus", "Front", "Absent"}, 0.72);
}

void ImportWindowTest::aMatrixIsLookedAt() {
    const auto file =
        test::writeBytes(m_folder->path() / "a.pconn.nii",
                         test::ciftiBytes(2, 2, 3003, test::parcelMap("0,1", {"A", "B"}), {1, 0.5f, 0.5f, 1}));
    QVERIFY2(open({toText(file)}), qPrintable(m_window->message()));
    const auto showsTheMatrix = [&] {
        const auto view = m_session->analysis.view();
        return view && view->connectivity && !view->series &&
               view->connectivity->regions == std::vector<std::string>{"A", "B"} &&
               view->connectivity->edges == std::vector<float>{0.5f};
    };
    QVERIFY2(test::analyseAndWait(*m_session), qPrintable(m_window->message()));
    QTRY_VERIFY_WITH_TIMEOUT(showsTheMatrix(), 10000);
    QCOMPARE(m_window->page(), MainWindow::Page::Explore);
    QVERIFY2(m_window->message().isEmpty(), qPrintable(m_window->message()));
    test::keepPicture(*m_window, QStringLiteral("finished-matrix"));
    const auto says = [&](const QString& words) {
        const auto labels = m_window->findChildren<QLabel*>();
        return std::any_of(labels.begin(), labels.end(),
                           [&](const QLabel* label) { return label->isVisible() && label->text().contains(words); });
    };
    QVERIFY(says(QStringLiteral("no series over time")));
    QVERIFY(says(QStringLiteral("no signals over time")));
    QVERIFY(says(QStringLiteral("One finished matrix, no windows")));
    for (const auto page : {MainWindow::Page::Quality, MainWindow::Page::Learn, MainWindow::Page::Attention,
                            MainWindow::Page::Reconstruction, MainWindow::Page::Data}) {
        m_window->showPage(page);
        QTRY_VERIFY_WITH_TIMEOUT(m_session->runner.isIdle(), 20000);
    }

    QSignalSpy saved(&m_session->projects, &ProjectController::saved);
    m_session->projects.save(m_folder->path() / "m.chronnect", m_window->viewJson());
    QVERIFY(saved.wait(30000));
    makeWindow();
    QVERIFY2(open({toText(m_folder->path() / "m.chronnect")}), qPrintable(m_window->message()));
    QTRY_VERIFY_WITH_TIMEOUT(showsTheMatrix(), 10000);
}

void ImportWindowTest::aMovedStudyIsFoundAgain() {
    const fs::path before = m_folder->path() / "before", after = m_folder->path() / "elsewhere" / "after";
    fs::create_directories(before);
    fs::create_directories(after.parent_path());
    fs::copy(test::smallStudy(), before / "study", fs::copy_options::recursive);
    QVERIFY(open({toText(before / "study")}));
    QSignalSpy saved(&m_session->projects, &ProjectController::saved);
    m_session->projects.save(before / "p.chronnect", m_window->viewJson());
    QVERIFY(saved.wait(30000));
    const std::size_t runs = m_session->document.project().study.runs.size();
    makeWindow();
    fs::rename(before, after);
    QVERIFY2(open({toText(after / "p.chronnect")}), qPrintable(m_window->message()));
    const Study& study = m_session->document.project().study;
    QCOMPARE(study.runs.size(), runs);
    for (const RunInput& run : study.runs) {
        QVERIFY2(fs::exists(run.bold), run.bold.c_str());
        QVERIFY(run.bold.string().starts_with(after.string()));
    }
    QVERIFY2(test::analyseAndWait(*m_session), qPrintable(m_window->message()));
}

void ImportWindowTest::theWindowExportsWhatTheCoreExports() {
    QVERIFY(open({toText(test::smallStudy())}));
    QVERIFY2(test::analyseAndWait(*m_session), qPrintable(m_window->message()));
    const ExportSpec forms{.npy = true, .mat = true, .csv = true};
    QSignalSpy done(&m_session->exports, &ExportController::done);
    m_session->exports.exportSeries(m_folder->path() / "window", forms);
    QVERIFY2(done.wait(60000), qPrintable(m_window->message()));
    const Project& project = m_session->document.project();
    exportDerivatives(m_folder->path() / "core", project.study, *project.result, project.resultSpec, forms);
    const auto window = filesUnder(m_folder->path() / "window"), core = filesUnder(m_folder->path() / "core");
    QVERIFY(core.size() > 20);
    QCOMPARE(window.size(), core.size());
    for (const auto& [name, bytes] : core) {
        QVERIFY2(window.contains(name), name.c_str());
        // The head of a .mat file holds the time at which it was written.
        const std::size_t skipped = name.ends_with(".mat") ? 128 : 0;
        QVERIFY2(window.at(name).substr(skipped) == bytes.substr(skipped), name.c_str());
    }
}

QTEST_MAIN(ImportWindowTest)
#include "ImportWindowTest.moc"
