#include "AppHelpers.h"

#include "app/AppPaths.h"
#include "app/FileCommands.h"
#include "core/base/Files.h"
#include "core/imaging/Nifti.h"
#include "core/io/Tables.h"
#include "core/project/ProjectFile.h"
#include "widgets/pages/AtlasPanel.h"
#include "widgets/pages/QualityPage.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>
#include <QTest>

#include <algorithm>

using namespace chronnect;
using test::analyseAndWait;
using test::openAndWait;
using test::smallStudy;

namespace fs = std::filesystem;

namespace {

/// A window on the small study whose atlas was replaced by one with a planted fault.
struct Planted {
    explicit Planted() {
        window.show();
        opened = QTest::qWaitForWindowExposed(&window) && openAndWait(session, window, smallStudy());
        if (!opened) return;
        labels = readLabels(session.document.project().study.atlasImage);
        table = readTable(session.document.project().study.atlasTable);
        image = folder.path() / "planted_dseg.nii.gz";
        names = folder.path() / "planted_dseg.tsv";
    }
    /// Writes both files, gives them to the study and asks for the analysis.
    void analyse() {
        writeLabels(image, labels);
        writeTable(names, table);
        window.files().setAtlas(toText(image), toText(names));
        session.analysis.analyse();
        finished = QTest::qWaitFor([this] { return session.runner.isIdle() && !session.quality.isPending(); }, 60000);
    }
    AtlasPanel& panel() { return window.qualityPage().atlas(); }
    template <class Widget>
    Widget* child(const char* name) {
        return window.findChild<Widget*>(name);
    }
    QString sentences() {
        QString text;
        if (panel().inspection())
            for (const Notice& notice : panel().inspection()->check.notices)
                text += QString::fromStdString(notice.text) + "\n";
        return text;
    }

    const test::TemporaryFolder folder;
    Session session;
    MainWindow window{session};
    LabelVolume labels;
    Table table;
    fs::path image, names;
    bool opened = false, finished = false;
};

/// What a person must see after a blocked analysis.
void expectBlocked(Planted& p, const QString& reason) {
    QVERIFY(p.finished);
    QVERIFY(!p.session.document.project().result);
    QCOMPARE(int(p.window.page()), int(MainWindow::Page::Quality));
    QCOMPARE(int(p.window.qualityPage().tab()), int(QualityPage::Tab::Atlas));
    QVERIFY2(p.panel().inspection() && p.panel().inspection()->check.blocked(), qPrintable(p.sentences()));
    QVERIFY2(p.sentences().contains(reason), qPrintable(p.sentences()));
    QVERIFY(p.window.message().contains("not started"));
    QVERIFY(p.child<QLabel>("atlasState")->text().contains("must not be used"));
    QVERIFY(!p.child<QPushButton>("acceptAtlas")->isVisible());  // what is wrong cannot be waved through
}

}  // namespace

/// The atlas panel against the mistakes that silently spoil studies.
class AtlasWindowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aGoodAtlasIsShownAndNotAskedAbout();
    void aLeftRightFlipBlocks();
    void namesShiftedByOneBlock();
    void labelsOfTooFewBitsBlock();
    void anAtlasInAnotherPlaceBlocks();
    void anotherTemplateAsksOnceAndIsRemembered();
    void oddRowsAreFoundSelectedAndExported();
};

void AtlasWindowTest::initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("ChronnectTests");
    QCoreApplication::setApplicationName("chronnect-atlas-tests");
}

void AtlasWindowTest::aGoodAtlasIsShownAndNotAskedAbout() {
    Planted p;
    QVERIFY(p.opened);
    p.analyse();
    QVERIFY2(p.session.document.project().result, qPrintable(p.window.message()));
    QVERIFY(p.session.document.project().answers.empty());
    p.window.showPage(MainWindow::Page::Quality);
    p.window.qualityPage().showTab(QualityPage::Tab::Atlas);
    QTRY_VERIFY_WITH_TIMEOUT(p.panel().inspection(), 30000);
    QVERIFY(p.child<QLabel>("atlasState")->text().contains("fits"));
    QVERIFY(!p.child<QPushButton>("acceptAtlas")->isVisible());
    auto* table = p.child<QTableView>("atlasTable");
    QCOMPARE(table->model()->rowCount(), 160);
    test::keepPicture(p.window, "atlas-good");
}

void AtlasWindowTest::aLeftRightFlipBlocks() {
    Planted p;
    QVERIFY(p.opened);
    const auto& size = p.labels.grid.size;
    for (std::size_t row = 0; row < size[1] * size[2]; ++row) {
        const auto first = p.labels.labels.begin() + std::ptrdiff_t(row * size[0]);
        std::reverse(first, first + std::ptrdiff_t(size[0]));
    }
    p.analyse();
    expectBlocked(p, "Left and right are swapped");
    test::keepPicture(p.window, "atlas-flipped");
}

void AtlasWindowTest::namesShiftedByOneBlock() {
    Planted p;
    QVERIFY(p.opened);
    // One line of the table was lost on the way: what follows belongs to the region before.
    const std::size_t index = *p.table.column("index");
    for (std::size_t row = p.table.rows.size() - 1; row > 0; --row)
        for (std::size_t column = 0; column < p.table.columns.size(); ++column)
            if (column != index) p.table.rows[row][column] = p.table.rows[row - 1][column];
    p.analyse();
    expectBlocked(p, "shifted by one row");
    test::keepPicture(p.window, "atlas-shifted");
}

void AtlasWindowTest::labelsOfTooFewBitsBlock() {
    Planted p;
    QVERIFY(p.opened);
    for (auto& label : p.labels.labels) label = label > 127 ? label - 127 : label;  // as a signed byte cannot hold them
    p.analyse();
    expectBlocked(p, "too few bits");
}

void AtlasWindowTest::anAtlasInAnotherPlaceBlocks() {
    Planted p;
    QVERIFY(p.opened);
    p.labels.grid.affine[3] += 400;  // mm to the right
    p.analyse();
    expectBlocked(p, "same space");
}

void AtlasWindowTest::anotherTemplateAsksOnceAndIsRemembered() {
    Planted p;
    QVERIFY(p.opened);
    p.session.document.edit("Another template", [](Project& project) {
        for (RunInput& run : project.study.runs) run.space = "MNI152NLin2009cAsym";
    });
    p.image = p.folder.path() / "tpl-MNI152NLin6Asym_atlas-planted_dseg.nii.gz";
    p.names = p.folder.path() / "tpl-MNI152NLin6Asym_atlas-planted_dseg.tsv";
    p.analyse();
    QVERIFY(p.finished);
    QVERIFY(!p.session.document.project().result);
    QVERIFY2(p.sentences().contains("differ by several millimetres"), qPrintable(p.sentences()));
    QVERIFY(p.window.message().contains("please decide"));
    auto* accept = p.child<QPushButton>("acceptAtlas");
    QVERIFY(accept->isVisible());
    test::keepPicture(p.window, "atlas-other-template");

    QTest::mouseClick(accept, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(p.session.runner.isIdle() && p.session.document.project().result, 60000);
    const auto answers = p.session.document.project().answers;
    QCOMPARE(answers.size(), std::size_t(1));
    QVERIFY(answers[0].question.find("differ by several millimetres") != std::string::npos);
    QCOMPARE(p.window.message(), QString());

    // Kept in the file, and not asked again, not even of another window.
    const fs::path file = p.folder.path() / "decided.chronnect";
    saveProject(file, p.session.document.project(), p.window.viewJson());
    Session later;
    MainWindow again(later);
    again.show();
    QVERIFY(openAndWait(later, again, file));
    QCOMPARE(later.document.project().answers.size(), std::size_t(1));
    later.document.edit("Other coverage", [](Project& project) { project.spec.extraction.minimumCoverage = 0.4; });
    QSignalSpy doubted(&later.analysis, &AnalysisController::atlasDoubted);
    QVERIFY(analyseAndWait(later));
    QCOMPARE(doubted.count(), 0);

    // Taken back, or with another atlas, the question comes again.
    p.window.showPage(MainWindow::Page::Quality);
    p.window.qualityPage().showTab(QualityPage::Tab::Atlas);
    QTRY_VERIFY(p.child<QPushButton>("askAgainAboutAtlas")->isVisible());
    QTest::mouseClick(p.child<QPushButton>("askAgainAboutAtlas"), Qt::LeftButton);
    QVERIFY(p.session.document.project().answers.empty());
    QVERIFY(accept->isVisible());
}

void AtlasWindowTest::oddRowsAreFoundSelectedAndExported() {
    Planted p;
    QVERIFY(p.opened);
    const std::size_t name = *p.table.column("name");
    p.table.rows[7][name] = p.table.rows[3][name];
    p.analyse();
    p.window.showPage(MainWindow::Page::Quality);
    p.window.qualityPage().showTab(QualityPage::Tab::Atlas);
    QTRY_VERIFY_WITH_TIMEOUT(p.panel().inspection(), 30000);
    auto* table = p.child<QTableView>("atlasTable");
    auto* odd = p.child<QCheckBox>("onlyOdd");
    const int odds =
        int(std::count_if(p.panel().inspection()->check.regions.begin(), p.panel().inspection()->check.regions.end(),
                          [](const RegionCheck& region) { return !region.remark.empty(); }));
    QVERIFY(odds >= 2);
    odd->setChecked(true);
    QCOMPARE(table->model()->rowCount(), odds);
    odd->setChecked(false);
    QCOMPARE(table->model()->rowCount(), 160);
    table->sortByColumn(AtlasTableModel::UsedVoxels, Qt::DescendingOrder);
    QVERIFY(table->model()->index(0, AtlasTableModel::UsedVoxels).data(AtlasTableModel::SortRole).toInt() >=
            table->model()->index(159, AtlasTableModel::UsedVoxels).data(AtlasTableModel::SortRole).toInt());

    // A row selects its region wherever regions are shown, and a region its row.
    const QModelIndex third = table->model()->index(2, 0);
    const int label = third.data().toInt();
    table->scrollTo(third);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(third).center());
    const auto& regions = p.panel().inspection()->parcellation.regions;
    QVERIFY(p.session.state.region() >= 0);
    QCOMPARE(regions[std::size_t(p.session.state.region())].label, label);
    p.session.state.setRegion(11);
    QCOMPARE(table->currentIndex().siblingAtColumn(AtlasTableModel::Label).data().toInt(), regions[11].label);

    const fs::path file = p.folder.path() / "check.tsv";
    p.session.quality.exportAtlas(file);
    const Table written = readTable(file);
    QCOMPARE(written.rows.size(), std::size_t(160));
    QCOMPARE(written.rows[7][*written.column("name")], written.rows[3][*written.column("name")]);
    QVERIFY(written.rows[7][*written.column("remark")].find("name occurs 2 times") != std::string::npos);
    QCOMPARE(*written.number(7, *written.column("mask_voxels")),
             double(p.panel().inspection()->check.regions[7].usedVoxels));
}

QTEST_MAIN(AtlasWindowTest)
#include "AtlasWindowTest.moc"
