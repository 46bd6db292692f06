// Saves a picture of every panel with made-up values, in both themes and filled and empty, to be looked at.
#include "tests/support/SyntheticBrain.h"
#include "tests/support/SyntheticLearning.h"
#include "tests/widgets/views/ViewsTestSupport.h"
#include "widgets/views/AttentionPanel.h"
#include "widgets/views/ConnectomePanel.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/MaskBar.h"
#include "widgets/views/MatrixPanel.h"
#include "widgets/views/ReconstructionPanel.h"
#include "widgets/views/SeriesPanel.h"
#include "widgets/views/Theme.h"
#include "widgets/views/TimeBar.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QGridLayout>
#include <QLabel>
#include <QSplitter>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

#include <cstdio>

using namespace chronnect;

namespace {

struct Values {
    std::shared_ptr<const Parcellation> parcellation;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    std::shared_ptr<const TimeSeries> series;
    std::shared_ptr<const Explanation> explanation;
    std::shared_ptr<const Reconstruction> reconstruction;
    std::vector<double> motion;
};

Values makeValues(int regions) {
    Values v;
    const Parcellation parcellation = syntheticBrain(regions);
    v.parcellation = std::make_shared<Parcellation>(parcellation);
    v.connectivity = std::make_shared<DynamicConnectivity>(syntheticConnectivity(parcellation, 60));
    v.series = std::make_shared<TimeSeries>(syntheticSeries(parcellation, 150, 2.0));
    v.explanation = std::make_shared<Explanation>(syntheticExplanation(parcellation, 30, 4));
    v.reconstruction = std::make_shared<Reconstruction>(syntheticReconstruction(parcellation, false));
    Random random(2);
    for (int t = 0; t < 150; ++t)
        v.motion.push_back(std::abs(0.08 * random.normal()) + (t == 40 || t == 97 ? 0.8 : 0.03));
    return v;
}

void save(QWidget& widget, QSize size, const QString& path) {
    widget.resize(size);
    widget.show();
    if (!QTest::qWaitForWindowExposed(&widget)) std::fprintf(stderr, "%s was not exposed\n", qPrintable(path));
    QTest::qWait(250);  // the first frames of the 3D views
    widget.QWidget::grab().save(path);
}

void saveExplore(const Values& v, ViewState& state, const QString& path) {
    QWidget page;
    auto* layout = new QVBoxLayout(&page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* top = new QSplitter;
    auto* connectome = new ConnectomePanel(state);
    auto* right = new QSplitter(Qt::Vertical);
    auto* matrix = new MatrixPanel(state);
    auto* series = new SeriesPanel(state);
    right->addWidget(matrix);
    right->addWidget(series);
    right->setSizes({460, 260});
    top->addWidget(connectome);
    top->addWidget(right);
    top->setSizes({740, 540});
    auto* time = new TimeBar(state);
    layout->addWidget(top, 1);
    layout->addWidget(time);
    connectome->setParcellation(v.parcellation);
    matrix->setParcellation(v.parcellation);
    connectome->setConnectivity(v.connectivity);
    matrix->setConnectivity(v.connectivity);
    series->setSeries(v.series, v.parcellation);
    series->setConnectivity(v.connectivity);
    series->setMotion(v.motion, 0.5);
    time->setConnectivity(v.connectivity);
    save(page, {1280, 800}, path);
}

void saveCurves(const QString& path) {
    CurvesPlot plot;
    std::vector<Curve> curves(3);
    curves[0].name = "training total";
    curves[1].name = "validation total";
    curves[2].name = "spatial node";
    for (int i = 0; i < 300; ++i)
        for (int c = 0; c < 3; ++c) {
            curves[c].x.push_back(i * 10);
            curves[c].y.push_back((1.6 - 0.3 * c) * std::exp(-i / 70.0) + 0.12 + 0.05 * c +
                                  0.02 * std::sin(i * (c + 1.0)));
        }
    plot.setCurves(curves);
    plot.setLogY(true);
    plot.setAxisTitles("step", "loss");
    save(plot, {640, 320}, path);
}

void saveIcons(const QString& path) {
    QWidget page;
    auto* grid = new QGridLayout(&page);
    const auto files = QDir(":/icons").entryList({"*.svg"});
    for (int i = 0; i < files.size(); ++i) {
        auto* button = new QToolButton;
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setIcon(themedIcon(files[i].chopped(4)));
        button->setIconSize({32, 32});
        button->setText(files[i].chopped(4));
        grid->addWidget(button, i / 12, i % 12);
    }
    save(page, {1280, 640}, path);
}

void saveReconstruction(const Values& v, ViewState& state, const QString& folder, const QString& end) {
    ReconstructionPanel panel(state);
    panel.setAvailable(true);
    panel.setConnectivity(v.connectivity, v.parcellation);
    MaskChoice choice(v.parcellation->regions.size());
    choice.setNetwork(*v.parcellation, "Vis", true);
    choice.setBetween(*v.parcellation, "Limbic", "Default", true);
    panel.masks().setMode(MaskMode::Chosen);
    panel.masks().setChoice(choice);
    auto* map = panel.findChild<HeatMap*>("truthMap");
    panel.show();
    test::startDrag(*map, {60, 80}, {90, 130});
    save(panel, {700, 480}, folder + "/what-if" + end);
    QTest::mousePress(map, Qt::RightButton);  // ends the drag
    panel.setReconstruction(v.reconstruction, v.parcellation);
    save(panel, {1000, 740}, folder + "/what-if-result" + end);
    panel.masks().setMode(MaskMode::Stretch);
    save(panel, {700, 480}, folder + "/what-if-stretch" + end);
    panel.masks().setMode(MaskMode::Random);
    save(panel, {1000, 740}, folder + "/reconstruction" + end);
}

void saveTheme(const Values& v, bool dark, const QString& folder) {
    const QString end = dark ? "-dark.png" : "-light.png";
    ViewState state;
    state.setDark(dark);
    state.setThreshold(0.55);
    saveExplore(v, state, folder + "/explore" + end);
    state.setWindow(20);
    state.setRegion(17);
    saveExplore(v, state, folder + "/selected" + end);
    saveExplore({}, state, folder + "/empty" + end);
    AttentionPanel attention(state);
    attention.setConnectivity(v.connectivity);
    attention.setExplanation(v.explanation, v.parcellation);
    state.setWindowCount(60);
    state.setWindow(20);
    save(attention, {1000, 740}, folder + "/attention" + end);
    saveReconstruction(v, state, folder, end);
    saveCurves(folder + "/curves" + end);
    saveIcons(folder + "/icons" + end);
}

void timeDrag(const Values& v) {
    ViewState state;
    ConnectomePanel panel(state);
    panel.setParcellation(v.parcellation);
    panel.setConnectivity(v.connectivity);
    state.setWindowCount(static_cast<int>(v.connectivity->windowCount()));
    panel.resize(800, 640);
    panel.show();
    if (!QTest::qWaitForWindowExposed(&panel)) return;
    state.setThreshold(0.5);
    panel.grab();
    QElapsedTimer timer;
    double worst = 0, sum = 0;
    for (int i = 0; i < 20; ++i) {
        timer.start();
        state.setWindow(i);
        panel.grab();  // draws and reads back
        const double ms = static_cast<double>(timer.nsecsElapsed()) / 1e6;
        worst = std::max(worst, ms);
        sum += ms / 20;
    }
    std::printf("%zu regions, %d edges: cursor to picture %.0f ms on average, %.0f ms at most\n",
                v.parcellation->regions.size(), panel.visibleEdgeCount(), sum, worst);
}

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QString folder = argc > 1 ? argv[1] : "gallery";
    QDir().mkpath(folder);
    const Values values = makeValues(160);
    for (const bool dark : {true, false}) {
        applyTheme(application, dark);
        saveTheme(values, dark, folder);
    }
    timeDrag(values);
    timeDrag(makeValues(400));
    return 0;
}
