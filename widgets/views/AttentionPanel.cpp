#include "widgets/views/AttentionPanel.h"

#include "widgets/views/BrainView.h"
#include "widgets/views/CheckList.h"
#include "widgets/views/CurvesPlot.h"
#include "widgets/views/EmptyNote.h"
#include "widgets/views/ExplanationMaps.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/LegendBar.h"
#include "widgets/views/PlotAxis.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/SalienceStrip.h"
#include "widgets/views/Theme.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTableWidget>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chronnect {
namespace {

constexpr int topRegions = 12;

}  // namespace

class AttentionPanel::Impl {
public:
    Impl(ViewState& viewState, AttentionPanel* panel);
    QWidget* makeContent();
    QWidget* makeSide();
    bool isFilled() const;
    void showAll();
    void fillMaps();
    void showMap();
    void showPicture();
    void showTimes();
    void showBelief();
    void showTable(const std::vector<float>& means);
    void showCursor();
    void alignStrip();
    std::vector<float> temporalOf(int layer) const;  ///< windows x windows; layer -1 = mean
    const Explanation::Map& map() const {
        return knownMaps[static_cast<std::size_t>(std::max(0, maps->currentIndex()))];
    }
    QString mapName() const;
    void choose(int row, int column);
    QString readout(int row, int column) const;
    int columnOf(int window) const;
    int windowOf(int column) const;
    int shownWindow() const;
    void chooseWindow(int window);
    QString timeOf(int window) const;
    QString summary() const;
    double unit() const { return connectivity && connectivity->repetitionTime > 0 ? connectivity->repetitionTime : 1; }

    ViewState& state;
    std::shared_ptr<const Explanation> explanation;
    std::shared_ptr<const Parcellation> parcellation;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    RegionOrder order;
    std::vector<Explanation::Map> knownMaps;
    MapPicture picture;
    QStackedLayout* stack;
    EmptyNote* note;
    QLabel *title, *verdict;
    QComboBox *maps, *layers;
    HeatMap *spatial, *temporal;
    SalienceStrip* salience;
    BrainView* brain;
    LegendBar* legend;
    QTableWidget* table;
    CheckList* checks;
    CurvesPlot* fidelity;
};

AttentionPanel::Impl::Impl(ViewState& viewState, AttentionPanel* panel)
    : state(viewState),
      stack(new QStackedLayout(panel)),
      note(new EmptyNote(
          "attention", tr("Where a fine-tuned network looked appears here: fine-tune a model, then explain a scan."))),
      title(new QLabel),
      verdict(new QLabel),
      maps(new QComboBox),
      layers(new QComboBox),
      spatial(new HeatMap),
      temporal(new HeatMap),
      salience(new SalienceStrip),
      brain(new BrainView(viewState)),
      legend(new LegendBar),
      table(new QTableWidget),
      checks(new CheckList),
      fidelity(new CurvesPlot) {
    fillWithBase(panel);
    stack->addWidget(note);
    stack->addWidget(makeContent());
}

QWidget* AttentionPanel::Impl::makeContent() {
    auto* content = new QWidget;
    auto* grid = new QGridLayout(content);
    grid->setContentsMargins(10, 6, 10, 8);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(6);
    auto* bar = new QHBoxLayout;
    setStyleClass(title, "heading");
    title->setMinimumWidth(60);
    layers->setObjectName("layer");
    layers->setToolTip(tr("Layer of the network"));
    maps->setObjectName("explanationMap");
    maps->setToolTip(tr("Which account of where the network looked; each stands or falls by its own checks"));
    verdict->setObjectName("mapVerdict");
    setStyleClass(verdict, "badge-good");
    bar->addWidget(title, 1);
    bar->addWidget(verdict);
    bar->addWidget(maps);
    bar->addWidget(layers);
    grid->addLayout(bar, 0, 0, 1, 2);

    spatial->setObjectName("spatialAttention");
    grid->addWidget(spatial, 1, 0);
    auto* brainBox = new QVBoxLayout;
    brainBox->setSpacing(0);
    brainBox->addWidget(brain, 1);
    brainBox->addWidget(legend);
    grid->addLayout(brainBox, 1, 1);

    auto* lower = new QVBoxLayout;
    lower->setSpacing(2);
    temporal->setObjectName("temporalAttention");
    temporal->setTitle(tr("Temporal attention: which window looks at which"));
    temporal->setAxisTitles(tr("looked at"), tr("looking"));
    salience->setObjectName("salience");
    lower->addWidget(temporal, 1);
    lower->addWidget(salience);
    grid->addLayout(lower, 2, 0);
    grid->addWidget(makeSide(), 2, 1);
    grid->setRowStretch(1, 5);
    grid->setRowStretch(2, 5);
    grid->setColumnStretch(0, 6);
    grid->setColumnStretch(1, 5);
    return content;
}

QWidget* AttentionPanel::Impl::makeSide() {
    auto* area = new QScrollArea;
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidget(checks);
    checks->setAutoFillBackground(false);
    area->viewport()->setAutoFillBackground(false);
    table->setObjectName("topRegions");
    table->setColumnCount(3);
    table->setHorizontalHeaderLabels({tr("Looked at most"), tr("Network"), tr("Value")});
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(24);
    table->setShowGrid(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    fidelity->setObjectName("fidelity");
    fidelity->setAxisTitles(tr("share taken away or put back"), tr("output"));
    fidelity->setEmptyText(tr("This explanation holds no curves for this map: explain the scan again."));
    auto* tabs = new QTabWidget;
    tabs->setObjectName("explanationTabs");
    tabs->setDocumentMode(true);
    tabs->addTab(area, tr("Checks"));
    tabs->addTab(fidelity, tr("Deletion and insertion"));
    tabs->addTab(table, tr("Regions"));
    return tabs;
}

bool AttentionPanel::Impl::isFilled() const {
    return explanation && explanation->layers > 0 && explanation->windows > 0 && explanation->regions > 0 &&
           explanation->spatial.size() == explanation->layers * explanation->windows * explanation->regions;
}

std::vector<float> AttentionPanel::Impl::temporalOf(int layer) const {
    const std::size_t size = explanation->windows * explanation->windows;
    const auto& all = explanation->temporal;
    if (all.size() != explanation->layers * size) return {};
    if (layer >= 0) return {all.begin() + layer * size, all.begin() + (layer + 1) * size};
    std::vector<float> mean(size, 0.0f);
    for (std::size_t i = 0; i < all.size(); ++i) mean[i % size] += all[i] / static_cast<float>(explanation->layers);
    return mean;
}

QString AttentionPanel::Impl::timeOf(int window) const {
    if (window >= static_cast<int>(explanation->windowStarts.size())) return tr("window %1").arg(window + 1);
    const double start = explanation->windowStarts[window], length = connectivity ? connectivity->windowLength : 0;
    const bool known = connectivity && connectivity->repetitionTime > 0;
    return tr("window %1").arg(window + 1) + " · " +
           (length > 0 ? timeRange(start * unit(), (start + length) * unit(), known)
                       : tr("from volume %1").arg(explanation->windowStarts[window]));
}

QString AttentionPanel::Impl::summary() const {
    QString text = QString::fromStdString(explanation->scan);
    QStringList outputs;
    for (const double value : explanation->output) outputs << plotNumber(value);
    if (!outputs.isEmpty()) text += tr(" · output %1").arg(outputs.join(" / "));
    return text;
}

void AttentionPanel::Impl::showAll() {
    stack->setCurrentIndex(isFilled() ? 1 : 0);
    if (!isFilled()) return;
    title->setText(summary());
    const QSignalBlocker quiet(layers);
    const int chosen = layers->currentIndex();
    layers->clear();
    layers->addItem(tr("Mean of the layers"));
    for (std::size_t i = 0; i < explanation->layers; ++i) layers->addItem(tr("Layer %1").arg(i + 1));
    layers->setCurrentIndex(chosen > 0 && chosen < layers->count() ? chosen : 0);
    order = RegionOrder::make(parcellation.get(), explanation->regions, true);
    brain->setParcellation(parcellation && parcellation->regions.size() == explanation->regions ? parcellation
                                                                                                : nullptr);
    fillMaps();
    showMap();
}

void AttentionPanel::Impl::fillMaps() {
    knownMaps = mapsOf(*explanation);
    const QSignalBlocker quiet(maps);
    const int chosen = maps->currentIndex();
    maps->clear();
    for (const auto& each : knownMaps) {
        QString name = QString::fromStdString(each.name);
        name[0] = name[0].toUpper();
        maps->addItem(each.passed ? name : tr("%1 (failed)").arg(name));
    }
    maps->setCurrentIndex(chosen >= 0 && chosen < maps->count() ? chosen : 0);
}

QString AttentionPanel::Impl::mapName() const {
    QString name = QString::fromStdString(map().name);
    name[0] = name[0].toUpper();
    return name;
}

void AttentionPanel::Impl::showMap() {
    picture = pictureOf(map(), explanation->regions, layers->currentIndex() - 1);
    showPicture();
    showTimes();
    showBelief();
    const std::vector<float>& regions = picture.perRegion;
    brain->setRegionValues(regions, mapName());
    legend->setVisible(!regions.empty());
    if (!regions.empty()) {
        const auto [least, greatest] = std::minmax_element(regions.begin(), regions.end());
        legend->setValueScale(tr("%1, mean of a region").arg(mapName()), *least, *greatest);
    }
    showTable(regions);
    showCursor();
}

void AttentionPanel::Impl::showPicture() {
    using Axis = MapPicture::Axis;
    layers->setEnabled(picture.hasLayers);
    const bool regionRows = picture.rowAxis == Axis::Regions, pairs = picture.columnAxis == Axis::Regions;
    const auto [low, high] = picture.range();
    const float most = std::max({std::abs(low), std::abs(high), 1e-9f});
    if (picture.isSigned)
        spatial->setColors(ColorMap::RedBlue, -most, most);
    else
        spatial->setColors(ColorMap::Viridis, low, std::max(high, low + 1e-6f));
    const QString axes = pairs                                 ? tr("region × region")
                         : picture.columnAxis == Axis::Volumes ? tr("region × volume")
                         : regionRows                          ? tr("region × window")
                                                               : tr("window × window");
    spatial->setTitle(map().passed ? tr("%1: %2").arg(mapName(), axes)
                                   : tr("%1: %2. Failed its checks").arg(mapName(), axes));
    spatial->setSquare(pairs);
    spatial->setRowGroups(regionRows ? order.groups : std::vector<HeatMapGroup>{});
    spatial->setColumnGroups(pairs ? order.groups : std::vector<HeatMapGroup>{});
    spatial->setValues(picture.rows, picture.columns, picture.inOrder(order.rowOf));
    const auto& starts = explanation->windowStarts;
    const double half = connectivity ? connectivity->windowLength / 2.0 : 0.0;
    const bool seconds = connectivity && connectivity->repetitionTime > 0;
    const bool volumes = picture.columnAxis == Axis::Volumes;
    const double step = pairs || !regionRows ? 0
                        : volumes            ? unit()
                        : starts.size() > 1  ? (starts[1] - starts[0]) * unit()
                                             : 0;
    spatial->setColumnScale(volumes || starts.empty() ? 0 : (starts[0] + half) * unit(), step);
    spatial->setAxisTitles(pairs         ? QString()
                           : !regionRows ? tr("looked at")
                           : seconds     ? (volumes ? tr("time, s") : tr("middle of the window, s"))
                                         : tr("volume"),
                           regionRows ? QString() : tr("looking"));
}

void AttentionPanel::Impl::showTimes() {
    const int layer = layers->currentIndex() - 1, windows = static_cast<int>(explanation->windows);
    std::vector<float> between = temporalOf(layer);
    std::vector<double> columns(between.empty() ? 0 : windows, 0.0);
    for (std::size_t i = 0; i < between.size(); ++i) columns[i % windows] += between[i] / windows;
    const float most = between.empty() ? 1 : *std::max_element(between.begin(), between.end());
    temporal->setColors(ColorMap::Magma, 0, most > 0 ? most : 1);
    const int side = between.empty() ? 0 : windows;
    temporal->setValues(side, side, std::move(between));
    salience->setValues(std::move(columns), layer < 0 ? explanation->salientWindows : std::vector<int>{});
}

void AttentionPanel::Impl::showBelief() {
    const auto& shown = map();
    setStyleClass(verdict, shown.passed && !shown.checks.empty() ? "badge-good" : "badge-bad");
    verdict->setText(shown.checks.empty() ? tr("not checked") : shown.passed ? tr("passed") : tr("failed"));
    verdict->setToolTip(shown.passed ? tr("This map passed all its checks")
                                     : tr("This map failed a check: do not lean on it"));
    Notices general;  // what is said of single maps stands in their own checks
    for (const Notice& notice : explanation->notices)
        if (notice.text.find("The map '") != 0) general.push_back(notice);
    checks->setChecks(shown.checks, general);
    std::vector<Curve> curves;
    const auto add = [&](const QString& name, const std::vector<double>& values) {
        if (values.size() == shown.shares.size() && !values.empty()) curves.push_back({name, shown.shares, values});
    };
    add(tr("top taken away"), shown.deletion);
    add(tr("random taken away"), shown.randomDeletion);
    add(tr("top put back"), shown.insertion);
    add(tr("random put back"), shown.randomInsertion);
    fidelity->setCurves(std::move(curves));
}

void AttentionPanel::Impl::showTable(const std::vector<float>& means) {
    std::vector<int> best(means.size());
    std::iota(best.begin(), best.end(), 0);
    std::stable_sort(best.begin(), best.end(), [&](int a, int b) { return std::abs(means[a]) > std::abs(means[b]); });
    best.resize(std::min<std::size_t>(best.size(), topRegions));
    const QSignalBlocker quiet(table);
    table->setRowCount(static_cast<int>(best.size()));
    for (int row = 0; row < static_cast<int>(best.size()); ++row) {
        const int region = best[row];
        const bool known = parcellation && region < static_cast<int>(parcellation->regions.size());
        auto* name = new QTableWidgetItem(regionName(parcellation.get(), region));
        name->setData(Qt::UserRole, region);
        if (known) {
            QPixmap dot(10, 10);
            dot.fill(toColor(parcellation->regions[region].colour));
            name->setIcon(dot);
        }
        table->setItem(row, 0, name);
        table->setItem(
            row, 1, new QTableWidgetItem(known ? QString::fromStdString(parcellation->regions[region].network) : ""));
        auto* value = new QTableWidgetItem(std::abs(means[region]) >= 0.01 ? QString::number(means[region], 'f', 3)
                                                                           : plotNumber(means[region]));
        value->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        table->setItem(row, 2, value);
    }
}

int AttentionPanel::Impl::shownWindow() const {
    if (!connectivity) return state.window();
    return nearestStart(connectivity->windowStarts, state.window(), explanation->windowStarts);
}

void AttentionPanel::Impl::chooseWindow(int window) {
    state.setWindow(connectivity ? nearestStart(explanation->windowStarts, window, connectivity->windowStarts)
                                 : window);
}

/// Where a window lies among the columns of the map shown.
int AttentionPanel::Impl::columnOf(int window) const {
    if (picture.columnAxis != MapPicture::Axis::Volumes) return window;
    if (window < 0 || window >= static_cast<int>(explanation->windowStarts.size())) return -1;
    const int half = connectivity ? static_cast<int>(connectivity->windowLength) / 2 : 0;
    return std::min(explanation->windowStarts[window] + half, picture.columns - 1);
}

int AttentionPanel::Impl::windowOf(int column) const {
    if (picture.columnAxis != MapPicture::Axis::Volumes) return column;
    const int half = connectivity ? static_cast<int>(connectivity->windowLength) / 2 : 0;
    return nearestStart({column - half}, 0, explanation->windowStarts);
}

void AttentionPanel::Impl::showCursor() {
    if (!isFilled()) return;
    const int window = shownWindow(), count = static_cast<int>(order.rowOf.size());
    const int region = state.region() >= 0 && state.region() < count ? state.region() : -1;
    const auto [a, b] = state.edge();
    if (picture.columnAxis == MapPicture::Axis::Regions) {
        const bool edge = a >= 0 && b < count;
        spatial->setCursor(edge          ? order.rowOf[a]
                           : region >= 0 ? order.rowOf[region]
                                         : -1,
                           edge ? order.rowOf[b] : -1, true);
    } else {
        // A whole column and, when a region is selected, its row: two marks would hide the map, so the cell alone.
        const bool regionRows = picture.rowAxis == MapPicture::Axis::Regions;
        spatial->setCursor(regionRows && region >= 0 ? order.rowOf[region] : -1, columnOf(window));
    }
    temporal->setCursor(-1, window);
    salience->setCursor(window);
    alignStrip();
}

void AttentionPanel::Impl::choose(int row, int column) {
    using Axis = MapPicture::Axis;
    if (picture.columnAxis == Axis::Regions) {
        const int a = order.regionAt[row], b = order.regionAt[column];
        return a == b ? state.setRegion(a) : state.setEdge(a, b);
    }
    chooseWindow(windowOf(column));
    if (picture.rowAxis == Axis::Regions) state.setRegion(order.regionAt[row]);
}

QString AttentionPanel::Impl::readout(int row, int column) const {
    using Axis = MapPicture::Axis;
    if (picture.rowAxis == Axis::Windows) return tr("%1 looks at %2").arg(timeOf(row), timeOf(column));
    const int region = order.regionAt[row];
    const int other = picture.columnAxis == Axis::Regions ? order.regionAt[column] : column;
    const float value = picture.values[static_cast<std::size_t>(region) * picture.columns + other];
    QString text = regionDescription(parcellation.get(), region, regionName(nullptr, region)) + "<br>";
    if (picture.columnAxis == Axis::Regions) {
        if (region == other) return text;
        text += tr("with %1").arg(regionName(parcellation.get(), other).toHtmlEscaped());
    } else {
        text += picture.columnAxis == Axis::Volumes ? tr("volume %1").arg(column + 1) : timeOf(column);
    }
    return text + "<br>" + QStringLiteral("%1 %2").arg(mapName(), plotNumber(value));
}

void AttentionPanel::Impl::alignStrip() {
    if (temporal->columnCount() == 0) return;
    const QRectF first = temporal->cellRect(0, 0), last = temporal->cellRect(0, temporal->columnCount() - 1);
    salience->setMargins(first.left(), temporal->width() - last.right());
}

AttentionPanel::AttentionPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    d.spatial->setReadout([this](int row, int column) { return m_impl->readout(row, column); });
    d.temporal->setReadout(
        [this](int row, int column) { return tr("%1 looks at %2").arg(m_impl->timeOf(row), m_impl->timeOf(column)); });
    connect(d.note, &EmptyNote::actionRequested, this, &AttentionPanel::emptyActionRequested);
    for (QComboBox* box : {d.layers, d.maps})
        connect(box, &QComboBox::currentIndexChanged, this, [this] { m_impl->showMap(); });
    connect(d.spatial, &HeatMap::clicked, this, [this](int row, int column) { m_impl->choose(row, column); });
    connect(d.temporal, &HeatMap::clicked, this, [this](int, int column) { m_impl->chooseWindow(column); });
    connect(d.salience, &SalienceStrip::clicked, this, [this](int window) { m_impl->chooseWindow(window); });
    connect(d.table, &QTableWidget::itemSelectionChanged, this, [this] {
        const auto chosen = m_impl->table->selectedItems();
        if (!chosen.isEmpty()) m_impl->state.setRegion(chosen.front()->data(Qt::UserRole).toInt());
    });
    connect(&state, &ViewState::windowChanged, this, [this] { m_impl->showCursor(); });
    connect(&state, &ViewState::selectionChanged, this, [this] { m_impl->showCursor(); });
    d.showAll();
}

AttentionPanel::~AttentionPanel() = default;

void AttentionPanel::setExplanation(std::shared_ptr<const Explanation> explanation,
                                    std::shared_ptr<const Parcellation> parcellation) {
    m_impl->explanation = std::move(explanation);
    m_impl->parcellation = std::move(parcellation);
    m_impl->showAll();
}

void AttentionPanel::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    m_impl->connectivity = std::move(connectivity);
    if (m_impl->isFilled()) m_impl->showMap();
}

void AttentionPanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

void AttentionPanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    // The layout inside follows after this event.
    QTimer::singleShot(0, this, [this] { m_impl->alignStrip(); });
}

}  // namespace chronnect
