#include "widgets/views/AttentionPanel.h"

#include "widgets/views/BrainView.h"
#include "widgets/views/CheckList.h"
#include "widgets/views/EmptyNote.h"
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
#include <QTableWidget>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace chronnect {
namespace {

/// The window of `to` that starts nearest to window `index` of `from`.
int nearestWindow(const std::vector<int>& from, int index, const std::vector<int>& to) {
    if (from == to || index < 0 || index >= static_cast<int>(from.size()) || to.empty()) return index;
    const auto distance = [&](int start) { return std::abs(start - from[index]); };
    const auto best = std::min_element(to.begin(), to.end(), [&](int a, int b) { return distance(a) < distance(b); });
    return static_cast<int>(best - to.begin());
}

constexpr int topRegions = 12;

}  // namespace

class AttentionPanel::Impl {
public:
    Impl(ViewState& viewState, AttentionPanel* panel);
    QWidget* makeContent();
    QWidget* makeSide();
    bool isFilled() const;
    void showAll();
    void showLayer();
    void showTable(const std::vector<float>& means);
    void showCursor();
    void alignStrip();
    std::vector<float> spatialOf(int layer) const;   ///< windows x regions; layer -1 = mean
    std::vector<float> temporalOf(int layer) const;  ///< windows x windows
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
    QStackedLayout* stack;
    EmptyNote* note;
    QLabel* title;
    QComboBox* layers;
    HeatMap *spatial, *temporal;
    SalienceStrip* salience;
    BrainView* brain;
    LegendBar* legend;
    QTableWidget* table;
    CheckList* checks;
};

AttentionPanel::Impl::Impl(ViewState& viewState, AttentionPanel* panel)
    : state(viewState),
      stack(new QStackedLayout(panel)),
      note(new EmptyNote(
          "attention", tr("Where a fine-tuned network looked appears here: fine-tune a model, then explain a scan."))),
      title(new QLabel),
      layers(new QComboBox),
      spatial(new HeatMap),
      temporal(new HeatMap),
      salience(new SalienceStrip),
      brain(new BrainView(viewState)),
      legend(new LegendBar),
      table(new QTableWidget),
      checks(new CheckList) {
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
    bar->addWidget(title, 1);
    bar->addWidget(layers);
    grid->addLayout(bar, 0, 0, 1, 2);

    spatial->setObjectName("spatialAttention");
    spatial->setTitle(tr("Spatial attention: region × window"));
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
    auto* side = new QWidget;
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto* area = new QScrollArea;
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setMinimumHeight(60);
    area->setWidget(checks);
    checks->setAutoFillBackground(false);
    area->viewport()->setAutoFillBackground(false);
    layout->addWidget(area, 2);
    table->setObjectName("topRegions");
    table->setColumnCount(3);
    table->setHorizontalHeaderLabels({tr("Looked at most"), tr("Network"), tr("Attention")});
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
    layout->addWidget(table, 3);
    return side;
}

bool AttentionPanel::Impl::isFilled() const {
    return explanation && explanation->layers > 0 && explanation->windows > 0 && explanation->regions > 0 &&
           explanation->spatial.size() == explanation->layers * explanation->windows * explanation->regions;
}

std::vector<float> AttentionPanel::Impl::spatialOf(int layer) const {
    const std::size_t size = explanation->windows * explanation->regions;
    const auto& all = explanation->spatial;
    if (layer >= 0) return {all.begin() + layer * size, all.begin() + (layer + 1) * size};
    std::vector<float> mean(size, 0.0f);
    for (std::size_t i = 0; i < all.size(); ++i) mean[i % size] += all[i] / static_cast<float>(explanation->layers);
    return mean;
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
    spatial->setRowGroups(order.groups);
    brain->setParcellation(parcellation && parcellation->regions.size() == explanation->regions ? parcellation
                                                                                                : nullptr);
    checks->setChecks(explanation->checks, explanation->notices);
    showLayer();
}

void AttentionPanel::Impl::showLayer() {
    const int layer = layers->currentIndex() - 1;
    const int windows = static_cast<int>(explanation->windows), regions = static_cast<int>(explanation->regions);
    const std::vector<float> values = spatialOf(layer);
    std::vector<float> shown(values.size()), means(regions, 0.0f);
    float low = 1, high = 0;
    for (int w = 0; w < windows; ++w)
        for (int r = 0; r < regions; ++r) {
            const float value = values[static_cast<std::size_t>(w) * regions + r];
            shown[static_cast<std::size_t>(order.rowOf[r]) * windows + w] = value;
            means[r] += value / static_cast<float>(windows);
            if (!std::isfinite(value)) continue;
            low = std::min(low, value);
            high = std::max(high, value);
        }
    spatial->setColors(ColorMap::Viridis, low, std::max(high, low + 1e-6f));
    spatial->setValues(regions, windows, std::move(shown));
    const auto& starts = explanation->windowStarts;
    const double half = connectivity ? connectivity->windowLength / 2.0 : 0.0;
    const double step = starts.size() > 1 ? (starts[1] - starts[0]) * unit() : 0;
    const double first = starts.empty() ? 0 : (starts[0] + half) * unit();
    spatial->setColumnScale(first, step);
    spatial->setAxisTitles(
        connectivity && connectivity->repetitionTime > 0 ? tr("middle of the window, s") : tr("volume"), {});

    std::vector<float> between = temporalOf(layer);
    std::vector<double> columns(between.empty() ? 0 : windows, 0.0);
    for (std::size_t i = 0; i < between.size(); ++i) columns[i % windows] += between[i] / windows;
    const float most = between.empty() ? 1 : *std::max_element(between.begin(), between.end());
    temporal->setColors(ColorMap::Magma, 0, most > 0 ? most : 1);
    const int side = between.empty() ? 0 : windows;
    temporal->setValues(side, side, std::move(between));
    salience->setValues(std::move(columns), layer < 0 ? explanation->salientWindows : std::vector<int>{});

    brain->setRegionValues(means, tr("Mean attention"));
    const auto [least, greatest] = std::minmax_element(means.begin(), means.end());
    legend->setValueScale(tr("Mean attention over windows"), *least, *greatest);
    showTable(means);
    showCursor();
}

void AttentionPanel::Impl::showTable(const std::vector<float>& means) {
    std::vector<int> best(means.size());
    std::iota(best.begin(), best.end(), 0);
    std::stable_sort(best.begin(), best.end(), [&](int a, int b) { return means[a] > means[b]; });
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
        auto* value = new QTableWidgetItem(QString::number(means[region], 'f', 3));
        value->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        table->setItem(row, 2, value);
    }
}

int AttentionPanel::Impl::shownWindow() const {
    if (!connectivity) return state.window();
    return nearestWindow(connectivity->windowStarts, state.window(), explanation->windowStarts);
}

void AttentionPanel::Impl::chooseWindow(int window) {
    state.setWindow(connectivity ? nearestWindow(explanation->windowStarts, window, connectivity->windowStarts)
                                 : window);
}

void AttentionPanel::Impl::showCursor() {
    if (!isFilled()) return;
    const int window = shownWindow();
    const int region =
        state.region() >= 0 && state.region() < static_cast<int>(order.rowOf.size()) ? state.region() : -1;
    // A whole column and, when a region is selected, its row: two marks would hide the map, so the cell alone.
    spatial->setCursor(region >= 0 ? order.rowOf[region] : -1, window);
    temporal->setCursor(-1, window);
    salience->setCursor(window);
    alignStrip();
}

void AttentionPanel::Impl::alignStrip() {
    if (temporal->columnCount() == 0) return;
    const QRectF first = temporal->cellRect(0, 0), last = temporal->cellRect(0, temporal->columnCount() - 1);
    salience->setMargins(first.left(), temporal->width() - last.right());
}

AttentionPanel::AttentionPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    d.spatial->setReadout([this](int row, int column) {
        const auto& impl = *m_impl;
        const int region = impl.order.regionAt[row];
        const auto values = impl.spatialOf(impl.layers->currentIndex() - 1);
        return regionDescription(impl.parcellation.get(), region, regionName(nullptr, region)) + "<br>" +
               impl.timeOf(column) + "<br>" +
               tr("attention %1")
                   .arg(plotNumber(values[static_cast<std::size_t>(column) * impl.explanation->regions + region]));
    });
    d.temporal->setReadout(
        [this](int row, int column) { return tr("%1 looks at %2").arg(m_impl->timeOf(row), m_impl->timeOf(column)); });
    connect(d.note, &EmptyNote::actionRequested, this, &AttentionPanel::emptyActionRequested);
    connect(d.layers, &QComboBox::currentIndexChanged, this, [this] { m_impl->showLayer(); });
    connect(d.spatial, &HeatMap::clicked, this, [this](int row, int column) {
        m_impl->chooseWindow(column);
        m_impl->state.setRegion(m_impl->order.regionAt[row]);
    });
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
    if (m_impl->isFilled()) m_impl->showLayer();
}

void AttentionPanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

void AttentionPanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    // The layout inside follows after this event.
    QTimer::singleShot(0, this, [this] { m_impl->alignStrip(); });
}

}  // namespace chronnect
