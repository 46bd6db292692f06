#include "widgets/views/MatrixPanel.h"

#include "widgets/views/EmptyNote.h"
#include "widgets/views/HeatMap.h"
#include "widgets/views/PlotAxis.h"
#include "widgets/views/RegionOrder.h"
#include "widgets/views/Theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace chronnect {

class MatrixPanel::Impl {
public:
    Impl(ViewState& viewState, MatrixPanel* panel);
    void reorder();
    void showWindow();
    void showSelection();
    void showTitle();
    void choose(int row, int column);
    QString readout(int row, int column) const;

    ViewState& state;
    std::shared_ptr<const Parcellation> parcellation;
    std::shared_ptr<const DynamicConnectivity> connectivity;
    RegionOrder order;
    double range = 1;
    QStackedLayout* stack;
    EmptyNote* note;
    HeatMap* map;
    QLabel *title, *caption;
    QToolButton* byNetwork;
};

MatrixPanel::Impl::Impl(ViewState& viewState, MatrixPanel* panel) : state(viewState), stack(new QStackedLayout(panel)) {
    fillWithBase(panel);
    note = new EmptyNote("matrix",
                         tr("The connectivity matrix of each window appears here once a run has been analysed."));
    stack->addWidget(note);
    auto* content = new QWidget;
    stack->addWidget(content);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(8, 4, 8, 6);
    layout->setSpacing(3);
    auto* bar = new QHBoxLayout;
    title = new QLabel;
    setStyleClass(title, "heading");
    title->setMinimumWidth(40);
    byNetwork = new QToolButton;
    byNetwork->setObjectName("networkOrder");
    byNetwork->setIcon(themedIcon("order"));
    byNetwork->setIconSize({18, 18});
    byNetwork->setCheckable(true);
    byNetwork->setToolTip(tr("Order the regions by network"));
    bar->addWidget(title, 1);
    bar->addWidget(byNetwork);
    layout->addLayout(bar);
    map = new HeatMap;
    map->setObjectName("matrix");
    map->setSquare(true);
    map->setReadout([this](int row, int column) { return readout(row, column); });
    layout->addWidget(map, 1);
    caption = new QLabel;
    caption->setObjectName("howComputed");
    caption->setWordWrap(true);
    setStyleClass(caption, "caption");
    layout->addWidget(caption);
}

void MatrixPanel::Impl::reorder() {
    const std::size_t regions = connectivity ? connectivity->regionCount() : 0;
    order = RegionOrder::make(parcellation.get(), regions, state.networkOrder());
    map->setRowGroups(order.groups);
    map->setColumnGroups(order.groups);
    const bool canOrder =
        parcellation && parcellation->regions.size() == regions && parcellation->networks().size() > 1;
    byNetwork->setEnabled(canOrder);
    const QSignalBlocker quiet(byNetwork);
    byNetwork->setChecked(state.networkOrder() && canOrder);
    showWindow();
}

void MatrixPanel::Impl::showWindow() {
    const bool any = connectivity && connectivity->windowCount() > 0 && connectivity->regionCount() > 1;
    stack->setCurrentIndex(any ? 1 : 0);
    if (!any) return;
    const auto window = std::min<std::size_t>(state.window(), connectivity->windowCount() - 1);
    const int count = static_cast<int>(connectivity->regionCount());
    map->setColors(ColorMap::RedBlue, -range, range);
    map->setColorBar(true, weightSymbol(*connectivity));
    map->setValues(count, count, orderedMatrix(connectivity->window(window), order, static_cast<float>(range)));
    showTitle();
    showSelection();
}

void MatrixPanel::Impl::showTitle() {
    const auto window = std::min<std::size_t>(state.window(), connectivity->windowCount() - 1);
    if (connectivity->windowLength == 0)
        return title->setText(tr("Connectivity · %1 × %1 · finished matrix").arg(connectivity->regionCount()));
    const bool known = connectivity->repetitionTime > 0;
    const double unit = known ? connectivity->repetitionTime : 1, start = connectivity->windowStarts[window];
    title->setText(tr("Connectivity · %1 × %1 · %2")
                       .arg(connectivity->regionCount())
                       .arg(timeRange(start * unit, (start + connectivity->windowLength) * unit, known)));
}

void MatrixPanel::Impl::showSelection() {
    const auto [a, b] = state.edge();
    const int count = static_cast<int>(order.rowOf.size());
    if (a >= 0 && b < count)
        map->setCursor(order.rowOf[a], order.rowOf[b], true);
    else if (state.region() >= 0 && state.region() < count)
        map->setCursor(order.rowOf[state.region()], -1, true);
    else
        map->setCursor(-1, -1);
}

void MatrixPanel::Impl::choose(int row, int column) {
    const int a = order.regionAt[row], b = order.regionAt[column];
    a == b ? state.setRegion(a) : state.setEdge(a, b);
}

QString MatrixPanel::Impl::readout(int row, int column) const {
    const int a = order.regionAt[row], b = order.regionAt[column];
    const auto name = [&](int region) {
        return parcellation ? regionName(parcellation.get(), region)
                            : QString::fromStdString(connectivity->regions[region]);
    };
    if (a == b) return regionDescription(parcellation.get(), a, name(a));
    const auto window = std::min<std::size_t>(state.window(), connectivity->windowCount() - 1);
    const float value =
        connectivity->window(window)[edgeIndex(std::min(a, b), std::max(a, b), connectivity->regionCount())];
    return QStringLiteral("<b>%1 – %2</b><br>%3 = %4")
        .arg(name(a).toHtmlEscaped(), name(b).toHtmlEscaped(), weightSymbol(*connectivity), plotNumber(value));
}

MatrixPanel::MatrixPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), m_impl(std::make_unique<Impl>(state, this)) {
    auto& d = *m_impl;
    connect(d.note, &EmptyNote::actionRequested, this, &MatrixPanel::emptyActionRequested);
    connect(d.byNetwork, &QToolButton::toggled, &state, &ViewState::setNetworkOrder);
    connect(d.map, &HeatMap::clicked, this, [this](int row, int column) { m_impl->choose(row, column); });
    connect(&state, &ViewState::windowChanged, this, [this] { m_impl->showWindow(); });
    connect(&state, &ViewState::selectionChanged, this, [this] { m_impl->showSelection(); });
    connect(&state, &ViewState::orderChanged, this, [this] { m_impl->reorder(); });
    d.reorder();
}

MatrixPanel::~MatrixPanel() = default;

void MatrixPanel::setParcellation(std::shared_ptr<const Parcellation> parcellation) {
    m_impl->parcellation = std::move(parcellation);
    m_impl->reorder();
}

void MatrixPanel::setConnectivity(std::shared_ptr<const DynamicConnectivity> connectivity) {
    auto& d = *m_impl;
    d.connectivity = std::move(connectivity);
    d.range = 1;
    if (d.connectivity) {
        for (const float value : d.connectivity->edges)
            if (std::isfinite(value)) d.range = std::max<double>(d.range, std::abs(value));
        if (d.range > 1.0001)
            d.range = std::ceil(d.range * 10) / 10;
        else
            d.range = 1;
        d.caption->setText(QString::fromStdString(d.connectivity->howComputed));
    }
    d.reorder();
}

void MatrixPanel::setEmptyAction(const QString& text) { m_impl->note->setAction(text); }

QPointF MatrixPanel::cellPosition(int rowRegion, int columnRegion) const {
    const auto& d = *m_impl;
    const QRectF cell = d.map->cellRect(d.order.rowOf.at(rowRegion), d.order.rowOf.at(columnRegion));
    return d.map->mapTo(this, cell.center());
}

}  // namespace chronnect
